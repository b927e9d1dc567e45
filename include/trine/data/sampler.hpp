#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "../core/error.hpp"
#include "../core/random.hpp"
#include "../core/tensor.hpp"

namespace trine::data {

/// Batches of P people with K photos each, so that every anchor has positives.
///
/// In an epoch every person with at least two photos comes up equally often (up to the last batch); a person with fewer than K photos
/// shows some of them again.
///
/// @see A. Hermans, L. Beyer, B. Leibe, 2017, section 2
class pk_sampler {
public:
    /// @throws argument_error  when P or K is below 2
    /// @throws data_error      when fewer than two people have two photos
    pk_sampler(std::span<label const> labels, std::size_t people, std::size_t photos, std::uint64_t seed) : people_(people), photos_(photos), seed_(seed) {
        require<argument_error>(people >= 2, "P = ", people, ": a batch needs at least 2 people");
        require<argument_error>(photos >= 2, "K = ", photos, ": a batch needs at least 2 photos of each person");
        std::map<label, std::vector<std::size_t>> of;
        for (std::size_t i = 0; i < labels.size(); ++i)
            of[labels[i]].push_back(i);
        require<data_error>(of.size() >= 2, "there are photos of ", of.size(), " person(s): learning to tell people apart needs at least two people");
        for (auto& [who, places] : of) {
            if (places.size() >= 2)
                of_person_.push_back(std::move(places));
            else
                ++alone_;
        }
        require<data_error>(of_person_.size() >= 2, of_person_.size(), " of ", of.size(),
                            " people have two photos or more: triplets need at least two such people");
        total_ = labels.size();
    }

    std::size_t batch_size() const { return std::min(people_, of_person_.size()) * photos_; }
    /// Batches that show about as many photos as there are.
    std::size_t batches_per_epoch() const { return std::max<std::size_t>(1, (total_ + batch_size() - 1) / batch_size()); }
    /// People who are left out because they have one photo only.
    std::size_t people_alone() const { return alone_; }

    /// Places of the photos of batch number `step` of the training.
    std::vector<std::size_t> batch(std::size_t step) const {
        std::size_t const n = of_person_.size(), p = std::min(people_, n);
        std::vector<std::size_t> chosen;
        std::vector<std::size_t> who;
        // People are dealt from one shuffled deck after the other.
        for (std::size_t i = 0; who.size() < p; ++i) {
            std::size_t const card = step * p + i;
            std::size_t const person = deck(card / n)[card % n];
            if (std::find(who.begin(), who.end(), person) == who.end())
                who.push_back(person);
        }
        for (std::size_t i = 0; i < p; ++i) {
            auto places = of_person_[who[i]];
            random_stream stream(seed_, purpose::sampling, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(who[i]));
            std::vector<std::size_t> own;
            while (own.size() < photos_) {
                stream.shuffle(std::span(places));
                own.insert(own.end(), places.begin(), places.begin() + static_cast<std::ptrdiff_t>(std::min(places.size(), photos_ - own.size())));
            }
            chosen.insert(chosen.end(), own.begin(), own.end());
        }
        return chosen;
    }

private:
    std::vector<std::size_t> deck(std::size_t number) const {
        std::vector<std::size_t> order(of_person_.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            order[i] = i;
        random_stream stream(seed_, purpose::sampling, static_cast<std::uint32_t>(number), 0xFFFFFFFFu);
        stream.shuffle(std::span(order));
        return order;
    }

    std::vector<std::vector<std::size_t>> of_person_;
    std::size_t people_, photos_, total_ = 0, alone_ = 0;
    std::uint64_t seed_;
};

} // namespace trine::data
