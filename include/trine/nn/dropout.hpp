#pragma once

#include <cstddef>
#include <string>

#include "../core/config.hpp"
#include "../kernels/elementwise.hpp"
#include "layer.hpp"

namespace trine::nn {

namespace detail {

/// Draws the mask of a dropout for every image of a batch and applies it. `to` may be `from`.
template <class T>
void apply_dropout(layer_context<T> const& context, std::size_t size, std::size_t percent, T const* from, T* to);

} // namespace detail

/// In training, sets each value to 0 with a probability of `Percent`/100 and scales the others up to keep the mean;
/// else passes all on.
///
/// The mask is drawn again in the backward pass from (seed, step, layer, image), so it is never stored.
///
/// @see N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15, 2014
template <std::size_t Percent = 50>
struct dropout {
    static_assert(Percent < 100, "dropout: the share to drop is below 100 percent");
    template <class In>
    struct at : layer_shapes<In> {
        static constexpr bool in_place = true, needs_input = false, needs_output = false;
        static std::string name() { return "dropout " + std::to_string(Percent) + " %"; }
        template <class T>
        static void infer(layer_context<T> const& context, T const* x, T* y) {
            if (x != y)
                kernels::copy(context.batch * In::size, x, y);
        }
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            detail::apply_dropout(context, In::size, Percent, x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const*, T const* dy, T* dx) {
            detail::apply_dropout(context, In::size, Percent, dy, dx);
        }
    };
};

} // namespace trine::nn

#ifdef TRINE_HEADER_ONLY
#include "dropout_impl.hpp"
#endif
