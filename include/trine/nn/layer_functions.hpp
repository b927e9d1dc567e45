#pragma once

/// A bound layer's functions as tables, so that what works on several layers is compiled once for all of them.

#include <cstddef>

#include "layer.hpp"

namespace trine::nn::detail {

/// Inference. What `layer.hpp` says of each holds.
template <class T>
struct inference_functions {
    std::size_t (*prepared)();
    void (*prepare)(layer_context<T> const&, T* to);
    std::size_t (*workspace)(std::size_t batch);
    void (*infer)(layer_context<T> const&, T const* x, T* y);
};

/// Training; those that a layer need not have may be null.
template <class T>
struct training_functions {
    std::size_t (*memory)(std::size_t batch); ///< at the layer's tape: what it keeps, and its scratch
    void (*forward)(layer_context<T> const&, T const* x, T* y, T* tape);
    void (*backward)(layer_context<T> const&, T const* x, T const* y, T* dy, T* dx, T* tape);
    std::size_t (*memory_with_dx)(std::size_t batch) = nullptr;
    void (*backward_with_dx)(layer_context<T> const&, T const* x, T const* y, T* dy, T* dx, T* tape, T* end) = nullptr;
    void (*forward_tape)(layer_context<T> const&, T const* x, T* tape) = nullptr;
    void (*restore)(layer_context<T> const&, T const* tape, T* y) = nullptr;
    void (*restore_first)(layer_context<T> const&, T const* x, T const* tape, T* y) = nullptr;
    std::size_t (*restore_first_workspace)(std::size_t batch) = nullptr;

    /// Scalars at a layer's tape that its backward pass may use and its dx, which lies at their end.
    std::size_t most_with_dx(layer_facts const& facts, std::size_t batch) const {
        return memory_with_dx ? memory_with_dx(batch) : memory(batch) + whole_lines(batch * facts.input);
    }
    /// The backward pass in that memory, which ends at `end`.
    void backward_before(layer_context<T> const& context, T const* x, T const* y, T* dy, T* dx, T* tape, T* end) const {
        if (backward_with_dx)
            backward_with_dx(context, x, y, dy, dx, tape, end);
        else
            backward(context, x, y, dy, dx, tape);
    }
};

/// The functions of a layer, whatever its tier is.
template <class L, class T>
struct layer_calls {
    using context_type = layer_context<T>;
    static constexpr layer_facts facts = facts_of<L>;

    static std::size_t prepared() {
        if constexpr (requires { L::template prepared<T>(); })
            return L::template prepared<T>();
        else
            return 0;
    }
    static void prepare(context_type const& context, T* to) {
        if constexpr (requires { L::prepare(context, to); })
            L::prepare(context, to);
    }
    static std::size_t inference_workspace(std::size_t batch) {
        if constexpr (requires { L::template inference_workspace<T>(batch); })
            return L::template inference_workspace<T>(batch);
        else if constexpr (infers)
            return 0;
        else
            return own_workspace(batch);
    }
    static void infer(context_type const& context, T const* x, T* y) {
        if constexpr (infers)
            L::infer(context, x, y);
        else
            L::forward(context, x, y);
    }

    static std::size_t memory(std::size_t batch) {
        if constexpr (requires { L::template memory<T>(batch); })
            return whole_lines(L::template memory<T>(batch));
        else
            return facts.tape_of(batch) + whole_lines(workspace(batch));
    }
    static void forward(context_type const& context, T const* x, T* y, T* tape) {
        if constexpr (is_simple<L>)
            L::forward(context, x, y);
        else
            L::forward(context, x, y, tape);
    }
    static void backward(context_type const& context, T const* x, T const* y, T* dy, T* dx, T* tape) {
        if constexpr (!is_simple<L>)
            L::backward(context, x, y, dy, dx, tape);
        else {
            if constexpr (unwanted_dx)
                if (!dx)
                    dx = context.workspace + whole_lines(own_workspace(context.batch));
            if (dx || facts.parameters > 0) {
                if constexpr (requires { L::backward(context, x, y, static_cast<T const*>(dy), dx); })
                    L::backward(context, x, y, static_cast<T const*>(dy), dx);
                else
                    L::backward(context, x, y, dy, dx);
            }
        }
    }

private:
    static constexpr bool infers = requires(context_type const& context, T const* x, T* y) { L::infer(context, x, y); };
    // A simple layer that learns writes its dx even where nobody needs that: into scratch.
    static constexpr bool unwanted_dx = is_simple<L> && !facts.takes_null_dx && facts.parameters > 0;

    static std::size_t own_workspace(std::size_t batch) {
        if constexpr (requires { L::template workspace<T>(batch); })
            return L::template workspace<T>(batch);
        else
            return 0;
    }
    static std::size_t workspace(std::size_t batch) {
        if constexpr (unwanted_dx)
            return whole_lines(own_workspace(batch)) + batch * facts.input;
        else
            return own_workspace(batch);
    }
};

template <class T, class L>
constexpr training_functions<T> read_training_functions() {
    using calls = layer_calls<L, T>;
    training_functions<T> f{&calls::memory, &calls::forward, &calls::backward};
    if constexpr (requires { L::template memory_with_dx<T>(1); }) {
        f.memory_with_dx = [](std::size_t batch) { return whole_lines(L::template memory_with_dx<T>(batch)); };
        f.backward_with_dx = [](layer_context<T> const& context, T const* x, T const* y, T* dy, T* dx, T* tape,
                                T* end) { L::backward_with_dx(context, x, y, dy, dx, tape, end); };
    }
    if constexpr (facts_of<L>.makes_tape_alone)
        f.forward_tape = [](layer_context<T> const& context, T const* x, T* tape) {
            L::forward_tape(context, x, tape);
        };
    if constexpr (facts_of<L>.restores)
        f.restore = [](layer_context<T> const& context, T const* tape, T* y) { L::restore(context, tape, y); };
    if constexpr (facts_of<L>.restores_first) {
        f.restore_first = [](layer_context<T> const& context, T const* x, T const* tape, T* y) {
            L::restore_first(context, x, tape, y);
        };
        f.restore_first_workspace = [](std::size_t batch) { return L::template restore_first_workspace<T>(batch); };
    }
    return f;
}

template <class T, class L>
inline constexpr training_functions<T> training_of = read_training_functions<T, L>();
template <class T, class L>
inline constexpr inference_functions<T> inference_of{&layer_calls<L, T>::prepared, &layer_calls<L, T>::prepare,
                                                     &layer_calls<L, T>::inference_workspace,
                                                     &layer_calls<L, T>::infer};

} // namespace trine::nn::detail
