#pragma once

#include <algorithm>
#include <initializer_list>
#include <map>

#include "../core/random.hpp"
#include "sampler.hpp"

namespace trine::data {

namespace detail {

// 0 … count−1 in the order of one shuffled deck after the other.
inline std::size_t dealt(std::size_t card, std::size_t count, std::uint64_t seed, std::vector<std::size_t>& deck,
                         std::size_t& deck_number) {
    if (deck.size() != count || deck_number != card / count) {
        deck.resize(count);
        for (std::size_t i = 0; i < count; ++i)
            deck[i] = i;
        deck_number = card / count;
        random_stream stream(seed, purpose::sampling, static_cast<std::uint32_t>(deck_number), 0xFFFFFFFFu);
        stream.shuffle(std::span(deck));
    }
    return deck[card % count];
}

// Each factor of a batch's size, and their product, which must not overflow unseen.
inline void check_batch(std::initializer_list<std::size_t> factors) {
    std::size_t photos = 1;
    for (std::size_t f : factors) {
        require<argument_error>(f > 0, "a batch of 0 photos");
        require<argument_error>(f <= most_in_batch && photos * f <= most_in_batch, "a batch of ", f,
                                factors.size() > 1 ? " times others" : " photos", ": it has at most ", most_in_batch,
                                " photos");
        photos *= f;
    }
}

// Photos of every label, labels ascending.
inline std::map<label, std::vector<std::size_t>> places_by_label(std::span<label const> labels) {
    std::map<label, std::vector<std::size_t>> of;
    for (std::size_t i = 0; i < labels.size(); ++i)
        of[labels[i]].push_back(i);
    return of;
}

// `count` of the places, at random, each as often as the others but for one.
inline void draw_photos(std::vector<std::size_t> places, std::size_t count, random_stream& stream,
                        std::vector<std::size_t>& out) {
    for (std::size_t left = count; left > 0;) {
        stream.shuffle(std::span(places));
        std::size_t const now = std::min(places.size(), left);
        out.insert(out.end(), places.begin(), places.begin() + static_cast<std::ptrdiff_t>(now));
        left -= now;
    }
}

} // namespace detail

TRINE_INLINE uniform_sampler::uniform_sampler(std::span<label const> labels, std::size_t batch, std::uint64_t seed)
    : total_(labels.size()), size_(batch), seed_(seed) {
    detail::check_batch({batch});
    require<data_error>(total_ >= batch, "there are ", total_, " photos for batches of ", batch);
}

TRINE_INLINE std::vector<std::size_t> uniform_sampler::batch(std::size_t step) const {
    std::vector<std::size_t> chosen, deck;
    std::size_t number = static_cast<std::size_t>(-1);
    for (std::size_t card = step * size_; chosen.size() < size_; ++card)
        chosen.push_back(detail::dealt(card, total_, seed_, deck, number));
    return chosen;
}

TRINE_INLINE class_balanced_sampler::class_balanced_sampler(std::span<label const> labels, std::size_t batch,
                                                            std::uint64_t seed)
    : total_(labels.size()), size_(batch), seed_(seed) {
    detail::check_batch({batch});
    require<data_error>(total_ > 0, "there are no photos");
    for (auto& [who, places] : detail::places_by_label(labels))
        of_person_.push_back(std::move(places));
}

TRINE_INLINE std::vector<std::size_t> class_balanced_sampler::batch(std::size_t step) const {
    random_stream stream(seed_, purpose::sampling, static_cast<std::uint32_t>(step));
    std::vector<std::size_t> chosen;
    while (chosen.size() < size_) {
        auto const& places = of_person_[stream.below(of_person_.size())];
        chosen.push_back(places[stream.below(places.size())]);
    }
    return chosen;
}

TRINE_INLINE triplet_sampler::triplet_sampler(std::span<label const> labels, std::size_t triplets, std::uint64_t seed)
    : total_(labels.size()), triplets_(triplets), seed_(seed) {
    detail::check_batch({triplets, 3});
    for (auto& [who, places] : detail::places_by_label(labels)) {
        if (places.size() >= 2)
            paired_.push_back(of_person_.size());
        of_person_.push_back(std::move(places));
    }
    require<data_error>(!paired_.empty() && of_person_.size() >= 2,
                        "a triplet takes two photos of a person and one of "
                        "somebody else: of ",
                        of_person_.size(), " people ", paired_.size(), " have two photos");
}

TRINE_INLINE std::vector<std::size_t> triplet_sampler::batch(std::size_t step) const {
    random_stream stream(seed_, purpose::sampling, static_cast<std::uint32_t>(step));
    std::vector<std::size_t> chosen;
    while (chosen.size() < batch_size()) {
        std::size_t const who = paired_[stream.below(paired_.size())];
        auto const& own = of_person_[who];
        std::size_t const anchor = stream.below(own.size()), positive = stream.below(own.size() - 1),
                          other = stream.below(of_person_.size() - 1);
        auto const& others = of_person_[other + (other >= who ? 1 : 0)];
        chosen.insert(chosen.end(),
                      {own[anchor], own[positive + (positive >= anchor ? 1 : 0)], others[stream.below(others.size())]});
    }
    return chosen;
}

TRINE_INLINE hierarchical_sampler::hierarchical_sampler(std::span<label const> labels, std::span<label const> groups,
                                                        std::size_t groups_per_batch, std::size_t people_per_group,
                                                        std::size_t photos, std::uint64_t seed)
    : total_(labels.size()), groups_(groups_per_batch), people_(people_per_group), photos_(photos), seed_(seed) {
    require<shape_error>(labels.size() == groups.size(), labels.size(), " labels but ", groups.size(), " groups");
    require<argument_error>(groups_ > 0 && people_ > 0 && photos_ > 0, "a batch of ", groups_, " groups, ", people_,
                            " people, ", photos_, " photos");
    detail::check_batch({groups_, people_, photos_});
    std::map<label, std::vector<std::vector<std::size_t>>> of_group;
    for (auto& [who, places] : detail::places_by_label(labels)) {
        for (std::size_t i : places)
            require<argument_error>(groups[i] == groups[places.front()], "the person with label ", who,
                                    " is in groups ", groups[places.front()], " and ", groups[i]);
        of_group[groups[places.front()]].push_back(std::move(places));
    }
    for (auto& [group, people] : of_group)
        of_group_.push_back(std::move(people));
    require<data_error>(of_group_.size() >= groups_, "there are ", of_group_.size(), " groups for batches of ",
                        groups_);
}

TRINE_INLINE std::vector<std::size_t> hierarchical_sampler::batch(std::size_t step) const {
    random_stream stream(seed_, purpose::sampling, static_cast<std::uint32_t>(step));
    std::vector<std::size_t> order(of_group_.size()), chosen;
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    stream.shuffle(std::span(order));
    for (std::size_t g = 0; g < groups_; ++g) {
        auto const& people = of_group_[order[g]];
        std::vector<std::size_t> who(people.size()), picked;
        for (std::size_t i = 0; i < who.size(); ++i)
            who[i] = i;
        detail::draw_photos(who, people_, stream, picked);
        std::sort(picked.begin(), picked.end());
        for (std::size_t i = 0; i < picked.size();) {
            std::size_t const times = static_cast<std::size_t>(std::count(picked.begin(), picked.end(), picked[i]));
            detail::draw_photos(people[picked[i]], times * photos_, stream, chosen);
            i += times;
        }
    }
    return chosen;
}

TRINE_INLINE pk_sampler::pk_sampler(std::span<label const> labels, std::size_t people, std::size_t photos,
                                    std::uint64_t seed)
    : people_(people), photos_(photos), seed_(seed) {
    require<argument_error>(people >= 2, "P = ", people, ": a batch needs at least 2 people");
    require<argument_error>(photos >= 2, "K = ", photos, ": a batch needs at least 2 photos of each person");
    detail::check_batch({people});
    detail::check_batch({photos});
    auto of = detail::places_by_label(labels);
    require<data_error>(of.size() >= 2, "there are photos of ", of.size(),
                        " person(s): learning to tell people apart needs at least two people");
    for (auto& [who, places] : of) {
        short_ += places.size() >= 2 && places.size() < photos;
        if (places.size() >= 2)
            of_person_.push_back(std::move(places));
        else
            ++alone_;
    }
    require<data_error>(of_person_.size() >= 2, of_person_.size(), " of ", of.size(),
                        " people have two photos or more: triplets need at least two such people");
    detail::check_batch({std::min(people_, of_person_.size()), photos_});
    total_ = labels.size();
}

TRINE_INLINE std::size_t pk_sampler::batches_per_epoch() const {
    return std::max<std::size_t>(1, (total_ + batch_size() - 1) / batch_size());
}

TRINE_INLINE std::vector<std::size_t> pk_sampler::batch(std::size_t step) const {
    std::size_t const n = of_person_.size(), p = std::min(people_, n);
    std::vector<std::size_t> chosen, who, deck;
    std::size_t number = static_cast<std::size_t>(-1);
    // People are dealt from one shuffled deck after the other.
    for (std::size_t i = 0; who.size() < p; ++i) {
        std::size_t const person = detail::dealt(step * p + i, n, seed_, deck, number);
        if (std::find(who.begin(), who.end(), person) == who.end())
            who.push_back(person);
    }
    for (std::size_t person : who) {
        random_stream stream(seed_, purpose::sampling, static_cast<std::uint32_t>(step),
                             static_cast<std::uint32_t>(person));
        detail::draw_photos(of_person_[person], photos_, stream, chosen);
    }
    return chosen;
}

} // namespace trine::data
