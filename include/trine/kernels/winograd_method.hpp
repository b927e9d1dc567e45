#pragma once

#include <cstddef>

#include "../core/config.hpp"
#include "convolution_shape.hpp"

namespace trine::kernels {

/// Winograd's transforms F(Outputs, Kernel).
template <std::size_t Outputs, std::size_t Kernel>
struct winograd;

/// Convolution by Winograd's transforms W; its kernel, stride 1, one group.
template <class W, class T>
class winograd_method {
public:
    explicit winograd_method(convolution_shape const& s) : s_(s) {}

    std::size_t weights_size() const;
    void prepare(T const* w, T* prepared) const;
    std::size_t blocks() const;
    std::size_t rows_per_block() const;
    std::size_t forward_scratch(bool sink_only = false) const;
    void forward(T const* x, T const* prepared, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) const;
    /// y = max(x ∗ w + bias, 0), or the largest of each 2×2 of that: what follows in inference, without another pass.
    /// Scratch as for `forward`.
    void forward_rectified(T const* x, T const* prepared, T const* bias, bool pooled, T* y, T* scratch) const;
    std::size_t forward_once_scratch() const;
    /// Takes less memory than all weights prepared.
    void forward_once(T const* x, T const* w, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) const;
    std::size_t gradient_data_scratch() const;
    void gradient_data(T const* dy, T const* w, T* dx, T* scratch) const;
    std::size_t gradient_weights_scratch() const;
    void gradient_weights(T const* x, T const* dy, T* dw, T* scratch) const;

private:
    convolution_shape s_;
};

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "winograd_method_impl.hpp"
#endif
