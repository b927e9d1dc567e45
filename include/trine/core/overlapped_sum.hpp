#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "communicator.hpp"
#include "sum_tree.hpp"

namespace trine {

/// A sum over ranks (`sum_tree::sum_over_ranks`) that goes on while other values are still being computed: values are
/// exchanged in pieces, from the last to the first, as soon as they are there. The bits are the same.
///
/// Pieces follow one another, so that every rank exchanges the same in the same order, however fast it computes.
/// Nothing proceeds but within these functions.
template <class T>
class overlapped_sum {
public:
    /// Values of a piece, a quarter of a megabyte of floats: fewer would wait for messages, more begin later.
    static constexpr std::size_t piece = std::size_t{1} << 16;

    /// @param values  outlive this, as do the others
    overlapped_sum(sum_tree const& tree, communicator& ranks, std::span<T> values, std::vector<T>& scratch)
        : tree_(tree), ranks_(ranks), values_(values), scratch_(scratch), end_(values.size()) {}

    /// Says that values from `first` on are this rank's sums, and does what can be done without waiting.
    void ready_from(std::size_t first) {
        ready_ = std::min(ready_, first);
        while (proceed() && is_under_way_ && ranks_.is_exchanged())
            end_step();
    }
    /// Says that all are, and waits until they are the sums over all ranks.
    void finish() {
        ready_ = 0;
        while (proceed()) {
            ranks_.finish_exchange();
            end_step();
        }
    }

private:
    std::size_t begin() const { return end_ > piece ? end_ - piece : 0; }
    std::span<T> now() const { return values_.subspan(begin(), end_ - begin()); }

    // Begins the next exchange where none is under way. Whether one is.
    bool proceed() {
        if (!is_under_way_ && tree_.exchanges() > 0 && end_ > 0 && ready_ <= begin()) {
            tree_.begin_exchange<T>(step_, now(), scratch_, out_, in_);
            ranks_.begin_exchange(out_, in_);
            is_under_way_ = true;
        }
        return is_under_way_;
    }
    void end_step() {
        tree_.end_exchange<T>(step_, now(), scratch_);
        is_under_way_ = false;
        if (++step_ == tree_.exchanges())
            step_ = 0, end_ = begin();
    }

    sum_tree const& tree_;
    communicator& ranks_;
    std::span<T> values_;
    std::vector<T>& scratch_;
    std::vector<communicator::outgoing> out_;
    std::vector<communicator::incoming> in_;
    std::size_t end_;                    // before it, values are still this rank's own
    std::size_t ready_ = values_.size(); // from here on they may be exchanged
    std::size_t step_ = 0;               // of the piece before `end_`
    bool is_under_way_ = false;
};

} // namespace trine
