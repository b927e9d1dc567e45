#pragma once

/// The vocabulary by compilers' own vectors alone, for any machine. The other targets replace what their instruction
/// sets do better.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "binary16.hpp"
#include "vector.hpp"

namespace trine::kernels::isa {

/// What vectors of `Bytes` bytes can do without an instruction set's help.
template <std::size_t Bytes>
struct compiler_vectors {
    static constexpr std::size_t bytes = Bytes;
    template <class T>
    static constexpr std::size_t size = Bytes / sizeof(T);
    template <class T>
    using native = typename lanes<T, Bytes>::type;
    using floats = native<float>;
    using doubles = native<double>;
    using ints = native<std::int32_t>;

    // All bits of a lane or none.
    template <class T>
    using mask_type = decltype(native<T>() < native<T>());

    template <class T>
    [[gnu::always_inline]] static native<T> broadcast(T value) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) __attribute__((always_inline)) {
            return native<T>{(static_cast<void>(I), value)...};
        }
        (std::make_index_sequence<size<T>>{});
    }
    template <class T>
    [[gnu::always_inline]] static native<T> load_part(T const* p, std::size_t count) {
        alignas(Bytes) T each[size<T>] = {};
        for (std::size_t i = 0; i < count; ++i)
            each[i] = p[i];
        return *reinterpret_cast<typename lanes<T, Bytes>::aligned const*>(each);
    }
    template <class N, class T>
    [[gnu::always_inline]] static void store_part(T* p, N const& v, std::size_t count) {
        alignas(Bytes) T each[size<T>];
        *reinterpret_cast<typename lanes<T, Bytes>::aligned*>(each) = v;
        for (std::size_t i = 0; i < count; ++i)
            p[i] = each[i];
    }

    template <class N>
    [[gnu::always_inline]] static auto less(N const& a, N const& b) {
        return a < b;
    }
    template <class N>
    [[gnu::always_inline]] static auto less_or_equal(N const& a, N const& b) {
        return a <= b;
    }
    template <class N>
    [[gnu::always_inline]] static auto equal(N const& a, N const& b) {
        return a == b;
    }
    template <class M, class N>
    [[gnu::always_inline]] static N select(M const& m, N const& a, N const& b) {
        return reinterpret_cast<N>((reinterpret_cast<M>(a) & m) | (reinterpret_cast<M>(b) & ~m));
    }
    template <class T>
    [[gnu::always_inline]] static mask_type<T> filled_mask(bool all_lanes) {
        return all_lanes ? ~mask_type<T>{} : mask_type<T>{};
    }
    template <class T>
    [[gnu::always_inline]] static std::uint64_t mask_bits(mask_type<T> const& m) {
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < size<T>; ++i)
            bits |= static_cast<std::uint64_t>(m[i] & 1) << i;
        return bits;
    }

    template <class N>
    [[gnu::always_inline]] static N fma(N const& a, N const& b, N const& c) {
        return a * b + c;
    }
    [[gnu::always_inline]] static floats abs(floats const& v) {
        return reinterpret_cast<floats>(reinterpret_cast<ints>(v) & 0x7fffffff);
    }
    [[gnu::always_inline]] static doubles abs(doubles const& v) {
        return reinterpret_cast<doubles>(reinterpret_cast<mask_type<double>>(v) & 0x7fffffffffffffff);
    }
    template <class N>
    [[gnu::always_inline]] static N sqrt(N v) {
        for (std::size_t i = 0; i < sizeof(N) / sizeof(v[0]); ++i)
            v[i] = std::sqrt(v[i]);
        return v;
    }
    template <class V>
    [[gnu::always_inline]] static typename V::native_type sum_each(V const* v) {
        typename V::native_type sums{};
        for (std::size_t i = 0; i < V::size; ++i)
            for (std::size_t l = 0; l < V::size; l += 2) // in pairs, as instructions for it do
                sums[i] += v[i].native[l] + v[i].native[l + 1];
        return sums;
    }

    [[gnu::always_inline]] static floats to_float(ints const& v) { return __builtin_convertvector(v, floats); }
    [[gnu::always_inline]] static ints add_code_products(ints const& sums, ints const& a, ints const& b) {
        return sums + ((a << 16) >> 16) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
    }
    [[gnu::always_inline]] static void store_codes(std::int16_t* to, ints const& low, ints const& high) {
        for (std::size_t i = 0; i < size<float>; ++i)
            to[i] = static_cast<std::int16_t>(low[i]), to[i + size<float>] = static_cast<std::int16_t>(high[i]);
    }
    [[gnu::always_inline]] static ints load_codes(std::int8_t const* from) {
        constexpr std::size_t count = Bytes / sizeof(std::int16_t);
        typename lanes<std::int8_t, count>::type narrow;
        std::memcpy(&narrow, from, count);
        return reinterpret_cast<ints>(__builtin_convertvector(narrow, native<std::int16_t>));
    }
    [[gnu::always_inline]] static floats load_halves(std::uint16_t const* from) {
        floats v;
        for (std::size_t i = 0; i < size<float>; ++i)
            v[i] = half_to_float(from[i]);
        return v;
    }
};

