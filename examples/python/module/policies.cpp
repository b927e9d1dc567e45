#include "policies.hpp"

#include <algorithm>
#include <cmath>

#include <trine/losses/class.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/ranking.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/objectives/objective.hpp>

#include "any_policies.hpp"

namespace program {

using namespace trine;

namespace {

any_distance erased_distance(policy_choice const& choice) {
    return with_distance(choice, [](auto const& d) { return any_distance(d); });
}

// Calls f(miner) for the miner of that name, where it is one of triplets or makes triplets of pairs.
template <class F>
auto with_triplet_miner(policy_choice const& c, F&& f) {
    using namespace miners;
    if (c.name == "random")
        return f(with_values<miners::random>(c));
    if (c.name == "batch_hard")
        return f(with_values<batch_hard>(c));
    if (c.name == "hard")
        return f(with_values<hard>(c));
    if (c.name == "semi_hard")
        return f(with_values<semi_hard>(c));
    if (c.name == "within_margin")
        return f(with_values<within_margin>(c));
    if (c.name == "easy")
        return f(with_values<easy>(c));
    if (c.name == "facenet_semi_hard")
        return f(with_values<facenet_semi_hard>(c));
    if (c.name == "distance_weighted")
        return f(with_values<distance_weighted>(c));
    if (c.name == "curriculum")
        return f(with_values<curriculum>(c));
    require<argument_error>(c.name == "all", "miner: \"", c.name, "\" chooses no triplets, which this loss takes");
    return f(with_values<all>(c));
}
template <class F>
auto with_pair_miner(policy_choice const& c, F&& f) {
    using namespace miners;
    if (c.name == "batch_easy_hard")
        return f(with_values<batch_easy_hard<>>(c));
    if (c.name == "multi_similarity")
        return f(with_values<multi_similarity>(c));
    if (c.name == "pair_margin")
        return f(with_values<pair_margin>(c));
    if (c.name == "hard_aware")
        return f(with_values<hard_aware>(c));
    if (c.name == "one_pair_a_person")
        return f(with_values<one_pair_a_person>(c));
    require<argument_error>(c.name == "all", "miner: \"", c.name,
                            "\" chooses triplets, and this loss takes pairs: "
                            "all, batch_easy_hard, multi_similarity, pair_margin, hard_aware or one_pair_a_person");
    return f(with_values<all>(c));
}
bool mines_pairs(std::string const& name) {
    return name == "batch_easy_hard" || name == "multi_similarity" || name == "pair_margin" || name == "hard_aware" ||
           name == "one_pair_a_person";
}

template <class Loss>
any_objective of_triplets(policy_choice const& miner, policy_choice const& loss, policy_choice const& distance) {
    auto const l = with_values<Loss>(loss);
    auto const d = erased_distance(distance);
    if (mines_pairs(miner.name))
        return objective(with_pair_miner(miner, [](auto const& m) { return any_pair_miner(m); }), l, d);
    return objective(with_triplet_miner(miner, [](auto const& m) { return any_triplet_miner(m); }), l, d);
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
    auto const m = with_pair_miner(miner, [](auto const& chosen) { return any_pair_miner(chosen); });
    if constexpr (requires { Loss::surveys; })
        return of_erased_pairs(m, l, distance);
    else
        return of_erased_pairs(m, any_pair_loss<decltype(l.row(std::declval<losses::pair_row<float> const&>()))>(l),
                               distance);
}
template <class Loss>
any_objective of_classes(policy_choice const& miner, policy_choice const& loss, policy_choice const& distance) {
    require<argument_error>(miner.name == "all", "miner: ", loss.name,
                            " looks at all photos of a person together: "
                            "use it with all, not with ",
                            miner.name);
    auto const m = with_values<miners::all>(miner);
    if (distance.name == "cosine")
        return objective(m, with_values<Loss>(loss), with_values<distances::cosine>(distance));
    return objective(m, with_values<Loss>(loss), erased_distance(distance));
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
any_objective of_softmax(policy_choice const& miner, policy_choice const& loss, policy_choice const& distance) {
    require_proxies(miner, loss, distance, "dot_product");
    return objective(miners::none{}, with_values<losses::softmax>(loss), distances::dot_product{});
}

// Losses that own class weights.
bool has_weights(std::string const& loss) {
    static std::vector<std::string> const names{"softmax",    "normalized_softmax", "sphereface", "cosface",
                                                "arcface",    "sub_center_arcface", "proxy_nca",  "proxy_anchor",
                                                "soft_triple"};
    return std::find(names.begin(), names.end(), loss) != names.end();
}

using maker = any_objective (*)(policy_choice const&, policy_choice const&, policy_choice const&);
std::map<std::string, maker> const& makers() {
    static std::map<std::string, maker> const all{
        {"no_margin", of_triplets<losses::no_margin>},
        {"triplet_margin", of_triplets<losses::triplet_margin>},
        {"soft_margin", of_triplets<losses::soft_margin>},
        {"margin_based", of_triplets<losses::margin_based>},
        {"contrastive", of_pairs<losses::contrastive>},
        {"nt_xent", of_pairs<losses::nt_xent>},
        {"n_pair", of_pairs<losses::n_pair>},
        {"supervised_contrastive", of_pairs<losses::supervised_contrastive>},
        {"multi_similarity", of_pairs<losses::multi_similarity>},
        {"circle", of_pairs<losses::circle>},
        {"generalized_lifted_structure", of_pairs<losses::generalized_lifted_structure>},
        {"tuplet_margin", of_pairs<losses::tuplet_margin>},
        {"nca", of_pairs<losses::nca>},
        {"intra_pair_variance", of_pairs<losses::intra_pair_variance>},
        {"fast_ap", of_pairs<losses::fast_ap>},
        {"ranked_list", of_pairs<losses::ranked_list>},
        {"lifted_structure", of_classes<losses::lifted_structure>},
        {"angular", of_classes<losses::angular>},
        {"softmax", of_softmax},
        {"normalized_softmax", of_proxies<losses::normalized_softmax>},
        {"sphereface", of_proxies<losses::sphereface>},
        {"cosface", of_proxies<losses::cosface>},
        {"arcface", of_proxies<losses::arcface>},
        {"sub_center_arcface", of_proxies<losses::sub_center_arcface>},
        {"proxy_nca", of_proxies<losses::proxy_nca>},
        {"proxy_anchor", of_proxies<losses::proxy_anchor>},
        {"soft_triple", of_proxies<losses::soft_triple>},
    };
    return all;
}

} // namespace

std::vector<std::string> const& miner_names() {
    static std::vector<std::string> const names{"all",
                                                "random",
                                                "batch_hard",
                                                "hard",
                                                "semi_hard",
                                                "within_margin",
                                                "easy",
                                                "facenet_semi_hard",
                                                "distance_weighted",
                                                "curriculum",
                                                "batch_easy_hard",
                                                "multi_similarity",
                                                "pair_margin",
                                                "hard_aware",
                                                "one_pair_a_person",
                                                "none"};
    return names;
}
std::vector<std::string> const& loss_names() {
    static std::vector<std::string> const names = [] {
        std::vector<std::string> all;
        for (auto const& [name, make] : makers())
            all.push_back(name);
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
    require<argument_error>(known(loss_names(), loss.name), "loss: there is no \"", loss.name, "\", but ",
                            one_of(loss_names()));
    require<argument_error>(known(distance_names(), distance.name), "distance: there is no \"", distance.name,
                            "\", but ", one_of(distance_names()));
    if (miner.name == "none" && !has_weights(loss.name))
        fail<argument_error>("miner: none chooses nothing, and ", loss.name, " needs a miner, to begin with all");
    return makers().at(loss.name)(miner, loss, distance);
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
