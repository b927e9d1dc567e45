#pragma once

/// Gradient of a convolution's weights by Winograd's transforms, for stride 1.
///
/// The adjoint of `winograd_convolution` in its weights: dw = Gᵀ [Σ over tiles (Bᵀ x B) ⊗ (A dy Aᵀ)] G, with tile²
/// products of C×tiles by tiles×O.

#include <algorithm>
#include <cstddef>
#include <utility>

#include "../core/parallel.hpp"
#include "gradient_tile.hpp"
#include "winograd_convolution.hpp"

namespace trine::kernels {

namespace detail {

// A small kernel's sums fit beside a few tiles in L2: then each of some groups of tiles is summed by one thread, whose
// tiles never leave its cache. A large kernel's sums would be too many copies: then all threads transform a large chunk
// of tiles, and share out the positions. A very large kernel's sums would not even fit into the last cache, and be most
// of a training step's scratch: then two rows of tile² are done at a time. Loading tiles twice as often costs a
// fiftieth. Where all tiles are one chunk, the two rows' products are taken one after the other, for their sums weigh
// most then.
template <class W, class T>
struct winograd_gradient_plan {
    std::size_t tiles_y, tiles_x, tiles, chunk, groups, rows, positions, summed_rows, width, panels, stride, v_position,
        z_panel, z_position, sums_position;

