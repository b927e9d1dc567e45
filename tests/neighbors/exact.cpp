#include <trine/neighbors/exact.hpp>

#include <numeric>

#include <trine/distances/cosine.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

TEMPLATE_TEST_CASE("exact search finds what sorting everything finds", "[neighbors]", distances::squared_euclidean, distances::euclidean, distances::cosine) {
    std::size_t const n = 2100, q = 70, d = 5;
    auto references = random_values<float>(n * d, 1);
    std::copy_n(references.begin(), 50 * d, references.begin() + 1500 * d); // ties across blocks
    auto const queries = random_values<float>(q * d, 2);
    matrix_view<float const> const rv(references.data(), n, d), qv(queries.data(), q, d);
    std::vector<float> all(q * n);
    TestType{}.cross(qv, rv, matrix_view<float>(all.data(), q, n));
    for (std::size_t k : {std::size_t{1}, std::size_t{10}, n}) {
        auto const found = neighbors::exact{}.search(TestType{}, qv, rv, k);
        REQUIRE(found.size() == q);
        for (std::size_t i = 0; i < q; ++i) {
            std::vector<std::size_t> order(n);
            std::iota(order.begin(), order.end(), 0);
            std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return all[i * n + a] < all[i * n + b]; });
            REQUIRE(found[i].size() == k);
            bool same = true;
            for (std::size_t j = 0; j < k; ++j)
                same = same && found[i][j].index == order[j];
            CHECK(same);
        }
    }
    CHECK_THROWS_WITH(neighbors::exact{}.search(TestType{}, qv, rv, n + 1), "k = 2101 nearest neighbours of a gallery of 2100 photos: k has to lie between 1 and the gallery's size");
    CHECK_THROWS_AS(neighbors::exact{}.search(TestType{}, qv, rv, 0), argument_error);
    CHECK_THROWS_AS(neighbors::exact{}.search(TestType{}, qv, matrix_view<float const>(references.data(), n, 4), 1), shape_error);
}

TEST_CASE("the majority wins, and of equals the nearest", "[neighbors]") {
    std::vector<label> const labels{5, 5, 9, 9, 7};
    std::vector<neighbors::neighbor> nearest{{0.1f, 4}, {0.2f, 2}, {0.3f, 0}, {0.4f, 3}, {0.5f, 1}};
    auto const v = neighbors::majority(nearest, labels);
    CHECK(v.who == 9);
    CHECK(v.votes == 2);
    CHECK(v.distance == 0.2f);
    CHECK(neighbors::majority(std::span(nearest).first(1), labels).who == 7);
    CHECK_THROWS_AS(neighbors::majority({}, labels), argument_error);
}
