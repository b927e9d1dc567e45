#include <trine/kernels/simd.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include <trine/core/random.hpp>

#include "support/catch.hpp"

using namespace trine;
using kernels::simd;

namespace {

// Values of any sign and size, and those at the ends of a type.
template <class T>
std::vector<T> all_values() {
    std::vector<T> values;
    random_stream stream(7, purpose::user);
    for (int i = 0; i < 500; ++i) {
        double const v = stream.uniform(-1, 1) * std::exp2(static_cast<double>(stream.below(40)) - 20);
        values.push_back(static_cast<T>(v));
    }
    using limits = std::numeric_limits<T>;
    values.insert(values.end(), {T(0), T(1), T(-1), limits::max(), limits::lowest(), limits::min()});
    if constexpr (limits::has_infinity)
        values.insert(values.end(), {T(-0.0), limits::infinity(), -limits::infinity(), limits::quiet_NaN(),
                                     limits::denorm_min(), limits::epsilon()});
    return values;
}

// Random values of which every fourth is one at an end, as many as `vectors` vectors have.
template <class T>
std::vector<T> some_values(random_stream& stream, std::size_t vectors = 1) {
    static auto const values = all_values<T>();
    std::vector<T> some(vectors * simd<T>::size);
    for (auto& v : some)
        v = values[stream.below(4) == 0 ? 500 + stream.below(static_cast<std::uint32_t>(values.size() - 500))
                                        : stream.below(static_cast<std::uint32_t>(values.size()))];
    return some;
}

// NaN is as good as any other.
template <class T>
bool same(T a, T b) {
    if constexpr (std::is_floating_point_v<T>)
        if (std::isnan(a) || std::isnan(b))
            return std::isnan(a) && std::isnan(b);
    return std::memcmp(&a, &b, sizeof(T)) == 0;
}

template <class T>
std::vector<T> stored(simd<T> const& v) {
    std::vector<T> values(simd<T>::size);
    v.store_unaligned(values.data());
    return values;
}

// Whether every lane of a vector is what f says of its place.
template <class T, class F>
bool each_is(simd<T> const& v, F&& f) {
    auto const got = stored(v);
    for (std::size_t i = 0; i < got.size(); ++i)
        if (!same(got[i], static_cast<T>(f(i)))) {
            CAPTURE(i, got[i], f(i));
            CHECK(same(got[i], static_cast<T>(f(i))));
            return false;
        }
    return true;
}

// Integers wrap around.
template <class T, class F>
T wrapped(F&& f, T a, T b) {
    if constexpr (std::is_integral_v<T>)
        return static_cast<T>(f(static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b)));
    else
        return f(a, b);
}

} // namespace

TEMPLATE_TEST_CASE("vectors compute in every lane what scalars do", "[kernels][isa]", float, double, std::int32_t) {
    using T = TestType;
    using V = simd<T>;
    STATIC_REQUIRE(kernels::is_simd<V>);
    STATIC_REQUIRE(!kernels::is_simd<T>);
    STATIC_REQUIRE(V::size == kernels::simd_width<T>);
    STATIC_REQUIRE(sizeof(V) == V::size * sizeof(T));
    random_stream stream(1, purpose::user);
    for (int round = 0; round < 500; ++round) {
        auto const a = some_values<T>(stream), b = some_values<T>(stream);
        V const x = V::load_unaligned(a.data()), y = V::load_unaligned(b.data());
        CHECK(each_is<T>(V(a[0]), [&](std::size_t) { return a[0]; }));
        CHECK(each_is<T>(x + y,
                         [&](std::size_t i) { return wrapped([](auto p, auto q) { return p + q; }, a[i], b[i]); }));
        CHECK(each_is<T>(x - y,
                         [&](std::size_t i) { return wrapped([](auto p, auto q) { return p - q; }, a[i], b[i]); }));
        CHECK(each_is<T>(x * y,
                         [&](std::size_t i) { return wrapped([](auto p, auto q) { return p * q; }, a[i], b[i]); }));
        V sum = x, difference = x, product = x;
        sum += y, difference -= y, product *= y;
        CHECK(each_is<T>(sum, [&](std::size_t i) { return stored(x + y)[i]; }));
        CHECK(each_is<T>(difference, [&](std::size_t i) { return stored(x - y)[i]; }));
        CHECK(each_is<T>(product, [&](std::size_t i) { return stored(x * y)[i]; }));
        if constexpr (std::is_floating_point_v<T>) {
            V quotient = x;
            quotient /= y;
            CHECK(each_is<T>(x / y, [&](std::size_t i) { return a[i] / b[i]; }));
            CHECK(each_is<T>(quotient, [&](std::size_t i) { return a[i] / b[i]; }));
            CHECK(each_is<T>(-x, [&](std::size_t i) { return -a[i]; }));
            CHECK(each_is<T>(abs(x), [&](std::size_t i) { return std::abs(a[i]); }));
            CHECK(each_is<T>(sqrt(x), [&](std::size_t i) { return std::sqrt(a[i]); }));
            CHECK(each_is<T>(kernels::at_least(x, y), [&](std::size_t i) { return b[i] < a[i] ? a[i] : b[i]; }));
        }
    }
}

