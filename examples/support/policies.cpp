#include "policies.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <sstream>
#include <tuple>
#include <utility>

#include <trine/losses/adaptive_margins.hpp>
#include <trine/losses/class.hpp>
#include <trine/losses/decoupled_contrastive.hpp>
#include <trine/losses/dynamic_soft_margin.hpp>
#include <trine/losses/face_margins.hpp>
#include <trine/losses/histogram.hpp>
#include <trine/losses/instance.hpp>
#include <trine/losses/large_margin.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/ranking.hpp>
#include <trine/losses/threshold_consistent.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/at_most.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/miners/uniform_histogram.hpp>
#include <trine/objectives/objective.hpp>

#include "any_policies.hpp"

namespace program {

using namespace trine;

namespace {

any_distance erased_distance(policy_choice const& choice) {
    return with_distance(choice, [](auto const& d) { return any_distance(d); });
}

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
    // Calls f(policy) for the one of that name, with the values that were asked for.
    template <class F>
    static auto with(policy_choice const& c, F&& f) {
        std::optional<decltype(f(with_values<first>(c)))> result;
        static_cast<void>(((c.name == name_in_catalogue<P>() && (result.emplace(f(with_values<P>(c))), true)) || ...));
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

using triplet_miners = policy_list<miners::all, miners::random, miners::batch_hard, miners::hard, miners::semi_hard,
                                   miners::within_margin, miners::easy, miners::facenet_semi_hard,
                                   miners::distance_weighted, miners::curriculum, miners::at_most<>>;
using pair_miners = policy_list<miners::all, miners::batch_easy_hard<>, miners::multi_similarity, miners::pair_margin,
                                miners::hard_aware, miners::uniform_histogram, miners::one_pair_a_person>;

bool mines_pairs(std::string const& name) { return name != "all" && pair_miners::has(name); }

template <class F>
auto with_triplet_miner(policy_choice const& c, F&& f) {
    require<argument_error>(triplet_miners::has(c.name), "miner: \"", c.name,
                            "\" chooses no triplets, which this loss takes");
    return triplet_miners::with(c, f);
}
template <class F>
auto with_pair_miner(policy_choice const& c, F&& f) {
    require<argument_error>(
        pair_miners::has(c.name), "miner: \"", c.name,
        "\" chooses triplets, and this loss takes pairs: all, batch_easy_hard, multi_similarity, pair_margin, "
        "hard_aware, uniform_histogram or one_pair_a_person");
    return pair_miners::with(c, f);
}
template <class Loss>
void require_its_distance(policy_choice const& distance) {
    if constexpr (requires { requires Loss::needs_cosine; })
        require<argument_error>(distance.name == "cosine", "distance: ", Loss::name,
                                " is written in cosines: use cosine with it, not ", distance.name);
}

template <class Loss>
any_objective of_triplets(policy_choice const& miner, policy_choice const& loss, policy_choice const& distance) {
    auto const l = with_values<Loss>(loss);
    require_its_distance<Loss>(distance);
    if constexpr (requires { requires Loss::needs_cosine; }) {
        auto const cosine = with_values<distances::cosine>(distance);
        if (mines_pairs(miner.name))
            return objective(with_pair_miner(miner, [](auto const& m) { return any_pair_miner(m); }), l, cosine);
        return objective(with_triplet_miner(miner, [](auto const& m) { return any_triplet_miner(m); }), l, cosine);
    } else {
        auto const d = erased_distance(distance);
        if (mines_pairs(miner.name))
            return objective(with_pair_miner(miner, [](auto const& m) { return any_pair_miner(m); }), l, d);
        return objective(with_triplet_miner(miner, [](auto const& m) { return any_triplet_miner(m); }), l, d);
    }
}

template <class Erased>
any_objective of_erased_pairs(any_pair_miner const& miner, Erased const& loss, policy_choice const& distance) {
    if (distance.name == "cosine")
        return objective(miner, loss, with_values<distances::cosine>(distance));
    return objective(miner, loss, erased_distance(distance));
}
template <class Loss>
any_objective of_pairs(policy_choice const& miner, policy_choice const& loss, policy_choice const& distance) {
    auto const l = with_values<Loss>(loss);
    require_its_distance<Loss>(distance);
    auto const m = with_pair_miner(miner, [](auto const& chosen) { return any_pair_miner(chosen); });
    if constexpr (requires { requires Loss::needs_cosine; })
        return objective(m, l, with_values<distances::cosine>(distance));
    else if constexpr (requires { Loss::surveys; })
        return of_erased_pairs(m, l, distance);
    else
        return of_erased_pairs(m, any_pair_loss<decltype(l.row(std::declval<losses::pair_row<float> const&>()))>(l),
                               distance);
}
// Losses that look at all photos of a person, or of the batch, together.
template <class Loss>
any_objective of_all(policy_choice const& miner, policy_choice const& loss, policy_choice const& distance) {
    require<argument_error>(miner.name == "all", "miner: ", loss.name,
                            losses::batch_loss<Loss> ? " looks at all pairs of the batch"
                                                     : " looks at all photos of a person",
                            " together: use it with all, not with ", miner.name);
    require_its_distance<Loss>(distance);
    auto const m = with_values<miners::all>(miner);
    if constexpr (requires { requires Loss::needs_cosine; })
        return objective(m, with_values<Loss>(loss), with_values<distances::cosine>(distance));
    else {
        if (distance.name == "cosine")
            return objective(m, with_values<Loss>(loss), with_values<distances::cosine>(distance));
        return objective(m, with_values<Loss>(loss), erased_distance(distance));
    }
}
void require_proxies(policy_choice const& miner, policy_choice const& loss, policy_choice const& distance,
                     char const* needed) {
    require<argument_error>(miner.name == "none" && miner.values.empty(), "miner: ", loss.name,
                            " compares photos with learnt class weights, so nothing is mined: use none, not ",
                            miner.name);
    require<argument_error>(distance.name == needed && distance.values.empty(), "distance: ", loss.name, " works on ",
                            needed, ", not on ", distance.name);
}
template <class Loss>
any_objective of_proxies(policy_choice const& miner, policy_choice const& loss, policy_choice const& distance) {
    require_proxies(miner, loss, distance, "cosine");
    return objective(miners::none{}, any_proxy_loss(with_values<Loss>(loss)), distances::cosine{});
}
// Those that remember something from batch to batch stay types.
template <class Loss>
any_objective of_remembering_proxies(policy_choice const& miner, policy_choice const& loss,
                                     policy_choice const& distance) {
    require_proxies(miner, loss, distance, "cosine");
    return objective(miners::none{}, with_values<Loss>(loss), distances::cosine{});
}
any_objective of_softmax(policy_choice const& miner, policy_choice const& loss, policy_choice const& distance) {
    require_proxies(miner, loss, distance, "dot_product");
    return objective(miners::none{}, with_values<losses::softmax>(loss), distances::dot_product{});
}

struct loss_row {
    std::string_view name;
    any_objective (*make)(policy_choice const&, policy_choice const&, policy_choice const&);
    char const* distance; // that it is made for
    bool has_weights;
    std::string (*describe)();
};
template <class Loss>
loss_row row(decltype(loss_row::make) make, char const* distance, bool has_weights = false) {
    return {Loss::name, make, distance, has_weights, [] { return trine::identity_of(Loss{}).text(); }};
}
template <class Loss>
loss_row proxies() {
    return row<Loss>(of_proxies<Loss>, "cosine", true);
}
template <class Loss>
loss_row remembering_proxies() {
    return row<Loss>(of_remembering_proxies<Loss>, "cosine", true);
}
std::vector<loss_row> const& loss_rows() {
    using namespace losses;
    char const *const squared = "squared_euclidean", *const euclidean = "euclidean", *const cosine = "cosine";
    static std::vector<loss_row> const all{
        row<no_margin>(of_triplets<no_margin>, squared),
        row<triplet_margin>(of_triplets<triplet_margin>, squared),
        row<soft_margin>(of_triplets<soft_margin>, squared),
        row<margin_based>(of_triplets<margin_based>, euclidean),
        row<selectively_contrastive>(of_triplets<selectively_contrastive>, cosine),
        row<contrastive>(of_pairs<contrastive>, euclidean),
        row<nt_xent>(of_pairs<nt_xent>, cosine),
        row<n_pair>(of_pairs<n_pair>, "dot_product"),
        row<supervised_contrastive>(of_pairs<supervised_contrastive>, cosine),
        row<decoupled_contrastive>(of_pairs<decoupled_contrastive>, cosine),
        row<losses::multi_similarity>(of_pairs<losses::multi_similarity>, cosine),
        row<circle>(of_pairs<circle>, cosine),
        row<generalized_lifted_structure>(of_pairs<generalized_lifted_structure>, euclidean),
        row<tuplet_margin>(of_pairs<tuplet_margin>, cosine),
        row<nca>(of_pairs<nca>, squared),
        row<intra_pair_variance>(of_pairs<intra_pair_variance>, cosine),
        row<threshold_consistent>(of_pairs<threshold_consistent>, cosine),
        row<fast_ap>(of_pairs<fast_ap>, squared),
        row<ranked_list>(of_pairs<ranked_list>, euclidean),
        row<smooth_ap>(of_pairs<smooth_ap>, cosine),
        row<pnp>(of_pairs<pnp>, cosine),
        row<lifted_structure>(of_all<lifted_structure>, euclidean),
        row<losses::angular>(of_all<losses::angular>, squared),
        row<losses::histogram>(of_all<losses::histogram>, cosine),
        row<instance>(of_all<instance>, "dot_product"),
        row<dynamic_soft_margin>(of_all<dynamic_soft_margin>, euclidean),
        row<softmax>(of_softmax, "dot_product", true),
        proxies<normalized_softmax>(),
        proxies<sphereface>(),
        proxies<large_margin_softmax>(),
        proxies<cosface>(),
        proxies<arcface>(),
        proxies<sub_center_arcface>(),
        proxies<combined_margin>(),
        proxies<elastic_arcface>(),
        proxies<elastic_cosface>(),
        remembering_proxies<curricular_face>(),
        proxies<mv_softmax>(),
        remembering_proxies<adacos>(),
        proxies<p2s_grad>(),
        proxies<proxy_nca>(),
        proxies<proxy_anchor>(),
        proxies<soft_triple>(),
    };
    return all;
}
loss_row const& find_loss(std::string const& name) {
    auto const& all = loss_rows();
    auto const at = std::find_if(all.begin(), all.end(), [&](loss_row const& r) { return r.name == name; });
    require<argument_error>(at != all.end(), "loss: there is no \"", name, "\", but ", one_of(loss_names()));
    return *at;
}

} // namespace

std::vector<std::string> const& miner_names() {
    static std::vector<std::string> const names = [] {
        std::vector<std::string> all;
        triplet_miners::add_names(all);
        pair_miners::add_names(all);
        all.erase(std::find(std::next(all.begin()), all.end(), "all")); // it is in both
        all.emplace_back("none");
        return all;
    }();
    return names;
}
std::vector<std::string> const& loss_names() {
    static std::vector<std::string> const names = [] {
        std::vector<std::string> all;
        for (auto const& r : loss_rows())
            all.emplace_back(r.name);
        std::sort(all.begin(), all.end());
        return all;
    }();
    return names;
}
std::vector<std::string> const& distance_names() {
    static std::vector<std::string> const names{"squared_euclidean", "euclidean", "cosine", "angular",
                                                "dot_product",       "manhattan", "lp",     "signal_to_noise"};
    return names;
}

std::string one_of(std::vector<std::string> const& names) {
    std::string all;
    for (std::size_t i = 0; i < names.size(); ++i)
        all.append(i == 0 ? "" : i + 1 == names.size() ? " or " : ", ").append(names[i]);
    return all;
}

any_objective make_objective(policy_choice const& miner, policy_choice const& loss, policy_choice const& distance) {
    auto const known = [](std::vector<std::string> const& names, std::string const& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    require<argument_error>(known(miner_names(), miner.name), "miner: there is no \"", miner.name, "\", but ",
                            one_of(miner_names()));
    auto const& row = find_loss(loss.name);
    require<argument_error>(known(distance_names(), distance.name), "distance: there is no \"", distance.name,
                            "\", but ", one_of(distance_names()));
    if (miner.name == "none" && !row.has_weights)
        fail<argument_error>("miner: none chooses nothing, and ", loss.name, " needs a miner, to begin with all");
    return row.make(miner, loss, distance);
}

std::string natural_miner(std::string const& loss) { return find_loss(loss).has_weights ? "none" : "all"; }
std::string natural_distance(std::string const& loss) { return find_loss(loss).distance; }
bool has_class_weights(std::string const& loss) { return find_loss(loss).has_weights; }

policy_choice parse_choice(std::string_view text) {
    policy_choice choice;
    std::istringstream in{std::string(text)};
    in >> choice.name;
    require<argument_error>(!choice.name.empty() && choice.name.find('=') == std::string::npos, "\"", text,
                            "\" begins with no name: a name is wanted, and values as in triplet_margin margin=0.3");
    for (std::string part; in >> part;) {
        auto const at = part.find('=');
        require<argument_error>(at != std::string::npos && at > 0 && at + 1 < part.size(), choice.name, ": \"", part,
                                "\" is no value: as in margin=0.3");
        auto const key = part.substr(0, at), value = part.substr(at + 1);
        double number = 0;
        auto const [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
        bool const is_number = failure == std::errc() && end == value.data() + value.size();
        bool is_new = false;
        if (is_number)
            is_new = choice.values.try_emplace(key, number).second;
        else if (value == "yes" || value == "no")
            is_new = choice.values.try_emplace(key, value == "yes" ? 1.0 : 0.0).second;
        else
            is_new = choice.values.try_emplace(key, value).second;
        require<argument_error>(is_new, choice.name, ": ", key, " is given twice");
    }
    return choice;
}

std::string list_policies() {
    std::string all = "miners of triplets\n";
    triplet_miners::describe(all);
    all += "miners of pairs\n";
    pair_miners::describe(all);
    all += "losses, and the distance that each is made for\n";
    for (auto const& r : loss_rows())
        all.append("    ")
            .append(r.describe())
            .append("; ")
            .append(r.distance)
            .append(r.has_weights ? ", with class weights: miner none\n" : "\n");
    all += "distances\n";
    for (auto const& name : distance_names())
        with_distance({name, {}},
                      [&](auto const& d) { all.append("    ").append(trine::identity_of(d).text()).append("\n"); });
    return all;
}

namespace detail {

double const* value_setter::number(std::string_view key) {
    auto const at = choice.values.find(std::string(key));
    if (at == choice.values.end())
        return nullptr;
    auto const* value = std::get_if<double>(&at->second);
    require<argument_error>(value != nullptr, choice.name, ": ", key, " is a number, not a text");
    require<argument_error>(std::isfinite(*value), choice.name, ": ", key, " is not finite");
    return value;
}
std::string const* value_setter::text(std::string_view key) {
    auto const at = choice.values.find(std::string(key));
    if (at == choice.values.end())
        return nullptr;
    auto const* value = std::get_if<std::string>(&at->second);
    require<argument_error>(value != nullptr, choice.name, ": ", key, " is a text, not a number");
    return value;
}
void value_setter::operator()(std::string_view key, double& value) {
    if (auto const* given = number(key))
        value = *given;
}
void value_setter::operator()(std::string_view key, std::size_t& value) {
    if (auto const* given = number(key)) {
        require<argument_error>(*given >= 0 && *given < 1e9 && *given == std::floor(*given), choice.name, ": ", key,
                                " is a whole number, not ", *given);
        value = static_cast<std::size_t>(*given);
    }
}
void value_setter::operator()(std::string_view key, bool& value) {
    if (auto const* given = number(key)) {
        require<argument_error>(*given == 0 || *given == 1, choice.name, ": ", key, " is True or False, not ", *given);
        value = *given == 1;
    }
}
void value_setter::finish(std::vector<std::string> const& known) const {
    for (auto const& [key, value] : choice.values)
        require<argument_error>(std::find(known.begin(), known.end(), key) != known.end(), choice.name,
                                ": there is no value \"", key, "\"",
                                known.empty() ? std::string() : ", but " + one_of(known));
}

} // namespace detail

} // namespace program
