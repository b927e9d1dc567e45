#include <trine/kernels/pairwise.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

TEST_CASE("pairwise squared differences are exact between equal rows, symmetric, and follow a permutation",
          "[kernels]") {
    std::size_t const n = 67, d = 19;
    auto e = random_values<float>(n * d, 5);
    std::copy_n(e.begin() + 3 * d, d, e.begin() + 40 * d);
    std::vector<float> out(n * n);
    matrix_view<float const> const view(e.data(), n, d);
    kernels::pairwise<kernels::add_squared_difference>(view, view, matrix_view<float>(out.data(), n, n));
    for (std::size_t i = 0; i < n; ++i) {
        CHECK(out[i * n + i] == 0);
        for (std::size_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::size_t k = 0; k < d; ++k)
                sum += std::pow(static_cast<double>(e[i * d + k]) - static_cast<double>(e[j * d + k]), 2);
            REQUIRE(out[i * n + j] == Approx(sum).epsilon(1e-6));
            REQUIRE(out[i * n + j] == out[j * n + i]);
        }
    }
    CHECK(out[3 * n + 40] == 0);
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    random_stream(1, purpose::user).shuffle(std::span(order));
    std::vector<float> permuted(n * d), permuted_out(n * n);
    for (std::size_t i = 0; i < n; ++i)
        std::copy_n(e.begin() + static_cast<std::ptrdiff_t>(order[i] * d), d,
                    permuted.begin() + static_cast<std::ptrdiff_t>(i * d));
    matrix_view<float const> const permuted_view(permuted.data(), n, d);
    kernels::pairwise<kernels::add_squared_difference>(permuted_view, permuted_view,
                                                       matrix_view<float>(permuted_out.data(), n, n));
    bool same = true;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            same = same && permuted_out[i * n + j] == out[order[i] * n + order[j]];
    CHECK(same);
}