TEMPLATE_TEST_CASE("a fused multiply-add is rounded once, or as its two parts are", "[kernels][isa]", float, double) {
    using T = TestType;
    using V = simd<T>;
    random_stream stream(2, purpose::user);
    bool once = true, twice = true;
    for (int round = 0; round < 500; ++round) {
        auto const a = some_values<T>(stream), b = some_values<T>(stream), c = some_values<T>(stream);
        auto const got =
            stored(fma(V::load_unaligned(a.data()), V::load_unaligned(b.data()), V::load_unaligned(c.data())));
        for (std::size_t i = 0; i < V::size; ++i) {
            T volatile const product = a[i] * b[i];
            once = once && same(got[i], std::fma(a[i], b[i], c[i]));
            twice = twice && same(got[i], product + c[i]);
        }
    }
    CHECK((once || twice));
    if (!std::is_same_v<kernels::isa::target, kernels::isa::generic>)
        CHECK(once);
}

TEMPLATE_TEST_CASE("comparisons say of every lane what they say of scalars, and masks choose by it", "[kernels][isa]",
                   float, double, std::int32_t) {
    using T = TestType;
    using V = simd<T>;
    random_stream stream(3, purpose::user);
    for (int round = 0; round < 500; ++round) {
        auto const a = some_values<T>(stream), c = some_values<T>(stream), d = some_values<T>(stream);
        auto b = some_values<T>(stream);
        for (std::size_t i = 0; i < V::size; ++i) // equal ones are rare else
            b[i] = stream.below(3) == 0 ? a[i] : b[i];
        V const x = V::load_unaligned(a.data()), y = V::load_unaligned(b.data());
        auto const check = [&](typename V::mask const& m, auto&& holds) {
            std::uint64_t expected = 0;
            for (std::size_t i = 0; i < V::size; ++i)
                expected |= std::uint64_t{holds(i)} << i;
            std::uint64_t const every = (std::uint64_t{1} << V::size) - 1;
            CHECK(lane_bits(m) == expected);
            CHECK(lane_bits(!m) == (every & ~expected));
            CHECK(any(m) == (expected != 0));
            CHECK(all(m) == (expected == every));
            CHECK(each_is<T>(select(m, V::load_unaligned(c.data()), V::load_unaligned(d.data())),
                             [&](std::size_t i) { return holds(i) ? c[i] : d[i]; }));
        };
        check(x < y, [&](std::size_t i) { return a[i] < b[i]; });
        check(x <= y, [&](std::size_t i) { return a[i] <= b[i]; });
        check(x > y, [&](std::size_t i) { return a[i] > b[i]; });
        check(x >= y, [&](std::size_t i) { return a[i] >= b[i]; });
        check(x == y, [&](std::size_t i) { return a[i] == b[i]; });
        check(x != y, [&](std::size_t i) { return a[i] != b[i]; });
        check((x <= y) & (x >= y), [&](std::size_t i) { return a[i] <= b[i] && a[i] >= b[i]; });
        check((x < y) | (x > y), [&](std::size_t i) { return a[i] < b[i] || a[i] > b[i]; });
        check(typename V::mask(true), [](std::size_t) { return true; });
        check(typename V::mask(false), [](std::size_t) { return false; });
    }
}

TEMPLATE_TEST_CASE("the larger of two is NaN where either is", "[kernels][isa]", float, double) {
    using T = TestType;
    using V = simd<T>;
    T const nan = std::numeric_limits<T>::quiet_NaN(), infinity = std::numeric_limits<T>::infinity();
    for (T a : {T(-1), T(0), T(2), nan, infinity, -infinity})
        for (T b : {T(-1), T(0), T(2), nan, infinity, -infinity})
            CHECK(each_is<T>(kernels::larger_or_nan(V(a), V(b)),
                             [&](std::size_t) { return std::isnan(a) || std::isnan(b) ? nan : std::max(a, b); }));
}

