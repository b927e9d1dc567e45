#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "../core/parallel.hpp"
#include "../core/random.hpp"
#include "../core/view.hpp"
#include "../miners/concepts.hpp"
#include "anchor_lists.hpp"
#include "people_index.hpp"

namespace trine::detail {

/// What anchors are compared with: labels of the references, and the place among them of every anchor itself.
struct reference_view {
    std::span<label const> labels;
    std::span<std::size_t const> own_places;
    bool are_the_batch;
};

/// A batch as a mining pass looks at it: distances between anchors and references, and who is who.
template <class T>
class batch_view {
public:
    void look_at(matrix_view<T const> distances, std::span<label const> labels, reference_view const& references,
                 std::size_t dimensions, double similarity_offset, std::uint64_t seed, std::uint32_t step) {
        distances_ = distances, labels_ = labels, references_ = references, dimensions_ = dimensions;
        similarity_offset_ = similarity_offset, seed_ = seed, step_ = step;
        anchors_.build(labels);
        if (!references.are_the_batch)
            others_.build(references.labels);
        lists_.resize(std::max(lists_.size(), thread_count()));
        for (auto& l : lists_)
            l.person = static_cast<std::size_t>(-1);
    }

    std::size_t anchors() const { return labels_.size(); }
    matrix_view<T const> distances() const { return distances_; }
    std::span<label const> labels() const { return labels_; }
    /// The references by person.
    people_index const& people() const { return references_.are_the_batch ? anchors_ : others_; }
    std::size_t person_of(std::size_t anchor) const { return people().person[references_.own_places[anchor]]; }
    /// Anchors in the order of people, so that a thread lists the others once a person.
    std::span<std::size_t const> in_order() const { return anchors_.order; }
    /// The calling thread's lists.
    anchor_lists<T>& lists() { return lists_[thread_index()]; }
    random_stream stream(std::size_t anchor) const {
        return random_stream(seed_, purpose::mining, step_, static_cast<std::uint32_t>(anchor));
    }

    /// Fills the lists with an anchor's positives and negatives, and shows them as a miner sees them.
    miners::anchor_view<T> look_from(std::size_t anchor, anchor_lists<T>& own) const {
        std::size_t const who = person_of(anchor), self = references_.own_places[anchor];
        auto const members = people().members(who);
        auto const from = distances_.row(anchor);
        own.list_others(people(), who, references_.labels.size());
        own.positives.clear(), own.positive_distances.clear();
        for (std::size_t i : members)
            if (i != self) {
                own.positives.push_back(i);
                own.positive_distances.push_back(from[i]);
            }
        own.negative_distances.resize(own.negatives.size());
        own.scratch.resize(references_.labels.size());
        each_run_of_others(members, from.size(), [&](std::size_t first, std::size_t last, std::size_t to) {
            std::copy(from.begin() + static_cast<std::ptrdiff_t>(first),
                      from.begin() + static_cast<std::ptrdiff_t>(last),
                      own.negative_distances.begin() + static_cast<std::ptrdiff_t>(to));
        });
        return {.anchor = anchor,
                .positives = own.positives,
                .negatives = own.negatives,
                .positive_distances = own.positive_distances,
                .negative_distances = own.negative_distances,
                .labels = references_.labels,
                .ranks = people().ranks,
                .dimensions = dimensions_,
                .step = step_,
                .similarity_offset = similarity_offset_,
                .scratch = own.scratch,
                .distances = references_.are_the_batch ? distances_ : matrix_view<T const>()};
    }
    /// Writes the anchor's row of G from its lists.
    void scatter(std::size_t anchor, matrix_view<T> g, anchor_lists<T> const& own) const {
        own.scatter(people().members(person_of(anchor)), references_.own_places[anchor], g.row(anchor));
    }

private:
    matrix_view<T const> distances_;
    std::span<label const> labels_;
    reference_view references_{};
    std::size_t dimensions_ = 0;
    double similarity_offset_ = 0;
    std::uint64_t seed_ = 0;
    std::uint32_t step_ = 0;
    people_index anchors_, others_; // the latter of references that are not the batch
    std::vector<anchor_lists<T>> lists_;
};

} // namespace trine::detail
