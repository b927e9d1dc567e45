#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/parallel.hpp"
#include "../kernels/code_tile.hpp"
#include "coded_rows.hpp"
#include "scan_input.hpp"

namespace trine::neighbors::detail {

// Many queries: panels of them times tiles of rows, both as sixteen-bit codes, whose products bound the values nearly
// as closely as floats would in half the time. Arithmetic bounds it: a block of rows is encoded where all panels of a
// group find it in L1 or L2, the group stays in L2, and of the products only those below a query's limit, a vector of
// them compared at once, are looked at again.
template <class Geometry, class Storage>
class panel_scan {
    using input = scan_input<Geometry, Storage>;
    using V = kernels::simd<float>;
    using block = coded_rows<Geometry, Storage>;
    static constexpr std::size_t width = 2 * V::size, row_block = block::most;

public:
    panel_scan(input const& in, std::vector<query_terms> const& queries)
        : in_(in),
          queries_(queries),
          panels_((queries.size() + width - 1) / width),
          error_{block::unit(in), in.error.tiny},
          packed_(panels_ * panel_codes()),
          scales_(panels_ * width),
          shared_(queries.size()) {
        parallel_for(panels_, [&](std::size_t panel) {
            for (std::size_t c = 0; c < width && panel * width + c < queries_.size(); ++c)
                pack(panel, c, queries_[panel * width + c]);
        });
        for (auto& s : shared_)
            s = infinite;
    }

    template <class Done>
    void run(Done&& done) {
        std::size_t const threads = thread_count(),
                          pool_bytes = candidate_pool::capacity_for(in_.k) * sizeof(candidate);
        std::size_t const most_panels =
            std::max<std::size_t>(1, std::min({std::size_t{16}, (panels_ + threads - 1) / threads,
                                               (std::size_t{256} << 10) / (panel_codes() * sizeof(std::int16_t)),
                                               working_memory / (threads * width * pool_bytes)}));
        std::size_t const groups = (panels_ + most_panels - 1) / most_panels, group = (panels_ + groups - 1) / groups;
        // Rows are cut too where there are fewer groups than threads could share. Threads begin in different groups:
        // those that look for the same queries know no threshold yet.
        std::size_t const cuts =
            threads == 1 || groups >= 8 * threads
                ? 1
                : std::max<std::size_t>(1, std::min((4 * threads + groups - 1) / groups, in_.rows / 2048));
        auto const pieces = in_.ranges(std::max<std::size_t>(row_block, (in_.rows + cuts - 1) / cuts));
        std::vector<std::vector<candidate>> found(queries_.size() * pieces.size());
        std::vector<worker> workers(threads);
        parallel_for(groups * pieces.size(), [&](std::size_t item) {
            std::size_t const first_panel = item / pieces.size() * group,
                              last_panel = std::min(panels_, first_panel + group), piece = item % pieces.size();
            auto& w = workers[thread_index()];
            w.begin(*this, first_panel, last_panel);
            for (std::size_t r = 0; r < pieces[piece].count; r += row_block)
                scan_block(w, in_.parts[pieces[piece].part], pieces[piece].first + r,
                           std::min(row_block, pieces[piece].count - r), pieces[piece].count - r);
            for (std::size_t q = first_panel * width; q < std::min(last_panel * width, queries_.size()); ++q) {
                auto const rest = w.pools[q - first_panel * width].thinned();
                found[piece * queries_.size() + q].assign(rest.begin(), rest.end());
            }
        });
        parallel_blocks(queries_.size(), 16, [&](std::size_t begin, std::size_t end) {
            candidate_pool pool;
            for (std::size_t q = begin; q < end; ++q) {
                pool.reset(in_.k, in_.lossy);
                for (std::size_t piece = 0; piece < pieces.size(); ++piece)
                    for (auto const& c : found[piece * queries_.size() + q])
                        if (c.lower <= pool.threshold())
                            in_.add(pool, c, queries_[q]);
                done(q, in_.finish(pool, queries_[q]));
            }
        });
    }

private:
    std::size_t panel_codes() const { return 2 * kernels::code_pairs(in_.size) * width; }

