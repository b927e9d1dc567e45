#include "policies.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <type_traits>
#include <utility>

#include "objectives/rows.hpp"

namespace program {

using namespace trine;

namespace {

std::vector<loss_family> const& families() {
    static std::vector<loss_family> const all{triplet_losses(), pair_losses(), batch_losses(), proxy_losses(),
                                              whole_objectives()};
    return all;
}
struct found_loss {
    loss_row const& row;
    loss_family const& family;
};
found_loss find_loss(std::string const& name) {
    for (auto const& family : families())
        for (auto const& row : family.rows)
            if (row.name == name)
                return {row, family};
    fail<argument_error>("loss: there is no \"", name, "\", but ", one_of(loss_names()));
}

} // namespace

std::vector<std::string> const& miner_names() {
    static std::vector<std::string> const names = [] {
        std::vector<std::string> all;
        add_miner_names(all);
        all.emplace_back("none");
        return all;
    }();
    return names;
}
std::vector<std::string> const& loss_names() {
    static std::vector<std::string> const names = [] {
        std::vector<std::string> all;
        for (auto const& family : families())
            for (auto const& row : family.rows)
                all.emplace_back(row.name);
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

any_objective make_objective(objective_choice const& c) {
    auto const known = [](std::vector<std::string> const& names, std::string const& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    require<argument_error>(known(miner_names(), c.miner.name), "miner: there is no \"", c.miner.name, "\", but ",
                            one_of(miner_names()));
    auto const [row, family] = find_loss(c.loss.name);
    require<argument_error>(known(distance_names(), c.distance.name), "distance: there is no \"", c.distance.name,
                            "\", but ", one_of(distance_names()));
    require<argument_error>(c.miner.name != "none" || !family.is_mined, "miner: none chooses nothing, and ", row.name,
                            " needs a miner, to begin with all");
    if (!family.has_class_weights)
        require_class_weights(c);
    return with_penalties(row.make(c), c);
}

std::string natural_miner(std::string const& loss) { return find_loss(loss).family.is_mined ? "all" : "none"; }
std::string natural_distance(std::string const& loss) { return find_loss(loss).row.distance; }
bool learns_weights(std::string const& loss) { return find_loss(loss).row.learns_weights; }
bool needs_length(std::string const& loss) { return find_loss(loss).row.needs_length; }

any_distance erased_distance(policy_choice const& choice) {
    auto own = choice;
    if (choice.name != "angular" && take_flag(own, "normalized"))
        return with_distance(own, [](auto const& d) {
            return any_distance(distances::normalized<std::remove_cvref_t<decltype(d)>>{d});
        });
    return with_distance(own, [](auto const& d) { return any_distance(d); });
}

std::optional<double> take_number(policy_choice& choice, char const* key) {
    detail::value_setter set{choice};
    double value = 0;
    if (set.number(key) == nullptr)
        return std::nullopt;
    set(key, value);
    choice.values.erase(key);
    return value;
}
bool take_flag(policy_choice& choice, char const* key) {
    bool value = false;
    detail::value_setter{choice}(key, value);
    choice.values.erase(key);
    return value;
}

void refuse_variations(policy_choice const& loss, std::initializer_list<std::string_view> taken) {
    std::pair<std::string_view, char const*> const all[]{
        {"swaps", "is for losses of triplets"},
        {"class_weights", "weigh an anchor's terms: use them with a loss of triplets or of pairs"},
        {"per_anchor", "is for losses of one anchor's pairs, each anchor by itself"},
        {"low", "is for losses of triplets, and for losses of pairs each of which is a term of its own"},
        {"high", "is for losses of triplets, and for losses of pairs each of which is a term of its own"},
        {"share", "draws some of a loss's class weights, and this one has none"}};
    for (auto const& [key, why] : all)
        require<argument_error>(!loss.values.contains(std::string(key)) ||
                                    std::find(taken.begin(), taken.end(), key) != taken.end(),
                                loss.name, ": ", key, ' ', why);
}
void refuse_memory(objective_choice const& c) {
    require<argument_error>(c.memory == 0,
                            "memory: a cross-batch memory knows no distances between the photos it "
                            "holds, which ",
                            c.loss.name, " needs: use a triplet or pair loss without swap");
}
void require_cosine(std::string_view loss, policy_choice const& distance) {
    require<argument_error>(distance.name == "cosine", "distance: ", loss,
                            " is written in cosines: use cosine with it, not ", distance.name);
}

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
        // Numbers, with commas between them if they are several.
        std::vector<double> numbers;
        char const *at_value = value.data(), *const end = at_value + value.size();
        for (bool more = true; more;) {
            double number = 0;
            auto const [rest, failure] = std::from_chars(at_value, end, number);
            more = failure == std::errc() && rest != end && *rest == ',';
            if (failure != std::errc() || (rest != end && !more)) {
                numbers.clear();
                break;
            }
            numbers.push_back(number);
            at_value = more ? rest + 1 : rest;
        }
        bool is_new = false;
        if (numbers.size() > 1)
            is_new = choice.values.try_emplace(key, numbers).second;
        else if (!numbers.empty())
            is_new = choice.values.try_emplace(key, numbers.front()).second;
        else if (value == "yes" || value == "no")
            is_new = choice.values.try_emplace(key, value == "yes" ? 1.0 : 0.0).second;
        else
            is_new = choice.values.try_emplace(key, value).second;
        require<argument_error>(is_new, choice.name, ": ", key, " is given twice");
    }
    return choice;
}

std::string list_policies() {
    std::string all;
    describe_miners(all);
    for (auto const& family : families()) {
        all.append(family.title).append("\n");
        for (auto const& r : family.rows)
            all.append("    ")
                .append(r.describe())
                .append("; ")
                .append(r.distance)
                .append(r.needs_length ? ", of embeddings with their own length\n" : "\n");
    }
    all += "distances; also normalized=yes (of directions), but for cosine and angular\n";
    for (auto const& name : distance_names())
        with_distance({name, {}},
                      [&](auto const& d) { all.append("    ").append(trine::identity_of(d).text()).append("\n"); });
    describe_regularizers(all);
    return all;
}

namespace detail {

namespace {

char const* kind_of(policy_choice const& choice, std::string const& key) {
    char const* const kinds[]{"a number", "a text", "a list of numbers"};
    return kinds[choice.values.at(key).index()];
}
// Null where nobody asked for it.
template <class T>
T const* find(policy_choice const& choice, std::string const& key, char const* kind) {
    auto const at = choice.values.find(key);
    if (at == choice.values.end())
        return nullptr;
    auto const* const value = std::get_if<T>(&at->second);
    require<argument_error>(value != nullptr, choice.name, ": ", key, " is ", kind, ", not ", kind_of(choice, key));
    return value;
}

} // namespace

double const* value_setter::number(std::string_view key) {
    auto const* const value = find<double>(choice, std::string(key), "a number");
    require<argument_error>(value == nullptr || std::isfinite(*value), choice.name, ": ", key, " is not finite");
    return value;
}
std::string const* value_setter::text(std::string_view key) {
    return find<std::string>(choice, std::string(key), "a text");
}
void value_setter::operator()(std::string_view key, std::vector<double>& values) {
    auto const at = choice.values.find(std::string(key));
    if (at == choice.values.end())
        return;
    auto const* const one = std::get_if<double>(&at->second);
    values = one != nullptr ? std::vector<double>{*one}
                            : *find<std::vector<double>>(choice, std::string(key), "a list of numbers");
    for (double v : values)
        require<argument_error>(std::isfinite(v), choice.name, ": ", key, " has a number that is not finite");
}
void value_setter::operator()(std::string_view key, std::vector<std::size_t>& values) {
    std::vector<double> numbers(values.begin(), values.end());
    (*this)(key, numbers);
    values.clear();
    for (double v : numbers) {
        require<argument_error>(v >= 0 && v < 1e9 && v == std::floor(v), choice.name, ": ", key,
                                " are whole numbers, of which ", v, " is none");
        values.push_back(static_cast<std::size_t>(v));
    }
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
