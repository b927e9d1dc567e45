#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/parallel.hpp"
#include "scan_input.hpp"

namespace trine::neighbors::detail {

// Few queries: every row is read once, for all of them.
template <geometry G, class Storage>
class row_scan {
public:
    explicit row_scan(scan_input<G, Storage> const& in) : in_(in) {}

    // Threads share the rows; each has a pool a query. Rows stay in cache for the second and third query.
    template <class Done>
    void few_queries(std::vector<query_terms>& queries, Done&& done) {
        std::size_t const threads = thread_count(), count = queries.size();
        auto const ready = prepare(queries);
        auto const items = in_.ranges(std::clamp<std::size_t>(in_.rows / (8 * threads), block, 8192));
        std::vector<candidate_pool> pools(threads * count);
        for (auto& pool : pools)
            pool.reset(in_.k, in_.lossy);
        std::vector<std::atomic<float>> shared(count);
        for (auto& s : shared)
            s = infinite;
        parallel_for(items.size(), [&](std::size_t item) {
            auto const& p = in_.parts[items[item].part];
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
                        if (in_.is_removed(place))
                            return;
                        pool.add({lower[i], upper[i], place}, in_.settling(queries[q]));
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
                        pools[q].add(c, in_.settling(queries[q]));
            done(q, pools[q].finish(in_.settling(queries[q])));
        });
    }

    // A pool an item would take too much memory: one pool, and threads that fill it with bounds in turn.
    template <class Done>
    void one_with_many_neighbors(std::vector<query_terms>& queries, Done&& done) {
        auto const ready = prepare(queries);
        constexpr std::size_t round = 1 << 16;
        candidate_pool pool;
        pool.reset(in_.k);
        buffer<float> lower(round), upper(round);
        for (auto const& r : in_.ranges(round)) {
            auto const& p = in_.parts[r.part];
            parallel_blocks(r.count, block, [&](std::size_t first, std::size_t last) {
                bound_rows(p, r.first + first, last - first, queries[0], ready.codes_of(0), ready.values_of(0),
                           lower.data() + first, upper.data() + first);
            });
            float limit = round_up(pool.threshold());
            for_promising(lower.data(), r.count, limit, [&](std::size_t i) {
                if (in_.is_removed(p.first + r.first + i))
                    return;
                pool.add({lower[i], upper[i], p.first + r.first + i}, in_.settling(queries[0]));
                limit = round_up(pool.threshold());
            });
        }
        done(0, pool.finish(in_.settling(queries[0])));
    }

private:
    static constexpr std::size_t block = 128; // rows whose bounds are held at a time

