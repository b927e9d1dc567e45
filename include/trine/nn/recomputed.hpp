#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "convolution.hpp"
#include "layer.hpp"
#include "layer_functions.hpp"
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
    struct at {
        using inner = detail::bound<typename detail::one_or_sequential<Layers...>::type, In>;
        using input = In;
        using output = typename inner::output;
        template <class T>
        using calls = detail::layer_calls<inner, T>;
        template <class T>
        static constexpr auto training = detail::training_of<T, inner>;
        static constexpr auto facts = detail::facts_of<inner>;
        static constexpr std::size_t parameters = facts.parameters, state = facts.state, layers = facts.layers,
                                     multiply_adds = facts.multiply_adds;
        // Layers that cannot make their tape without their output write it again where it is.
        static constexpr bool writes_output = !facts.makes_tape_alone;
        static constexpr bool needs_output = facts.needs_output || writes_output;
        static constexpr bool keeps_gradient = facts.keeps_gradient, dx_over_x = facts.dx_over_x,
                              dx_over_dy = facts.dx_over_dy, rectifies_dx = facts.rectifies_dx,
                              takes_rectified_dy = facts.takes_rectified_dy && !writes_output;

        template <class T>
        static std::size_t memory(std::size_t batch) {
            return calls<T>::memory(batch);
        }
        template <class T>
        static layer_context<T> inside(layer_context<T> const& context, T* memory) {
            return context.with_workspace(memory + facts.tape_of(context.batch));
        }
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y, T* memory) {
            calls<T>::forward(inside(context, memory), x, y, memory);
        }
        template <class T>
        static void forward_tape(layer_context<T> const&, T const*, T*) {}
        template <class T>
        static void backward(layer_context<T> const& context, T const* x, T const* y, T* dy, T* dx, T* memory) {
            make_tape(context, x, y, memory);
            calls<T>::backward(inside(context, memory), x, y, dy, dx, memory);
        }
        template <class T>
        static std::size_t memory_with_dx(std::size_t batch) {
            return std::max(memory<T>(batch), training<T>.most_with_dx(facts, batch));
        }
        template <class T>
        static void backward_with_dx(layer_context<T> const& context, T const* x, T const* y, T* dy, T* dx, T* memory,
                                     T* end) {
            make_tape(context, x, y, memory);
            training<T>.backward_before(inside(context, memory), x, y, dy, dx, memory, end);
        }
        template <class T>
        static void make_tape(layer_context<T> const& context, T const* x, T const* y, T* memory) {
            auto own = inside(context, memory);
            own.recomputing = true;
            if constexpr (writes_output)
                calls<T>::forward(own, x, const_cast<T*>(y), memory);
            else
                inner::forward_tape(own, x, memory);
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

        static void list(inventory& all, std::string const& prefix) { detail::list_layer<inner>(all, prefix); }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            std::size_t const first = rows.size();
            detail::describe_layer<inner>(rows, prefix);
            detail::mark_recomputed(rows, first, output::size);
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
