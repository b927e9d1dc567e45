#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include <trine/miners/at_most.hpp>
#include <trine/miners/batch_triplets.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/miners/uniform_histogram.hpp>
#include <trine/objectives/result.hpp>

#include "rows.hpp"

namespace program {

using namespace trine;

namespace {

// Names of the catalogue, where types have others or share one.
template <class P>
constexpr std::string_view name_in_catalogue() {
    if constexpr (std::is_same_v<P, miners::at_most<>>)
        return "at_most";
    else
        return P::name;
}

template <class... P>
struct policy_list {
    static bool has(std::string const& name) { return ((name == name_in_catalogue<P>()) || ...); }
    static void add_names(std::vector<std::string>& to) { (to.emplace_back(name_in_catalogue<P>()), ...); }
    static void describe(std::string& to) { (describe_one<P>(to), ...); }
    // Calls f.operator()<Policy>() for the one of that name.
    template <class F>
    static auto with(std::string const& name, F&& f) {
        std::optional<decltype(f.template operator()<first>())> result;
        static_cast<void>(
            ((name == name_in_catalogue<P>() && (result.emplace(f.template operator()<P>()), true)) || ...));
        return std::move(result.value());
    }

private:
    using first = std::tuple_element_t<0, std::tuple<P...>>;
    template <class One>
    static void describe_one(std::string& to) {
        auto const text = trine::identity_of(One{}).text();
        to.append("    ").append(name_in_catalogue<One>()).append(text.substr(One::name.size())).append("\n");
    }
};

using triplet_miners =
    policy_list<miners::all, miners::random, miners::batch_hard, miners::hard, miners::semi_hard, miners::within_margin,
                miners::easy, miners::facenet_semi_hard, miners::distance_weighted, miners::angular, miners::curriculum,
                miners::at_most<>, miners::batch_triplets>;

/// `batch_easy_hard` whose strategies are values.
struct easy_hard_by_name {
    static constexpr std::string_view name = miners::batch_easy_hard<>::name;
    miners::strategy positive = miners::strategy::easy, negative = miners::strategy::semi_hard;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("positive", self.positive), visit("negative", self.negative);
    }
    void check() const {
        using enum miners::strategy;
        require<argument_error>(positive != semi_hard || (negative != semi_hard && negative != all),
                                "batch_easy_hard: a semi-hard positive is measured against one negative, which cannot "
                                "be semi-hard itself or all of them");
        require<argument_error>(negative != semi_hard || positive != all,
                                "batch_easy_hard: a semi-hard negative is measured against one positive, not against "
                                "all");
    }
    template <class T, class Positive, class Negative>
    void mine_pairs(miners::anchor_view<T> const& a, random_stream& stream, Positive&& to_positive,
                    Negative&& to_negative) const {
        each<miners::strategy::easy, miners::strategy::semi_hard, miners::strategy::hard, miners::strategy::all>(
            [&]<miners::strategy P, miners::strategy N>() {
                miners::batch_easy_hard<P, N>{}.mine_pairs(a, stream, to_positive, to_negative);
            });
    }

private:
    static constexpr bool makes_sense(miners::strategy p, miners::strategy n) {
        using enum miners::strategy;
        return (p != semi_hard || (n != semi_hard && n != all)) && (n != semi_hard || p != all);
    }
    template <miners::strategy... S, class F>
    void each(F&& f) const {
        (with_negative<S, S...>(f), ...);
    }
    template <miners::strategy P, miners::strategy... S, class F>
    void with_negative(F& f) const {
        auto const one = [&]<miners::strategy N>() {
            if constexpr (makes_sense(P, N))
                if (positive == P && negative == N)
                    f.template operator()<P, N>();
        };
        (one.template operator()<S>(), ...);
    }
};

using pair_miners = policy_list<miners::all, easy_hard_by_name, miners::multi_similarity, miners::pair_margin,
                                miners::hard_aware, miners::uniform_histogram, miners::one_pair_a_person>;

// The batch's own pairs are all that these look at.
bool looks_first(std::string const& name) { return name == "hard_aware" || name == "uniform_histogram"; }

} // namespace