    winograd_gradient_plan(convolution_shape const& s) {
        tiles_y = (s.out_height() + W::outputs - 1) / W::outputs,
        tiles_x = (s.out_width() + W::outputs - 1) / W::outputs;
        tiles = s.batch * tiles_y * tiles_x;
        width = panel_width<T>(s.outputs), panels = panel_count<T>(s.outputs);
        stride = staggered<T>(s.channels);
        sums_position = staggered<T>(panels * width * s.channels);
        std::size_t const all_sums = W::tile * W::tile * sums_position * sizeof(T);
        groups = all_sums <= 1280 * 1024 ? std::clamp<std::size_t>(tiles / 32, 1, 8 * 1024 * 1024 / all_sums) : 1;
        rows = all_sums <= 4 * 1024 * 1024 ? W::tile : 2, positions = rows * W::tile;
        std::size_t const tile_bytes = positions * (stride + panels * width) * sizeof(T);
        chunk = groups > 1 ? std::clamp<std::size_t>(512 * 1024 / tile_bytes, 16, 64)
                           : std::min(tiles, std::clamp<std::size_t>(8 * 1024 * 1024 / tile_bytes, 96, 768));
        summed_rows = rows < W::tile && chunk == tiles ? 1 : rows;
        v_position = staggered<T>(chunk * stride), z_panel = staggered<T>(chunk * width),
        z_position = staggered<T>(panels * z_panel);
    }
    std::size_t sums_size() const { return summed_rows * W::tile * sums_position; }
    std::size_t tiles_size() const { return positions * (v_position + z_position); }
    std::size_t scratch(std::size_t threads) const {
        return groups * sums_size() + (groups > 1 ? threads : 1) * tiles_size();
    }
};

// A dy Aᵀ of one tile and one vector of outputs, or some rows of it. Pixels beyond rows×cols count as zero.
template <class W, class T, class... Rows>
void transform_gradient_tile(T const* dy, std::size_t row_stride, std::size_t col_stride, std::size_t rows,
                             std::size_t cols, std::size_t outputs, T* to, std::size_t position_stride,
                             Rows const&... some) {
    using V = simd<T>;
    auto const one = [](auto const& in, auto& z) __attribute__((always_inline)) { W::output_gradient(in, z); };
    auto const store = [&](std::size_t i, std::size_t j, V const& z) __attribute__((always_inline)) {
        z.store_unaligned(to + (i * W::tile + j) * position_stride);
    };
    if (rows >= W::outputs && cols >= W::outputs && outputs >= V::size)
        transform_square<W::outputs, W::tile, V>(
            some...,
            [&](std::size_t i, std::size_t j)
                __attribute__((always_inline)) { return V::load_unaligned(dy + i * row_stride + j * col_stride); },
            one, store);
    else
        transform_square<W::outputs, W::tile, V>(
            some...,
            [&](std::size_t i, std::size_t j) __attribute__((always_inline)) {
                return i < rows && j < cols ? load_first(dy + i * row_stride + j * col_stride, outputs) : V(T(0));
            },
            one, store);
}

} // namespace detail

template <class W, class T>
std::size_t winograd_gradient_weights_scratch(convolution_shape const& s, std::size_t threads) {
    return detail::winograd_gradient_plan<W, T>(s).scratch(threads);
}

/// dw += Σ over the batch and its pixels of x ⊗ dy. Groups and chunks of tiles are summed in their order, whatever the
/// number of threads.
///
/// @param x   N×H×W×C
/// @param dy  N×OH×OW×O
/// @param dw  K×K×C×O, added to
template <class W, class T>
void winograd_gradient_weights(convolution_shape const& s, T const* x, T const* dy, T* dw, T* scratch) {
    using V = simd<T>;
    constexpr std::size_t n = W::tile, kernel = W::kernel;
    detail::winograd_gradient_plan<W, T> const p(s);
    std::size_t const width = p.width, panels = p.panels, vectors = panel_vectors<T>(s.outputs),
                      out_row = s.out_width() * s.outputs;
    T* const tiles_memory = scratch + p.groups * p.sums_size();
    std::size_t const channel_block = 8 * tile_rows, channel_blocks = (s.channels + channel_block - 1) / channel_block;

    // Bᵀ x B and A dy Aᵀ of tile `tile` of the batch, or some rows of them, as number t of those at v and z.
    auto const transform = [&](std::size_t tile, std::size_t t, T* v, T* z, auto const&... rows) {
        std::size_t const tx = tile % p.tiles_x, ty = tile / p.tiles_x % p.tiles_y,
                          image = tile / p.tiles_x / p.tiles_y;
        std::size_t const oy = ty * W::outputs, ox = tx * W::outputs;
        auto const pad = static_cast<std::ptrdiff_t>(s.padding);
        detail::transform_input_tile<W>(x + image * s.height * s.width * s.channels, s.height, s.width, s.channels,
                                        static_cast<std::ptrdiff_t>(oy) - pad, static_cast<std::ptrdiff_t>(ox) - pad,
                                        v + t * p.stride, p.v_position, rows...);
        for (std::size_t o = 0; o < panels * width; o += V::size) {
            T* const to = z + o / width * p.z_panel + t * width + o % width;
            if (o < s.outputs)
                detail::transform_gradient_tile<W>(
                    dy + ((image * s.out_height() + oy) * s.out_width() + ox) * s.outputs + o, out_row, s.outputs,
                    s.out_height() - oy, s.out_width() - ox, s.outputs - o, to, p.z_position, rows...);
            else
                for (std::size_t position = 0; position < p.positions; ++position)
                    V(T(0)).store_unaligned(to + position * p.z_position);
        }
    };
    // Adds the products of `count` tiles to the sums of one position, panel and block of channels, or begins those.
    auto const multiply = [&](std::size_t position, std::size_t panel, std::size_t block, std::size_t count, T const* v,
                              T const* z, T* sums, bool fresh) {
        T* const sum = sums + position % (p.summed_rows * n) * p.sums_position + panel * s.channels * width;
        detail::fetch_ahead<T> nothing_ahead; // all is in cache
        for (std::size_t c = block * channel_block, end = std::min(c + channel_block, s.channels); c < end;) {
            std::size_t const tile = next_tile(end - c);
            detail::sum_products<T>(tile, vectors, v + position * p.v_position + c, 0, p.stride,
                                    z + position * p.z_position + panel * p.z_panel, 1, count, sum + c * width, fresh,
                                    nothing_ahead);
            c += tile;
        }
    };
    // dw += Gᵀ sums G, where only these p.summed_rows rows of the sums are there: the others count as zero.
    auto const finish = [&](std::size_t const* rows) {
        parallel_for(panels * ((s.channels + 7) / 8), [&](std::size_t item) {
            auto const one = [](auto const& in, auto& w) __attribute__((always_inline)) { W::weights_gradient(in, w); };
            std::size_t const panel = item % panels, first = item / panels * 8;
            for (std::size_t c = first; c < std::min(first + 8, s.channels); ++c)
                for (std::size_t o = panel * width; o < std::min((panel + 1) * width, s.outputs); o += V::size) {
                    V columns[kernel][n];
                    for (auto& column : columns)
                        std::fill_n(column, n, V(T(0)));
                    for (std::size_t i = 0; i < p.summed_rows; ++i) {
                        V in[n], out[kernel];
                        for (std::size_t j = 0; j < n; ++j) {
                            T const* const from =
                                scratch + (i * n + j) * p.sums_position + (panel * s.channels + c) * width + o % width;
                            in[j] = V::load_unaligned(from);
                            for (std::size_t group = 1; group < p.groups; ++group)
                                in[j] += V::load_unaligned(from + group * p.sums_size());
                        }
                        one(in, out);
                        for (std::size_t b = 0; b < kernel; ++b)
                            columns[b][rows[i]] = out[b];
                    }
                    for (std::size_t b = 0; b < kernel; ++b) {
                        V out[kernel];
                        one(columns[b], out);
                        for (std::size_t a = 0; a < kernel; ++a) {
                            T* const to = dw + ((a * kernel + b) * s.channels + c) * s.outputs + o;
                            store_first(to, load_first(to, s.outputs - o) + out[a], s.outputs - o);
                        }
                    }
                }
        });
    };
    constexpr auto all_rows = []<std::size_t... I>(std::index_sequence<I...>) { return detail::some_rows<I...>{}; }
    (std::make_index_sequence<n>{});
    if (p.groups > 1) {
        parallel_for(p.groups, [&](std::size_t group) {
            T* const v = tiles_memory + thread_index() * p.tiles_size();
            T* const z = v + p.positions * p.v_position;
            T* const sums = scratch + group * p.sums_size();
            std::size_t const start = p.tiles * group / p.groups, last = p.tiles * (group + 1) / p.groups;
            for (std::size_t first = start; first < last; first += p.chunk) {
                std::size_t const count = std::min(p.chunk, last - first);
                for (std::size_t t = 0; t < count; ++t)
                    transform(first + t, t, v, z);
                for (std::size_t position = 0; position < p.positions; ++position)
                    for (std::size_t panel = 0; panel < panels; ++panel)
                        for (std::size_t block = 0; block < channel_blocks; ++block)
                            multiply(position, panel, block, count, v, z, sums, first == start);
            }
        });
        finish(all_rows.number);
        return;
    }
    T* const v = tiles_memory;
    T* const z = v + p.positions * p.v_position;
    // The products of a chunk's p.summed_rows rows of positions from `row` on.
    auto const multiply_chunk = [&](std::size_t row, std::size_t count, bool fresh) {
        parallel_for(p.summed_rows * n * panels * channel_blocks, [&](std::size_t item) {
            multiply(row * n + item / channel_blocks / panels, item / channel_blocks % panels, item % channel_blocks,
                     count, v, z, scratch, fresh);
        });
    };
    // All rows of tile², or the two that the transforms are told.
    auto const sum_rows = [&](std::size_t const* numbers, auto const&... told) {
        for (std::size_t start = 0; start < p.tiles; start += p.chunk) {
            std::size_t const count = std::min(p.chunk, p.tiles - start);
            parallel_blocks(count, 8, [&](std::size_t first, std::size_t last) {
                for (std::size_t t = first; t < last; ++t)
                    transform(start + t, t, v, z, told...);
            });
            for (std::size_t row = 0; row < p.rows; row += p.summed_rows) {
                multiply_chunk(row, count, start == 0);
                if (start + count == p.tiles)
                    finish(numbers + row);
            }
        }
    };
    if (p.rows == n) {
        sum_rows(all_rows.number);
        return;
    }
    auto const two_rows = [&](auto rows) { sum_rows(rows.number, rows); };
    // Such as have most in common.
    two_rows(detail::some_rows<0, n - 1>{});
    two_rows(detail::some_rows<1, 2>{});
    two_rows(detail::some_rows<3, 4>{});
}

} // namespace trine::kernels
