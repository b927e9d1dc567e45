#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "../core/error.hpp"
#include "../core/identity.hpp"
#include "../core/label.hpp"

namespace trine::data {

/// Photos in the largest batch that is made: beyond, a number has been misread.
inline constexpr std::size_t most_in_batch = std::size_t{1} << 20;

/// Which photos make a batch. What a batch holds depends on its number alone, so a stopped run goes on with the very
/// batch it would have had. Its identity says all that its batches depend on, but for the labels.
template <class S>
concept sampler = requires(S const& s, std::size_t step) {
    { s.batch(step) } -> std::convertible_to<std::vector<std::size_t>>; // places of photos
    { s.batch_size() } -> std::convertible_to<std::size_t>;
    { s.batches_per_epoch() } -> std::convertible_to<std::size_t>;
    { trine::identity_of(s) } -> std::same_as<identity>;
};

/// Photos one after the other from a shuffled deck, whoever they show: the plain baseline, and what proxy losses are
/// trained with.
class uniform_sampler {
public:
    static constexpr std::string_view name = "uniform_sampler";
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("batch", self.size_), visit("seed", self.seed_);
    }

    /// @throws argument_error  for a batch of no photo, or more than `most_in_batch`
    /// @throws data_error      when there are fewer photos than a batch holds
    uniform_sampler(std::span<label const> labels, std::size_t batch, std::uint64_t seed);

    std::size_t batch_size() const { return size_; }
    std::size_t batches_per_epoch() const { return (total_ + size_ - 1) / size_; }
    std::vector<std::size_t> batch(std::size_t step) const;

private:
    std::size_t total_, size_;
    std::uint64_t seed_;
};

/// For every place of a batch a person at random, then one of that person's photos: people with few photos come up as
/// often as those with many.
class class_balanced_sampler {
public:
    static constexpr std::string_view name = "class_balanced_sampler";
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("batch", self.size_), visit("seed", self.seed_);
    }

    /// @throws argument_error  for a batch of no photo, or more than `most_in_batch`
    /// @throws data_error      when there is no photo
    class_balanced_sampler(std::span<label const> labels, std::size_t batch, std::uint64_t seed);

    std::size_t batch_size() const { return size_; }
    std::size_t batches_per_epoch() const { return (total_ + size_ - 1) / size_; }
    std::vector<std::size_t> batch(std::size_t step) const;

private:
    std::vector<std::vector<std::size_t>> of_person_;
    std::size_t total_, size_;
    std::uint64_t seed_;
};

/// Batches of triplets that are drawn at random: two photos of a person and one of somebody else, by turns, as
/// `miners::batch_triplets` takes them.
class triplet_sampler {
public:
    static constexpr std::string_view name = "triplet_sampler";
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("triplets", self.triplets_), visit("seed", self.seed_);
    }

    /// @throws argument_error  for a batch of no triplet, or of more than `most_in_batch` photos
    /// @throws data_error      when nobody has two photos, or there is one person only
    triplet_sampler(std::span<label const> labels, std::size_t triplets, std::uint64_t seed);

    std::size_t batch_size() const { return 3 * triplets_; }
    std::size_t batches_per_epoch() const { return (total_ + batch_size() - 1) / batch_size(); }
    std::vector<std::size_t> batch(std::size_t step) const;

private:
    std::vector<std::vector<std::size_t>> of_person_;
    std::vector<std::size_t> paired_; // people with two photos or more
    std::size_t total_, triplets_;
    std::uint64_t seed_;
};

