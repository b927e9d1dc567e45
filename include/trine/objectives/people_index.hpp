#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <vector>

#include "../core/label.hpp"

namespace trine::detail {

// Photos by person: `order` has each person's places one behind the other, people by label, places ascending.
struct people_index {
    std::vector<std::size_t> order, begin, person, ranks;

    void build(std::span<label const> labels) {
        std::size_t const n = labels.size();
        order.resize(n), person.resize(n), ranks.resize(n), begin.clear();
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::sort(order.begin(), order.end(),
                  [&](std::size_t a, std::size_t b) { return labels[a] != labels[b] ? labels[a] < labels[b] : a < b; });
        for (std::size_t i = 0; i < n; ++i) {
            if (i == 0 || labels[order[i]] != labels[order[i - 1]])
                begin.push_back(i);
            person[order[i]] = begin.size() - 1;
            ranks[order[i]] = i - begin.back();
        }
        begin.push_back(n);
    }
    std::size_t people() const { return begin.empty() ? 0 : begin.size() - 1; }
    std::span<std::size_t const> members(std::size_t who) const {
        return std::span(order).subspan(begin[who], begin[who + 1] - begin[who]);
    }
};

// Calls f(first, last, first less the members before it) for the runs of places that hold nobody of `members`, in 0 …
// size−1.
template <class F>
void each_run_of_others(std::span<std::size_t const> members, std::size_t size, F&& f) {
    std::size_t first = 0;
    for (std::size_t i = 0; i <= members.size(); ++i) {
        std::size_t const last = i < members.size() ? members[i] : size;
        if (first < last)
            f(first, last, first - i);
        first = last + 1;
    }
}

} // namespace trine::detail
