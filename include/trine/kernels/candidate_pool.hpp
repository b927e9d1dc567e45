#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace trine::kernels {

/// A candidate of a nearest-neighbour search, whose value lies between two bounds; once settled, the two are equal.
struct candidate {
    double lower, upper;
    std::size_t index;

    bool is_settled() const { return lower == upper; }
};

/// Keeps the k nearest of the candidates that it is shown, though it sees only bounds of their values.
///
/// A candidate whose lower bound is above the k-th smallest upper bound cannot be among the k nearest. The others are
/// kept, unsorted, and thinned out when their memory is full. Where bounds alone do not thin them out (many equal or
/// nearly equal ones), and at the end, the survivors' true values are asked for: `settle(index)` gives one, NaN for
/// what is to be left out. So the answer is that of the true values, ties to the smaller index, whatever order the
/// candidates come in.
class candidate_pool {
public:
    candidate_pool() = default;

    /// Candidates of memory that a pool for k neighbours takes. Little more than k thins them out often, and so lets
    /// few pass; where bounds are wide, many more than k stay possible, and need room not to be settled before their
    /// time.
    static constexpr std::size_t capacity_for(std::size_t k, bool wide_bounds = true) {
        return k + std::max<std::size_t>(k < 4096 ? k : k / 4, wide_bounds ? 64 : 16);
    }

    /// Empties the pool.
    void reset(std::size_t k, bool wide_bounds = true) {
        k_ = k, capacity_ = capacity_for(k, wide_bounds), threshold_ = std::numeric_limits<double>::infinity();
        kept_.clear();
        kept_.reserve(capacity_);
        uppers_.clear();
        uppers_.reserve(k_ <= short_list ? k_ + 1 : 0);
    }

    /// A candidate with a lower bound above this need not be added.
    double threshold() const { return threshold_; }

    /// What is kept so far, in no order.
    std::span<candidate const> kept() const { return kept_; }

    template <class Settle>
    void add(candidate const& c, Settle&& settle) {
        kept_.push_back(c);
        if (k_ <= short_list && (uppers_.size() < k_ || c.upper < uppers_.back()))
            note_upper(c.upper);
        if (kept_.size() == capacity_)
            thin(settle);
    }

    /// Those that may still be among the k nearest, in no order.
    std::span<candidate const> thinned() {
        drop_hopeless();
        return kept_;
    }

    /// The k nearest, or as many as there are, nearest first and settled.
    template <class Settle>
    std::span<candidate const> finish(Settle&& settle) {
        drop_hopeless();
        settle_all(settle);
        std::sort(kept_.begin(), kept_.end(), nearer);
        return {kept_.data(), std::min(kept_.size(), k_)};
    }

private:
    static bool nearer(candidate const& a, candidate const& b) {
        return a.lower < b.lower || (a.lower == b.lower && a.index < b.index);
    }

    // While k is small, the k smallest upper bounds are kept in order, so that the threshold is always as low as it can
    // be; else it falls when the pool is thinned out.
    static constexpr std::size_t short_list = 32;

    void note_upper(double upper) {
        uppers_.insert(std::upper_bound(uppers_.begin(), uppers_.end(), upper), upper);
        if (uppers_.size() > k_)
            uppers_.pop_back();
        if (uppers_.size() == k_)
            threshold_ = std::min(threshold_, uppers_.back());
    }
    void drop_hopeless() {
        if (kept_.size() <= k_)
            return;
        if (k_ <= short_list) {
            std::erase_if(kept_, [&](candidate const& c) { return c.lower > threshold_; });
            return;
        }
        std::nth_element(kept_.begin(), at(k_ - 1), kept_.end(),
                         [](candidate const& a, candidate const& b) { return a.upper < b.upper; });
        threshold_ = std::min(threshold_, at(k_ - 1)->upper);
        kept_.erase(std::remove_if(at(k_), kept_.end(), [&](candidate const& c) { return c.lower > threshold_; }),
                    kept_.end());
    }
    template <class Settle>
    void settle_all(Settle&& settle) {
        for (auto& c : kept_)
            if (!c.is_settled())
                c.lower = c.upper = settle(c.index);
        kept_.erase(std::remove_if(kept_.begin(), kept_.end(), [](candidate const& c) { return std::isnan(c.lower); }),
                    kept_.end());
    }
    template <class Settle>
    void thin(Settle&& settle) {
        drop_hopeless();
        if (kept_.size() <= k_ + (capacity_ - k_) / 2)
            return;
        settle_all(settle);
        if (kept_.size() <= k_)
            return;
        std::nth_element(kept_.begin(), at(k_ - 1), kept_.end(), nearer);
        threshold_ = std::min(threshold_, at(k_ - 1)->upper);
        kept_.resize(k_);
        if (k_ <= short_list) {
            uppers_.clear();
            for (auto const& c : kept_)
                note_upper(c.upper);
        }
    }
    std::vector<candidate>::iterator at(std::size_t i) { return kept_.begin() + static_cast<std::ptrdiff_t>(i); }

    std::vector<candidate> kept_;
    std::vector<double> uppers_;
    std::size_t k_ = 0, capacity_ = 0;
    double threshold_ = std::numeric_limits<double>::infinity();
};

} // namespace trine::kernels