    // A query's codes, into a column of a panel. Queries that have none, and columns that are no queries, stay 0.
    void pack(std::size_t panel, std::size_t column, query_terms const& q) {
        if (q.is_unbounded || q.norm == 0)
            return;
        constexpr auto length = static_cast<double>(kernels::code_norm);
        std::size_t const columns = vectors_of(panel) * V::size;
        std::int16_t* const to = packed_.data() + panel * panel_codes();
        for (std::size_t k = 0; k < in_.size; ++k)
            to[kernels::place_in_panel(columns, column, k)] =
                static_cast<std::int16_t>(std::nearbyint(-length / q.norm * q.values[k]));
        scales_[panel * width + column] = static_cast<float>(Geometry::code_factor(q) / length);
    }

    // The limit of x below which a row, of those that lost at most so much, may have a value up to the threshold.
    // Rounded up.
    float limit_of(query_terms const& q, double threshold, double lost, double shortest) const {
        if (q.is_unbounded || !std::isfinite(threshold))
            return infinite;
        return round_up(Geometry::limit(q, threshold, lost, shortest, error_));
    }

    // Bounds of a value from a product with the row, product · factor.
    candidate bounds_of(query_terms const& q, row_terms const& r, float product, bool lossy, std::size_t place) const {
        candidate c{-infinite, infinite, place};
        if (q.is_unbounded || std::isnan(r.factor))
            return c;
        query_floats const floats{static_cast<float>(q.squares), static_cast<float>(q.norm), 0, 0};
        auto const [value, error] = Geometry::of_product(product, r, floats, error_);
        float lower = value - error, upper = value + error;
        if (!Storage::is_exact && lossy)
            Geometry::with_loss(r.norm, r.lost, floats.norm, lower, upper);
        if (lower <= upper)
            c.lower = static_cast<double>(lower), c.upper = static_cast<double>(upper);
        return c;
    }

    // What a thread keeps while it takes some panels over some rows: for each query a pool, its threshold, and the
    // limit of x that follows from it.
    struct worker {
        std::size_t first_panel = 0, last_panel = 0;
        std::vector<candidate_pool> pools;
        std::vector<float> thresholds;
        buffer<float> limits;
        block rows;

        void begin(panel_scan const& scan, std::size_t first, std::size_t last) {
            first_panel = first, last_panel = last;
            std::size_t const queries = (last - first) * width;
            if (pools.size() < queries)
                pools.resize(queries);
            for (std::size_t i = 0; i < queries; ++i)
                pools[i].reset(scan.in_.k, scan.in_.lossy);
            thresholds.assign(queries, infinite);
            limits.reserve_discarding(queries);
            // Nothing is near the columns that are no queries.
            std::size_t const real = std::min(queries, scan.queries_.size() - first * width);
            std::fill_n(limits.data(), real, infinite);
            std::fill_n(limits.data() + real, queries - real, -infinite);
        }
    };

    // A panel of few queries is one vector wide.
    std::size_t vectors_of(std::size_t panel) const { return queries_.size() - panel * width > V::size ? 2 : 1; }

    // `count` rows from `first` on, of which `left` are to come in all: their terms, then every panel with them.
    void scan_block(worker& w, part<Storage> const& p, std::size_t first, std::size_t count, std::size_t left) {
        // The rows after these are fetched meanwhile, where they lie one behind the other.
        std::byte const* ahead = nullptr;
        std::size_t ahead_rows = 0, row_bytes = in_.size * sizeof(typename Storage::scalar);
        if (p.rows.stride == in_.size)
            ahead = reinterpret_cast<std::byte const*>(p.rows.row(first + count)),
            ahead_rows = std::min(row_block, left - count);
        w.rows.take(in_, p, first, count);
        for (std::size_t q = w.first_panel * width; q < std::min(w.last_panel * width, queries_.size()); ++q)
            // Another thread may know better.
            if (float const now = shared_[q].load(std::memory_order_relaxed);
                now < w.thresholds[q - w.first_panel * width] || p.is_lossy())
                lower_limit(w, q, now);
        alignas(64) std::int32_t products[kernels::tile_rows * width];
        // A tile's rows stay in the first cache while the panels stream through it.
        for (std::size_t i = 0; i < count; i += kernels::tile_rows) {
            std::size_t const tile = std::min(kernels::tile_rows, count - i);
            for (std::size_t panel = w.first_panel; panel < w.last_panel; ++panel) {
                std::size_t const begin = panel * width, own = begin - w.first_panel * width,
                                  vectors = vectors_of(panel);
                kernels::code_tile operands{w.rows.codes(i), w.rows.row_codes(), kernels::code_pairs(in_.size),
                                            packed_.data() + panel * panel_codes()};
                if (i < ahead_rows && panel == w.first_panel)
                    operands.next = ahead + i * row_bytes,
                    operands.next_lines = std::min(tile, ahead_rows - i) * row_bytes / 64;
                bool const promising = vectors == 2
                                           ? multiply<2>(operands, &w.rows[i], begin, w.limits.data() + own, products)
                                           : multiply<1>(operands, &w.rows[i], begin, w.limits.data() + own, products);
                for (std::size_t t = 0; promising && t < tile; ++t)
                    for (std::size_t v = 0; v < vectors; ++v)
                        look_through(w, p, first + i + t, w.rows[i + t], begin + v * V::size,
                                     products + (t * vectors + v) * V::size);
            }
        }
    }

