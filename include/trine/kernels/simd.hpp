#pragma once

#include <cstddef>
#include <cstdint>

#include <xsimd/xsimd.hpp>

namespace trine::kernels {

/// The widest vector of scalars that the compiler's target has.
template <class T>
using simd = xsimd::batch<T>;

using xsimd::abs, xsimd::all, xsimd::any, xsimd::fma, xsimd::select, xsimd::sqrt;

/// Whether a type is such a vector, and not a scalar.
template <class V>
inline constexpr bool is_simd = xsimd::is_batch<V>::value;

/// Scalars in a vector.
template <class T>
inline constexpr std::size_t simd_width = simd<T>::size;

/// Vector registers of the target; a tile of accumulators has to fit into them beside its operands.
#if defined(__AVX512F__) || defined(__aarch64__)
inline constexpr std::size_t simd_registers = 32;
#else
inline constexpr std::size_t simd_registers = 16;
#endif

/// Before a loop with a constant number of turns, whose body works on arrays that have to end up in registers: leaves
/// no loop.
#ifdef __clang__
#define TRINE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define TRINE_UNROLL _Pragma("GCC unroll 64")
#endif

/// At least so many scalars, an odd number of cache lines: columns that far apart spread over all sets of a cache
/// instead of fighting for a few.
template <class T>
constexpr std::size_t staggered(std::size_t scalars) {
    constexpr std::size_t line = 64 / sizeof(T);
    return ((scalars + line - 1) / line | 1) * line;
}

/// The sums of as many vectors as one has lanes, each in its lane. The order of addition is the target's.
[[gnu::always_inline]] inline simd<float> sum_each(simd<float> const* v) {
#if defined(__AVX512F__)
    // Adding while transposing: three instructions for two vectors. (With masks of ones, for without them GCC 12 warns
    // of its own headers.)
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
        quarter[i] =
            across64(across32(v[4 * i].data, v[4 * i + 1].data), across32(v[4 * i + 2].data, v[4 * i + 3].data));
    return simd<float>(halves(halves(quarter[0], quarter[1]), halves(quarter[2], quarter[3])));
#else
    return xsimd::haddp(v);
#endif
}

/// Sums of products of sixteen-bit codes, two of which lie in each lane.
using code_sums = simd<std::int32_t>;

/// sums + a₀·b₀ + a₁·b₁, of the two codes in each lane.
[[gnu::always_inline]] inline code_sums add_pair_products(code_sums const& sums, code_sums const& a,
                                                          code_sums const& b) {
#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
    return _mm512_dpwssd_epi32(sums.data, a.data, b.data);
#elif defined(__AVX512BW__)
    return _mm512_add_epi32(sums.data, _mm512_madd_epi16(a.data, b.data));
#elif defined(__AVX2__) && !defined(__AVX512F__)
    return _mm256_add_epi32(sums.data, _mm256_madd_epi16(a.data, b.data));
#elif defined(__SSE2__) && !defined(__AVX__)
    return _mm_add_epi32(sums.data, _mm_madd_epi16(a.data, b.data));
#else
    return sums + ((a << 16) >> 16) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
#endif
}

/// A bit for each lane of a comparison, the first lane's lowest.
[[gnu::always_inline]] inline std::uint64_t lane_bits(typename simd<float>::batch_bool_type const& lanes) {
#if defined(__AVX512F__)
    return static_cast<std::uint64_t>(lanes.data);
#elif defined(__AVX__)
    return static_cast<std::uint64_t>(_mm256_movemask_ps(lanes.data));
#else
    bool each[simd_width<float>];
    lanes.store_unaligned(each);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < simd_width<float>; ++i)
        bits |= std::uint64_t{each[i]} << i;
    return bits;
#endif
}

/// Stores the first `count` scalars of a vector.
template <class T>
[[gnu::always_inline]] inline void store_first(T* to, simd<T> const& value, std::size_t count) {
    if (count >= simd_width<T>) {
        value.store_unaligned(to);
        return;
    }
    alignas(64) T lanes[simd_width<T>];
    value.store_aligned(lanes);
    for (std::size_t i = 0; i < count; ++i)
        to[i] = lanes[i];
}

/// Loads the first `count` scalars of a vector; the others are zero.
template <class T>
[[gnu::always_inline]] inline simd<T> load_first(T const* from, std::size_t count) {
    if (count >= simd_width<T>)
        return simd<T>::load_unaligned(from);
    alignas(64) T lanes[simd_width<T>] = {};
    for (std::size_t i = 0; i < count; ++i)
        lanes[i] = from[i];
    return simd<T>::load_aligned(lanes);
}

/// The larger of two; a NaN in the second comes out, so that it is seen.
template <class V>
[[gnu::always_inline]] inline V at_least(V const& low, V const& value) {
    return select(value < low, low, value);
}

/// Calls f(c, load, store) for every vector of channels; load(p) and store(p, v) mind the channels' end.
template <class T, class F>
[[gnu::always_inline]] inline void each_channel_vector(std::size_t channels, F&& f) {
    using V = simd<T>;
    std::size_t c = 0;
    for (; c + V::size <= channels; c += V::size)
        f(
            c, [](T const* p) __attribute__((always_inline)) { return V::load_unaligned(p); },
            [](T * p, V const& v) __attribute__((always_inline)) { v.store_unaligned(p); });
    if (c < channels)
        f(
            c, [=](T const* p) __attribute__((always_inline)) { return load_first(p, channels - c); },
            [=](T * p, V const& v) __attribute__((always_inline)) { store_first(p, v, channels - c); });
}

} // namespace trine::kernels
