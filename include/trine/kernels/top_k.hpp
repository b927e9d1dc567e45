#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace trine::kernels {

/// A candidate of a nearest-neighbour search.
template <class T>
struct candidate {
    T distance;
    std::size_t index;

    /// Nearer first; of equally near ones the smaller index first.
    friend bool operator<(candidate const& a, candidate const& b) {
        return a.distance < b.distance || (a.distance == b.distance && a.index < b.index);
    }
};

/// Keeps the k nearest of the candidates that it is shown, in the memory it is given.
///
/// A sorted list while k is small: most candidates fail the one comparison with the last of it.
template <class T>
class top_k {
public:
    /// @param kept  k candidates of memory
    explicit top_k(std::span<candidate<T>> kept) : kept_(kept) {}

    /// Shows distances to the references `first`, `first + 1`, …; NaN is never kept.
    void offer(std::span<T const> distances, std::size_t first) {
        for (std::size_t i = 0; i < distances.size(); ++i) {
            if (count_ == kept_.size() && !(distances[i] <= kept_.back().distance)) [[likely]]
                continue;
            insert({distances[i], first + i});
        }
    }

    /// The candidates kept so far, nearest first.
    std::span<candidate<T> const> nearest() const { return kept_.first(count_); }

private:
    void insert(candidate<T> const& c) {
        if (c.distance != c.distance || kept_.empty())
            return;
        if (count_ == kept_.size()) {
            if (!(c < kept_.back()))
                return;
            --count_;
        }
        auto const end = kept_.begin() + static_cast<std::ptrdiff_t>(count_);
        auto const at = std::upper_bound(kept_.begin(), end, c);
        std::move_backward(at, end, end + 1);
        *at = c;
        ++count_;
    }

    std::span<candidate<T>> kept_;
    std::size_t count_ = 0;
};

} // namespace trine::kernels
