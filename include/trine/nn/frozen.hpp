#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "../core/error.hpp"
#include "layer.hpp"
#include "layer_functions.hpp"
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
        using inner = detail::bound<typename detail::one_or_sequential<Layers...>::type, In>;
        using input = In;
        using output = typename inner::output;
        template <class T>
        using calls = detail::layer_calls<inner, T>;
        static constexpr auto facts = detail::facts_of<inner>;
        static constexpr std::size_t parameters = facts.parameters, state = facts.state, layers = facts.layers,
                                     multiply_adds = facts.multiply_adds;
        static constexpr bool keeps_gradient = true, needs_input = false, needs_output = false;
        template <class T>
        static std::size_t workspace(std::size_t batch) {
            return whole_lines(calls<T>::prepared()) + calls<T>::inference_workspace(batch);
        }
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y, T*) {
            // Preparing takes time in proportion to the weights, not to the batch: it is not worth keeping from step to
            // step.
            calls<T>::prepare(context, context.workspace);
            auto own = context.inside(0, 0, 0, whole_lines(calls<T>::prepared()));
            own.prepared = context.workspace;
            calls<T>::infer(own, x, y);
        }
        template <class T>
        static void backward(layer_context<T> const&, T const*, T const*, T*, T* dx, T*) {
            require<argument_error>(!dx, "frozen layers compute no gradient of their input: they come first in a "
                                         "network, and no gradient of the image is to be had");
        }
        template <class T>
        static std::size_t prepared() {
            return calls<T>::prepared();
        }
        template <class T>
        static void prepare(layer_context<T> const& context, T* to) {
            calls<T>::prepare(context, to);
        }
        template <class T>
        static std::size_t inference_workspace(std::size_t batch) {
            return calls<T>::inference_workspace(batch);
        }
        template <class T>
        static void infer(layer_context<T> const& context, T const* x, T* y) {
            calls<T>::infer(context, x, y);
        }

        static void list(inventory& all, std::string const& prefix) {
            std::size_t const first = all.tensors.size();
            detail::list_layer<inner>(all, prefix);
            detail::freeze_from(all, first);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            std::size_t const first = rows.size();
            detail::describe_layer<inner>(rows, prefix);
            detail::mark_frozen(rows, first);
        }
    };
};

} // namespace trine::nn