TEMPLATE_TEST_CASE("vectors are loaded and stored whole and in part, wherever they lie", "[kernels][isa]", float,
                   double, std::int32_t) {
    using T = TestType;
    using V = simd<T>;
    random_stream stream(4, purpose::user);
    auto const from = some_values<T>(stream, 3);
    alignas(64) T aligned[V::size];
    for (std::size_t at = 0; at <= 2 * V::size; ++at) {
        V const v = V::load_unaligned(from.data() + at);
        CHECK(each_is<T>(v, [&](std::size_t i) { return from[at + i]; }));
        v.store_aligned(aligned);
        CHECK(each_is<T>(V::load_aligned(aligned), [&](std::size_t i) { return from[at + i]; }));
        for (std::size_t count = 0; count <= V::size + 1; ++count) {
            CHECK(each_is<T>(kernels::load_first(from.data() + at, count),
                             [&](std::size_t i) { return i < count ? from[at + i] : T(0); }));
            std::vector<T> to(V::size + 2, T(42));
            kernels::store_first(to.data() + 1, v, count);
            for (std::size_t i = 0; i < to.size(); ++i) {
                bool const written = i >= 1 && i - 1 < std::min(count, V::size);
                CHECK(same(to[i], written ? from[at + i - 1] : T(42)));
            }
        }
    }
    // Memory behind the last scalar is not touched.
    std::vector<T> exact(from.begin(), from.begin() + V::size - 1);
    CHECK(each_is<T>(kernels::load_first(exact.data(), exact.size()),
                     [&](std::size_t i) { return i < exact.size() ? exact[i] : T(0); }));
}

TEMPLATE_TEST_CASE("channels are gone through in vectors, the last of them in part", "[kernels][isa]", float, double) {
    using T = TestType;
    for (std::size_t channels : {std::size_t{1}, simd<T>::size - 1, simd<T>::size, 3 * simd<T>::size + 1}) {
        std::vector<T> x(channels), y(channels + 1, T(-1));
        for (std::size_t c = 0; c < channels; ++c)
            x[c] = static_cast<T>(c);
        kernels::each_channel_vector<T>(channels, [&](std::size_t c, auto const& load, auto const& store) {
            store(y.data() + c, load(x.data() + c) + simd<T>(T(1)));
        });
        for (std::size_t c = 0; c < channels; ++c)
            CHECK(y[c] == static_cast<T>(c + 1));
        CHECK(y[channels] == T(-1));
    }
}

TEMPLATE_TEST_CASE("as many vectors as one has lanes are summed, each into its lane", "[kernels][isa]", float, double,
                   std::int32_t) {
    using T = TestType;
    using V = simd<T>;
    random_stream stream(5, purpose::user);
    for (int round = 0; round < 100; ++round) {
        V v[V::size];
        double expected[V::size] = {};
        for (std::size_t i = 0; i < V::size; ++i) {
            T each[V::size];
            for (auto& e : each)
                expected[i] +=
                    static_cast<double>(e = static_cast<T>(static_cast<int>(stream.below(2'000'001)) - 1'000'000));
            v[i] = V::load_unaligned(each);
        }
        CHECK(each_is<T>(sum_each(v), [&](std::size_t i) { return expected[i]; })); // exact in float too: below 2²⁴
    }
}

// Of targets that have such products; the others say so by having none.
TEMPLATE_TEST_CASE("products take a lane of a vector", "[kernels][isa]", float, double) {
    using V = simd<TestType>;
    if constexpr (requires(V v) { kernels::fma_lane<0>(v, v, v); }) {
        random_stream stream(9, purpose::user);
        for (int round = 0; round < 100; ++round) {
            auto const a = some_values<TestType>(stream), b = some_values<TestType>(stream),
                       c = some_values<TestType>(stream);
            auto const check = [&]<std::size_t Lane>(std::integral_constant<std::size_t, Lane>) {
                CHECK(
                    each_is<TestType>(kernels::fma_lane<Lane>(V::load_unaligned(a.data()), V::load_unaligned(b.data()),
                                                              V::load_unaligned(c.data())),
                                      [&](std::size_t i) { return std::fma(a[Lane], b[i], c[i]); }));
            };
            [&]<std::size_t... Lane>(std::index_sequence<Lane...>) {
                (check(std::integral_constant<std::size_t, Lane>{}), ...);
            }
            (std::make_index_sequence<V::size>{});
        }
    } else
        SUCCEED("this target has none");
}

TEST_CASE("integers become floats, and floats the integers of their bits", "[kernels][isa]") {
    random_stream stream(6, purpose::user);
    for (int round = 0; round < 200; ++round) {
        auto const n = some_values<std::int32_t>(stream);
        CHECK(each_is<float>(to_float(kernels::code_sums::load_unaligned(n.data())),
                             [&](std::size_t i) { return static_cast<float>(n[i]); }));
        auto const x = some_values<float>(stream);
        CHECK(each_is<std::int32_t>(kernels::bitwise_cast<std::int32_t>(simd<float>::load_unaligned(x.data())),
                                    [&](std::size_t i) { return std::bit_cast<std::int32_t>(x[i]); }));
        CHECK(each_is<float>(kernels::bitwise_cast<float>(kernels::code_sums::load_unaligned(n.data())),
                             [&](std::size_t i) { return std::bit_cast<float>(n[i]); }));
    }
}

