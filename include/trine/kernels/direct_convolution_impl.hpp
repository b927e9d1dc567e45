#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "../core/parallel.hpp"
#include "strip.hpp"
#include "direct_convolution.hpp"

namespace trine::kernels {

template <class T>
std::size_t direct_weights_size(convolution_shape const& s) {
    return s.groups * panel_count<T>(s.group_outputs()) * panel_width<T>(s.group_outputs()) * s.depth();
}

template <class T>
void direct_weights(convolution_shape const& s, T const* w, T* out) {
    std::size_t const each = s.group_outputs();
    for (std::size_t g = 0; g < s.groups; ++g)
        pack_panels(s.depth(), each, out + g * direct_weights_size<T>(s) / s.groups,
                    [&](std::size_t k, std::size_t o) { return w[k * s.outputs + g * each + o]; });
}

template <class T>
std::size_t direct_rows_per_block(convolution_shape const& s) {
    return detail::forward_plan(s).rows_per_item(sizeof(T), s.batch, s.outputs);
}

template <class T>
std::size_t direct_forward_scratch(convolution_shape const& s, std::size_t threads, bool sink_only) {
    auto const plan = detail::forward_plan(s);
    std::size_t const rows = plan.rows_per_item(sizeof(T), s.batch, s.outputs);
    return s.groups * panel_count<T>(s.group_outputs()) * panel_width<T>(s.group_outputs()) +
           threads * (plan.strip_size(rows) + (sink_only ? rows * s.out_width() * s.outputs : 0));
}

template <class T>
void direct_forward(convolution_shape const& s, T const* x, T const* weights, T const* bias, T* y, T* scratch,
                    row_sink<T> const& sink) {
    auto const plan = detail::forward_plan(s);
    std::size_t const each = s.group_outputs(), padded = panel_count<T>(each) * panel_width<T>(each);
    T* const padded_bias = scratch;
    T* const threads = scratch + s.groups * padded;
    if (bias)
        detail::pad_bias(s, bias, padded_bias);
    std::size_t const rows_per_item = plan.rows_per_item(sizeof(T), s.batch, s.outputs);
    std::size_t const items = (plan.out_rows + rows_per_item - 1) / rows_per_item,
                      strip_size = plan.strip_size(rows_per_item);
    std::size_t const out_row = plan.out_cols * s.outputs,
                      per_thread = strip_size + (sink.only ? rows_per_item * out_row : 0);
    parallel_for(s.batch * items, [&](std::size_t item) {
        std::size_t const image = item / items, first = item % items * rows_per_item,
                          row = image * plan.out_rows + first;
        std::size_t const rows = std::min(rows_per_item, plan.out_rows - first);
        T* const own = threads + thread_index() * per_thread;
        T* const to = sink.only ? own + strip_size : y + row * out_row;
        for (std::size_t g = 0; g < s.groups; ++g) {
            auto const source = detail::load_strip(
                plan, x + image * s.height * s.width * s.channels + g * plan.channels, first, rows, own);
            detail::convolve_rows(plan, source, rows, weights + g * padded * s.depth(),
                                  bias ? padded_bias + g * padded : nullptr, each, to, {g * each, out_row, s.outputs},
                                  detail::input_ahead<T>(plan, s.batch, x, image, first, rows));
        }
        if (sink)
            sink.take(sink.context, item, row, rows, to);
    });
}

namespace detail {

// One of the stride² phases of a gradient of data: its plan, and where its panels lie.
struct gradient_phase {
    phase_axis vertical, horizontal;
    strip_plan plan;
    std::size_t panels;

    std::size_t depth(convolution_shape const& s) const {
        return plan.kernel_height * plan.kernel_width * s.group_outputs();
    }
};

struct gradient_data_plan {
    std::vector<gradient_phase> phases;
    std::size_t rows_per_item, items_per_image, panels, strip;

