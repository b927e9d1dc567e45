#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <span>
#include <vector>

#include "../kernels/candidate_pool.hpp"
#include "geometries.hpp"
#include "part.hpp"
#include "rows.hpp"

namespace trine::neighbors::detail {

using kernels::candidate;
using kernels::candidate_pool;

// Memory that one search allows itself, beyond its result.
inline constexpr std::size_t working_memory = std::size_t{24} << 20;

// What a search goes over, and how far its float arithmetic may be off.
template <class Geometry, class Storage>
struct scan_input {
    std::span<part<Storage> const> parts;
    std::vector<bool> const& removed; // for each place whether it is left out; it may be shorter than there are places
    std::size_t k, rows = 0, size = 0;
    float_error error;
    storage::error_bound loss;
    bool lossy;

    scan_input(std::span<part<Storage> const> parts_, std::vector<bool> const& removed_, std::size_t k_)
        : parts(parts_), removed(removed_), k(k_) {
        for (auto const& p : parts)
            rows += p.rows.rows;
        size = parts.empty() ? 0 : parts.front().rows.cols;
        error.unit = static_cast<float>((2 * static_cast<double>(size) + 32) * 0x1p-24);
        error.tiny = static_cast<float>(static_cast<double>(size) * 1e-43);
        loss = Storage::error(size);
        lossy = std::any_of(parts.begin(), parts.end(), [](auto const& p) { return p.is_lossy(); });
    }

    bool is_removed(std::size_t place) const { return place < removed.size() && removed[place]; }

    // The true value of a place, against the original row where there is one. The memory is the calling thread's.
    auto settling(query_terms const& q) const {
        return [this, &q](std::size_t place) {
            std::size_t p = parts.size() - 1;
            while (parts[p].first > place)
                --p;
            auto const& at = parts[p];
            std::size_t const row = place - at.first;
            if (at.originals.rows() > 0)
                return Geometry::true_value(q.values, at.originals.row(row).data(), size);
            thread_local std::vector<float> space;
            space.resize(size);
            return Geometry::true_value(q.values, at.rows.decoded(row, space.data()), size);
        };
    }

    // (Calls of their own: few candidates come so far, and the bodies are large.)
    [[gnu::noinline]] void add(candidate_pool& pool, candidate const& c, query_terms const& q) const {
        pool.add(c, settling(q));
    }
    [[gnu::noinline]] std::span<candidate const> finish(candidate_pool& pool, query_terms const& q) const {
        return pool.finish(settling(q));
    }

    struct range {
        std::size_t part, first, count;
    };
    // All rows, cut into ranges of at most `most`.
    std::vector<range> ranges(std::size_t most) const {
        std::vector<range> all;
        for (std::size_t p = 0; p < parts.size(); ++p)
            for (std::size_t r = 0; r < parts[p].rows.rows; r += most)
                all.push_back({p, r, std::min(most, parts[p].rows.rows - r)});
        return all;
    }
};

// Lowers a threshold that threads share.
inline void lower_to(std::atomic<float>& shared, float value) {
    float now = shared.load(std::memory_order_relaxed);
    while (value < now && !shared.compare_exchange_weak(now, value, std::memory_order_relaxed)) {
    }
}

} // namespace trine::neighbors::detail
