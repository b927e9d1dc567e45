#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "../core/buffer.hpp"
#include "../kernels/code_tile.hpp"
#include "row_readers.hpp"
#include "scan_input.hpp"

namespace trine::neighbors::detail {

// A block of references as sixteen-bit codes, and what makes values of their products with a query's codes.
template <class Geometry, class Storage>
class coded_rows {
    using input = scan_input<Geometry, Storage>;
    using reader = typename Storage::reader;
    using V = kernels::simd<float>;

public:
    static constexpr std::size_t most = 8 * kernels::tile_rows;

    // How far a product may be off, as a share of both lengths: what floats are off, and what codes are besides.
    static float unit(input const& in) { return in.error.unit + kernels::code_error(in.size); }

    // Takes `count` rows from the part's row `first` on.
    void take(input const& in, part<Storage> const& p, std::size_t first, std::size_t count) {
        in_ = &in, unit_ = unit(in);
        codes_.reserve_discarding(most * row_codes());
        read(p, first, count);
        lost_ = 0, shortest_ = infinite;
        for (std::size_t i = 0; i < count && p.is_lossy(); ++i)
            lost_ = std::max(lost_, terms_[i].lost), shortest_ = std::min(shortest_, terms_[i].squares);
        shortest_ = std::sqrt(shortest_) * 0.999999f;
    }

    row_terms const& operator[](std::size_t i) const { return terms_[i]; }
    std::int16_t const* codes(std::size_t i) const { return codes_.data() + i * row_codes(); }
    std::size_t row_codes() const { return 2 * kernels::code_pairs(in_->size); }
    // Of all rows: the most that one lost in storage, and the shortest.
    float lost() const { return lost_; }
    float shortest() const { return shortest_; }

private:
    void read(part<Storage> const& p, std::size_t first, std::size_t count) {
        if constexpr (Storage::is_exact)
            encode(p, first, p.rows.row(first), p.rows.stride, count);
        else {
            if constexpr (reader::keeps_codes)
                if (in_->size <= reader::most_widened) {
                    widen(p, first, count);
                    return;
                }
            decoded_.reserve_discarding(most * in_->size);
            for (std::size_t i = 0; i < count; ++i)
                p.rows.decoded(first + i, decoded_.data() + i * in_->size);
            encode(p, first, decoded_.data(), in_->size, count);
        }
    }
    // Terms and codes of `count` rows of values, `stride` apart, of which `first` is the first one's place in its part.
    void encode(part<Storage> const& p, std::size_t first, float const* values, std::size_t stride, std::size_t count) {
        constexpr std::size_t lanes = V::size;
        for (std::size_t i = 0; i < count; i += lanes) {
            V sums[lanes];
            alignas(64) float squares[lanes], rest[lanes] = {};
            for (std::size_t l = 0; l < lanes; ++l) {
                float const* const row = values + std::min(i + l, count - 1) * stride;
                V even(0.0f), odd(0.0f);
                std::size_t k = 0;
                for (; k + 2 * lanes <= in_->size; k += 2 * lanes) {
                    V const a = V::load_unaligned(row + k), b = V::load_unaligned(row + k + lanes);
                    even = kernels::fma(a, a, even), odd = kernels::fma(b, b, odd);
                }
                for (; k < in_->size; ++k)
                    rest[l] += row[k] * row[k];
                sums[l] = even + odd;
            }
            (kernels::sum_each(sums) + V::load_aligned(rest)).store_aligned(squares);
            for (std::size_t l = 0; l < lanes && i + l < count; ++l) {
                float const* const row = values + (i + l) * stride;
                // The squares of very small values vanish, so that a sum of 0 need not be that of zeros.
                bool const zero = squares[l] == 0 && std::all_of(row, row + in_->size, [](float v) { return v == 0; });
                float const code_scale = std::sqrt(squares[l]) / kernels::code_norm;
                auto const& t = terms_[i + l] = terms_of(p, first + i + l, squares[l], code_scale, zero);
                std::int16_t* const codes = codes_.data() + (i + l) * row_codes();
                if (zero || std::isnan(t.factor))
                    std::fill_n(codes, row_codes(), std::int16_t{0});
                else
                    kernels::encode_row(in_->size, row, 1 / code_scale, codes);
            }
        }
    }
    // Rows of codes have theirs already.
    void widen(part<Storage> const& p, std::size_t first, std::size_t count) requires reader::keeps_codes {
        for (std::size_t i = 0; i < count; ++i) {
            std::int32_t const squares = reader::widen(p.rows, first + i, codes_.data() + i * row_codes());
            float const scale = p.rows.scale(first + i);
            terms_[i] = terms_of(p, first + i, static_cast<float>(squares) * scale * scale, scale, squares == 0);
        }
    }
    row_terms terms_of(part<Storage> const& p, std::size_t row, float squares, float code_scale, bool zero) const {
        float const norm = std::sqrt(squares);
        row_terms t{squares, norm * 1.000001f, code_scale, 0, 0};
        Geometry::set_terms(t, norm, code_scale, unit_);
        bool const bounded = squares < static_cast<float>(largest_squares) && Geometry::is_long_enough(squares, zero);
        if (!bounded)
            t.factor = std::numeric_limits<float>::quiet_NaN(); // passes every limit
        if (p.is_lossy())
            t.lost = (in_->loss.per_norm * t.norm * 1.0001f + in_->loss.per_scale * p.rows.scale(row)) * 1.00001f +
                     in_->loss.fixed;
        return t;
    }

    input const* in_ = nullptr;
    row_terms terms_[most] = {};
    buffer<std::int16_t> codes_;
    buffer<float> decoded_;
    float unit_ = 0, lost_ = 0, shortest_ = infinite;
};

} // namespace trine::neighbors::detail
