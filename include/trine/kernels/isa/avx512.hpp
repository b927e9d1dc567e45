#pragma once

/// Vectors of 512 bits; comparisons give a bit a lane.

#include "generic.hpp"

#if defined(__AVX512F__)

#include <type_traits>

#include <immintrin.h>

namespace trine::kernels::isa {

// (With masks of ones here and there, for without them GCC 12 warns of its own headers.)
struct avx512 : pairs_in_lanes<avx512, 64> {
    static constexpr std::size_t tile_rows = 14;
    template <class T>
    using mask_type = std::conditional_t<sizeof(T) == sizeof(double), __mmask8, __mmask16>;

    template <class T>
    [[gnu::always_inline]] static mask_type<T> first_lanes(std::size_t count) {
        return static_cast<mask_type<T>>((1u << count) - 1);
    }
    [[gnu::always_inline]] static floats load_part(float const* p, std::size_t count) {
        return _mm512_maskz_loadu_ps(first_lanes<float>(count), p);
    }
    [[gnu::always_inline]] static doubles load_part(double const* p, std::size_t count) {
        return _mm512_maskz_loadu_pd(first_lanes<double>(count), p);
    }
    [[gnu::always_inline]] static ints load_part(std::int32_t const* p, std::size_t count) {
        return reinterpret_cast<ints>(_mm512_maskz_loadu_epi32(first_lanes<float>(count), p));
    }
    [[gnu::always_inline]] static void store_part(float* p, floats const& v, std::size_t count) {
        _mm512_mask_storeu_ps(p, first_lanes<float>(count), v);
    }
    [[gnu::always_inline]] static void store_part(double* p, doubles const& v, std::size_t count) {
        _mm512_mask_storeu_pd(p, first_lanes<double>(count), v);
    }
    [[gnu::always_inline]] static void store_part(std::int32_t* p, ints const& v, std::size_t count) {
        _mm512_mask_storeu_epi32(p, first_lanes<float>(count), reinterpret_cast<__m512i>(v));
    }