TEST_CASE("pairs of sixteen-bit codes are multiplied and summed, eight-bit ones widened to them", "[kernels][isa]") {
    using V = kernels::code_sums;
    random_stream stream(8, purpose::user);
    std::int16_t const ends[] = {-32767, -32000, -1, 0, 1, 32000, 32767};
    for (int round = 0; round < 200; ++round) {
        alignas(64) std::int16_t a[2 * V::size], b[2 * V::size], narrow[2 * V::size];
        std::int32_t sums[V::size], low[V::size], high[V::size];
        std::int8_t codes[2 * V::size];
        for (std::size_t i = 0; i < 2 * V::size; ++i) {
            a[i] = round % 2 == 0 ? ends[stream.below(7)] : static_cast<std::int16_t>(stream.below(65535) - 32767);
            b[i] = round % 2 == 0 ? ends[stream.below(7)] : static_cast<std::int16_t>(stream.below(65535) - 32767);
            codes[i] = static_cast<std::int8_t>(static_cast<int>(stream.below(256)) - 128);
        }
        for (std::size_t i = 0; i < V::size; ++i) {
            sums[i] = static_cast<std::int32_t>(stream.below(1000)) - 500;
            low[i] = a[i], high[i] = a[V::size + i];
        }
        auto const pairs = [](std::int16_t const* p) {
            return V::load_unaligned(reinterpret_cast<std::int32_t const*>(p));
        };
        auto const modulo = [](std::int64_t sum) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(sum)); };
        // Whichever lane a product goes to.
        auto const together = add_code_products(V::load_unaligned(sums), pairs(a), pairs(b));
        std::int32_t each[V::size];
        together.store_unaligned(each);
        std::int64_t all = 0, expected = 0;
        for (std::size_t i = 0; i < V::size; ++i) {
            all += std::int64_t{each[i]};
            expected +=
                std::int64_t{sums[i]} + std::int64_t{a[2 * i]} * b[2 * i] + std::int64_t{a[2 * i + 1]} * b[2 * i + 1];
        }
        CHECK(modulo(all) == modulo(expected));
        // A row's pairs with a panel's, each column in its lane.
        alignas(64) std::int16_t panel[2 * V::size];
        for (std::size_t i = 0; i < 2 * V::size; ++i)
            panel[kernels::panel_place(i / 2, i % 2)] = b[i];
        auto const with_pair = [&](std::int16_t const* pair) {
            return [&, pair](std::size_t i) {
                return modulo(std::int64_t{sums[i]} + std::int64_t{pair[0]} * b[2 * i] +
                              std::int64_t{pair[1]} * b[2 * i + 1]);
            };
        };
        auto const start = V::load_unaligned(sums);
        CHECK(each_is<std::int32_t>(kernels::add_pair_products<0>(start, kernels::load_pair(a), pairs(panel)),
                                    with_pair(a)));
        auto const several = kernels::load_pairs(a);
        auto const check = [&]<std::size_t Pair>(std::integral_constant<std::size_t, Pair>) {
            CHECK(each_is<std::int32_t>(kernels::add_pair_products<Pair>(start, several, pairs(panel)),
                                        with_pair(a + 2 * Pair)));
        };
        [&]<std::size_t... Pair>(std::index_sequence<Pair...>) {
            (check(std::integral_constant<std::size_t, Pair>{}), ...);
        }
        (std::make_index_sequence<kernels::pairs_at_once>{});
        store_codes(narrow, V::load_unaligned(low), V::load_unaligned(high));
        CHECK(std::equal(narrow, narrow + 2 * V::size, a));
        CHECK(each_is<std::int32_t>(kernels::load_codes(codes), [&](std::size_t i) {
            return std::bit_cast<std::int32_t>(
                std::array<std::int16_t, 2>{std::int16_t{codes[2 * i]}, std::int16_t{codes[2 * i + 1]}});
        }));
    }
}

TEST_CASE("all numbers of sixteen bits are loaded as floats", "[kernels][isa]") {
    constexpr std::size_t size = simd<float>::size;
    for (std::size_t first = 0; first < 65536; first += size) {
        std::uint16_t halves[size];
        for (std::size_t i = 0; i < size; ++i)
            halves[i] = static_cast<std::uint16_t>(first + i);
        REQUIRE(each_is<float>(kernels::load_halves(halves),
                               [&](std::size_t i) { return kernels::half_to_float(halves[i]); }));
    }
}