/// Batches of a few groups of people (families, ethnicities, films), each with some of its people and their photos, so
/// that people who look alike meet.
///
/// @see W. Ge et al., "Deep Metric Learning with Hierarchical Triplet Loss", ECCV 2018, for the idea; groups are given
/// here, not learnt
class hierarchical_sampler {
public:
    static constexpr std::string_view name = "hierarchical_sampler";
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("groups", self.groups_), visit("people", self.people_), visit("photos", self.photos_);
        visit("seed", self.seed_);
    }

    /// @param groups  of every photo; all photos of a person are in one group
    /// @throws argument_error  for counts of 0 or a batch of more than `most_in_batch` photos, or when a person is in
    /// two groups
    /// @throws shape_error     when there are not as many groups as labels
    /// @throws data_error      when there are fewer groups than a batch holds
    hierarchical_sampler(std::span<label const> labels, std::span<label const> groups, std::size_t groups_per_batch,
                         std::size_t people_per_group, std::size_t photos, std::uint64_t seed);

    std::size_t batch_size() const { return groups_ * people_ * photos_; }
    std::size_t batches_per_epoch() const { return (total_ + batch_size() - 1) / batch_size(); }
    /// A group with fewer people gives more photos of each.
    std::vector<std::size_t> batch(std::size_t step) const;

private:
    std::vector<std::vector<std::vector<std::size_t>>> of_group_;
    std::size_t total_, groups_, people_, photos_;
    std::uint64_t seed_;
};

/// Batches of P people with K photos each, so that every anchor has positives.
///
/// In an epoch every person with at least two photos comes up equally often (up to the last batch); a person with fewer
/// than K photos shows some of them again.
///
/// @see A. Hermans, L. Beyer, B. Leibe, 2017, section 2
class pk_sampler {
public:
    static constexpr std::string_view name = "pk_sampler";
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("people", self.people_), visit("photos", self.photos_), visit("seed", self.seed_);
    }

    /// @throws argument_error  when P or K is below 2, or a batch would have more than `most_in_batch` photos
    /// @throws data_error      when fewer than two people have two photos
    pk_sampler(std::span<label const> labels, std::size_t people, std::size_t photos, std::uint64_t seed);

    std::size_t batch_size() const { return (people_ < of_person_.size() ? people_ : of_person_.size()) * photos_; }
    /// Batches that show about as many photos as there are; at least one.
    std::size_t batches_per_epoch() const;
    /// People who are left out because they have one photo only.
    std::size_t people_alone() const { return alone_; }
    /// People with fewer than K photos, of whom a batch shows some photos again.
    std::size_t people_short() const { return short_; }

    /// Places of the photos of batch number `step` of the training.
    std::vector<std::size_t> batch(std::size_t step) const;

private:
    std::vector<std::vector<std::size_t>> of_person_;
    std::size_t people_, photos_, total_ = 0, alone_ = 0, short_ = 0;
    std::uint64_t seed_;
};

/// A sampler whose type is forgotten. Copies share it.
class any_sampler {
public:
    template <sampler S>
        requires(!std::same_as<S, any_sampler>)
    any_sampler(S s) // NOLINT: a conversion is what it is for
        : size_(s.batch_size()), per_epoch_(s.batches_per_epoch()), identity_(trine::identity_of(s)) {
        if constexpr (requires { s.people_alone(); })
            alone_ = s.people_alone();
        if constexpr (requires { s.people_short(); })
            short_ = s.people_short();
        sampler_ = std::make_shared<S const>(std::move(s));
        batch_ = [](void const* self, std::size_t step) -> std::vector<std::size_t> {
            return static_cast<S const*>(self)->batch(step);
        };
    }
    identity identity_of() const { return identity_; }
    /// Its identity as text.
    std::string name() const { return identity_.text(); }
    std::size_t batch_size() const { return size_; }
    std::size_t batches_per_epoch() const { return per_epoch_; }
    std::size_t people_alone() const { return alone_; }
    std::size_t people_short() const { return short_; }
    std::vector<std::size_t> batch(std::size_t step) const { return batch_(sampler_.get(), step); }

private:
    std::size_t size_, per_epoch_, alone_ = 0, short_ = 0;
    identity identity_;
    std::shared_ptr<void const> sampler_;
    std::vector<std::size_t> (*batch_)(void const* sampler, std::size_t step);
};

} // namespace trine::data

#ifdef TRINE_HEADER_ONLY
#include "sampler_impl.hpp"
#endif
