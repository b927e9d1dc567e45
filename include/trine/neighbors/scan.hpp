#pragma once

/// How exact search goes over all references: float arithmetic bounds every value, and the few that bounds cannot separate are settled in double.

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/parallel.hpp"
#include "../distances/concepts.hpp"
#include "../kernels/candidate_pool.hpp"
#include "../kernels/register_tile.hpp"
#include "concepts.hpp"
#include "rows.hpp"

namespace trine::neighbors::detail {

using distances::geometry;
using kernels::candidate;
using kernels::candidate_pool;

inline constexpr float infinite = std::numeric_limits<float>::infinity();

// Squared lengths beyond this may overflow a float on the way: such rows and queries are settled in double, each.
inline constexpr double largest_squares = 1e37;
// Directions of rows shorter than this are lost in float.
inline constexpr double smallest_squares = 1e-30;

template <geometry G>
inline constexpr bool of_directions = G == geometry::one_minus_cosine || G == geometry::half_squared_chord;

// Σ f(k) in double, in eight sums, whose order is fixed.
template <class F>
double sum_in_double(std::size_t size, F&& f) {
    double lanes[8] = {};
    std::size_t k = 0;
    for (; k + 8 <= size; k += 8)
        for (std::size_t l = 0; l < 8; ++l)
            lanes[l] += f(k + l);
    for (std::size_t l = 0; k < size; ++k, ++l)
        lanes[l] += f(k);
    return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

// The value itself, from differences: equal rows are at exactly 0, and near ones keep their digits.
template <geometry G>
double true_value(float const* q, float const* r, std::size_t size) {
    auto const wide = [](float v) { return static_cast<double>(v); };
    if constexpr (G == geometry::squared_length)
        return sum_in_double(size, [&](std::size_t k) {
            double const difference = wide(q[k]) - wide(r[k]);
            return difference * difference;
        });
    else if constexpr (G == geometry::negated_product)
        return -sum_in_double(size, [&](std::size_t k) { return wide(q[k]) * wide(r[k]); });
    else {
        double const qq = sum_in_double(size, [&](std::size_t k) { return wide(q[k]) * wide(q[k]); });
        double const rr = sum_in_double(size, [&](std::size_t k) { return wide(r[k]) * wide(r[k]); });
        if (G == geometry::one_minus_cosine && (qq == 0 || rr == 0))
            return rr == rr ? 1 : rr;
        double const a = qq > 0 ? 1 / std::sqrt(qq) : 0, b = rr > 0 || rr != rr ? 1 / std::sqrt(rr) : 0;
        return 0.5 * sum_in_double(size, [&](std::size_t k) {
            double const difference = wide(q[k]) * a - wide(r[k]) * b;
            return difference * difference;
        });
    }
}

// A query, and what the bounds of its values need.
struct query_terms {
    float const* values;
    double squares, norm;
    bool wild;         // float arithmetic cannot bound its values
    float factor;      // values · factor is what the tile multiplies: −2 q, −q/‖q‖
    float code_scale;  // for references of eight-bit codes: values ≈ code_scale · codes
    double code_error; // ‖values − code_scale · codes‖ at most
};

template <geometry G>
query_terms make_query(float const* values, std::size_t size) {
    query_terms q{values, sum_in_double(size, [&](std::size_t k) { return static_cast<double>(values[k]) * static_cast<double>(values[k]); }), 0, false, 1, 0, 0};
    q.norm = std::sqrt(q.squares);
    q.wild = !(q.squares < largest_squares) || (G != geometry::squared_length && !(q.squares > smallest_squares));
    q.factor = G == geometry::squared_length ? -2.0f : q.wild ? 0.0f : static_cast<float>(-1 / q.norm);
    return q;
}

// Sixteen-bit codes of a query, so that sums of products with eight-bit codes fit 32 bits.
inline void encode_query(query_terms& q, std::size_t size, std::int16_t* codes) {
    float largest = 0;
    for (std::size_t k = 0; k < size; ++k)
        largest = std::max(largest, std::abs(q.values[k]));
    double const range = std::min(32767.0, std::floor(2147483647.0 / (127.0 * static_cast<double>(size))));
    q.code_scale = static_cast<float>(largest / range);
    double const inverse = q.code_scale > 0 ? 1 / static_cast<double>(q.code_scale) : 0;
    for (std::size_t k = 0; k < size; ++k)
        codes[k] = static_cast<std::int16_t>(std::clamp(std::nearbyint(q.values[k] * inverse), -range, range));
    q.code_error = q.code_scale * 0.51 * std::sqrt(static_cast<double>(size));
}

// The same words for one float and for a vector of them.
inline float pick(bool condition, float a, float b) { return condition ? a : b; }
inline float root(float v) { return std::sqrt(v); }
template <class C>
kernels::simd<float> pick(C const& condition, kernels::simd<float> const& a, kernels::simd<float> const& b) {
    return xsimd::select(condition, a, b);
}
inline kernels::simd<float> root(kernels::simd<float> const& v) {
#if defined(__AVX512F__)
    return _mm512_maskz_sqrt_ps(0xffff, v); // with a mask of ones, for without one GCC 12 warns of its own headers
#else
    return xsimd::sqrt(v);
#endif
}
template <class V>
V larger(V const& a, V const& b) {
    return pick(a > b, a, b);
}

// Bounds of a value that lies within `error` of `value` for the row as stored, when the row that was stored lies within `lost` of it. For one row or a vector
// of them; every error is taken larger than it is, so that the roundings here do not matter.
template <geometry G, bool Lossy, class V>
[[gnu::always_inline]] inline void bounds(V const& value, V const& error, V const& norm, V const& lost, float query_norm, V& lower, V& upper) {
    lower = value - error, upper = value + error;
    if constexpr (Lossy) {
        V const zero(0.0f), less(0.999999f), more(1.000001f);
        if constexpr (G == geometry::squared_length) {
            V const near = larger(root(larger(lower, zero)) * less - lost, zero), far = root(upper) * more + lost;
            lower = near * near * less, upper = far * far * more;
        } else if constexpr (of_directions<G>) {
            // The direction turns by at most asin(lost / ‖row‖); as a chord of the unit circle: within 4 % of the angle's sine while that is below a half.
            V const turn = pick(V(3.0f) * lost < norm, V(1.05f) * lost / (norm - lost), V(2.0f));
            V const near = larger(root(larger(lower + lower, zero)) * less - turn, zero), far = root(larger(upper + upper, zero)) * more + turn;
            lower = V(0.4999995f) * near * near, upper = V(0.5000005f) * far * far;
        } else {
            V const turn = V(query_norm * 1.000001f) * lost;
            lower -= turn + V(1e-6f) * larger(lower, -lower), upper += turn + V(1e-6f) * larger(upper, -upper);
        }
    }
}

// Some of the references, with the rows that they were stored from where those are still there: then neighbours are the neighbours among those.
template <class Storage>
struct part {
    stored_rows<Storage> rows;
    matrix_view<float const> originals;
    std::size_t first; // place of its first row

    bool is_lossy() const { return !std::is_same_v<Storage, storage::float32> && originals.rows() > 0; }
};

// One search: the parts, and the memory of it. All queries are finite.
template <geometry G, class Storage>
class scan {
public:
    // `removed` says for each place whether it is left out; it may be shorter than there are places.
    scan(std::span<part<Storage> const> parts, std::vector<bool> const& removed, std::size_t k) : parts_(parts), removed_(removed), k_(k) {
        for (auto const& p : parts_)
            rows_ += p.rows.rows;
        size_ = parts_.empty() ? 0 : parts_.front().rows.cols;
        unit_ = static_cast<float>((2 * static_cast<double>(size_) + 32) * 0x1p-24);
        tiny_ = static_cast<float>(static_cast<double>(size_) * 1e-43);
        loss_ = Storage::error(size_);
        lossy_ = std::any_of(parts_.begin(), parts_.end(), [](auto const& p) { return p.is_lossy(); });
    }

    // Calls done(query, settled candidates, nearest first) for every query.
    template <class Done>
    void run(matrix_view<float const> queries, Done&& done) {
        std::size_t const threads = thread_count(), pool_bytes = candidate_pool::capacity_for(k_) * sizeof(candidate);
        bool const few = queries.rows() < 4, large = pool_bytes * threads * (few ? queries.rows() : 32) > working_memory;
        std::size_t const most = large ? 1 : few ? queries.rows() : std::clamp<std::size_t>(working_memory / (4 * threads * k_ * sizeof(candidate)), 32, 2048);
        for (std::size_t q = 0; q < queries.rows(); q += most) {
            std::size_t const count = std::min(most, queries.rows() - q);
            std::vector<query_terms> terms;
            for (std::size_t i = 0; i < count; ++i)
                terms.push_back(make_query<G>(queries.row(q + i).data(), size_));
            auto const tell = [&](std::size_t i, std::span<candidate const> found) { done(q + i, found); };
            if (large)
                one_with_many_neighbors(terms, tell);
            else if (few)
                few_queries(terms, tell);
            else
                many_queries(terms, tell);
        }
    }

private:
    static constexpr std::size_t working_memory = std::size_t{24} << 20;
    static constexpr std::size_t block = 128; // rows whose bounds are held at a time

    bool is_removed(std::size_t place) const { return place < removed_.size() && removed_[place]; }

    // The true value of a place, against the original row where there is one. The memory is the calling thread's.
    auto settling(query_terms const& q) const {
        return [this, &q](std::size_t place) {
            std::size_t p = parts_.size() - 1;
            while (parts_[p].first > place)
                --p;
            auto const& at = parts_[p];
            std::size_t const row = place - at.first;
            if (at.originals.rows() > 0)
                return true_value<G>(q.values, at.originals.row(row).data(), size_);
            thread_local std::vector<float> space;
            space.resize(size_);
            return true_value<G>(q.values, at.rows.decoded(row, space.data()), size_);
        };
    }

    // Bounds of one query's values for `count` rows from `first` on. Memory bounds it: a row is read once, in
    // order, which the processor foresees by itself; fetching ahead by hand took a third off its speed.
    template <bool Lossy>
    void bound_rows(part<Storage> const& p, std::size_t first, std::size_t count, query_terms const& q, std::int16_t const* codes, float const* query, float* lower,
                    float* upper) const {
        using V = kernels::simd<float>;
        constexpr std::size_t width = V::size;
        static_assert(block % width == 0);
        // First what the rows have to be read for: the value's main part, and the squared length where it is needed.
        alignas(64) float main[block], squares[block];
        if constexpr (std::is_same_v<Storage, storage::int8>) {
            for (std::size_t i = 0; i < count; i += kernels::code_rows) {
                std::size_t const rows = std::min(kernels::code_rows, count - i);
                std::int32_t products[kernels::code_rows], squared[kernels::code_rows];
                kernels::sum_codes(size_, codes, p.rows.row(first + i), p.rows.stride, rows, products, squared);
                for (std::size_t r = 0; r < rows; ++r) {
                    float const scale = p.rows.scale(first + i + r);
                    main[i + r] = static_cast<float>(products[r]) * (scale * q.code_scale);
                    squares[i + r] = static_cast<float>(squared[r]) * scale * scale;
                }
            }
        } else {
            for (std::size_t i = 0; i < count; i += width) {
                V sums[width], lengths[width];
                alignas(64) float rest[width] = {}, rest_of_lengths[width] = {};
                for (std::size_t l = 0; l < width; ++l) {
                    auto const* const row = p.rows.row(first + std::min(i + l, count - 1));
                    V sum0(0.0f), sum1(0.0f), square0(0.0f), square1(0.0f);
                    auto const step = [&](V& sum, V& square, std::size_t at) __attribute__((always_inline)) {
                        V const a = V::load_unaligned(query + at);
                        V b;
                        if constexpr (std::is_same_v<Storage, storage::float32>)
                            b = V::load_unaligned(row + at);
                        else
                            b = kernels::load_halves(row + at);
                        if constexpr (G == geometry::squared_length) {
                            V const difference = a - b;
                            sum = xsimd::fma(difference, difference, sum);
                        } else {
                            sum = xsimd::fma(a, b, sum);
                            square = xsimd::fma(b, b, square);
                        }
                    };
                    std::size_t k = 0;
                    for (; k + 2 * width <= size_; k += 2 * width)
                        step(sum0, square0, k), step(sum1, square1, k + width);
                    if (k + width <= size_)
                        step(sum0, square0, k), k += width;
                    for (; k < size_; ++k) {
                        float b;
                        if constexpr (std::is_same_v<Storage, storage::float32>)
                            b = row[k];
                        else
                            b = kernels::half_to_float(row[k]);
                        rest[l] += G == geometry::squared_length ? (query[k] - b) * (query[k] - b) : query[k] * b;
                        rest_of_lengths[l] += b * b;
                    }
                    sums[l] = sum0 + sum1, lengths[l] = square0 + square1;
                }
                (kernels::sum_each(sums) + V::load_aligned(rest)).store_aligned(main + i);
                if constexpr (G != geometry::squared_length)
                    (kernels::sum_each(lengths) + V::load_aligned(rest_of_lengths)).store_aligned(squares + i);
            }
        }
        // Then the bounds, a vector of rows at a time.
        constexpr bool coded = std::is_same_v<Storage, storage::int8>;
        // Where a row's length is not at hand, it is below the query's and the distance.
        constexpr bool has_lengths = G != geometry::squared_length || coded;
        auto const query_squares = static_cast<float>(q.squares), query_norm = static_cast<float>(q.norm), query_error = coded ? static_cast<float>(q.code_error * 1.001) : 0.0f;
        float const inverse = q.wild ? 0.0f : static_cast<float>(1 / q.norm);
        V const largest(static_cast<float>(largest_squares)), smallest(has_lengths && G != geometry::squared_length ? static_cast<float>(smallest_squares) : -infinite);
        for (std::size_t i = 0; i < count; i += width) {
            V const sum = V::load_aligned(main + i), square = has_lengths ? V::load_aligned(squares + i) : sum, length = root(square), norm = length * V(1.000001f);
            V value, error, lost(0.0f), low, high;
            if constexpr (G == geometry::squared_length && !coded)
                value = sum, error = V(unit_) * sum + V(tiny_);
            else if constexpr (G == geometry::squared_length)
                value = V(query_squares) + square - (sum + sum), error = V(unit_) * (V(query_squares) + square) + V(2 * query_error) * norm + V(tiny_);
            else if constexpr (of_directions<G>)
                value = V(1.0f) - (coded ? sum * V(inverse) : sum) / length, error = V(unit_ + query_error * inverse * 1.001f);
            else
                value = coded ? -sum : -sum * V(query_norm), error = V(unit_ * query_norm + query_error) * norm + V(tiny_ * (1 + query_norm));
            if constexpr (Lossy) {
                lost = V(loss_.per_norm * 1.0001f) * (has_lengths ? norm : norm + V(query_norm)) + V(loss_.fixed);
                if constexpr (Storage::is_scaled)
                    lost = kernels::load_first(p.rows.scales + first + i, count - i) * V(loss_.per_scale) + lost;
            }
            bounds<G, Lossy>(value, error, norm, lost, query_norm, low, high);
            auto const bounded = square < largest && square > smallest && low <= high; // of NaN, nothing holds
            xsimd::select(bounded, low, V(-infinite)).store_aligned(lower + i);
            xsimd::select(bounded, high, V(infinite)).store_aligned(upper + i);
        }
        if (q.wild)
            std::fill_n(lower, count, -infinite), std::fill_n(upper, count, infinite);
    }

    void bound_rows(part<Storage> const& p, std::size_t first, std::size_t count, query_terms const& q, std::int16_t const* codes, float const* query, float* lower,
                    float* upper) const {
        if (p.is_lossy())
            bound_rows<true>(p, first, count, q, codes, query, lower, upper);
        else
            bound_rows<false>(p, first, count, q, codes, query, lower, upper);
    }

    // Queries as the loop over rows wants them, aligned: values or directions, and codes.
    struct prepared {
        std::size_t stride;
        buffer<float> values;
        buffer<std::int16_t> codes;

        float const* values_of(std::size_t query) const { return values.data() + query * stride; }
        std::int16_t const* codes_of(std::size_t query) const { return codes.data() + query * stride; }
    };
    prepared prepare(std::vector<query_terms>& queries) const {
        constexpr bool coded = std::is_same_v<Storage, storage::int8>;
        std::size_t const stride = (size_ + 31) / 32 * 32;
        prepared p{stride, buffer<float>(queries.size() * stride), buffer<std::int16_t>(coded ? queries.size() * stride : 0)};
        for (std::size_t i = 0; i < queries.size(); ++i) {
            auto const& q = queries[i];
            for (std::size_t k = 0; k < size_; ++k)
                p.values[i * stride + k] = G == geometry::squared_length ? q.values[k] : q.wild ? 0.0f : static_cast<float>(q.values[k] / q.norm);
            if constexpr (coded)
                encode_query(queries[i], size_, p.codes.data() + i * stride);
        }
        return p;
    }

    struct range {
        std::size_t part, first, count;
    };
    // All rows, cut into ranges of at most `most`.
    std::vector<range> ranges(std::size_t most) const {
        std::vector<range> all;
        for (std::size_t p = 0; p < parts_.size(); ++p)
            for (std::size_t r = 0; r < parts_[p].rows.rows; r += most)
                all.push_back({p, r, std::min(most, parts_[p].rows.rows - r)});
        return all;
    }

    // Calls body(i) for those of `count` lower bounds that are not above the limit, which body may lower. NaN cannot be among them.
    template <class Body>
    static void for_promising(float const* lower, std::size_t count, float const& limit, Body&& body) {
        using V = kernels::simd<float>;
        std::size_t i = 0;
        for (; i + V::size <= count; i += V::size)
            if (xsimd::any(V::load_unaligned(lower + i) <= V(limit))) [[unlikely]]
                for (std::size_t l = i; l < i + V::size; ++l)
                    if (lower[l] <= limit)
                        body(l);
        for (; i < count; ++i)
            if (lower[i] <= limit)
                body(i);
    }

    // A float that is not below a double, and hardly above. (std::nextafter is a call, and this is asked millions of times.)
    static float round_up(double v) {
        auto const f = static_cast<float>(v);
        if (!(static_cast<double>(f) < v))
            return f;
        auto const bits = std::bit_cast<std::uint32_t>(f);
        return f == 0 ? std::numeric_limits<float>::denorm_min() : std::bit_cast<float>(f > 0 ? bits + 1 : bits - 1);
    }
    static void lower_to(std::atomic<float>& shared, float value) {
        float now = shared.load(std::memory_order_relaxed);
        while (value < now && !shared.compare_exchange_weak(now, value, std::memory_order_relaxed)) {
        }
    }

    // Threads share the rows; each has a pool a query. Rows stay in cache for the second and third query.
    template <class Done>
    void few_queries(std::vector<query_terms>& queries, Done&& done) {
        std::size_t const threads = thread_count(), count = queries.size();
        auto const ready = prepare(queries);
        auto const items = ranges(std::clamp<std::size_t>(rows_ / (8 * threads), block, 8192));
        std::vector<candidate_pool> pools(threads * count);
        for (auto& pool : pools)
            pool.reset(k_, lossy_);
        std::vector<std::atomic<float>> shared(count);
        for (auto& s : shared)
            s = infinite;
        parallel_for(items.size(), [&](std::size_t item) {
            auto const& p = parts_[items[item].part];
            std::size_t const thread = thread_index();
            alignas(64) float lower[block], upper[block];
            for (std::size_t r = 0; r < items[item].count; r += block) {
                std::size_t const first = items[item].first + r, rows = std::min(block, items[item].count - r);
                for (std::size_t q = 0; q < count; ++q) {
                    auto& pool = pools[thread * count + q];
                    bound_rows(p, first, rows, queries[q], ready.codes_of(q), ready.values_of(q), lower, upper);
                    float limit = std::min(shared[q].load(std::memory_order_relaxed), round_up(pool.threshold()));
                    for_promising(lower, rows, limit, [&](std::size_t i) {
                        std::size_t const place = p.first + first + i;
                        if (is_removed(place))
                            return;
                        pool.add({lower[i], upper[i], place}, settling(queries[q]));
                        if (float const now = round_up(pool.threshold()); now < limit)
                            lower_to(shared[q], limit = now);
                    });
                }
            }
        });
        parallel_for(count, [&](std::size_t q) {
            for (std::size_t t = 1; t < threads; ++t)
                for (auto const& c : pools[t * count + q].kept())
                    if (c.lower <= pools[q].threshold())
                        pools[q].add(c, settling(queries[q]));
            done(q, pools[q].finish(settling(queries[q])));
        });
    }

    // A pool an item would take too much memory: one pool, and threads that fill it with bounds in turn.
    template <class Done>
    void one_with_many_neighbors(std::vector<query_terms>& queries, Done&& done) {
        auto const ready = prepare(queries);
        constexpr std::size_t round = 1 << 16;
        candidate_pool pool;
        pool.reset(k_);
        buffer<float> lower(round), upper(round);
        for (auto const& r : ranges(round)) {
            auto const& p = parts_[r.part];
            parallel_blocks(r.count, block, [&](std::size_t first, std::size_t last) {
                bound_rows(p, r.first + first, last - first, queries[0], ready.codes_of(0), ready.values_of(0), lower.data() + first, upper.data() + first);
            });
            float limit = round_up(pool.threshold());
            for_promising(lower.data(), r.count, limit, [&](std::size_t i) {
                if (is_removed(p.first + r.first + i))
                    return;
                pool.add({lower[i], upper[i], p.first + r.first + i}, settling(queries[0]));
                limit = round_up(pool.threshold());
            });
        }
        done(0, pool.finish(settling(queries[0])));
    }

    // What a block of rows adds to the tile's products, x = product · factor + offset, and what it lost in storage.
    struct row_terms {
        float squares, norm, factor, offset, lost;
    };

    // For `count` rows of values, `stride` apart, of which `first` is the first one's place in its part.
    void find_terms(part<Storage> const& p, std::size_t first, float const* values, std::size_t stride, std::size_t count, row_terms* terms) const {
        using V = kernels::simd<float>;
        constexpr std::size_t width = V::size;
        for (std::size_t i = 0; i < count; i += width) {
            V sums[width];
            alignas(64) float squares[width], rest[width] = {};
            for (std::size_t l = 0; l < width; ++l) {
                float const* const row = values + std::min(i + l, count - 1) * stride;
                V even(0.0f), odd(0.0f);
                std::size_t k = 0;
                for (; k + 2 * width <= size_; k += 2 * width) {
                    V const a = V::load_unaligned(row + k), b = V::load_unaligned(row + k + width);
                    even = xsimd::fma(a, a, even), odd = xsimd::fma(b, b, odd);
                }
                for (; k < size_; ++k)
                    rest[l] += row[k] * row[k];
                sums[l] = even + odd;
            }
            (kernels::sum_each(sums) + V::load_aligned(rest)).store_aligned(squares);
            for (std::size_t l = 0; l < width && i + l < count; ++l)
                terms[i + l] = terms_of(p, first + i + l, squares[l]);
        }
    }
    row_terms terms_of(part<Storage> const& p, std::size_t row, float squares) const {
        row_terms t{squares, std::sqrt(squares) * 1.000001f, 1, 0, 0};
        bool const bounded = squares < static_cast<float>(largest_squares) && (G == geometry::squared_length || squares > static_cast<float>(smallest_squares));
        if constexpr (G == geometry::squared_length)
            t.offset = squares * (1 - unit_);
        else if constexpr (of_directions<G>)
            t.factor = 1 / std::sqrt(squares);
        else
            t.offset = -unit_ * t.norm;
        if (!bounded)
            t.factor = std::numeric_limits<float>::quiet_NaN(); // passes every limit
        if (p.is_lossy())
            t.lost = (loss_.per_norm * t.norm * 1.0001f + loss_.per_scale * p.rows.scale(row)) * 1.00001f + loss_.fixed;
        return t;
    }

    // The limit of x below which a row, of those that lost at most so much, may have a value up to the threshold. Rounded up.
    float limit_of(query_terms const& q, double threshold, double lost, double shortest) const {
        if (q.wild || !std::isfinite(threshold))
            return infinite;
        double limit;
        if constexpr (G == geometry::squared_length) {
            if (lost > 0) {
                double const far = std::sqrt(std::max(threshold, 0.0)) + lost;
                threshold = far * far * (1 + 1e-5);
            }
            limit = threshold - q.squares * (1 - static_cast<double>(unit_)) + static_cast<double>(tiny_);
            limit += (std::abs(limit) + q.squares) * 0x1p-22;
        } else if constexpr (of_directions<G>) {
            if (lost > 0) {
                double const turn = 3 * lost < shortest ? 1.05 * lost / (shortest - lost) : 2, far = std::sqrt(std::max(2 * threshold, 0.0)) + turn;
                threshold = 0.5 * far * far * (1 + 1e-5);
            }
            limit = threshold - 1 + static_cast<double>(unit_);
            limit += std::abs(limit) * 0x1p-22;
        } else {
            limit = threshold / q.norm + lost * (1 + 1e-5) + static_cast<double>(tiny_) * 2;
            limit += std::abs(limit) * 0x1p-22;
        }
        return round_up(limit);
    }

    // Bounds of a value from the tile's x.
    candidate bounds_of(query_terms const& q, row_terms const& r, float product, bool lossy, std::size_t place) const {
        candidate c{-infinite, infinite, place};
        if (q.wild || std::isnan(r.factor))
            return c;
        float value, error, lower, upper;
        auto const query_squares = static_cast<float>(q.squares), query_norm = static_cast<float>(q.norm);
        if constexpr (G == geometry::squared_length)
            value = product + r.squares + query_squares, error = unit_ * (r.squares + query_squares) + tiny_;
        else if constexpr (of_directions<G>)
            value = 1 + product * r.factor, error = unit_;
        else
            value = product * query_norm, error = unit_ * r.norm * query_norm + tiny_ * (1 + query_norm);
        if (lossy)
            bounds<G, true>(value, error, r.norm, r.lost, query_norm, lower, upper);
        else
            bounds<G, false>(value, error, r.norm, 0.0f, query_norm, lower, upper);
        if (lower <= upper)
            c.lower = static_cast<double>(lower), c.upper = static_cast<double>(upper);
        return c;
    }

    // Panels of queries times tiles of rows. Arithmetic bounds it: rows are read where they lie, a group of panels stays in L2 and one of them in L1, and of the
    // products only those below a query's limit, a vector of them compared at once, are looked at again.
    template <class Done>
    void many_queries(std::vector<query_terms> const& queries, Done&& done) {
        using V = kernels::simd<float>;
        constexpr std::size_t width = 2 * V::size, row_block = 8 * kernels::tile_rows;
        constexpr std::uint64_t lanes = (std::uint64_t{1} << V::size) - 1;
        std::size_t const threads = thread_count(), panels = (queries.size() + width - 1) / width;
        buffer<float> packed(panels * width * size_);
        parallel_for(panels, [&](std::size_t panel) {
            // A panel of few queries is one vector wide.
            std::size_t const own = queries.size() - panel * width > V::size ? width : V::size;
            for (std::size_t c = 0; c < own; ++c) {
                std::size_t const q = panel * width + c;
                for (std::size_t k = 0; k < size_; ++k)
                    packed[panel * size_ * width + k * own + c] = q < queries.size() && !queries[q].wild ? queries[q].values[k] * queries[q].factor : 0.0f;
            }
        });
        std::size_t const pool_bytes = candidate_pool::capacity_for(k_) * sizeof(candidate);
        std::size_t const most_panels = std::max<std::size_t>(1, std::min({std::size_t{8}, (panels + threads - 1) / threads, (std::size_t{256} << 10) / (width * size_ * sizeof(float)),
                                                                          working_memory / (threads * width * pool_bytes)}));
        std::size_t const groups = (panels + most_panels - 1) / most_panels, group = (panels + groups - 1) / groups;
        // Rows are cut too where there are fewer groups than threads could share.
        std::size_t const cuts = groups >= 8 * threads ? 1 : std::max<std::size_t>(1, std::min((4 * threads + groups - 1) / groups, rows_ / 2048));
        auto const items = ranges(std::max<std::size_t>(row_block, (rows_ + cuts - 1) / cuts));
        std::vector<std::atomic<float>> shared(queries.size());
        for (auto& s : shared)
            s = infinite;
        std::vector<std::vector<candidate>> found(queries.size() * items.size());
        std::vector<std::vector<candidate_pool>> pools(threads);
        std::vector<buffer<float>> spaces(threads), limits_of_threads(threads);
        std::vector<std::vector<float>> thresholds_of_threads(threads);
        parallel_for(groups * items.size(), [&](std::size_t item) {
            std::size_t const first_panel = item % groups * group, last_panel = std::min(panels, first_panel + group), piece = item / groups;
            auto const& p = parts_[items[piece].part];
            bool const lossy = p.is_lossy();
            auto& own = pools[thread_index()];
            auto& space = spaces[thread_index()];
            own.resize(group * width);
            space.reserve_discarding(std::is_same_v<Storage, storage::float32> ? 1 : row_block * size_);
            for (auto& pool : own)
                pool.reset(k_, lossy_);
            alignas(64) float products[kernels::tile_rows * width];
            auto& all_limits = limits_of_threads[thread_index()];
            auto& all_thresholds = thresholds_of_threads[thread_index()];
            all_limits.reserve_discarding(group * width);
            all_thresholds.assign(group * width, infinite);
            std::fill_n(all_limits.data(), group * width, infinite);
            row_terms rows[row_block];
            for (std::size_t r = 0; r < items[piece].count; r += row_block) {
                std::size_t const first = items[piece].first + r, count = std::min(row_block, items[piece].count - r);
                float const* values = nullptr;
                std::size_t stride = size_;
                if constexpr (std::is_same_v<Storage, storage::float32>)
                    values = p.rows.row(first), stride = p.rows.stride;
                else {
                    for (std::size_t i = 0; i < count; ++i)
                        p.rows.decoded(first + i, space.data() + i * size_);
                    values = space.data();
                }
                // The rows after these are fetched meanwhile, where they lie one behind the other.
                bool const fetches = std::is_same_v<Storage, storage::float32> && stride == size_;
                float const* const ahead = fetches ? values + row_block * size_ : nullptr;
                std::size_t const ahead_rows = fetches ? std::min(row_block, items[piece].count - r - count) : 0;
                float lost = 0, shortest = infinite;
                find_terms(p, first, values, stride, count, rows);
                for (std::size_t i = 0; i < count && lossy; ++i) {
                    lost = std::max(lost, rows[i].lost), shortest = std::min(shortest, rows[i].squares);
                }
                shortest = std::sqrt(shortest) * 0.999999f;
                for (std::size_t panel = first_panel; panel < last_panel; ++panel) {
                    std::size_t const begin = panel * width, end = std::min(begin + width, queries.size());
                    candidate_pool* const panel_pools = own.data() + (panel - first_panel) * width;
                    float* const limits = all_limits.data() + (panel - first_panel) * width;
                    float* const thresholds = all_thresholds.data() + (panel - first_panel) * width;
                    auto const renew = [&](std::size_t c, float threshold) {
                        thresholds[c] = threshold;
                        limits[c] = limit_of(queries[begin + c], static_cast<double>(threshold), static_cast<double>(lost), static_cast<double>(shortest));
                    };
                    // Another thread may know better.
                    for (std::size_t c = 0; c < end - begin; ++c)
                        if (float const now = shared[begin + c].load(std::memory_order_relaxed); now < thresholds[c] || lossy)
                            renew(c, std::min(now, thresholds[c]));
                    std::size_t const vectors = end - begin > V::size ? 2 : 1;
                    for (std::size_t i = 0; i < count;) {
                        std::size_t const tile = kernels::next_tile(count - i);
                        kernels::compute_tile<kernels::multiply_add>(tile, vectors, {values + i * stride, stride, 0, 1, size_, panel == first_panel ? ahead + i * size_ : nullptr,
                                                                              panel == first_panel ? std::min(tile, ahead_rows - std::min(ahead_rows, i)) * size_ : 0}, packed.data() + panel * size_ * width,
                                                                     static_cast<float const*>(nullptr), products, width, vectors * V::size);
                        for (std::size_t t = 0; t < tile; ++t) {
                            V const factor(rows[i + t].factor), offset(rows[i + t].offset);
                            for (std::size_t v = 0; v < vectors; ++v) {
                                V const x = xsimd::fma(V::load_aligned(products + t * width + v * V::size), factor, offset);
                                auto const above = x > V::load_aligned(limits + v * V::size); // NaN is not
                                std::uint64_t promising = ~kernels::lane_bits(above) & lanes;
                                if (promising == 0) [[likely]]
                                    continue;
                                std::size_t const place = p.first + first + i + t;
                                if (is_removed(place))
                                    continue;
                                for (; promising != 0; promising &= promising - 1) {
                                    std::size_t const c = v * V::size + static_cast<std::size_t>(std::countr_zero(promising));
                                    if (begin + c >= end)
                                        break;
                                    auto& pool = panel_pools[c];
                                    auto const candidate = bounds_of(queries[begin + c], rows[i + t], products[t * width + c], lossy, place);
                                    double const before = pool.threshold();
                                    if (candidate.lower > static_cast<double>(thresholds[c]))
                                        continue;
                                    pool.add(candidate, settling(queries[begin + c]));
                                    if (pool.threshold() < before) {
                                        float const now = round_up(pool.threshold());
                                        lower_to(shared[begin + c], now);
                                        renew(c, std::min(now, thresholds[c]));
                                    }
                                }
                            }
                        }
                        i += tile;
                    }
                }
            }
            for (std::size_t q = first_panel * width; q < std::min(last_panel * width, queries.size()); ++q) {
                auto const rest = own[q - first_panel * width].thinned();
                found[piece * queries.size() + q].assign(rest.begin(), rest.end());
            }
        });
        parallel_blocks(queries.size(), 16, [&](std::size_t begin, std::size_t end) {
            candidate_pool pool;
            for (std::size_t q = begin; q < end; ++q) {
                pool.reset(k_, lossy_);
                for (std::size_t piece = 0; piece < items.size(); ++piece)
                    for (auto const& c : found[piece * queries.size() + q])
                        if (c.lower <= pool.threshold())
                            pool.add(c, settling(queries[q]));
                done(q, pool.finish(settling(queries[q])));
            }
        });
    }

    std::span<part<Storage> const> parts_;
    std::vector<bool> const& removed_;
    std::size_t k_, rows_ = 0, size_ = 0;
    float unit_, tiny_;
    storage::float32::error_bound loss_{};
    bool lossy_ = false;
};

} // namespace trine::neighbors::detail
