#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include "../core/parallel.hpp"
#include "strip.hpp"
#include "gradient_tile.hpp"
#include "convolution_weights.hpp"

namespace trine::kernels {

namespace detail {

// How the batch's output rows are cut: into blocks that a strip holds, and blocks into chunks that are summed
// separately. An item is a chunk and some panels.
struct weights_plan {
    strip_plan strip;
    std::size_t rows_per_block, blocks_per_image, panels, panels_per_item, shares, chunks;

    template <class T>
    static weights_plan make(convolution_shape const& s) {
        weights_plan p{forward_plan(s), 1, 1, panel_count<T>(s.group_outputs()), 1, 1, 1};
        std::size_t const width = panel_width<T>(s.group_outputs());
        std::size_t const row_bytes =
            (p.strip.strip_width() * s.group_channels() * s.stride + s.out_width() * width) * sizeof(T);
        p.rows_per_block = std::clamp<std::size_t>((256 * 1024 / row_bytes + 1) / 2 * 2, 1,
                                                   s.out_height()); // even, for pooling's sake
        p.blocks_per_image = (s.out_height() + p.rows_per_block - 1) / p.rows_per_block;
        // All panels of a small kernel in one item, so that the input is read once; a large kernel's sums would not
        // stay in cache.
        p.panels_per_item = std::clamp<std::size_t>(128 * 1024 / (s.depth() * width * sizeof(T)), 1, p.panels);
        p.shares = s.groups * ((p.panels + p.panels_per_item - 1) / p.panels_per_item);
        p.chunks = std::clamp<std::size_t>((32 + p.shares - 1) / p.shares, 1, s.batch * p.blocks_per_image);
        return p;
    }
    // In place where neither padding nor a slice of channels asks for a copy.
    std::size_t strip_size() const { return strip.strip_size(rows_per_block); }
};

} // namespace detail

template <class T>
std::size_t recomputed_blocks(convolution_shape const& s) {
    return s.batch * detail::weights_plan::make<T>(s).blocks_per_image;
}

template <class T>
std::size_t direct_gradient_weights_scratch(convolution_shape const& s, std::size_t threads, bool recomputed) {
    auto const plan = detail::weights_plan::make<T>(s);
    std::size_t const width = panel_width<T>(s.group_outputs()), block = plan.rows_per_block * s.out_width();
    return plan.chunks * s.groups * s.depth() * plan.panels * width + plan.panels * width +
           threads * (plan.strip_size() + block * width + (recomputed ? block * s.outputs : 0));
}

template <class T>
void direct_gradient_weights(convolution_shape const& s, T const* x, T const* dy, T* dw, T* scratch,
                             recomputed_output<T> const& again) {
    auto const plan = detail::weights_plan::make<T>(s);
    std::size_t const each = s.group_outputs(), width = panel_width<T>(each), panels = plan.panels,
                      vectors = panel_vectors<T>(each);
    std::size_t const run = s.kernel_width * plan.strip.channels, out_width = s.out_width();
    std::size_t const panel_sums = s.depth() * width, partial = s.groups * panels * panel_sums;
    std::size_t const strip_size = plan.strip_size(), packed_size = plan.rows_per_block * out_width * width;
    T* const padded_bias = scratch + plan.chunks * partial;
    T* const threads = padded_bias + panels * width;
    std::size_t const recomputed_size = dy ? 0 : plan.rows_per_block * out_width * s.outputs;
    assert(dy || (s.groups == 1 && plan.shares == 1));
    if (again.bias)
        detail::pad_bias(s, again.bias, padded_bias);
    std::size_t const blocks = s.batch * plan.blocks_per_image, item_groups = plan.shares / s.groups;

    parallel_for(plan.chunks * plan.shares, [&](std::size_t item) {
        std::size_t const first_panel = item % item_groups * plan.panels_per_item,
                          last_panel = std::min(first_panel + plan.panels_per_item, panels);
        std::size_t const g = item / item_groups % s.groups, chunk = item / plan.shares;
        T* const sums = scratch + chunk * partial + g * panels * panel_sums;
        T* const strip_memory = threads + thread_index() * (strip_size + packed_size + recomputed_size);
        T* const packed = strip_memory + strip_size;
        T* const recomputed = packed + packed_size;
        std::size_t const first_block = blocks * chunk / plan.chunks;
        for (std::size_t block = first_block; block < blocks * (chunk + 1) / plan.chunks; ++block) {
            bool const fresh = block == first_block;
            std::size_t const image = block / plan.blocks_per_image,
                              first = block % plan.blocks_per_image * plan.rows_per_block;
            std::size_t const rows = std::min(plan.rows_per_block, s.out_height() - first);
            auto const source =
                detail::load_strip(plan.strip, x + image * s.height * s.width * s.channels + g * plan.strip.channels,
                                   first, rows, strip_memory);
            T const* from = recomputed;
            if (dy)
                from = dy + (image * s.out_height() + first) * out_width * s.outputs + g * each;
            else {
                detail::convolve_rows<T>(plan.strip, source, rows, again.weights, again.bias ? padded_bias : nullptr,
                                         s.outputs, recomputed, {0, out_width * s.outputs, s.outputs});
                again.turn.take(again.turn.context, block, image * s.out_height() + first, rows, recomputed);
            }
            std::size_t const pixels = rows * out_width;
            // The next block, of this item or of the next one, is fetched from memory while this one is summed: its
            // input, then its gradient in the item's panels.
            detail::fetch_ahead<T> next_x, next_dy;
            bool const last = block + 1 == blocks * (chunk + 1) / plan.chunks;
            if (std::size_t const after = item + (last ? 1 : 0);
                dy && s.groups == 1 && after < plan.chunks * plan.shares) {
                std::size_t const next = last ? blocks * (after / plan.shares) / plan.chunks : block + 1,
                                  o = after % item_groups * plan.panels_per_item * width;
                std::size_t const n = next / plan.blocks_per_image,
                                  top = next % plan.blocks_per_image * plan.rows_per_block,
                                  more = std::min(plan.rows_per_block, s.out_height() - top);
                std::size_t const above = std::min(top * s.stride, s.height), x_row = s.width * s.channels;
                next_x = {x + (n * s.height + above) * x_row, std::min(more * s.stride, s.height - above), x_row,
                          x_row};
                next_dy = {dy + (n * s.out_height() + top) * out_width * s.outputs + o, more * out_width,
                           std::min(plan.panels_per_item * width, s.outputs - o), s.outputs};
            }
            for (std::size_t panel = first_panel; panel < last_panel; ++panel) {
                std::size_t const o = panel * width, used = std::min(width, each - o);
                // One panel of outputs is packed already; others are by the first tile that reads them, and ragged ones
                // beforehand, as those of a group are even where all groups together fill a panel.
                bool const lies_packed = used == s.outputs && used == width;
                T const* right = lies_packed ? from : packed;
                bool pack = !lies_packed && used == width;
                if (used < width)
                    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
                        std::copy_n(from + pixel * s.outputs + o, used, packed + pixel * width);
                        std::fill(packed + pixel * width + used, packed + (pixel + 1) * width, T(0));
                    }
                for (std::size_t ky = 0; ky < s.kernel_height; ++ky)
                    for (std::size_t k = 0; k < run;) {
                        std::size_t const tile = next_tile(run - k);
                        T const* const left = source.data + ky * source.row_stride + k;
                        T* const to = sums + panel * panel_sums + (ky * run + k) * width;
                        auto& ahead = next_x.rows > 0 ? next_x : next_dy;
                        std::size_t const left_row = s.stride * source.row_stride,
                                          left_pixel = s.stride * plan.strip.strip_pixel();
                        if (pack)
                            detail::sum_products_and_pack<T>(tile, vectors, left, left_row, left_pixel, from + o,
                                                             s.outputs, packed, rows, out_width, to, fresh, ahead);
                        else
                            detail::sum_products<T>(tile, vectors, left, left_row, left_pixel, right, rows, out_width,
                                                    to, fresh, ahead);
                        pack = false;
                        k += tile;
                    }
            }
        }
    });
    parallel_for(s.groups * panels * s.kernel_height, [&](std::size_t item) {
        std::size_t const ky = item % s.kernel_height, panel = item / s.kernel_height % panels,
                          g = item / s.kernel_height / panels;
        std::size_t const o = panel * width, used = std::min(width, each - o);
        for (std::size_t k = ky * run; k < (ky + 1) * run; ++k) {
            T* const to = dw + k * s.outputs + g * each + o;
            T const* const from = scratch + (g * panels + panel) * panel_sums + k * width;
            for (std::size_t c = 0; c < used; ++c) {
                T sum = 0;
                for (std::size_t chunk = 0; chunk < plan.chunks; ++chunk)
                    sum += from[chunk * partial + c];
                to[c] += sum;
            }
        }
    });
}

#ifdef TRINE_COMPILED
template std::size_t recomputed_blocks<float>(convolution_shape const& s);
template std::size_t recomputed_blocks<double>(convolution_shape const& s);
template std::size_t direct_gradient_weights_scratch<float>(convolution_shape const& s, std::size_t threads,
                                                            bool recomputed);
template std::size_t direct_gradient_weights_scratch<double>(convolution_shape const& s, std::size_t threads,
                                                             bool recomputed);
template void direct_gradient_weights<float>(convolution_shape const& s, float const* x, float const* dy, float* dw,
                                             float* scratch, recomputed_output<float> const& again);
template void direct_gradient_weights<double>(convolution_shape const& s, double const* x, double const* dy, double* dw,
                                              double* scratch, recomputed_output<double> const& again);
#endif

} // namespace trine::kernels
