#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <thread>

#include "../core/error.hpp"
#include "../core/hash.hpp"
#include "../core/random.hpp"
#include "study.hpp"

namespace trine::experiments {

/// A run that is to be made, or was.
struct study::planned {
    std::size_t entry, fold;
    role what;
    std::size_t number; // of the try, or of the seed
    std::vector<double> values;
    std::string key;
    std::uint64_t seed;
};

/// How far an entry has come in a fold.
struct study::chain {
    std::vector<trial> trials;
    std::vector<planned> made, missing; // missing: those that can be made now
    fold_result result;
    std::size_t total = 0; // runs, as far as it is known
    bool is_complete() const { return missing.empty(); }
};

namespace detail {

inline fold_places places_of(std::span<label const> labels, std::map<label, std::size_t> const& fold_of,
                             std::map<label, bool> const& validates, std::size_t fold) {
    fold_places all;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        auto const at = fold_of.find(labels[i]);
        if (at == fold_of.end())
            continue;
        if (at->second == fold) {
            all.test.push_back(i);
            continue;
        }
        all.outside.push_back(i);
        (validates.at(labels[i]) ? all.validation : all.learn).push_back(i);
    }
    return all;
}

} // namespace detail

TRINE_INLINE study::study(subject const& who, study_options how) : who_(who), how_(std::move(how)) {
    require<argument_error>(how_.tries > 0 && how_.seeds > 0, how_.tries, " tries and ", how_.seeds,
                            " seeds: at least 1 of each is needed");
    require<argument_error>(how_.folds >= 2, how_.folds, " folds: ", how_.words.many,
                            " to be judged by and others to learn from take 2");
    require<argument_error>(how_.validation > 0 && how_.validation < 1, "a share of ", how_.validation,
                            " to judge tries by: it has to lie between 0 and 1");
    std::map<label, std::size_t> photos;
    auto const labels = who_.labels();
    for (label l : labels)
        ++photos[l];
    std::vector<label> people;
    for (auto const& [person, count] : photos)
        count >= 2 ? people.push_back(person) : static_cast<void>(++people_alone_);
    people_ = people.size();
    random_stream(how_.seed, purpose::splitting).shuffle(std::span<label>(people));
    std::map<label, std::size_t> fold_of;
    for (std::size_t i = 0; i < people.size(); ++i)
        fold_of[people[i]] = i % how_.folds;
    for (std::size_t f = 0; f < how_.folds; ++f) {
        std::vector<label> outside;
        for (label p : people)
            if (fold_of[p] != f)
                outside.push_back(p);
        random_stream(how_.seed, purpose::splitting, 1, static_cast<std::uint32_t>(f))
            .shuffle(std::span<label>(outside));
        auto const judges = std::max<std::size_t>(
            2, static_cast<std::size_t>(std::lround(how_.validation * static_cast<double>(outside.size()))));
        require<data_error>(people.size() - outside.size() >= 2 && outside.size() >= judges + 2, people.size(), " ",
                            how_.words.many, " with two ", how_.words.items, " or more are too few for ", how_.folds,
                            " folds: 2 have to be in each, 2 others to judge tries by, and 2 to learn from");
        std::map<label, bool> validates;
        for (std::size_t i = 0; i < outside.size(); ++i)
            validates[outside[i]] = i < judges;
        folds_.push_back(detail::places_of(labels, fold_of, validates, f));
    }
}

TRINE_INLINE study& study::add(entry e) {
    require<argument_error>(!e.name.empty() && std::none_of(e.name.begin(), e.name.end(),
                                                            [](unsigned char c) { return c < 32 || c == 127; }),
                            "an entry's name is a line of text, not \"", e.name, "\"");
    require<argument_error>(
        std::none_of(entries_.begin(), entries_.end(), [&](entry const& other) { return other.name == e.name; }),
        "there are two entries that are called ", e.name);
    std::vector<double> given;
    for (auto const& p : e.parameters) {
        require_range(p);
        given.push_back(p.given);
    }
    objectives_.push_back(e.make(given, 1).identity_of().lines("objective"));
    entries_.push_back(std::move(e));
    return *this;
}