/// A row's pair of codes in every lane, beside a panel's pairs in the same order: for targets whose `add_code_products`
/// keeps each lane's products there.
template <class Target, std::size_t Bytes>
struct pairs_in_lanes : compiler_vectors<Bytes> {
    using row_pairs = typename compiler_vectors<Bytes>::ints;
    static constexpr std::size_t pairs_at_once = 1;
    static constexpr std::size_t panel_place(std::size_t column, std::size_t code) { return 2 * column + code; }
    [[gnu::always_inline]] static row_pairs load_pair(std::int16_t const* from) {
        std::int32_t both;
        std::memcpy(&both, from, sizeof both);
        return compiler_vectors<Bytes>::broadcast(both);
    }
    [[gnu::always_inline]] static row_pairs load_pairs(std::int16_t const* from) { return load_pair(from); }
    template <std::size_t>
    [[gnu::always_inline]] static row_pairs add_pair_products(row_pairs const& sums, row_pairs const& row,
                                                              row_pairs const& panel) {
        return Target::add_code_products(sums, row, panel);
    }
};

/// Any machine.
struct generic : pairs_in_lanes<generic, 16> {
    static constexpr std::size_t tile_rows = 6;

    // Transposed while they are added, two at a time.
    template <class V>
    [[gnu::always_inline]] static typename V::native_type sum_each(V const* v) {
        if constexpr (V::size == 4) {
            auto const a = __builtin_shufflevector(v[0].native, v[1].native, 0, 4, 2, 6) +
                           __builtin_shufflevector(v[0].native, v[1].native, 1, 5, 3, 7);
            auto const b = __builtin_shufflevector(v[2].native, v[3].native, 0, 4, 2, 6) +
                           __builtin_shufflevector(v[2].native, v[3].native, 1, 5, 3, 7);
            return __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
        } else
            return __builtin_shufflevector(v[0].native, v[1].native, 0, 2) +
                   __builtin_shufflevector(v[0].native, v[1].native, 1, 3);
    }
#if defined(__SSE2__) && !defined(TRINE_ISA_GENERIC)
    // Every 64-bit PC has these, which compilers do not find by themselves.
    template <class T>
    [[gnu::always_inline]] static std::uint64_t mask_bits(mask_type<T> const& m) {
        if constexpr (sizeof(T) == sizeof(double))
            return static_cast<unsigned>(__builtin_ia32_movmskpd(reinterpret_cast<doubles>(m)));
        else
            return static_cast<unsigned>(__builtin_ia32_movmskps(reinterpret_cast<floats>(m)));
    }
#if __has_builtin(__builtin_elementwise_sqrt) // Clang, whose newer editions have no other name for it
    template <class N>
    [[gnu::always_inline]] static N sqrt(N const& v) {
        return __builtin_elementwise_sqrt(v);
    }
#else
    [[gnu::always_inline]] static floats sqrt(floats const& v) { return __builtin_ia32_sqrtps(v); }
    [[gnu::always_inline]] static doubles sqrt(doubles const& v) { return __builtin_ia32_sqrtpd(v); }
#endif
    [[gnu::always_inline]] static ints add_code_products(ints const& sums, ints const& a, ints const& b) {
        using codes = native<std::int16_t>;
        return sums + reinterpret_cast<ints>(
                          __builtin_ia32_pmaddwd128(reinterpret_cast<codes>(a), reinterpret_cast<codes>(b)));
    }
#endif
};

} // namespace trine::kernels::isa
