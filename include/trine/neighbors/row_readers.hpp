#pragma once

/// How the scans read rows of a storage: as floats, or as the codes that they are.
///
/// A reader has
///   keeps_codes  whether queries are multiplied as codes too
///   has_lengths  whether its sums come with squared lengths, whatever the geometry
///   sum          sums of a query over some rows, with the rows' squared lengths
///   estimated    value and error from such sums
///   widen        the rows' own codes in sixteen bits, where it keeps codes

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../kernels/code_tile.hpp"
#include "../kernels/half.hpp"
#include "../kernels/int8.hpp"
#include "../kernels/simd.hpp"
#include "geometries.hpp"
#include "rows.hpp"

namespace trine::neighbors::detail {

// The same words for floats and for halves.
[[gnu::always_inline]] inline kernels::simd<float> load_values(float const* from) {
    return kernels::simd<float>::load_unaligned(from);
}
[[gnu::always_inline]] inline kernels::simd<float> load_values(std::uint16_t const* from) {
    return kernels::load_halves(from);
}
inline float load_value(float const* from) { return *from; }
inline float load_value(std::uint16_t const* from) { return kernels::half_to_float(*from); }

template <class Storage>
class float_reader {
    using V = kernels::simd<float>;

public:
    static constexpr bool keeps_codes = false, has_lengths = false;

    // Memory bounds it: a row is read once, in order, which the processor foresees by itself; fetching ahead by hand
    // took a third off its speed.
    template <class Geometry>
    static void sum(stored_rows<Storage> const& rows, std::size_t first, std::size_t count, query_terms const&,
                    float const* query, std::int16_t const*, float* main, float* squares) {
        constexpr std::size_t width = V::size;
        std::size_t const size = rows.cols;
        for (std::size_t i = 0; i < count; i += width) {
            V sums[width], lengths[width];
            alignas(64) float rest[width] = {}, rest_of_lengths[width] = {};
            for (std::size_t l = 0; l < width; ++l) {
                auto const* const row = rows.row(first + std::min(i + l, count - 1));
                V sum0(0.0f), sum1(0.0f), square0(0.0f), square1(0.0f);
                auto const step = [&](V & sum, V & square, std::size_t at) __attribute__((always_inline)) {
                    Geometry::sum(V::load_unaligned(query + at), load_values(row + at), sum, square);
                };
                std::size_t k = 0;
                for (; k + 2 * width <= size; k += 2 * width)
                    step(sum0, square0, k), step(sum1, square1, k + width);
                if (k + width <= size)
                    step(sum0, square0, k), k += width;
                for (; k < size; ++k)
                    Geometry::sum(query[k], load_value(row + k), rest[l], rest_of_lengths[l]);
                sums[l] = sum0 + sum1, lengths[l] = square0 + square1;
            }
            (kernels::sum_each(sums) + V::load_aligned(rest)).store_aligned(main + i);
            if constexpr (Geometry::needs_lengths)
                (kernels::sum_each(lengths) + V::load_aligned(rest_of_lengths)).store_aligned(squares + i);
        }
    }
    template <class Geometry>
    [[gnu::always_inline]] static estimate<V> estimated(row_sums<V> const& r, query_floats const& q,
                                                        float_error const& e) {
        return Geometry::of_sums(r, q, e);
    }
};

template <class Storage>
class code_reader {
    using V = kernels::simd<float>;

public:
    static constexpr bool keeps_codes = true, has_lengths = true;

    template <class Geometry>
    static void sum(stored_rows<Storage> const& rows, std::size_t first, std::size_t count, query_terms const& q,
                    float const*, std::int16_t const* codes, float* main, float* squares) {
        for (std::size_t i = 0; i < count; i += kernels::code_rows) {
            std::size_t const tile = std::min(kernels::code_rows, count - i);
            std::int32_t products[kernels::code_rows], squared[kernels::code_rows];
            kernels::sum_codes(rows.cols, codes, rows.row(first + i), rows.stride, tile, products, squared);
            for (std::size_t r = 0; r < tile; ++r) {
                float const scale = rows.scale(first + i + r);
                main[i + r] = static_cast<float>(products[r]) * (scale * q.code_scale);
                squares[i + r] = static_cast<float>(squared[r]) * scale * scale;
            }
        }
    }
    template <class Geometry>
    [[gnu::always_inline]] static estimate<V> estimated(row_sums<V> const& r, query_floats const& q,
                                                        float_error const& e) {
        return Geometry::of_codes(r, q, e);
    }

    // Products with a query's codes fit 32 bits: ‖row‖² ≤ 128² · size.
    static_assert(128.0 * 128 * kernels::most_widened * kernels::code_norm * kernels::code_norm * 1.05 < 0x1p62);
    static constexpr std::size_t most_widened = kernels::most_widened;
    static std::int32_t widen(stored_rows<Storage> const& rows, std::size_t row, std::int16_t* codes) {
        return kernels::widen_row(rows.cols, rows.row(row), codes);
    }
};

} // namespace trine::neighbors::detail
