#pragma once

/// A study: which of several policies is better, when each was tuned as much as every other.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "entry.hpp"
#include "outcome.hpp"
#include "run_store.hpp"
#include "search.hpp"
#include "subject.hpp"

namespace trine::experiments {

/// What is on the photos, in messages, tables and pages: people on photos, or drawings of characters.
struct vocabulary {
    std::string one = "person", many = "people", item = "photo", items = "photos";
};

/// How much is tried, and how it is judged.
struct study_options {
    static constexpr std::string_view name = "study";
    std::size_t tries = 16;   ///< of an entry's values, for each fold; with 1, nothing is tuned
    std::size_t folds = 4;    ///< K, over people
    std::size_t seeds = 3;    ///< R trainings with the values that were best, and as many with those given
    double validation = 0.25; ///< share of the people outside of a fold by whom tries are judged
    std::uint64_t seed = 1;
    search_options search{};
    vocabulary words{};

    /// What of it all runs of a folder have in common: more tries and seeds may follow.
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("folds", self.folds), visit("validation", self.validation), visit("seed", self.seed);
    }
};

/// People of a fold, as places of their photos.
struct fold_places {
    std::vector<std::size_t> learn, validation; ///< what tries learn from and are judged by
    std::vector<std::size_t> outside, test;     ///< all who are not in the fold; and who are
};

/// Where a study stands.
struct study_progress {
    std::size_t done = 0, total = 0; ///< runs, of this process and others
    double seconds_left = 0;         ///< at the rate at which runs came in since `run` was called
    std::string run;                 ///< what has just been made, in words
    outcome const* result = nullptr; ///< what it came to
};

/// What `study::run` is told.
struct run_options {
    std::function<bool()> stop{};                             ///< asked after every step; may be empty
    double seconds = std::numeric_limits<double>::infinity(); ///< after which no run is begun
    std::function<void(study_progress const&)> after_run{};   ///< may be empty
};

/// What came of one entry in one fold.
struct fold_result {
    std::vector<trial> trials;         ///< tries, judged on validation people; empty without tuning
    std::size_t chosen = 0;            ///< the best of them
    std::vector<double> values;        ///< with which `tuned` was trained
    std::vector<outcome> tuned, given; ///< a seed each, judged on the fold's people: tuned, and as the policies come
};
struct entry_result {
    std::string name;
    std::vector<parameter> parameters;
    std::vector<fold_result> folds;
};

/// Entries, a subject, and how they are compared.
///
///     experiments::study study(subject, {.tries = 16, .folds = 4, .seeds = 3});
///     study.add("mine", my_miner{}, losses::triplet_margin{}, distances::squared_euclidean{});
///     study.run("results");
///
/// For each fold the entry's values are tried on people outside of it, those that the policies come with first, and
/// judged on others outside of it. The best are trained with several seeds on all people outside, and judged on the
/// fold's, who were seen in no choice. A run that is in the folder is not made again: a study goes on where it was
/// stopped, more tries or seeds may follow, and several processes may work on one folder. Results depend on the
/// subject, the options and the entry alone.
class study {
public:
    /// @param who  outlives this
    /// @throws argument_error  for options out of range
    /// @throws data_error      when there are too few people with two photos for the folds
    explicit study(subject const& who, study_options how = {});

    /// Adds an entry.
    ///
    /// @throws argument_error  when its name is empty, has control characters, or was given before
    study& add(entry e);
    /// A miner, a loss and a distance; see `make_entry`.
    template <class Miner, class Loss, class Distance>
    study& add(std::string name, Miner miner, Loss loss, Distance distance, std::vector<range> ranges = {}) {
        return add(make_entry(std::move(name), miner, loss, distance, std::move(ranges)));
    }

    std::vector<entry> const& entries() const { return entries_; }
    study_options const& options() const { return how_; }
    std::vector<fold_places> const& folds() const { return folds_; }
    std::size_t people() const { return people_; }             ///< who take part
    std::size_t people_alone() const { return people_alone_; } ///< with one photo, who do not

    /// Makes all runs that the folder does not hold yet, and waits for those that other processes make.
    ///
    /// A run that fails (its loss became infinite, its values make no sense to a policy) counts as one that found
    /// nothing, and its file says why.
    ///
    /// @return whether all runs are there; not, when it was stopped or out of time
    /// @throws argument_error          without an entry
    /// @throws io_error, format_error  as `run_store`
    bool run(std::filesystem::path const& folder, run_options const& with = {}) const;

    /// What came of the entries of which all runs are there, in the order in which they were added.
    ///
    /// @throws as `run_store`
    std::vector<entry_result> results(std::filesystem::path const& folder) const;

    /// A line of JSON for every run that is there, tries and all, in the order of entries, folds and numbers.
    ///
    /// @throws as `run_store`
    std::string runs_as_json_lines(std::filesystem::path const& folder) const;

private:
    enum class role { attempt, tuned, given };
    struct planned;
    struct chain;
    identity identity_of() const;
    planned plan(std::size_t entry, std::size_t fold, role what, std::size_t number, std::vector<double> values) const;
    chain look(run_store& store, std::size_t entry, std::size_t fold) const;
    static std::string kind_of(planned const& p);
    io::json::object in_words(planned const& p) const;
    std::optional<outcome> make(planned const& p, std::function<bool()> const& stop) const;

    subject const& who_;
    study_options how_;
    std::vector<entry> entries_;
    std::vector<std::string> objectives_; // their identities with the values given, as lines
    std::vector<fold_places> folds_;
    std::size_t people_ = 0, people_alone_ = 0;
};

} // namespace trine::experiments

#ifdef TRINE_HEADER_ONLY
#include "study_impl.hpp"
#endif
