#pragma once

#include "../kernels/elementwise.hpp"
#include "../kernels/gemm.hpp"
#include "linear.hpp"

namespace trine::nn::detail {

template <class T>
void linear_forward(std::size_t inputs, std::size_t outputs, layer_context<T> const& context, T const* x, T* y) {
    T const* const weights = context.parameters;
    kernels::repeat_row(context.batch, outputs, weights + outputs * inputs, y);
    kernels::gemm(kernels::transposed::no, kernels::transposed::yes, T(1), {x, context.batch, inputs},
                  {weights, outputs, inputs}, T(1), {y, context.batch, outputs});
}

template <class T>
void linear_backward(std::size_t inputs, std::size_t outputs, layer_context<T> const& context, T const* x, T const* dy,
                     T* dx) {
    kernels::gemm(kernels::transposed::yes, kernels::transposed::no, T(1), {dy, context.batch, outputs},
                  {x, context.batch, inputs}, T(1), {context.gradients, outputs, inputs});
    kernels::add_column_sums(context.batch, outputs, dy, context.gradients + outputs * inputs);
    if (dx)
        kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(1), {dy, context.batch, outputs},
                      {context.parameters, outputs, inputs}, T(0), {dx, context.batch, inputs});
}

#ifdef TRINE_COMPILED
#define TRINE_INSTANTIATE(T)                                                                                           \
    template void linear_forward<T>(std::size_t, std::size_t, layer_context<T> const&, T const*, T*);                  \
    template void linear_backward<T>(std::size_t, std::size_t, layer_context<T> const&, T const*, T const*, T*);
TRINE_INSTANTIATE(float)
TRINE_INSTANTIATE(double)
#undef TRINE_INSTANTIATE
#endif

} // namespace trine::nn::detail
