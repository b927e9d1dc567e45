#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "../data/sampler.hpp"
#include "subject.hpp"

namespace trine::experiments::detail {

TRINE_INLINE std::vector<label> compact_labels(std::span<label const> all, std::span<std::size_t const> places) {
    std::map<label, label> numbers;
    std::vector<label> own;
    own.reserve(places.size());
    for (std::size_t i : places)
        own.push_back(numbers.try_emplace(all[i], static_cast<label>(numbers.size())).first->second);
    return own;
}

TRINE_INLINE data::any_sampler sampler_of(training const& how, training_budget const& budget,
                                          std::span<label const> labels) {
    auto pk = budget.batches(labels, how.seed);
    if (!how.uniform)
        return pk;
    return data::uniform_sampler(labels, std::min(pk.batch_size(), labels.size()), how.seed);
}

} // namespace trine::experiments::detail