    template <class T>
    static gradient_data_plan make(convolution_shape const& s) {
        gradient_data_plan p{{}, s.stride, 1, 0, 0};
        std::size_t rows = s.height;
        for_each_phase(s, [&](phase_axis const& v, phase_axis const& h, strip_plan const& plan) {
            p.phases.push_back({v, h, plan, p.panels});
            p.panels += s.groups * panel_count<T>(s.group_channels()) * panel_width<T>(s.group_channels()) *
                        p.phases.back().depth(s);
            if (plan.kernel_height > 0)
                rows = std::min(rows, plan.rows_per_item(sizeof(T), s.batch, s.channels));
        });
        // Rows of one phase; an item does all phases of its rows, while the gradient they share is in cache.
        p.rows_per_item = rows;
        p.items_per_image = ((s.height + s.stride - 1) / s.stride + rows - 1) / rows;
        for (auto const& phase : p.phases)
            if (phase.plan.kernel_height > 0)
                p.strip = std::max(p.strip, phase.plan.strip_size(rows));
        return p;
    }
};

// Panels of a group's channels from weights whose last side are outputs: element (k, c), where k counts the phase's
// flipped taps, and in each the group's outputs.
template <class T>
void pack_exchanged(convolution_shape const& s, gradient_phase const& phase, std::size_t group, T const* w, T* out) {
    constexpr std::size_t run = 16; // every line that is fetched is used whole while it is there
    auto const &v = phase.vertical, &h = phase.horizontal;
    std::size_t const each = s.group_channels(), outputs = s.group_outputs(), width = panel_width<T>(each),
                      taps = v.taps * h.taps;
    auto const pack = [&](std::size_t panel, std::size_t tap) {
        std::size_t const ky = v.first_tap + (v.taps - 1 - tap / h.taps) * s.stride,
                          kx = h.first_tap + (h.taps - 1 - tap % h.taps) * s.stride;
        std::size_t const first = panel * width, used = std::min(width, each - first);
        T const* const from = w + ((ky * s.kernel_width + kx) * each + first) * s.outputs + group * outputs;
        T* const to = out + (panel * taps + tap) * outputs * width;
        if (used < width)
            std::fill_n(to, outputs * width, T(0));
        for (std::size_t start = 0; start < outputs; start += run)
            for (std::size_t c = 0; c < used; ++c) {
                __builtin_prefetch(from + c * s.outputs + start + 2 * run, 0, 2); // rows far apart are not foreseen
                for (std::size_t o = start; o < std::min(start + run, outputs); ++o)
                    to[o * width + c] = from[c * s.outputs + o];
            }
    };
    std::size_t const panels = panel_count<T>(each);
    if (s.weights() < 4096) // not worth waking the others for
        for (std::size_t item = 0; item < panels * taps; ++item)
            pack(item / taps, item % taps);
    else
        parallel_for(panels * taps, [&](std::size_t item) { pack(item / taps, item % taps); });
}

} // namespace detail

template <class T>
std::size_t direct_gradient_data_scratch(convolution_shape const& s, std::size_t threads) {
    auto const plan = detail::gradient_data_plan::make<T>(s);
    return plan.panels + threads * plan.strip;
}

template <class T>
void direct_gradient_data(convolution_shape const& s, T const* dy, T const* w, T* dx, T* scratch) {
    auto const all = detail::gradient_data_plan::make<T>(s);
    std::size_t const image_size = s.height * s.width * s.channels,
                      gradient_size = s.out_height() * s.out_width() * s.outputs;
    std::size_t const each = s.group_channels(), padded = panel_count<T>(each) * panel_width<T>(each);
    T* const panels = scratch;
    T* const strips = panels + all.panels;
    for (auto const& phase : all.phases)
        for (std::size_t g = 0; g < s.groups && phase.plan.kernel_height > 0; ++g)
            detail::pack_exchanged(s, phase, g, w, panels + phase.panels + g * padded * phase.depth(s));
    parallel_for(s.batch * all.items_per_image, [&](std::size_t item) {
        std::size_t const image = item / all.items_per_image, first = item % all.items_per_image * all.rows_per_item;
        bool fetched = false; // by one phase for all
        for (auto const& phase : all.phases) {
            if (first >= phase.vertical.pixels)
                continue;
            std::size_t const rows = std::min(all.rows_per_item, phase.vertical.pixels - first);
            detail::pixel_grid const grid{(phase.vertical.first_pixel * s.width + phase.horizontal.first_pixel) *
                                              s.channels,
                                          s.stride * s.width * s.channels, s.stride * s.channels};
            T* const to = dx + image * image_size + first * grid.row_stride;
            if (phase.plan.kernel_height == 0) {
                for (std::size_t r = 0; r < rows; ++r)
                    for (std::size_t q = 0; q < phase.horizontal.pixels; ++q)
                        std::fill_n(to + grid.base + r * grid.row_stride + q * grid.col_stride, s.channels, T(0));
                continue;
            }
            for (std::size_t g = 0; g < s.groups; ++g) {
                auto const source = detail::load_strip(phase.plan, dy + image * gradient_size + g * phase.plan.channels,
                                                       first, rows, strips + thread_index() * all.strip);
                detail::convolve_rows<T>(phase.plan, source, rows, panels + phase.panels + g * padded * phase.depth(s),
                                         nullptr, each, to, {grid.base + g * each, grid.row_stride, grid.col_stride},
                                         fetched ? detail::input_ahead<T>()
                                                 : detail::input_ahead<T>(phase.plan, s.batch, dy, image, first, rows));
                fetched = true;
            }
        }
    });
}

#ifdef TRINE_COMPILED
template std::size_t direct_rows_per_block<float>(convolution_shape const& s);
template std::size_t direct_rows_per_block<double>(convolution_shape const& s);
template std::size_t direct_weights_size<float>(convolution_shape const& s);
template std::size_t direct_weights_size<double>(convolution_shape const& s);
template void direct_weights<float>(convolution_shape const& s, float const* w, float* out);
template void direct_weights<double>(convolution_shape const& s, double const* w, double* out);
template std::size_t direct_forward_scratch<float>(convolution_shape const& s, std::size_t threads, bool sink_only);
template std::size_t direct_forward_scratch<double>(convolution_shape const& s, std::size_t threads, bool sink_only);
template void direct_forward<float>(convolution_shape const& s, float const* x, float const* weights, float const* bias,
                                    float* y, float* scratch, row_sink<float> const& sink);
template void direct_forward<double>(convolution_shape const& s, double const* x, double const* weights,
                                     double const* bias, double* y, double* scratch, row_sink<double> const& sink);
template std::size_t direct_gradient_data_scratch<float>(convolution_shape const& s, std::size_t threads);
template std::size_t direct_gradient_data_scratch<double>(convolution_shape const& s, std::size_t threads);
template void direct_gradient_data<float>(convolution_shape const& s, float const* dy, float const* w, float* dx,
                                          float* scratch);
template void direct_gradient_data<double>(convolution_shape const& s, double const* dy, double const* w, double* dx,
                                           double* scratch);
#endif

} // namespace trine::kernels