bool mines_pairs(std::string const& name) { return name != "all" && pair_miners::has(name); }

void add_miner_names(std::vector<std::string>& to) {
    triplet_miners::add_names(to);
    std::vector<std::string> pairs;
    pair_miners::add_names(pairs);
    to.insert(to.end(), pairs.begin() + 1, pairs.end()); // "all" is in both
}

void describe_miners(std::string& to) {
    to += "miners of triplets; also at_most=… (so many of a miner's triplets an anchor, at random)\n";
    triplet_miners::describe(to);
    to += "miners of pairs\n";
    pair_miners::describe(to);
}

any_triplet_miner triplet_miner(objective_choice const& c) {
    auto const& name = c.miner.name;
    require<argument_error>(triplet_miners::has(name), "miner: \"", name,
                            "\" chooses no triplets, which this loss takes");
    if (name == "angular") {
        require<argument_error>(c.distance.name == "euclidean",
                                "miner: angular measures angles, in Euclidean "
                                "distances: use euclidean with it, not ",
                                c.distance.name);
        require<argument_error>(c.memory == 0, "memory: a cross-batch memory knows no distances between the photos it "
                                               "holds, which the miner angular needs");
    }
    require<argument_error>(c.memory == 0 || name != "batch_triplets",
                            "memory: batch_triplets chooses among the batch's own photos, and a cross-batch memory has "
                            "others: use a miner that looks at one anchor at a time");
    return triplet_miners::with(name, [&]<class Miner>() {
        if constexpr (!std::is_same_v<Miner, miners::at_most<>> && !std::is_same_v<Miner, miners::batch_triplets>)
            if (c.miner.values.contains("at_most"))
                return any_triplet_miner(with_values<miners::at_most<Miner>>(c.miner));
        return any_triplet_miner(with_values<Miner>(c.miner));
    });
}

any_pair_miner pair_miner(objective_choice const& c) {
    require<argument_error>(
        pair_miners::has(c.miner.name), "miner: \"", c.miner.name,
        "\" chooses triplets, and this loss takes pairs: all, batch_easy_hard, multi_similarity, pair_margin, "
        "hard_aware, uniform_histogram or one_pair_a_person");
    return pair_miners::with(c.miner.name, [&]<class Miner>() { return any_pair_miner(with_values<Miner>(c.miner)); });
}

any_anchor_miner anchor_miner(objective_choice const& c) {
    require<argument_error>(!looks_first(c.miner.name), "memory: ", c.miner.name,
                            " chooses among the batch's own pairs, and a cross-batch memory has others: use a miner "
                            "that looks at one anchor at a time");
    return any_anchor_miner(pair_miner(c));
}

namespace {

// Shows an objective the labels that `batch_triplets` has.
class batch_in_threes {
public:
    explicit batch_in_threes(any_objective inner) : inner_(std::move(inner)) {}
    identity identity_of() const { return inner_.identity_of(); }
    void start(std::size_t classes, std::size_t dimensions, std::uint64_t seed) {
        inner_.start(classes, dimensions, seed);
    }
    objective_result operator()(matrix_view<float const> e, std::span<label const> labels, matrix_view<float> gradient,
                                std::uint64_t seed, std::uint32_t step) {
        trine::detail::check_batch(e, labels, gradient);
        return inner_(e, miners::batch_triplets{}.labels_for(labels.size()), gradient, seed, step);
    }
    template <class F>
    void each_parameter(F&& f) {
        inner_.each_parameter(f);
    }
    trine::state state() const { return inner_.state(); }
    void restore(trine::state const& all) { inner_.restore(all); }

private:
    any_objective inner_;
};

} // namespace

any_objective in_threes(any_objective inner) { return batch_in_threes(std::move(inner)); }

} // namespace program
