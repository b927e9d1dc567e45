#pragma once

/// Vectors of 128 bits of 64-bit ARM processors.

#include "generic.hpp"

#if defined(__aarch64__)

#include <arm_neon.h>

namespace trine::kernels::isa {

struct neon : compiler_vectors<16> {
    // Beside sixteen accumulators: the next values of each row, which products take by their lanes. A broadcast would
    // cost a register and the units that multiply.
    static constexpr std::size_t tile_rows = 8;

    template <class T>
    [[gnu::always_inline]] static std::uint64_t mask_bits(mask_type<T> const& m) {
        if constexpr (sizeof(T) == sizeof(double)) {
            constexpr mask_type<double> places = {1, 2};
            return vaddvq_u64(reinterpret_cast<uint64x2_t>(m & places));
        } else {
            constexpr ints places = {1, 2, 4, 8};
            return vaddvq_u32(reinterpret_cast<uint32x4_t>(m & places));
        }
    }

    [[gnu::always_inline]] static floats fma(floats const& a, floats const& b, floats const& c) {
        return vfmaq_f32(c, a, b);
    }
    [[gnu::always_inline]] static doubles fma(doubles const& a, doubles const& b, doubles const& c) {
        return vfmaq_f64(c, a, b);
    }
    template <std::size_t Lane>
    [[gnu::always_inline]] static floats fma_lane(floats const& a, floats const& b, floats const& c) {
        return vfmaq_laneq_f32(c, b, a, Lane);
    }
    template <std::size_t Lane>
    [[gnu::always_inline]] static doubles fma_lane(doubles const& a, doubles const& b, doubles const& c) {
        return vfmaq_laneq_f64(c, b, a, Lane);
    }
    [[gnu::always_inline]] static floats sqrt(floats const& v) { return vsqrtq_f32(v); }
    [[gnu::always_inline]] static doubles sqrt(doubles const& v) { return vsqrtq_f64(v); }

    [[gnu::always_inline]] static floats sum_each(vector<float, neon> const* v) {
        return vpaddq_f32(vpaddq_f32(v[0].native, v[1].native), vpaddq_f32(v[2].native, v[3].native));
    }
    [[gnu::always_inline]] static doubles sum_each(vector<double, neon> const* v) {
        return vpaddq_f64(v[0].native, v[1].native);
    }
    [[gnu::always_inline]] static ints sum_each(vector<std::int32_t, neon> const* v) {
        return vpaddq_s32(vpaddq_s32(v[0].native, v[1].native), vpaddq_s32(v[2].native, v[3].native));
    }

    // Four products an instruction, each with a sum of its own, so a panel has the first codes of all columns and then
    // the second ones: side by side they would have to be added to each other first.
    [[gnu::always_inline]] static ints add_code_products(ints const& sums, ints const& a, ints const& b) {
        auto const x = reinterpret_cast<int16x8_t>(a), y = reinterpret_cast<int16x8_t>(b);
        return vmlal_high_s16(vmlal_s16(sums, vget_low_s16(x), vget_low_s16(y)), x, y);
    }
    using row_pairs = int16x4_t;
    static constexpr std::size_t pairs_at_once = 2;
    static constexpr std::size_t panel_place(std::size_t column, std::size_t code) {
        return code * size<float> + column;
    }
    [[gnu::always_inline]] static row_pairs load_pairs(std::int16_t const* from) { return vld1_s16(from); }
    [[gnu::always_inline]] static row_pairs load_pair(std::int16_t const* from) {
        return vld1_lane_s16(from + 1, vld1_dup_s16(from), 1);
    }
    template <std::size_t Pair>
    [[gnu::always_inline]] static ints add_pair_products(ints const& sums, row_pairs const& row, ints const& panel) {
        auto const columns = reinterpret_cast<int16x8_t>(panel);
        return vmlal_high_lane_s16(vmlal_lane_s16(sums, vget_low_s16(columns), row, 2 * Pair), columns, row,
                                   2 * Pair + 1);
    }
#if defined(__ARM_FEATURE_DOTPROD)
    // Four products of bytes a lane.
    [[gnu::always_inline]] static ints add_byte_products(ints const& sums, std::int8_t const* a, std::int8_t const* b) {
        return vdotq_s32(sums, vld1q_s8(a), vld1q_s8(b));
    }
    [[gnu::always_inline]] static ints joined_bytes(ints const& high, ints const& low) {
        return vaddq_s32(vshlq_n_s32(high, 8), low);
    }
#endif
    [[gnu::always_inline]] static void store_codes(std::int16_t* to, ints const& low, ints const& high) {
        vst1q_s16(to, vcombine_s16(vmovn_s32(low), vmovn_s32(high)));
    }
    [[gnu::always_inline]] static ints load_codes(std::int8_t const* from) {
        return reinterpret_cast<ints>(vmovl_s8(vld1_s8(from)));
    }
    [[gnu::always_inline]] static floats load_halves(std::uint16_t const* from) {
        return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from)));
    }
};

} // namespace trine::kernels::isa

#endif
