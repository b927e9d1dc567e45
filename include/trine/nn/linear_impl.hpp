#pragma once

#include <algorithm>
#include <cstddef>

#include "../core/parallel.hpp"
#include "../kernels/elementwise.hpp"
#include "../kernels/gemm.hpp"
#include "../kernels/register_tile.hpp"
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

// Panels of weights, one behind the other, and as many biases as all panels have columns.
template <class T>
std::size_t linear_prepared_size(std::size_t inputs, std::size_t outputs) {
    return kernels::panel_count<T>(outputs) * kernels::panel_width<T>(outputs) * (inputs + 1);
}

template <class T>
void prepare_linear(std::size_t inputs, std::size_t outputs, T const* parameters, T* to) {
    kernels::pack_panels<T>(inputs, outputs, to,
                            [&](std::size_t k, std::size_t c) { return parameters[c * inputs + k]; });
    std::size_t const columns = kernels::panel_count<T>(outputs) * kernels::panel_width<T>(outputs);
    T* const bias = to + columns * inputs;
    std::fill(std::copy_n(parameters + outputs * inputs, outputs, bias), bias + columns, T(0));
}

// Memory bounds it where there are few images: every weight is read once for each tile of rows.
template <class T>
void infer_linear(std::size_t inputs, std::size_t outputs, layer_context<T> const& context, T const* x, T* y) {
    std::size_t const width = kernels::panel_width<T>(outputs), panels = kernels::panel_count<T>(outputs);
    T const* const bias = context.prepared + panels * width * inputs;
    parallel_for(panels, [&](std::size_t panel) {
        std::size_t const first = panel * width, used = std::min(width, outputs - first);
        for (std::size_t r = 0; r < context.batch;) {
            std::size_t const rows = kernels::next_tile(context.batch - r);
            kernels::tile_operand<T> const left{x + r * inputs, inputs, 0, 1, inputs};
            kernels::compute_tile<kernels::multiply_add>(rows, kernels::panel_vectors<T>(outputs), left,
                                                         context.prepared + first * inputs, bias + first,
                                                         y + r * outputs + first, outputs, used);
            r += rows;
        }
    });
}

#ifdef TRINE_COMPILED
#define TRINE_INSTANTIATE(T)                                                                                           \
    template void linear_forward<T>(std::size_t, std::size_t, layer_context<T> const&, T const*, T*);                  \
    template void linear_backward<T>(std::size_t, std::size_t, layer_context<T> const&, T const*, T const*, T*);       \
    template std::size_t linear_prepared_size<T>(std::size_t, std::size_t);                                            \
    template void prepare_linear<T>(std::size_t, std::size_t, T const*, T*);                                           \
    template void infer_linear<T>(std::size_t, std::size_t, layer_context<T> const&, T const*, T*);
TRINE_INSTANTIATE(float)
TRINE_INSTANTIATE(double)
#undef TRINE_INSTANTIATE
#endif

} // namespace trine::nn::detail