    // Bounds of one query's values for `count` rows from `first` on. Memory bounds it: a row is read once, in
    // order, which the processor foresees by itself; fetching ahead by hand took a third off its speed.
    template <bool Lossy>
    void bound_rows(part<Storage> const& p, std::size_t first, std::size_t count, query_terms const& q,
                    std::int16_t const* codes, float const* query, float* lower, float* upper) const {
        using V = kernels::simd<float>;
        constexpr std::size_t width = V::size;
        static_assert(block % width == 0);
        // First what the rows have to be read for: the value's main part, and the squared length where it is needed.
        alignas(64) float main[block], squares[block];
        if constexpr (std::is_same_v<Storage, storage::int8>) {
            for (std::size_t i = 0; i < count; i += kernels::code_rows) {
                std::size_t const rows = std::min(kernels::code_rows, count - i);
                std::int32_t products[kernels::code_rows], squared[kernels::code_rows];
                kernels::sum_codes(in_.size, codes, p.rows.row(first + i), p.rows.stride, rows, products, squared);
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
                    auto const step = [&](V & sum, V & square, std::size_t at) __attribute__((always_inline)) {
                        V const a = V::load_unaligned(query + at);
                        V b;
                        if constexpr (std::is_same_v<Storage, storage::float32>)
                            b = V::load_unaligned(row + at);
                        else
                            b = kernels::load_halves(row + at);
                        if constexpr (G == geometry::squared_length) {
                            V const difference = a - b;
                            sum = kernels::fma(difference, difference, sum);
                        } else {
                            sum = kernels::fma(a, b, sum);
                            square = kernels::fma(b, b, square);
                        }
                    };
                    std::size_t k = 0;
                    for (; k + 2 * width <= in_.size; k += 2 * width)
                        step(sum0, square0, k), step(sum1, square1, k + width);
                    if (k + width <= in_.size)
                        step(sum0, square0, k), k += width;
                    for (; k < in_.size; ++k) {
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
        auto const query_squares = static_cast<float>(q.squares), query_norm = static_cast<float>(q.norm),
                   query_error = coded ? static_cast<float>(q.code_error * 1.001) : 0.0f;
        float const inverse = q.wild ? 0.0f : static_cast<float>(1 / q.norm);
        V const largest(static_cast<float>(largest_squares)),
            smallest(has_lengths && G != geometry::squared_length ? static_cast<float>(smallest_squares) : -infinite);
        for (std::size_t i = 0; i < count; i += width) {
            V const sum = V::load_aligned(main + i), square = has_lengths ? V::load_aligned(squares + i) : sum,
                    length = root(square), norm = length * V(1.000001f);
            V value, error, lost(0.0f), low, high;
            if constexpr (G == geometry::squared_length && !coded)
                value = sum, error = V(in_.unit) * sum + V(in_.tiny);
            else if constexpr (G == geometry::squared_length)
                value = V(query_squares) + square - (sum + sum),
                error = V(in_.unit) * (V(query_squares) + square) + V(2 * query_error) * norm + V(in_.tiny);
            else if constexpr (of_directions<G>)
                value = V(1.0f) - (coded ? sum * V(inverse) : sum) / length,
                error = V(in_.unit + query_error * inverse * 1.001f);
            else
                value = coded ? -sum : -sum * V(query_norm),
                error = V(in_.unit * query_norm + query_error) * norm + V(in_.tiny * (1 + query_norm));
            if constexpr (Lossy) {
                lost = V(in_.loss.per_norm * 1.0001f) * (has_lengths ? norm : norm + V(query_norm)) + V(in_.loss.fixed);
                if constexpr (Storage::is_scaled)
                    lost = kernels::load_first(p.rows.scales + first + i, count - i) * V(in_.loss.per_scale) + lost;
            }
            bounds<G, Lossy>(value, error, norm, lost, query_norm, low, high);
            auto const bounded = square < largest && square > smallest && low <= high; // of NaN, nothing holds
            kernels::select(bounded, low, V(-infinite)).store_aligned(lower + i);
            kernels::select(bounded, high, V(infinite)).store_aligned(upper + i);
        }
        if (q.wild)
            std::fill_n(lower, count, -infinite), std::fill_n(upper, count, infinite);
    }

    void bound_rows(part<Storage> const& p, std::size_t first, std::size_t count, query_terms const& q,
                    std::int16_t const* codes, float const* query, float* lower, float* upper) const {
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
        std::size_t const stride = (in_.size + 31) / 32 * 32;
        prepared p{stride, buffer<float>(queries.size() * stride),
                   buffer<std::int16_t>(coded ? queries.size() * stride : 0)};
        for (std::size_t i = 0; i < queries.size(); ++i) {
            auto const& q = queries[i];
            for (std::size_t k = 0; k < in_.size; ++k)
                p.values[i * stride + k] = G == geometry::squared_length ? q.values[k]
                                           : q.wild                      ? 0.0f
                                                                         : static_cast<float>(q.values[k] / q.norm);
            if constexpr (coded)
                encode_query(queries[i], in_.size, p.codes.data() + i * stride);
        }
        return p;
    }

    // Calls body(i) for those of `count` lower bounds that are not above the limit, which body may lower. NaN cannot be
    // among them.
    template <class Body>
    static void for_promising(float const* lower, std::size_t count, float const& limit, Body&& body) {
        using V = kernels::simd<float>;
        std::size_t i = 0;
        for (; i + V::size <= count; i += V::size)
            if (kernels::any(V::load_unaligned(lower + i) <= V(limit))) [[unlikely]]
                for (std::size_t l = i; l < i + V::size; ++l)
                    if (lower[l] <= limit)
                        body(l);
        for (; i < count; ++i)
            if (lower[i] <= limit)
                body(i);
    }

    scan_input<G, Storage> const& in_;
};

} // namespace trine::neighbors::detail
