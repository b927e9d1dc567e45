#pragma once

/// Vectors of 256 bits, with fused multiply-adds.

#include "generic.hpp"

#if defined(__AVX2__) && defined(__FMA__)

#include <immintrin.h>

namespace trine::kernels::isa {

struct avx2 : pairs_in_lanes<avx2, 32> {
    static constexpr std::size_t tile_rows = 6;

    [[gnu::always_inline]] static floats select(ints const& m, floats const& a, floats const& b) {
        return _mm256_blendv_ps(b, a, reinterpret_cast<__m256>(m));
    }
    [[gnu::always_inline]] static doubles select(mask_type<double> const& m, doubles const& a, doubles const& b) {
        return _mm256_blendv_pd(b, a, reinterpret_cast<__m256d>(m));
    }
    [[gnu::always_inline]] static ints select(ints const& m, ints const& a, ints const& b) {
        return compiler_vectors::select(m, a, b);
    }
    template <class T>
    [[gnu::always_inline]] static std::uint64_t mask_bits(mask_type<T> const& m) {
        if constexpr (sizeof(T) == sizeof(double))
            return static_cast<unsigned>(_mm256_movemask_pd(reinterpret_cast<__m256d>(m)));
        else
            return static_cast<unsigned>(_mm256_movemask_ps(reinterpret_cast<__m256>(m)));
    }

    [[gnu::always_inline]] static floats fma(floats const& a, floats const& b, floats const& c) {
        return _mm256_fmadd_ps(a, b, c);
    }
    [[gnu::always_inline]] static doubles fma(doubles const& a, doubles const& b, doubles const& c) {
        return _mm256_fmadd_pd(a, b, c);
    }
    [[gnu::always_inline]] static floats sqrt(floats const& v) { return _mm256_sqrt_ps(v); }
    [[gnu::always_inline]] static doubles sqrt(doubles const& v) { return _mm256_sqrt_pd(v); }

    // Sums of neighbours, of neighbours of these, then of the two halves.
    [[gnu::always_inline]] static floats sum_each(vector<float, avx2> const* v) {
        __m256 const low = _mm256_hadd_ps(_mm256_hadd_ps(v[0].native, v[1].native),
                                          _mm256_hadd_ps(v[2].native, v[3].native)),
                     high = _mm256_hadd_ps(_mm256_hadd_ps(v[4].native, v[5].native),
                                           _mm256_hadd_ps(v[6].native, v[7].native));
        return _mm256_blend_ps(low, high, 0xf0) + _mm256_permute2f128_ps(low, high, 0x21);
    }
    [[gnu::always_inline]] static doubles sum_each(vector<double, avx2> const* v) {
        __m256d const low = _mm256_hadd_pd(v[0].native, v[1].native), high = _mm256_hadd_pd(v[2].native, v[3].native);
        return _mm256_blend_pd(low, high, 0xc) + _mm256_permute2f128_pd(low, high, 0x21);
    }
    [[gnu::always_inline]] static ints sum_each(vector<std::int32_t, avx2> const* v) {
        auto const pairs = [](vector<std::int32_t, avx2> const* w) {
            return _mm256_hadd_epi32(reinterpret_cast<__m256i>(w[0].native), reinterpret_cast<__m256i>(w[1].native));
        };
        __m256i const low = _mm256_hadd_epi32(pairs(v), pairs(v + 2)),
                      high = _mm256_hadd_epi32(pairs(v + 4), pairs(v + 6));
        return reinterpret_cast<ints>(_mm256_blend_epi32(low, high, 0xf0)) +
               reinterpret_cast<ints>(_mm256_permute2x128_si256(low, high, 0x21));
    }

    [[gnu::always_inline]] static ints add_code_products(ints const& sums, ints const& a, ints const& b) {
        return sums +
               reinterpret_cast<ints>(_mm256_madd_epi16(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
    }
    [[gnu::always_inline]] static void store_codes(std::int16_t* to, ints const& low, ints const& high) {
        _mm256_storeu_si256(
            reinterpret_cast<__m256i*>(to),
            _mm256_permute4x64_epi64(
                _mm256_packs_epi32(reinterpret_cast<__m256i>(low), reinterpret_cast<__m256i>(high)), 0xd8));
    }
    [[gnu::always_inline]] static ints load_codes(std::int8_t const* from) {
        return reinterpret_cast<ints>(_mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<__m128i const*>(from))));
    }
#if defined(__F16C__)
    [[gnu::always_inline]] static floats load_halves(std::uint16_t const* from) {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<__m128i const*>(from)));
    }
#endif
};

} // namespace trine::kernels::isa

#endif
