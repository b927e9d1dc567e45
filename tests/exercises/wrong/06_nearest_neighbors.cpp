#include "../variants.hpp"

#include <map>

#include "../solutions/06_nearest_neighbors.cpp"

using namespace exercises;
enum class slip { farthest, one_more, later_row, unsorted, too_many };

template <slip S>
std::vector<std::size_t> nearest_wrongly(matrix_view<float const> gallery, std::span<float const> query,
                                         std::size_t k) {
    auto rows = nearest(gallery, query, gallery.rows());
    if (S == slip::farthest)
        std::reverse(rows.begin(), rows.end());
    if (S == slip::later_row) {
        auto const distance = [&](std::size_t row) {
            float sum = 0;
            for (std::size_t d = 0; d < query.size(); ++d)
                sum += (gallery(row, d) - query[d]) * (gallery(row, d) - query[d]);
            return sum;
        };
        std::sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
            return distance(a) < distance(b) || (distance(a) == distance(b) && a > b);
        });
    }
    if (S == slip::too_many && k > rows.size())
        return {};
    rows.resize(std::min(k + (S == slip::one_more ? 1 : 0), rows.size()));
    if (S == slip::unsorted)
        std::sort(rows.begin(), rows.end());
    return rows;
}

label nearest_alone(std::span<std::size_t const> nearest, std::span<label const> labels) { return labels[nearest[0]]; }
label smallest_label(std::span<std::size_t const> nearest, std::span<label const> labels) {
    std::map<label, int> votes;
    for (std::size_t const row : nearest)
        ++votes[labels[row]];
    return std::max_element(votes.begin(), votes.end(), [](auto& a, auto& b) { return a.second < b.second; })->first;
}
label last_of_ties(std::span<std::size_t const> nearest, std::span<label const> labels) {
    label best = labels[nearest[0]];
    std::ptrdiff_t most = 0;
    for (std::size_t const row : nearest)
        if (auto const votes = std::count_if(nearest.begin(), nearest.end(),
                                             [&](std::size_t other) { return labels[other] == labels[row]; });
            votes >= most)
            most = votes, best = labels[row];
    return best;
}
label by_place(std::span<std::size_t const> nearest, std::span<label const> labels) {
    std::vector<std::size_t> places(nearest.size());
    for (std::size_t i = 0; i < places.size(); ++i)
        places[i] = i;
    return vote(places, labels);
}

VARIANTS(6, {"farthest", "the farthest come, not the nearest", {nearest_wrongly<slip::farthest>, vote}},
         {"one more", "neighbours are wanted, and there are", {nearest_wrongly<slip::one_more>, vote}},
         {"later row", "of ties the smaller row comes first", {nearest_wrongly<slip::later_row>, vote}},
         {"unsorted", "but not in order: the nearest comes first", {nearest_wrongly<slip::unsorted>, vote}},
         {"too many", "all of them, where there are no more than k", {nearest_wrongly<slip::too_many>, vote}},
         {"nearest alone", "the nearest neighbour alone decides", {nearest, nearest_alone}},
         {"smallest label", "the smallest label wins ties", {nearest, smallest_label}},
         {"last of ties", "who comes last wins ties", {nearest, last_of_ties}},
         {"by place", "the smallest row, or whoever is complete first, wins ties", {nearest, by_place}})
