#include "pairs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

#include <trine/core/random.hpp>

namespace program {

chosen_pairs choose_pairs(std::span<std::size_t const> people, std::size_t most_same, std::size_t most_different) {
    std::map<std::size_t, std::vector<std::size_t>> photos_of;
    for (std::size_t i = 0; i < people.size(); ++i)
        photos_of[people[i]].push_back(i);
    std::vector<std::vector<std::size_t> const*> lists;
    std::vector<std::size_t> pairs_before{0}; // of one person, of all people before
    for (auto const& [who, list] : photos_of) {
        lists.push_back(&list);
        pairs_before.push_back(pairs_before.back() + list.size() * (list.size() - 1) / 2);
    }
    std::size_t const n = people.size(), same = pairs_before.back(), different = n < 2 ? 0 : n * (n - 1) / 2 - same;
    chosen_pairs chosen;
    if (same <= most_same) {
        for (auto const* list : lists)
            for (std::size_t i = 0; i < list->size(); ++i)
                for (std::size_t j = i + 1; j < list->size(); ++j)
                    chosen.same.emplace_back((*list)[i], (*list)[j]);
    } else {
        chosen.all = false;
        trine::random_stream stream(1, trine::purpose::evaluation, 2, 0);
        while (chosen.same.size() < most_same) {
            auto const at = std::upper_bound(pairs_before.begin(), pairs_before.end(), stream.below(same));
            auto const& list = *lists[static_cast<std::size_t>(at - pairs_before.begin()) - 1];
            if (auto const i = stream.below(list.size()), j = stream.below(list.size()); i != j)
                chosen.same.emplace_back(list[i], list[j]);
        }
    }
    if (different <= most_different) {
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = i + 1; j < n; ++j)
                if (people[i] != people[j])
                    chosen.different.emplace_back(i, j);
    } else {
        chosen.all = false;
        trine::random_stream stream(1, trine::purpose::evaluation, 2, 1);
        while (chosen.different.size() < most_different)
            if (auto const i = stream.below(n), j = stream.below(n); people[i] != people[j])
                chosen.different.emplace_back(i, j);
    }
    return chosen;
}

double six_digits(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return std::strtod(text, nullptr);
}
double six_digits_below(double value) {
    double const near = six_digits(value);
    if (!(near > value) || value <= 0)
        return value < 0 ? value : near;
    // The last of the six digits is one too many.
    double const unit = std::pow(10.0, std::floor(std::log10(value)) - 5);
    double const below = six_digits(near - unit);
    return below <= value ? below : 0;
}

} // namespace program
