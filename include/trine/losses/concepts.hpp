#pragma once

/// What the kinds of loss see, and what they answer.
///
/// A triplet loss sees two distances, a pair loss one anchor's rows of distances, a class loss all distances of one
/// person's photos, a batch loss those of the whole batch, and a proxy loss the similarities between photos and learnt
/// class weights. All are written in distances, smaller meaning more alike; what a paper writes in similarities uses s
/// = c − d with the distance's own c (1 for cosine, so that s is the cosine again; 0 for the others).

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "../core/identity.hpp"
#include "../core/label.hpp"
#include "../core/view.hpp"

namespace trine::losses {

/// How the terms of a batch's loss become one number.
enum class reducer {
    mean,           ///< over all of them
    mean_of_active, ///< over those above 0; 0 when there is none
    sum,
};
constexpr std::string_view name_of(reducer r) {
    return r == reducer::mean ? "mean" : r == reducer::sum ? "sum" : "mean_of_active";
}

/// Value of one triplet's loss, and how it changes with either distance.
template <class T>
struct triplet_value {
    T value, by_positive, by_negative;
};

/// A loss that sees the distance from anchor to positive and from anchor to negative.
///
/// Its answer may also have `terms`, how many of its terms are above 0 (by default 1 where the value is); then the loss
/// says `terms_per_triplet`. A loss whose threshold is learnt has `bind(parameter)`, which gives a loss whose answer
/// has `by_parameter`.
template <class L>
concept triplet_loss = requires(L const& loss, float d) {
    { loss(d, d).value } -> std::convertible_to<float>;
    { loss(d, d).by_positive } -> std::convertible_to<float>;
    { loss(d, d).by_negative } -> std::convertible_to<float>;
    { loss.reduction } -> std::convertible_to<reducer>;
    requires policy<L>;
};

/// One anchor's pairs, as a pair loss sees them.
template <class T>
struct pair_row {
    std::span<T const> positives, negatives; ///< distances from the anchor
    std::span<T> by_positives, by_negatives; ///< ∂loss/∂distance, to be set for every pair
    T similarity_offset;                     ///< s = similarity_offset − d

    T positive_similarity(std::size_t i) const { return similarity_offset - positives[i]; }
    T negative_similarity(std::size_t i) const { return similarity_offset - negatives[i]; }
};

/// A sum of terms of a loss, before it is reduced.
struct term_sum {
    double value = 0, terms = 0, active = 0; ///< active: terms above 0

    term_sum& operator+=(term_sum const& other) {
        value += other.value, terms += other.terms, active += other.active;
        return *this;
    }
};

/// Terms of positives and of negatives, each reduced on its own before both are added.
using split_sums = std::array<term_sum, 2>;

/// A loss that sees all chosen pairs of one anchor. Its answer is a `term_sum`, or `split_sums` where positives and
/// negatives are reduced each on its own.
///
/// A loss that first has to know something of all rows has `surveys` passes before the last: `survey(pass, row,
/// totals)` answers what is to be summed over the rows, and the sums of all passes so far are given to `row` as well.
template <class L>
concept pair_loss = (
    requires(L const& loss, pair_row<float> const& row) {
        loss.row(row);
        { loss.reduction } -> std::convertible_to<reducer>;
        requires policy<L>;
    } ||
    requires(L const& loss, pair_row<float> const& row, std::span<double const> totals) {
        loss.row(row, totals);
        { loss.reduction } -> std::convertible_to<reducer>;
        requires policy<L>;
    });

/// One class's photos among those of all others, as a class loss sees them.
template <class T>
struct class_view {
    std::span<std::size_t const> members, others; ///< places in the batch
    matrix_view<T const> distances;               ///< B×B
    matrix_view<T> by_distances;                  ///< ∂loss/∂distance, to be added to, in the rows of members alone
    T similarity_offset;                          ///< s = similarity_offset − d
    std::span<T> scratch;                         ///< B scalars

    T similarity(std::size_t i, std::size_t j) const { return similarity_offset - distances(i, j); }
};

/// A loss whose terms take in distances from several photos of a person.
template <class L>
concept class_loss = requires(L const& loss, class_view<float> const& view) {
    { loss.of_class(view) } -> std::same_as<term_sum>;
    { loss.reduction } -> std::convertible_to<reducer>;
    requires policy<L>;
};

/// A whole batch, as a batch loss sees it.
template <class T>
struct whole_batch {
    std::span<label const> labels;
    std::span<std::size_t const> person, order, begin; ///< of each photo; photos by person; where a person's begin
    matrix_view<T const> distances;                    ///< B×B
    matrix_view<T> by_distances; ///< ∂loss/∂distance, to be added to, in any row; all zeros before
    T similarity_offset;         ///< s = similarity_offset − d
    std::span<double> memory;    ///< what the loss remembers from batch to batch

    std::size_t size() const { return labels.size(); }
    T similarity(std::size_t i, std::size_t j) const { return similarity_offset - distances(i, j); }
    std::span<std::size_t const> members(std::size_t who) const {
        return order.subspan(begin[who], begin[who + 1] - begin[who]);
    }
    /// Whether a photo can be an anchor: it has another of its person and one of somebody else.
    bool has_both(std::size_t photo) const {
        std::size_t const own = begin[person[photo] + 1] - begin[person[photo]];
        return own > 1 && own < size();
    }
};

/// A loss that couples all pairs of a batch, so that it is no sum over anchors. Its answer's value is the loss itself,
/// already reduced.
///
/// A loss that remembers something from batch to batch has `initial_memory(classes)`, a `std::vector<double>`: what its
/// view's `memory` is before the first batch. It belongs to a run's state. So it is with a proxy loss.
template <class L>
concept batch_loss = requires(L const& loss, whole_batch<float> const& view) {
    { loss.of_batch(view) } -> std::same_as<term_sum>;
    requires policy<L>;
};

/// Photos against learnt class weights, as a proxy loss sees them: a class has `centers` columns, one behind the other.
template <class T>
struct proxy_view {
    std::span<std::size_t const> classes; ///< B: each photo's class
    std::span<T const> norms;             ///< B: lengths of the embeddings
    matrix_view<T const> similarities;    ///< B×(C·centers): cosines, or inner products where the loss says so
    matrix_view<T> by_similarities;       ///< ∂loss/∂similarity, to be set
    std::span<T> by_norms;                ///< ∂loss/∂length, to be set; all zeros before
    std::size_t class_count, centers;
    std::span<T const> class_norms{};           ///< C·centers: lengths of the class weights; of cosines alone
    std::span<T> by_class_norms{};              ///< ∂loss/∂length, to be set; all zeros before
    std::span<double> memory{};                 ///< what the loss remembers from batch to batch
    std::span<std::size_t const> class_names{}; ///< the class of each column where some are drawn; empty: all
    std::uint64_t seed = 0;                     ///< of the run
    std::uint32_t step = 0;                     ///< of the training

    std::size_t class_name(std::size_t column) const { return class_names.empty() ? column : class_names[column]; }
};

/// A loss that owns class weights, learnt along with the network: `evaluate(view)` answers its value.
///
/// One that says `unit_weights` has its weights brought to length 1 before every batch, and its gradient does not go
/// through that.
template <class L>
concept proxy_loss = requires(L const& loss, proxy_view<float> const& view) {
    { loss.evaluate(view) } -> std::same_as<double>;
    { loss.centers } -> std::convertible_to<std::size_t>;
    { L::normalized } -> std::convertible_to<bool>;
    requires policy<L>;
};

} // namespace trine::losses