TRINE_INLINE identity study::identity_of() const {
    return trine::identity_of(how_).with("subject", who_.identity_of());
}

TRINE_INLINE study::planned study::plan(std::size_t e, std::size_t fold, role what, std::size_t number,
                                        std::vector<double> values) const {
    auto const& who = entries_[e];
    std::string const place =
        std::to_string(fold) + (what == role::attempt ? " try " : " seed ") + std::to_string(number);
    identity run("run");
    run.with("entry", who.name).with("fold", place);
    for (std::size_t i = 0; i < values.size(); ++i)
        run.with(who.parameters[i].name, values[i]);
    // Seeds are the entry's own: what it shares with others is people, not luck.
    std::uint64_t const seed = checksum(who.name + "\n" + place, how_.seed) >> 11;
    return {e, fold, what, number, std::move(values), run.lines() + objectives_[e], seed};
}

TRINE_INLINE study::chain study::look(run_store& store, std::size_t e, std::size_t fold) const {
    chain c;
    auto const& who = entries_[e];
    std::vector<double> given;
    for (auto const& p : who.parameters)
        given.push_back(p.given);
    bool const is_tuned = how_.tries > 1 && !who.parameters.empty();
    std::size_t const tries = is_tuned ? how_.tries : 0;
    c.total = tries + (is_tuned ? 2 : 1) * how_.seeds;
    while (c.trials.size() < tries) {
        std::uint64_t const seed = checksum(who.name + "\nsearch " + std::to_string(fold), how_.seed);
        auto p =
            plan(e, fold, role::attempt, c.trials.size(), next_values(who.parameters, c.trials, how_.search, seed));
        auto const* const found = store.find(p.key);
        if (found == nullptr) {
            c.missing.push_back(std::move(p)); // the next depends on it
            return c;
        }
        c.trials.push_back({p.values, found->failure.empty() ? (*found)[measure::map_at_r]
                                                             : std::numeric_limits<double>::quiet_NaN()});
        c.made.push_back(std::move(p));
    }
    c.result.trials = c.trials;
    c.result.chosen = best_of(c.trials);
    c.result.values = is_tuned ? c.trials[c.result.chosen].values : given;
    auto const take = [&](role what, std::vector<double> const& values, std::vector<outcome>& to) {
        for (std::size_t r = 0; r < how_.seeds; ++r) {
            auto p = plan(e, fold, what, r, values);
            auto const* const found = store.find(p.key);
            if (found != nullptr)
                to.push_back(*found);
            (found != nullptr ? c.made : c.missing).push_back(std::move(p));
        }
    };
    take(role::tuned, c.result.values, c.result.tuned);
    if (c.result.values == given) {
        c.result.given = c.result.tuned;
        c.total = tries + how_.seeds;
    } else
        take(role::given, given, c.result.given);
    return c;
}

TRINE_INLINE std::optional<outcome> study::make(planned const& p, std::function<bool()> const& stop) const {
    auto const& who = entries_[p.entry];
    auto const& places = folds_[p.fold];
    bool const is_try = p.what == role::attempt;
    training const how{.objective = [&](std::size_t steps) { return who.make(p.values, steps); },
                       .uniform = who.uniform,
                       .learning_rate = who.value(p.values, learning_rates.key, 1e-3),
                       .objective_rate = who.value(p.values, objective_rates.key, 1),
                       .seed = p.seed,
                       .learn = is_try ? places.learn : places.outside,
                       .judge = is_try ? places.validation : places.test,
                       .stop = stop};
    try {
        return who_.run(how);
    } catch (error const& e) {
        outcome none;
        none.failure = e.what();
        return none;
    }
}

TRINE_INLINE std::string study::kind_of(planned const& p) {
    return p.what == role::attempt ? "try" : p.what == role::tuned ? "tuned" : "given";
}

// What a run's file and line say of it, for those who read them.
TRINE_INLINE io::json::object study::in_words(planned const& p) const {
    auto const& who = entries_[p.entry];
    io::json::object values;
    for (std::size_t i = 0; i < p.values.size(); ++i)
        values.emplace_back(who.parameters[i].name, p.values[i]);
    return {{"entry", who.name},
            {"fold", p.fold + 1},
            {"kind", kind_of(p)},
            {"number", p.number + 1},
            {"values", io::json(std::move(values))}};
}