    // A tile's products, and whether one of them may be below its query's limit.
    template <std::size_t Vectors>
    bool multiply(kernels::code_tile const& operands, row_terms const* rows, std::size_t first_query,
                  float const* limits, std::int32_t* products) const {
        kernels::multiply_codes<Vectors>(operands, products);
        V scale[Vectors], limit[Vectors];
        TRINE_UNROLL
        for (std::size_t v = 0; v < Vectors; ++v)
            scale[v] = V::load_aligned(scales_.data() + first_query + v * V::size),
            limit[v] = V::load_aligned(limits + v * V::size);
        typename V::batch_bool_type above(true);
        for (std::size_t t = 0; t < kernels::tile_rows; ++t) {
            V const factor(rows[t].factor), offset(rows[t].offset);
            TRINE_UNROLL
            for (std::size_t v = 0; v < Vectors; ++v) {
                V const product =
                    kernels::to_floats(kernels::code_sums::load_aligned(products + (t * Vectors + v) * V::size)) *
                    scale[v];
                above = above & (kernels::fma(product, factor, offset) > limit[v]);
            }
        }
        return !kernels::all(above);
    }

    // The products of one row with a vector of queries: those that may be among the nearest go to their queries' pools.
    [[gnu::always_inline]] void look_through(worker& w, part<Storage> const& p, std::size_t row, row_terms const& terms,
                                             std::size_t first_query, std::int32_t const* sums) {
        constexpr std::uint64_t lanes = (std::uint64_t{1} << V::size) - 1;
        std::size_t const own = first_query - w.first_panel * width;
        V const product =
            kernels::to_floats(kernels::code_sums::load_aligned(sums)) * V::load_aligned(scales_.data() + first_query);
        V const x = kernels::fma(product, V(terms.factor), V(terms.offset));
        std::uint64_t promising =
            ~kernels::lane_bits(x > V::load_aligned(w.limits.data() + own)) & lanes; // NaN is not above
        if (promising == 0) [[likely]]
            return;
        std::size_t const place = p.first + row;
        if (in_.is_removed(place))
            return;
        alignas(64) float products[V::size];
        (product * V(terms.factor)).store_aligned(products);
        for (; promising != 0; promising &= promising - 1) {
            auto const lane = static_cast<std::size_t>(std::countr_zero(promising));
            std::size_t const q = first_query + lane;
            if (q >= queries_.size()) // where rows hold NaN
                return;
            auto const found = bounds_of(queries_[q], terms, products[lane], p.is_lossy(), place);
            if (found.lower > static_cast<double>(w.thresholds[own + lane]))
                continue;
            auto& pool = w.pools[own + lane];
            double const before = pool.threshold();
            in_.add(pool, found, queries_[q]);
            if (pool.threshold() < before) {
                float const now = round_up(pool.threshold());
                lower_to(shared_[q], now);
                lower_limit(w, q, now);
            }
        }
    }

    void lower_limit(worker& w, std::size_t q, float threshold) const {
        std::size_t const own = q - w.first_panel * width;
        w.thresholds[own] = std::min(w.thresholds[own], threshold);
        w.limits[own] = limit_of(queries_[q], static_cast<double>(w.thresholds[own]),
                                 static_cast<double>(w.rows.lost()), static_cast<double>(w.rows.shortest()));
    }

    input const& in_;
    std::vector<query_terms> const& queries_;
    std::size_t panels_;
    float_error error_;                      // as the input's, and what codes are off besides
    buffer<std::int16_t> packed_;            // a panel: for each pair of codes, a row of its queries' pairs, of −q
    buffer<float> scales_;                   // of each query's codes: −2 q or −q/‖q‖ = codes · scale
    std::vector<std::atomic<float>> shared_; // the lowest threshold that a thread knows of each query
};

} // namespace trine::neighbors::detail
