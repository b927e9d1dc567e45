#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "convolution.hpp"
#include "layer.hpp"
#include "sequential.hpp"

namespace trine::nn {

/// Layers of which training keeps nothing but their output: what their backward pass needs is computed once more from
/// their input when it is needed.
///
/// Values, gradients and names are those of the layers as they are, bit for bit. What a training step saves is all that
/// lies between their input and their output; what it costs is their forward pass, about a third of their share of the
/// step's time. It pays for blocks on large maps; around a whole network it saves nothing, as all of it is there again
/// at once.
///
/// @see T. Chen, B. Xu, C. Zhang, C. Guestrin, "Training Deep Nets with Sublinear Memory Cost", 2016
template <class... Layers>
struct recomputed {
    template <class In>
    struct at : detail::one_or_sequential<Layers...>::type::template at<In> {
        using inner = typename detail::one_or_sequential<Layers...>::type::template at<In>;
        using output = typename inner::output;
        // Layers that cannot make their tape without their output write it again where it is.
        static constexpr bool writes_output = !detail::makes_tape_alone<inner>;
        static constexpr bool in_place = false, needs_input = true, needs_output = inner::needs_output || writes_output;
        static constexpr bool takes_rectified_dy = detail::takes_rectified_dy<inner> && !writes_output;

        static constexpr std::size_t tape_of(std::size_t) { return 0; }
        template <class T>
        static std::size_t memory(std::size_t batch) {
            return detail::memory_of<T, inner>(batch);
        }
        template <class T>
        static pass<T> inside(pass<T> const& p, T* memory) {
            return p.template training<inner>(0, 0, 0, memory);
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T* memory) {
            inner::forward(inside(p, memory), x, y, memory);
        }
        template <class T>
        static void forward_tape(pass<T> const&, T const*, T*) {}
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T* memory) {
            make_tape(p, x, y, memory);
            inner::backward(inside(p, memory), x, y, dy, dx, memory);
        }
        template <class T>
        static std::size_t memory_with_dx(std::size_t batch) {
            return std::max(memory<T>(batch), detail::memory_with_dx_of<T, inner>(batch));
        }
        template <class T>
        static void backward_with_dx(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T* memory, T* end) {
            make_tape(p, x, y, memory);
            detail::backward_with_dx<inner>(inside(p, memory), x, y, dy, dx, memory, end);
        }
        template <class T>
        static void make_tape(pass<T> const& p, T const* x, T const* y, T* memory) {
            auto own = inside(p, memory);
            own.again = true;
            if constexpr (writes_output)
                inner::forward(own, x, const_cast<T*>(y), memory);
            else
                inner::forward_tape(own, x, memory);
        }

        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            std::size_t const first = rows.size();
            inner::describe(rows, prefix);
            for (std::size_t i = first; i < rows.size(); ++i)
                rows[i].layer += ", recomputed", rows[i].activations = i + 1 < rows.size() ? 0 : output::size;
        }
    };
};

/// What a backbone keeps of its maps in training, as a policy: all that the backward pass needs …
struct keep_maps {
    template <std::size_t Stage, class Block>
    using block = Block;
    template <std::size_t Out, std::size_t Kernel, class... Options>
    using first = conv2d<Out, Kernel, Options...>;
};
/// … or, where they are largest, of the first convolution nothing, and of the blocks of the first so many stages their
/// output alone.
template <std::size_t Stages>
struct recompute_maps {
    template <std::size_t Stage, class Block>
    using block = std::conditional_t<(Stage < Stages), recomputed<Block>, Block>;
    template <std::size_t Out, std::size_t Kernel, class... Options>
    using first = conv2d<Out, Kernel, Options..., recompute>;
};

} // namespace trine::nn
