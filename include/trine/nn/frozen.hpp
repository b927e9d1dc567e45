#pragma once

#include <cstddef>
#include <string>

#include "../core/error.hpp"
#include "layer.hpp"
#include "sequential.hpp"

namespace trine::nn {

/// Layers that keep the values they have while those behind them learn: for fine-tuning. They come first in the
/// network.
///
/// In training too they are computed as in inference: running statistics, normalisation folded into weights, nothing
/// kept for a backward pass that never comes. So a step costs little more than what is behind them, in time and memory.
template <class... Layers>
struct frozen {
    template <class In>
    struct at {
        using inner = typename detail::one_or_sequential<Layers...>::type::template at<In>;
        using input = In;
        using output = typename inner::output;
        static constexpr std::size_t parameters = inner::parameters, state = inner::state, layers = inner::layers,
                                     multiply_adds = inner::multiply_adds;
        static constexpr bool in_place = false, keeps_gradient = true, needs_input = false, needs_output = false;
        static constexpr std::size_t tape_of(std::size_t) { return 0; }
        template <class T>
        static std::size_t workspace(std::size_t batch) {
            return extent::round(inner::template prepared<T>()) + inner::template inference_workspace<T>(batch);
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            // Preparing takes time in proportion to the weights, not to the batch: it is not worth keeping from step to
            // step.
            inner::prepare(p, p.workspace);
            auto own = p.inside(0, 0, 0, extent::round(inner::template prepared<T>()));
            own.prepared = p.workspace;
            inner::infer(own, x, y);
        }
        template <class T>
        static void backward(pass<T> const&, T const*, T const*, T*, T* dx, T*) {
            require<argument_error>(!dx, "frozen layers compute no gradient of their input: they come first in a "
                                         "network, and no gradient of the image is to be had");
        }
        template <class T>
        static std::size_t prepared() {
            return inner::template prepared<T>();
        }
        template <class T>
        static void prepare(pass<T> const& p, T* to) {
            inner::prepare(p, to);
        }
        template <class T>
        static std::size_t inference_workspace(std::size_t batch) {
            return inner::template inference_workspace<T>(batch);
        }
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            inner::infer(p, x, y);
        }

        static void list(inventory& all, std::string const& prefix) {
            std::size_t const first = all.tensors.size();
            inner::list(all, prefix);
            for (std::size_t i = first; i < all.tensors.size(); ++i)
                all.tensors[i].frozen = true;
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            std::size_t const first = rows.size();
            inner::describe(rows, prefix);
            for (std::size_t i = first; i < rows.size(); ++i)
                rows[i].layer += ", frozen", rows[i].activations = 0;
        }
    };
};

} // namespace trine::nn
