#include <algorithm>

#include "exercise.hpp"

namespace exercises {

std::vector<std::size_t> nearest(matrix_view<float const> gallery, std::span<float const> query, std::size_t k) {
    std::vector<std::pair<float, std::size_t>> all(gallery.rows()); // pairs are compared by distance, then by row
    for (std::size_t i = 0; i < gallery.rows(); ++i) {
        float sum = 0;
        for (std::size_t d = 0; d < gallery.cols(); ++d)
            sum += (gallery(i, d) - query[d]) * (gallery(i, d) - query[d]);
        all[i] = {sum, i};
    }
    k = std::min(k, all.size());
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(k), all.end());
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < k; ++i)
        rows.push_back(all[i].second);
    return rows;
}

label vote(std::span<std::size_t const> nearest, std::span<label const> labels) {
    label best = labels[nearest[0]];
    std::ptrdiff_t most = 0;
    for (std::size_t const row : nearest) { // from the nearest on, so that of equally many the first one stays
        auto const votes = std::count_if(nearest.begin(), nearest.end(),
                                         [&](std::size_t other) { return labels[other] == labels[row]; });
        if (votes > most) {
            most = votes;
            best = labels[row];
        }
    }
    return best;
}

} // namespace exercises

EXERCISE(6, exercises::nearest, exercises::vote)
