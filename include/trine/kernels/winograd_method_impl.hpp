#pragma once

#include <cstddef>

#include "../core/parallel.hpp"
#include "winograd_convolution.hpp"
#include "winograd_gradient.hpp"
#include "winograd_method.hpp"

namespace trine::kernels {

namespace detail {

template <class W, class T>
winograd_plan forward_plan_of(convolution_shape const& s) {
    return winograd_plan::make<W, T>(s.batch, s.height, s.width, s.channels, s.outputs, s.padding);
}
template <class W, class T>
winograd_plan backward_plan_of(convolution_shape const& s) {
    return winograd_plan::make<W, T>(s.batch, s.out_height(), s.out_width(), s.outputs, s.channels,
                                     W::kernel - 1 - s.padding);
}
// Scalars of a part's weights with their sides exchanged.
template <class W, class T>
std::size_t exchanged_size(winograd_plan const& p) {
    auto const [first, last] = p.outputs_of<T>(p.largest_part<T>());
    return W::kernel * W::kernel * p.channels * (last - first);
}

} // namespace detail

template <class W, class T>
std::size_t winograd_method<W, T>::weights_size() const {
    return detail::forward_plan_of<W, T>(s_).template weights_size<T>();
}

template <class W, class T>
void winograd_method<W, T>::prepare(T const* w, T* prepared) const {
    auto const p = detail::forward_plan_of<W, T>(s_);
    winograd_weights<W>(p, w, 0, s_.outputs, false, prepared, p.template all_panels<T>());
}

template <class W, class T>
std::size_t winograd_method<W, T>::blocks() const {
    return detail::forward_plan_of<W, T>(s_).blocks;
}

template <class W, class T>
std::size_t winograd_method<W, T>::rows_per_block() const {
    return detail::forward_plan_of<W, T>(s_).rows_of_block();
}

template <class W, class T>
std::size_t winograd_method<W, T>::forward_scratch(bool sink_only) const {
    return winograd_scratch<T>(detail::forward_plan_of<W, T>(s_), thread_count(), sink_only);
}

template <class W, class T>
void winograd_method<W, T>::forward(T const* x, T const* prepared, T const* bias, T* y, T* scratch,
                                    row_sink<T> const& sink) const {
    winograd_convolution<W>(detail::forward_plan_of<W, T>(s_), x, prepared, bias, y, scratch, sink);
}

template <class W, class T>
void winograd_method<W, T>::forward_rectified(T const* x, T const* prepared, T const* bias, bool pooled, T* y,
                                              T* scratch) const {
    auto const p = detail::forward_plan_of<W, T>(s_);
    winograd_convolution<W, T>(p, x, prepared, bias, y, scratch, {}, p.template all_panels<T>(), nullptr,
                               pooled ? output_finish::rectified_and_pooled : output_finish::rectified);
}

template <class W, class T>
std::size_t winograd_method<W, T>::forward_once_scratch() const {
    return winograd_once_scratch<T>(detail::forward_plan_of<W, T>(s_), thread_count());
}

template <class W, class T>
void winograd_method<W, T>::forward_once(T const* x, T const* w, T const* bias, T* y, T* scratch,
                                         row_sink<T> const& sink) const {
    auto const p = detail::forward_plan_of<W, T>(s_);
    winograd_convolution_once<W>(
        p, x, [&](panel_range const& some, T* to) { winograd_weights<W>(p, w, 0, s_.outputs, false, to, some); }, bias,
        y, scratch, sink);
}

template <class W, class T>
std::size_t winograd_method<W, T>::gradient_data_scratch() const {
    auto const p = detail::backward_plan_of<W, T>(s_);
    return detail::exchanged_size<W, T>(p) + winograd_once_scratch<T>(p, thread_count());
}

template <class W, class T>
void winograd_method<W, T>::gradient_data(T const* dy, T const* w, T* dx, T* scratch) const {
    // The adjoint of a convolution of stride 1 is one with the kernel turned around and its sides exchanged.
    auto const p = detail::backward_plan_of<W, T>(s_);
    auto const transform = [&](panel_range const& some, T* to) {
        auto const [first, last] = p.template outputs_of<T>(some);
        exchange_sides(s_, first, last, w, scratch);
        winograd_weights<W, T>(p, scratch, first, last - first, true, to, some);
    };
    winograd_convolution_once<W, T>(p, dy, transform, nullptr, dx, scratch + detail::exchanged_size<W, T>(p));
}

template <class W, class T>
std::size_t winograd_method<W, T>::gradient_weights_scratch() const {
    return winograd_gradient_weights_scratch<W, T>(s_, thread_count());
}

template <class W, class T>
void winograd_method<W, T>::gradient_weights(T const* x, T const* dy, T* dw, T* scratch) const {
    winograd_gradient_weights<W>(s_, x, dy, dw, scratch);
}

#ifdef TRINE_COMPILED
template class winograd_method<winograd<4, 3>, float>;
template class winograd_method<winograd<4, 3>, double>;
template class winograd_method<winograd<2, 5>, float>;
template class winograd_method<winograd<2, 5>, double>;
#endif

} // namespace trine::kernels