TRINE_INLINE bool study::run(std::filesystem::path const& folder, run_options const& with) const {
    require<argument_error>(!entries_.empty(), "a study without entries");
    using clock = std::chrono::steady_clock;
    auto const began = clock::now();
    auto const seconds = [&] { return std::chrono::duration<double>(clock::now() - began).count(); };
    run_store store(folder, identity_of());
    // The folder may hold runs of other entries. To count its files takes as long as a short run, once it holds many.
    std::size_t others = 0, done = 0, total = 0;
    double counted_at = 0;
    std::vector<std::size_t> totals;
    for (std::size_t f = 0; f < folds_.size(); ++f)
        for (std::size_t e = 0; e < entries_.size(); ++e) {
            auto const c = look(store, e, f);
            done += c.made.size();
            totals.push_back(c.total), total += c.total;
        }
    std::size_t const done_before = done;
    others = std::max(store.count(), done) - done;
    for (;;) {
        bool is_complete = true, made_one = false;
        for (std::size_t f = 0; f < folds_.size(); ++f)
            for (std::size_t e = 0; e < entries_.size(); ++e) {
                // Runs of this entry and fold as long as there are any that nobody else has in hand.
                for (bool goes_on = true; goes_on;) {
                    goes_on = false;
                    auto const c = look(store, e, f);
                    auto& known = totals[f * entries_.size() + e];
                    total += c.total, total -= known, known = c.total;
                    for (auto const& p : c.missing) {
                        if ((with.stop && with.stop()) || seconds() > with.seconds)
                            return false;
                        auto claim = store.claim(p.key);
                        if (!claim) {
                            is_complete = false;
                            continue;
                        }
                        goes_on = made_one = true;
                        if (store.find(p.key) != nullptr)
                            continue;
                        auto made = make(p, with.stop);
                        if (!made)
                            return false;
                        store.put(p.key, in_words(p), std::move(*made), claim);
                        if (!with.after_run)
                            continue;
                        ++done;
                        if (seconds() - counted_at > 1) // what other processes made
                            done = std::max(store.count(), others + done) - others, counted_at = seconds();
                        study_progress now;
                        now.done = done, now.total = std::max(total, done);
                        now.seconds_left =
                            seconds() / static_cast<double>(done - done_before) * static_cast<double>(now.total - done);
                        now.run = entries_[e].name + ", fold " + std::to_string(f + 1) + ", " + kind_of(p) + " " +
                                  std::to_string(p.number + 1);
                        now.result = store.find(p.key);
                        with.after_run(now);
                    }
                }
            }
        if (is_complete)
            return true;
        // What is missing is in the hands of other processes, which may be killed.
        if (!made_one)
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
}

TRINE_INLINE std::vector<entry_result> study::results(std::filesystem::path const& folder) const {
    run_store store(folder, identity_of());
    std::vector<entry_result> all;
    for (std::size_t e = 0; e < entries_.size(); ++e) {
        entry_result r{entries_[e].name, entries_[e].parameters, {}};
        for (std::size_t f = 0; f < folds_.size(); ++f)
            if (auto c = look(store, e, f); c.is_complete())
                r.folds.push_back(std::move(c.result));
        if (r.folds.size() == folds_.size())
            all.push_back(std::move(r));
    }
    return all;
}

TRINE_INLINE std::string study::runs_as_json_lines(std::filesystem::path const& folder) const {
    run_store store(folder, identity_of());
    std::string lines;
    for (std::size_t e = 0; e < entries_.size(); ++e)
        for (std::size_t f = 0; f < folds_.size(); ++f)
            for (auto const& p : look(store, e, f).made) {
                auto line = in_words(p);
                line.emplace_back("outcome", store.find(p.key)->to_json());
                lines += io::json(std::move(line)).dump() + "\n";
            }
    return lines;
}

} // namespace trine::experiments
