#pragma once

/// Vectors of scalars, the same vocabulary for every instruction set. A target (generic, avx2, avx512, neon) says how
/// wide they are, how many rows of two vectors its registers hold beside operands, what a comparison gives, and does
/// what compilers' own vectors cannot.

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace trine::kernels::isa {

/// Compilers' own vectors: arithmetic on them is theirs.
template <class T, std::size_t Bytes>
struct lanes {
    using type [[gnu::vector_size(Bytes)]] = T;
    using aligned [[gnu::vector_size(Bytes), gnu::may_alias]] = T;
    using unaligned [[gnu::vector_size(Bytes), gnu::aligned(alignof(T)), gnu::may_alias]] = T;
};

/// What a comparison of two vectors gives: true or false for every lane.
template <class T, class Target>
struct vector_mask {
    using native_type = typename Target::template mask_type<T>;
    native_type native;

    vector_mask() = default;
    [[gnu::always_inline]] explicit vector_mask(bool all_lanes) : native(Target::template filled_mask<T>(all_lanes)) {}
    [[gnu::always_inline]] static vector_mask from(native_type n) {
        vector_mask m;
        m.native = n;
        return m;
    }

    [[gnu::always_inline]] friend vector_mask operator&(vector_mask const& a, vector_mask const& b) {
        return from(static_cast<native_type>(a.native & b.native));
    }
    [[gnu::always_inline]] friend vector_mask operator|(vector_mask const& a, vector_mask const& b) {
        return from(static_cast<native_type>(a.native | b.native));
    }
    [[gnu::always_inline]] friend vector_mask operator!(vector_mask const& a) {
        return from(static_cast<native_type>(~a.native));
    }
    [[gnu::always_inline]] friend vector_mask operator&&(vector_mask const& a, vector_mask const& b) { return a & b; }
    [[gnu::always_inline]] friend vector_mask operator||(vector_mask const& a, vector_mask const& b) { return a | b; }
};

/// As many scalars as a register of the target holds. Integers wrap around.
template <class T, class Target>
struct vector {
    using value_type = T;
    using target = Target;
    using mask = vector_mask<T, Target>;
    using batch_bool_type = mask;
    using native_type = typename lanes<T, Target::bytes>::type;
    static constexpr std::size_t size = Target::bytes / sizeof(T);
    native_type native;

    vector() = default;
    [[gnu::always_inline]] vector(T value) : native(Target::broadcast(value)) {}
    [[gnu::always_inline]] static vector from(native_type n) {
        vector v;
        v.native = n;
        return v;
    }

    [[gnu::always_inline]] static vector load_aligned(T const* p) {
        return from(*reinterpret_cast<typename lanes<T, Target::bytes>::aligned const*>(p));
    }
    [[gnu::always_inline]] static vector load_unaligned(T const* p) {
        return from(*reinterpret_cast<typename lanes<T, Target::bytes>::unaligned const*>(p));
    }
    /// The first `count` scalars, which may be more than there are lanes; the other lanes are zero.
    [[gnu::always_inline]] static vector load_first(T const* p, std::size_t count) {
        return count >= size ? load_unaligned(p) : from(Target::load_part(p, count));
    }
    [[gnu::always_inline]] void store_aligned(T* p) const {
        *reinterpret_cast<typename lanes<T, Target::bytes>::aligned*>(p) = native;
    }
    [[gnu::always_inline]] void store_unaligned(T* p) const {
        *reinterpret_cast<typename lanes<T, Target::bytes>::unaligned*>(p) = native;
    }
    [[gnu::always_inline]] void store_first(T* p, std::size_t count) const {
        if (count >= size)
            store_unaligned(p);
        else
            Target::store_part(p, native, count);
    }

    [[gnu::always_inline]] friend vector operator+(vector const& a, vector const& b) {
        return wrapped(modular(a) + modular(b));
    }
    [[gnu::always_inline]] friend vector operator-(vector const& a, vector const& b) {
        return wrapped(modular(a) - modular(b));
    }
    [[gnu::always_inline]] friend vector operator*(vector const& a, vector const& b) {
        return wrapped(modular(a) * modular(b));
    }
    [[gnu::always_inline]] friend vector operator/(vector const& a, vector const& b) {
        return from(a.native / b.native);
    }
    [[gnu::always_inline]] friend vector operator-(vector const& a) { return wrapped(-modular(a)); }
    [[gnu::always_inline]] vector& operator+=(vector const& b) { return *this = *this + b; }
    [[gnu::always_inline]] vector& operator-=(vector const& b) { return *this = *this - b; }
    [[gnu::always_inline]] vector& operator*=(vector const& b) { return *this = *this * b; }
    [[gnu::always_inline]] vector& operator/=(vector const& b) { return *this = *this / b; }

    // Of NaN none holds but !=.
    [[gnu::always_inline]] friend mask operator<(vector const& a, vector const& b) {
        return mask::from(Target::less(a.native, b.native));
    }
    [[gnu::always_inline]] friend mask operator<=(vector const& a, vector const& b) {
        return mask::from(Target::less_or_equal(a.native, b.native));
    }
    [[gnu::always_inline]] friend mask operator>(vector const& a, vector const& b) { return b < a; }
    [[gnu::always_inline]] friend mask operator>=(vector const& a, vector const& b) { return b <= a; }
    [[gnu::always_inline]] friend mask operator==(vector const& a, vector const& b) {
        return mask::from(Target::equal(a.native, b.native));
    }
    [[gnu::always_inline]] friend mask operator!=(vector const& a, vector const& b) { return !(a == b); }

private:
    // No compiler promises it of integers with signs.
    using modular_type =
        typename lanes<std::conditional_t<std::is_same_v<T, std::int32_t>, std::uint32_t, T>, Target::bytes>::type;
    [[gnu::always_inline]] static modular_type modular(vector const& v) {
        return reinterpret_cast<modular_type>(v.native);
    }
    [[gnu::always_inline]] static vector wrapped(modular_type n) { return from(reinterpret_cast<native_type>(n)); }
};

/// A bit for each lane, the first lane's lowest.
template <class T, class Target>
[[gnu::always_inline]] inline std::uint64_t lane_bits(vector_mask<T, Target> const& m) {
    return Target::template mask_bits<T>(m.native);
}
template <class T, class Target>
[[gnu::always_inline]] inline bool any(vector_mask<T, Target> const& m) {
    return lane_bits(m) != 0;
}
template <class T, class Target>
[[gnu::always_inline]] inline bool all(vector_mask<T, Target> const& m) {
    return lane_bits(m) == (std::uint64_t{1} << vector<T, Target>::size) - 1;
}

/// a where the mask holds, else b.
template <class T, class Target>
[[gnu::always_inline]] inline vector<T, Target> select(vector_mask<T, Target> const& m, vector<T, Target> const& a,
                                                       vector<T, Target> const& b) {
    return vector<T, Target>::from(Target::select(m.native, a.native, b.native));
}
/// a·b + c, rounded once where the target can.
template <class T, class Target>
[[gnu::always_inline]] inline vector<T, Target> fma(vector<T, Target> const& a, vector<T, Target> const& b,
                                                    vector<T, Target> const& c) {
    return vector<T, Target>::from(Target::fma(a.native, b.native, c.native));
}
/// a[Lane]·b + c, where the target has an instruction for that.
template <std::size_t Lane, class T, class Target>
    requires requires(typename vector<T, Target>::native_type n) { Target::template fma_lane<Lane>(n, n, n); }
[[gnu::always_inline]] inline vector<T, Target> fma_lane(vector<T, Target> const& a, vector<T, Target> const& b,
                                                         vector<T, Target> const& c) {
    return vector<T, Target>::from(Target::template fma_lane<Lane>(a.native, b.native, c.native));
}
template <class T, class Target>
[[gnu::always_inline]] inline vector<T, Target> abs(vector<T, Target> const& v) {
    return vector<T, Target>::from(Target::abs(v.native));
}
template <class T, class Target>
[[gnu::always_inline]] inline vector<T, Target> sqrt(vector<T, Target> const& v) {
    return vector<T, Target>::from(Target::sqrt(v.native));
}
/// The sums of as many vectors as one has lanes, each in its lane. The order of addition is the target's.
template <class T, class Target>
[[gnu::always_inline]] inline vector<T, Target> sum_each(vector<T, Target> const* v) {
    return vector<T, Target>::from(Target::sum_each(v));
}

template <class Target>
[[gnu::always_inline]] inline vector<float, Target> to_float(vector<std::int32_t, Target> const& v) {
    return vector<float, Target>::from(Target::to_float(v.native));
}
/// The same bits, as lanes of another type.
template <class To, class T, class Target>
[[gnu::always_inline]] inline vector<To, Target> bitwise_cast(vector<T, Target> const& v) {
    return vector<To, Target>::from(reinterpret_cast<typename vector<To, Target>::native_type>(v.native));
}

// Two codes of sixteen bits lie in each lane of a vector of 32 bits, the first in the lower half.

/// sums + the products of all codes, two to a lane; which lane gets which two is the target's.
template <class Target>
[[gnu::always_inline]] inline vector<std::int32_t, Target> add_code_products(vector<std::int32_t, Target> const& sums,
                                                                             vector<std::int32_t, Target> const& a,
                                                                             vector<std::int32_t, Target> const& b) {
    return vector<std::int32_t, Target>::from(Target::add_code_products(sums.native, a.native, b.native));
}
/// Stores two vectors of numbers that fit sixteen bits as such.
template <class Target>
[[gnu::always_inline]] inline void store_codes(std::int16_t* to, vector<std::int32_t, Target> const& first,
                                               vector<std::int32_t, Target> const& second) {
    Target::store_codes(to, first.native, second.native);
}

template <class V>
inline constexpr bool is_vector = false;
template <class T, class Target>
inline constexpr bool is_vector<vector<T, Target>> = true;

} // namespace trine::kernels::isa
