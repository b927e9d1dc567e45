#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include "../core/buffer.hpp"
#include "../core/parallel.hpp"
#include "../core/view.hpp"
#include "register_tile.hpp"
#include "pairwise.hpp"

namespace trine::kernels {

template <class Op, class T>
void pairwise(matrix_view<T const> a, matrix_view<T const> b, matrix_view<T> out) {
    assert(a.cols() == b.cols() && out.rows() == a.rows() && out.cols() == b.rows());
    if (a.rows() == 0 || b.rows() == 0)
        return;
    std::size_t const depth = a.cols(), width = panel_width<T>(b.rows()), vectors = panel_vectors<T>(b.rows());
    constexpr std::size_t row_block = 8 * tile_rows;
    bool const symmetric = a.data() == b.data() && a.rows() == b.rows() && a.stride() == b.stride();
    std::size_t const row_items = (a.rows() + row_block - 1) / row_block, panels = panel_count<T>(b.rows());
    // One panel of references is packed by the thread that uses it, and is small: D · two vectors. The memory is the
    // calling thread's, kept for its next call.
    thread_local buffer<T> kept;
    kept.reserve_discarding(thread_count() * depth * width);
    T* const memory = kept.data();
    parallel_for(panels, [&, memory](std::size_t panel) {
        T* const packed = memory + thread_index() * depth * width;
        std::size_t const first = panel * width, used = std::min(width, b.rows() - first);
        // The last panel is as wide as the others, however few columns it holds.
        pack_panels(depth, used > simd_width<T> || vectors == 1 ? used : simd_width<T> + 1, packed,
                    [&](std::size_t k, std::size_t c) { return c < used ? b(first + c, k) : T(0); });
        for (std::size_t item = symmetric ? first / row_block : 0; item < row_items; ++item)
            for (std::size_t r = std::max(item * row_block, symmetric ? first : 0),
                             end = std::min(item * row_block + row_block, a.rows());
                 r < end;) {
                // Tiles end with the panel's own rows, which are the ones not to be mirrored.
                std::size_t const stop = symmetric && r < first + used ? std::min(end, first + used) : end,
                                  tile = next_few_heights(stop - r);
                tile_operand<T> const left{a.data() + r * a.stride(), a.stride(), 0, 1, depth};
                if (!symmetric)
                    compute_tile_of_few_heights<Op>(tile, vectors, left, packed, out.data() + r * out.stride() + first,
                                                    out.stride(), used);
                else {
                    // By way of a tile of its own: rows a power of two apart would fight for a few lines of the cache
                    // when they are read again, column by column.
                    alignas(64) T own[tile_rows * 2 * simd_width<T>];
                    compute_tile_of_few_heights<Op>(tile, vectors, left, packed, own, width, width);
                    for (std::size_t i = 0; i < tile; ++i)
                        std::copy_n(own + i * width, used, out.data() + (r + i) * out.stride() + first);
                    if (r >= first + used) // rows of the panel itself are whole already
                        for (std::size_t c = 0; c < used; ++c)
                            for (std::size_t i = 0; i < tile; ++i)
                                out(first + c, r + i) = own[i * width + c];
                }
                r += tile;
            }
    });
}

#ifdef TRINE_COMPILED
template void pairwise<multiply_add, float>(matrix_view<float const> a, matrix_view<float const> b,
                                            matrix_view<float> out);
template void pairwise<add_squared_difference, float>(matrix_view<float const> a, matrix_view<float const> b,
                                                      matrix_view<float> out);
template void pairwise<add_absolute_difference, float>(matrix_view<float const> a, matrix_view<float const> b,
                                                       matrix_view<float> out);
template void pairwise<multiply_add, double>(matrix_view<double const> a, matrix_view<double const> b,
                                             matrix_view<double> out);
template void pairwise<add_squared_difference, double>(matrix_view<double const> a, matrix_view<double const> b,
                                                       matrix_view<double> out);
template void pairwise<add_absolute_difference, double>(matrix_view<double const> a, matrix_view<double const> b,
                                                        matrix_view<double> out);
#endif

} // namespace trine::kernels
