#include <trine/neighbors/search.hpp>

#include <array>
#include <span>

#include <trine/arrays/tensor.hpp>
#if __has_include(<xtensor/containers/xadapt.hpp>)
#include <xtensor/containers/xadapt.hpp>
#include <xtensor/containers/xarray.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xview.hpp>
#endif

#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/distances/lp.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

namespace {

constexpr std::size_t n = 60, q = 5, d = 7, k = 4;

bool equal(neighbors::neighbor_lists const& a, neighbors::neighbor_lists const& b) {
    bool same = a.size() == b.size();
    for (std::size_t i = 0; same && i < a.size(); ++i)
        same = std::equal(a[i].begin(), a[i].end(), b[i].begin(), b[i].end());
    return same;
}

} // namespace

TEST_CASE("a search takes arrays as they are", "[neighbors]") {
    auto const values = random_values<float>(n * d, 1), asked = random_values<float>(q * d, 2);
    distances::euclidean const distance;
    auto const expected = neighbors::exact{}.search(distance, matrix_view<float const>(asked.data(), q, d),
                                                    matrix_view<float const>(values.data(), n, d), k);
    // Pointers, containers and spans with their extents.
    CHECK(equal(neighbors::search(distance, {asked.data(), q, d}, {values.data(), n, d}, k), expected));
    CHECK(equal(neighbors::search(distance, {asked, q, d}, {std::span<float const>(values), n, d}, k), expected));
    // xtensor's containers, constant or not, of fixed or of any dimension.
    xt::xtensor<float, 2> references = xt::adapt(values, std::array<std::size_t, 2>{n, d});
    xt::xtensor<float, 2> const queries = xt::adapt(asked, std::array<std::size_t, 2>{q, d});
    xt::xarray<float> const dynamic = queries;
    CHECK(equal(neighbors::search(distance, queries, references, k), expected));
    CHECK(equal(neighbors::search(distance, dynamic, references, k), expected));
    // Adaptors, and views of rows and of columns.
    auto const adapted = xt::adapt(asked, std::vector<std::size_t>{q, d});
    CHECK(equal(neighbors::search(distance, adapted, references, k), expected));
    xt::xtensor<float, 2> wide = xt::zeros<float>({n + 3, d + 2});
    xt::view(wide, xt::range(2, n + 2), xt::range(1, d + 1)) = references;
    CHECK(equal(neighbors::search(distance, queries, xt::view(wide, xt::range(2, n + 2), xt::range(1, d + 1)), k),
                expected));
    auto const first = neighbors::search(distance, xt::view(queries, xt::range(0, 2), xt::all()), references, k);
    REQUIRE(first.size() == 2);
    CHECK(std::equal(first[1].begin(), first[1].end(), expected[1].begin(), expected[1].end()));
    // What is no matrix of contiguous rows is refused.
    CHECK_THROWS_AS(neighbors::search(distance, xt::xarray<float>::from_shape({q, d, 1}), references, k), shape_error);
    CHECK_THROWS_AS(neighbors::search(distance, xt::transpose(references), references, k), shape_error);
    CHECK_THROWS_AS(neighbors::search(distance, {asked, q, d - 1}, references, k), shape_error);
}

TEST_CASE("an index takes arrays as they are, and says what it compares with", "[neighbors]") {
    auto const values = random_values<float>(n * d, 1), asked = random_values<float>(q * d, 2);
    xt::xtensor<float, 2> const references = xt::adapt(values, std::array<std::size_t, 2>{n, d}),
                                queries = xt::adapt(asked, std::array<std::size_t, 2>{q, d});
    neighbors::exact::index<distances::lp> index(d, distances::lp{.p = 3});
    index.add(xt::view(references, xt::range(0, 10), xt::all()));
    index.borrow(matrix_view<float const>(references).slice(10, n - 10));
    CHECK(index.distance().p == 3);
    CHECK(equal(index.search(queries, k), neighbors::search(distances::lp{.p = 3}, queries, references, k)));
    STATIC_REQUIRE(std::is_const_v<std::remove_reference_t<decltype(index.distance())>>);
    CHECK(identity_of(neighbors::exact{}).text() == "exact (storage float32)");
    CHECK(identity_of(neighbors::exact_in<neighbors::storage::int8>{}).text() == "exact (storage int8)");
}
