#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <trine/objectives/norm_penalty.hpp>
#include <trine/objectives/regularizers.hpp>
#include <trine/objectives/weighted_sum.hpp>

#include "rows.hpp"

namespace program {

using namespace trine;

namespace {

constexpr std::string_view sparse = regularizers::sparse_centers::name;

struct penalty_choice {
    policy_choice regularizer;
    double weight;
    bool on_weights;
};
penalty_choice read(policy_choice c) {
    auto const& names = regularizer_names();
    require<argument_error>(std::find(names.begin(), names.end(), c.name) != names.end(), "regularizer: there is no \"",
                            c.name, "\", but ", one_of(names));
    double const weight = take_number(c, "weight").value_or(1);
    require<argument_error>(weight >= 0, c.name, ": weight ", weight, ", which may not be below 0");
    bool on_weights = c.name == sparse;
    if (auto const at = c.values.find("on"); at != c.values.end()) {
        auto const* const on = std::get_if<std::string>(&at->second);
        require<argument_error>(on != nullptr && (*on == "embeddings" || *on == "class_weights"), c.name,
                                ": on is embeddings or class_weights");
        on_weights = *on == "class_weights";
        c.values.erase(at);
    }
    require<argument_error>(on_weights || c.name != sparse, "regularizer: ", sparse,
                            " brings together the centers of a class, which embeddings have not: on=class_weights");
    require<argument_error>(!on_weights || c.name != "norm_penalty",
                            "regularizer: norm_penalty is for embeddings; lp is one that class weights take");
    return {std::move(c), weight, on_weights};
}

std::vector<std::string> const others{"weight", "on"};
any_regularizer regularizer(policy_choice const& c) {
    using namespace regularizers;
    if (c.name == center_invariant::name)
        return any_regularizer(with_values<center_invariant>(c, others));
    if (c.name == regular_face::name)
        return any_regularizer(with_values<regular_face>(c, others));
    if (c.name == sparse)
        return any_regularizer(with_values<sparse_centers>(c, others));
    if (c.name == zero_mean::name)
        return any_regularizer(with_values<zero_mean>(c, others));
    return any_regularizer(with_values<regularizers::lp>(c, others));
}

} // namespace

std::vector<std::string> const& regularizer_names() {
    static std::vector<std::string> const names{"center_invariant", "regular_face", "sparse_centers",
                                                "zero_mean",        "lp",           "norm_penalty"};
    return names;
}

void describe_regularizers(std::string& to) {
    using namespace regularizers;
    to += "regularizers, each with its weight=…, on=embeddings or on=class_weights\n";
    for (auto const& text :
         {identity_of(center_invariant{}), identity_of(regular_face{}), identity_of(sparse_centers{}),
          identity_of(zero_mean{}), identity_of(regularizers::lp{}), norm_penalty<float>{}.identity_of()})
        to.append("    ").append(text.text()).append("\n");
}

weight_penalties penalties_on_weights(objective_choice const& c, std::size_t centers) {
    weight_penalties all;
    for (auto const& one : c.regularizers) {
        auto penalty = read(one);
        if (!penalty.on_weights)
            continue;
        if (penalty.regularizer.name == sparse) {
            auto const given = penalty.regularizer.values.try_emplace("centers", static_cast<double>(centers));
            auto const checked = with_values<regularizers::sparse_centers>(penalty.regularizer, others);
            require<argument_error>(given.second || checked.centers == centers, "regularizer: ", sparse, " of ",
                                    checked.centers, " centers a class, of which ", c.loss.name, " has ", centers);
        }
        all.all.emplace_back(penalty.weight, regularizer(penalty.regularizer));
    }
    return all;
}

any_objective with_penalties(any_objective inner, objective_choice const& c) {
    for (auto const& one : c.regularizers) {
        auto const penalty = read(one);
        if (penalty.on_weights)
            continue;
        any_objective const added =
            penalty.regularizer.name == "norm_penalty"
                ? any_objective(with_values<norm_penalty<float>>(penalty.regularizer, others))
                : any_objective(trine::penalty<any_regularizer>{regularizer(penalty.regularizer)});
        inner = sum_of({1, penalty.weight}, inner, added);
    }
    return inner;
}

bool draws_lengths(policy_choice const& c) {
    auto const penalty = read(c);
    bool const is_euclidean =
        c.name == regularizers::lp::name && with_values<regularizers::lp>(penalty.regularizer, others).p == 2;
    return !penalty.on_weights && (c.name == "norm_penalty" || c.name == "center_invariant" || is_euclidean);
}

void require_class_weights(objective_choice const& c) {
    for (auto const& one : c.regularizers)
        require<argument_error>(!read(one).on_weights, "regularizer: ", one.name, " on class weights, of which ",
                                c.loss.name, " has none: use a loss with class weights, or on=embeddings");
}

} // namespace program
