#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/parallel.hpp"
#include "row_readers.hpp"
#include "scan_input.hpp"

namespace trine::neighbors::detail {

// Few queries: every row is read once, for all of them.
template <class Geometry, class Storage>
class row_scan {
    using input = scan_input<Geometry, Storage>;
    using reader = typename Storage::reader;

public:
    explicit row_scan(input const& in) : in_(in) {}

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
                        in_.add(pool, {lower[i], upper[i], place}, queries[q]);
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
                        in_.add(pools[q], c, queries[q]);
            done(q, in_.finish(pools[q], queries[q]));
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
                in_.add(pool, {lower[i], upper[i], p.first + r.first + i}, queries[0]);
                limit = round_up(pool.threshold());
            });
        }
        done(0, in_.finish(pool, queries[0]));
    }

private:
    static constexpr std::size_t block = 128; // rows whose bounds are held at a time

    // Bounds of one query's values for `count` rows from `first` on.
    template <bool Lossy>
    [[gnu::noinline]] void bound_rows(part<Storage> const& p, std::size_t first, std::size_t count,
                                      query_terms const& q, std::int16_t const* codes, float const* query, float* lower,
                                      float* upper) const {
        using V = kernels::simd<float>;
        constexpr std::size_t width = V::size;
        static_assert(block % width == 0);
        // First what the rows have to be read for: the value's main part, and the squared length where it is needed.
        alignas(64) float main[block], squares[block];
        reader::template sum<Geometry>(p.rows, first, count, q, query, codes, main, squares);
        // Then the bounds, a vector of rows at a time.
        constexpr bool has_lengths = Geometry::needs_lengths || reader::has_lengths;
        query_floats const floats{static_cast<float>(q.squares), static_cast<float>(q.norm),
                                  q.is_unbounded ? 0.0f : static_cast<float>(1 / q.norm),
                                  static_cast<float>(q.code_error * 1.001)};
        V const largest(static_cast<float>(largest_squares)), smallest(Geometry::smallest_row);
        for (std::size_t i = 0; i < count; i += width) {
            row_sums<V> r{V::load_aligned(main + i), {}, {}, {}};
            r.squares = has_lengths ? V::load_aligned(squares + i) : r.main;
            r.length = root(r.squares), r.norm = r.length * V(1.000001f);
            auto const [value, error] = reader::template estimated<Geometry>(r, floats, in_.error);
            V low = value - error, high = value + error;
            if constexpr (Lossy) {
                V lost = V(in_.loss.per_norm * 1.0001f) * (has_lengths ? r.norm : r.norm + V(floats.norm)) +
                         V(in_.loss.fixed);
                if constexpr (Storage::is_scaled)
                    lost = kernels::load_first(p.rows.scales + first + i, count - i) * V(in_.loss.per_scale) + lost;
                Geometry::with_loss(r.norm, lost, floats.norm, low, high);
            }
            auto const bounded = r.squares < largest && r.squares > smallest && low <= high; // of NaN, nothing holds
            kernels::select(bounded, low, V(-infinite)).store_aligned(lower + i);
            kernels::select(bounded, high, V(infinite)).store_aligned(upper + i);
        }
        if (q.is_unbounded)
            std::fill_n(lower, count, -infinite), std::fill_n(upper, count, infinite);
    }

    void bound_rows(part<Storage> const& p, std::size_t first, std::size_t count, query_terms const& q,
                    std::int16_t const* codes, float const* query, float* lower, float* upper) const {
        if constexpr (!Storage::is_exact)
            if (p.is_lossy())
                return bound_rows<true>(p, first, count, q, codes, query, lower, upper);
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
        std::size_t const stride = (in_.size + 31) / 32 * 32, all = queries.size() * stride;
        prepared p{stride, buffer<float>(reader::keeps_codes ? 0 : all),
                   buffer<std::int16_t>(reader::keeps_codes ? all : 0)};
        for (std::size_t i = 0; i < queries.size(); ++i)
            if constexpr (reader::keeps_codes)
                encode_query(queries[i], in_.size, p.codes.data() + i * stride);
            else
                for (std::size_t k = 0; k < in_.size; ++k)
                    p.values[i * stride + k] = Geometry::query_value(queries[i], k);
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

    input const& in_;
};

} // namespace trine::neighbors::detail
