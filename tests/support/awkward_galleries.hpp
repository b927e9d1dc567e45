#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <trine/core/view.hpp>

#include "random_values.hpp"

/// A gallery of its own.
struct points {
    std::size_t n, d;
    std::vector<float> values;
    float* row(std::size_t i) { return values.data() + i * d; }
    float const* row(std::size_t i) const { return values.data() + i * d; }
    trine::matrix_view<float const> view() const { return {values.data(), n, d}; }
};

inline points random_points(std::size_t n, std::size_t d, std::uint64_t seed) {
    return {n, d, random_values<float>(n * d, seed)};
}

/// Galleries that searches get wrong.
inline std::map<std::string, points> awkward_galleries(std::size_t n, std::size_t d) {
    std::map<std::string, points> all{{"random", random_points(n, d, 1)}};
    auto duplicates = random_points(n, d, 2);
    for (std::size_t i = 0; i < n; ++i)
        std::copy_n(duplicates.row(i % 7), d, duplicates.row(i));
    all["duplicates"] = duplicates;
    auto clustered = random_points(n, d, 3);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < d; ++k)
            clustered.row(i)[k] = clustered.row(i % 11)[k] + (i < 11 ? 0.0f : 1e-3f * clustered.row(i)[k]);
    all["clustered"] = clustered;
    auto close =
        random_points(n, d, 4); // far from the queries, and within a few units of the last place of one another
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < d; ++k)
            close.row(i)[k] = 100 + 1e-5f * close.row(i)[k];
    all["nearly equal distances"] = close;
    auto huge = random_points(n, d, 5);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < d; ++k)
            huge.row(i)[k] *= i % 5 == 0 ? 1e19f : i % 5 == 1 ? 1e-25f : i % 5 == 2 ? 1e6f : 1.0f;
    all["norms from 1e-25 to 1e19"] = huge;
    auto zeros = random_points(n, d, 6);
    for (std::size_t i = 0; i < n; i += 2)
        std::fill_n(zeros.row(i), d, 0.0f);
    all["zeros"] = zeros;
    auto falling = random_points(n, d, 7); // every reference is nearer than all before it
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < d; ++k)
            falling.row(i)[k] *= 1 - static_cast<float>(i) / static_cast<float>(n);
    all["ever nearer"] = falling;
    return all;
}