    [[gnu::always_inline]] static __mmask16 less(floats const& a, floats const& b) {
        return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
    }
    [[gnu::always_inline]] static __mmask8 less(doubles const& a, doubles const& b) {
        return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
    }
    [[gnu::always_inline]] static __mmask16 less(ints const& a, ints const& b) {
        return _mm512_cmplt_epi32_mask(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b));
    }
    [[gnu::always_inline]] static __mmask16 less_or_equal(floats const& a, floats const& b) {
        return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ);
    }
    [[gnu::always_inline]] static __mmask8 less_or_equal(doubles const& a, doubles const& b) {
        return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ);
    }
    [[gnu::always_inline]] static __mmask16 less_or_equal(ints const& a, ints const& b) {
        return _mm512_cmple_epi32_mask(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b));
    }
    [[gnu::always_inline]] static __mmask16 equal(floats const& a, floats const& b) {
        return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
    }
    [[gnu::always_inline]] static __mmask8 equal(doubles const& a, doubles const& b) {
        return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ);
    }
    [[gnu::always_inline]] static __mmask16 equal(ints const& a, ints const& b) {
        return _mm512_cmpeq_epi32_mask(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b));
    }
    [[gnu::always_inline]] static floats select(__mmask16 m, floats const& a, floats const& b) {
        return _mm512_mask_blend_ps(m, b, a);
    }
    [[gnu::always_inline]] static doubles select(__mmask8 m, doubles const& a, doubles const& b) {
        return _mm512_mask_blend_pd(m, b, a);
    }
    [[gnu::always_inline]] static ints select(__mmask16 m, ints const& a, ints const& b) {
        return reinterpret_cast<ints>(
            _mm512_mask_blend_epi32(m, reinterpret_cast<__m512i>(b), reinterpret_cast<__m512i>(a)));
    }
    template <class T>
    [[gnu::always_inline]] static mask_type<T> filled_mask(bool all_lanes) {
        return static_cast<mask_type<T>>(all_lanes ? ~0u : 0u);
    }
    template <class T>
    [[gnu::always_inline]] static std::uint64_t mask_bits(mask_type<T> m) {
        return m;
    }

    [[gnu::always_inline]] static floats fma(floats const& a, floats const& b, floats const& c) {
        return _mm512_fmadd_ps(a, b, c);
    }
    [[gnu::always_inline]] static doubles fma(doubles const& a, doubles const& b, doubles const& c) {
        return _mm512_fmadd_pd(a, b, c);
    }
    [[gnu::always_inline]] static floats sqrt(floats const& v) { return _mm512_maskz_sqrt_ps(0xffff, v); }
    [[gnu::always_inline]] static doubles sqrt(doubles const& v) { return _mm512_maskz_sqrt_pd(0xff, v); }

    // Added while they are transposed: three instructions for two vectors.
    [[gnu::always_inline]] static floats sum_each(vector<float, avx512> const* v) {
        auto const across32 = [](__m512 a, __m512 b) {
            return _mm512_maskz_unpacklo_ps(0xffff, a, b) + _mm512_maskz_unpackhi_ps(0xffff, a, b);
        };
        auto const across64 = [](__m512 a, __m512 b) {
            __m512d const x = _mm512_castps_pd(a), y = _mm512_castps_pd(b);
            return _mm512_castpd_ps(_mm512_maskz_unpacklo_pd(0xff, x, y)) +
                   _mm512_castpd_ps(_mm512_maskz_unpackhi_pd(0xff, x, y));
        };
        auto const halves = [](__m512 a, __m512 b) {
            return _mm512_maskz_shuffle_f32x4(0xffff, a, b, 0x88) + _mm512_maskz_shuffle_f32x4(0xffff, a, b, 0xdd);
        };
        __m512 quarter[4];
        for (std::size_t i = 0; i < 4; ++i)
            quarter[i] = across64(across32(v[4 * i].native, v[4 * i + 1].native),
                                  across32(v[4 * i + 2].native, v[4 * i + 3].native));
        return halves(halves(quarter[0], quarter[1]), halves(quarter[2], quarter[3]));
    }
    [[gnu::always_inline]] static ints sum_each(vector<std::int32_t, avx512> const* v) {
        auto const across32 = [](ints a, ints b) {
            __m512i const x = reinterpret_cast<__m512i>(a), y = reinterpret_cast<__m512i>(b);
            return reinterpret_cast<ints>(_mm512_maskz_unpacklo_epi32(0xffff, x, y)) +
                   reinterpret_cast<ints>(_mm512_maskz_unpackhi_epi32(0xffff, x, y));
        };
        auto const across64 = [](ints a, ints b) {
            __m512i const x = reinterpret_cast<__m512i>(a), y = reinterpret_cast<__m512i>(b);
            return reinterpret_cast<ints>(_mm512_maskz_unpacklo_epi64(0xff, x, y)) +
                   reinterpret_cast<ints>(_mm512_maskz_unpackhi_epi64(0xff, x, y));
        };
        auto const halves = [](ints a, ints b) {
            __m512i const x = reinterpret_cast<__m512i>(a), y = reinterpret_cast<__m512i>(b);
            return reinterpret_cast<ints>(_mm512_maskz_shuffle_i32x4(0xffff, x, y, 0x88)) +
                   reinterpret_cast<ints>(_mm512_maskz_shuffle_i32x4(0xffff, x, y, 0xdd));
        };
        ints quarter[4]; // each 128 bits of them: four vectors' sums over every fourth part
        for (std::size_t i = 0; i < 4; ++i)
            quarter[i] = across64(across32(v[4 * i].native, v[4 * i + 1].native),
                                  across32(v[4 * i + 2].native, v[4 * i + 3].native));
        return halves(halves(quarter[0], quarter[1]), halves(quarter[2], quarter[3]));
    }
    using compiler_vectors::sum_each;

    [[gnu::always_inline]] static floats to_float(ints const& v) {
        return _mm512_maskz_cvtepi32_ps(0xffff, reinterpret_cast<__m512i>(v));
    }
    [[gnu::always_inline]] static floats load_halves(std::uint16_t const* from) {
        return _mm512_maskz_cvtph_ps(0xffff, _mm256_loadu_si256(reinterpret_cast<__m256i const*>(from)));
    }
#if defined(__AVX512BW__)
    [[gnu::always_inline]] static ints add_code_products(ints const& sums, ints const& a, ints const& b) {
        __m512i const x = reinterpret_cast<__m512i>(a), y = reinterpret_cast<__m512i>(b);
#if defined(__AVX512VNNI__)
        return reinterpret_cast<ints>(_mm512_dpwssd_epi32(reinterpret_cast<__m512i>(sums), x, y));
#else
        return sums + reinterpret_cast<ints>(_mm512_madd_epi16(x, y));
#endif
    }
    [[gnu::always_inline]] static void store_codes(std::int16_t* to, ints const& low, ints const& high) {
        auto const store = [](std::int16_t* p, ints const& v) {
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                                _mm512_maskz_cvtepi32_epi16(0xffff, reinterpret_cast<__m512i>(v)));
        };
        store(to, low), store(to + size<float>, high);
    }
    [[gnu::always_inline]] static ints load_codes(std::int8_t const* from) {
        return reinterpret_cast<ints>(
            _mm512_maskz_cvtepi8_epi16(~0u, _mm256_loadu_si256(reinterpret_cast<__m256i const*>(from))));
    }
#endif
};

} // namespace trine::kernels::isa

#endif
