#pragma once

/// Small batches, awkward ones among them, and gradients on them against central differences, in double.

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include <trine/core/label.hpp>
#include <trine/core/view.hpp>

#include "catch.hpp"
#include "random_values.hpp"

namespace catalog {

using namespace trine;

struct small_batch {
    std::string name;
    std::vector<double> e;
    std::vector<label> labels;
    std::size_t corners = 0; // rows that share a place with another, where a distance has no gradient
    std::size_t rows() const { return labels.size(); }
    static constexpr std::size_t cols = 4;
};

inline std::vector<small_batch> batches() {
    std::vector<small_batch> all;
    auto const add = [&](std::string name, std::vector<label> labels, double length = 1) -> small_batch& {
        small_batch b{std::move(name), random_values<double>(labels.size() * small_batch::cols, 3), std::move(labels)};
        for (double& v : b.e)
            v *= length;
        all.push_back(std::move(b));
        return all.back();
    };
    std::vector<label> const mixed{5, 5, 5, -2, -2, 7, 7, 7, 100};
    add("mixed, one photo alone", mixed);
    auto& twice = add("two people in one place", mixed);
    std::copy_n(twice.e.begin(), small_batch::cols, twice.e.begin() + 3 * small_batch::cols);
    twice.corners = 4;
    auto& same = add("a photo twice", mixed);
    std::copy_n(same.e.begin(), small_batch::cols, same.e.begin() + small_batch::cols);
    same.corners = 2;
    add("one person", {4, 4, 4, 4});
    add("nobody twice", {1, 2, 3, 4});
    add("one photo", {1});
    add("long", mixed, 1e3);
    add("short", mixed, 1e-3);
    return all;
}

template <class Objective>
void check_gradient(Objective&& o, small_batch const& b, bool finite_only = false) {
    std::size_t const n = b.rows(), d = small_batch::cols;
    auto e = b.e;
    std::vector<double> gradient(n * d, NAN);
    auto const loss = [&] {
        return o(matrix_view<double const>(e.data(), n, d), std::span<label const>(b.labels), matrix_view<double>(), 1,
                 2)
            .loss;
    };
    o(matrix_view<double const>(e.data(), n, d), std::span<label const>(b.labels),
      matrix_view<double>(gradient.data(), n, d), 1, 2);
    double largest = 0;
    for (double g : gradient) {
        REQUIRE(std::isfinite(g));
        largest = std::max(largest, std::abs(g));
    }
    double length = 0;
    for (double v : e)
        length = std::max(length, std::abs(v));
    for (std::size_t i = b.corners * d; i < e.size() && !finite_only; ++i) {
        double const h = 1e-6 * length, before = e[i];
        e[i] = before + h;
        double const above = loss();
        e[i] = before - h;
        double const below = loss();
        e[i] = before;
        double const expected = (above - below) / (2 * h);
        CAPTURE(b.name, i);
        REQUIRE(gradient[i] == Approx(expected).epsilon(2e-5).margin(1e-6 * largest + 1e-8 / length));
    }
}

} // namespace catalog
