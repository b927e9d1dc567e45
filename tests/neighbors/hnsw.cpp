#include <trine/neighbors/hnsw.hpp>

#include <limits>

#include <trine/core/random.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/recall.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

constexpr std::size_t n = 3000, d = 16, queries_count = 50, k = 10;

} // namespace

TEMPLATE_TEST_CASE("hnsw finds nearly all that exact search finds", "[neighbors]", distances::squared_euclidean,
                   distances::euclidean, distances::cosine, distances::dot_product,
                   distances::normalized<distances::euclidean>) {
    STATIC_REQUIRE(neighbors::policy<neighbors::hnsw, TestType>);
    auto const values = random_values<float>(n * d, 1), asked = random_values<float>(queries_count * d, 2);
    matrix_view<float const> const points(values.data(), n, d), queries(asked.data(), queries_count, d);
    typename neighbors::hnsw::index<TestType> index(d);
    index.add(points.slice(0, 1));
    index.add(points.slice(1, 1500)); // more than there was room for
    index.add(points.slice(1501, n - 1501));
    index.set_ef(200);
    CHECK(index.size() == n);
    CHECK(recall<TestType>(index, points, queries, k) > 0.95);
    if constexpr (std::is_same_v<TestType, distances::squared_euclidean>) // which is hnswlib's own
        for (std::size_t q = 0; q < queries_count; ++q) {
            auto const found = index.search(queries.slice(q, 1), k);
            auto heap = index.graph().searchKnn(queries.row(q).data(), k);
            CHECK(heap.size() == k);
            for (std::size_t i = heap.size(); i-- > 0; heap.pop())
                CHECK(found[0][i].distance == heap.top().first);
        }
    std::vector<bool> removed(n);
    for (std::size_t i = 0; i < n; i += 3)
        index.remove(i), removed[i] = true;
    CHECK(recall<TestType>(index, points, queries, k, removed) > 0.95);
    // What is saved comes back.
    temporary_folder const folder;
    index.save(folder / "graph");
    typename neighbors::hnsw::index<TestType> loaded(d);
    loaded.load(folder / "graph");
    loaded.set_ef(200);
    CHECK(loaded.size() == n);
    CHECK(loaded.removed() == n / 3);
    auto const a = index.search(queries, k), b = loaded.search(queries, k);
    bool same = true;
    for (std::size_t q = 0; q < queries_count; ++q)
        same = same && std::equal(a[q].begin(), a[q].end(), b[q].begin(), b[q].end());
    CHECK(same);
    loaded.add(points.slice(0, 10)); // and grows
    CHECK(loaded.size() == n + 10);
}

TEST_CASE("hnsw refuses what makes no sense, and files that are not its own", "[neighbors]") {
    using distance = distances::squared_euclidean;
    auto values = random_values<float>(100 * d, 1);
    matrix_view<float const> const points(values.data(), 100, d);
    neighbors::hnsw::index<distance> index(d);
    CHECK_THROWS_WITH(
        index.search(points, 1),
        "k = 1 nearest neighbours of a gallery of 0 photos: k has to lie between 1 and the gallery's size");
    index.add(points);
    CHECK_THROWS_AS(index.search(points, 0), argument_error);
    CHECK_THROWS_AS(index.search(points, 101), argument_error);
    CHECK_THROWS_WITH(index.add(matrix_view<float const>(values.data(), 5, 7)),
                      "points of 7 values for an index of 16");
    CHECK_THROWS_WITH(index.search(matrix_view<float const>(values.data(), 5, 7), 1),
                      "queries of 7 values among references of 16");
    values[3 * d] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH(index.add(points), "embedding 3 of those to be added is not finite");
    CHECK_THROWS_WITH(index.search(points, 1), "query 3 is not finite");
    CHECK(index.size() == 100);
    index.remove(5);
    CHECK_THROWS_WITH(index.remove(5), "there is no point at place 5 of 100");
    CHECK_THROWS_AS(index.remove(100), argument_error);
    CHECK_THROWS_AS(index.set_ef(0), argument_error);

    temporary_folder const folder;
    auto const path = folder / "graph";
    index.save(path);
    CHECK_THROWS_WITH(neighbors::hnsw::index<distances::cosine>(d).load(path),
                      Contains("was made for the distance squared_euclidean, not cosine"));
    CHECK_THROWS_WITH(neighbors::hnsw::index<distance>(8).load(path), Contains("holds points of 16 values, not 8"));
    CHECK_THROWS_WITH((neighbors::hnsw_with<8>::index<distance>(d).load(path)),
                      Contains("its points have 16 links, not 8"));
    CHECK_THROWS_AS(index.load(folder / "none"), io_error);
    // Damage is seen; and where somebody mends the checksum, no link leads out of the graph.
    auto const good = io::safetensors::load(path);
    auto const graph = good.get<std::uint8_t>("graph", good.find("graph").shape);
    random_stream stream(1, purpose::user);
    neighbors::hnsw::index<distance> victim(d);
    std::size_t refused = 0;
    for (int i = 0; i < 400; ++i) {
        auto bytes = graph;
        for (int c = 0; c < 3; ++c)
            bytes[i < 120 ? static_cast<std::size_t>(i) % 104
                          : stream.below(static_cast<std::uint32_t>(bytes.size()))] =
                static_cast<std::uint8_t>(stream.below(256));
        io::safetensors bad;
        bad.metadata = good.metadata;
        for (auto const& [name, entry] : good.entries())
            if (name != "graph")
                FAIL("a graph's file holds another tensor: " << name);
        if (i % 4 > 0)
            bad.metadata["checksum"] =
                std::to_string(io::checksum({reinterpret_cast<char const*>(bytes.data()), bytes.size()}));
        bad.add<std::uint8_t>("graph", {bytes.size()}, bytes);
        io::safetensors file; // without the old bytes
        file.metadata = bad.metadata;
        file.add<std::uint8_t>("graph", {bytes.size()}, bytes);
        file.save(path);
        try {
            victim.load(path);
            (void)victim.search(matrix_view<float const>(values.data(), 2, d), 1);
        } catch (error const&) {
            ++refused;
        }
    }
    CHECK(refused > 150);
    // Nor does an empty one begin at a point.
    neighbors::hnsw::index<distance>(d).save(path);
    auto const empty = io::safetensors::load(path);
    auto nobody = empty.get<std::uint8_t>("graph", empty.find("graph").shape);
    nobody[52] = 2;
    io::safetensors file;
    file.metadata = empty.metadata;
    file.metadata["checksum"] =
        std::to_string(io::checksum({reinterpret_cast<char const*>(nobody.data()), nobody.size()}));
    file.add<std::uint8_t>("graph", {nobody.size()}, nobody);
    victim.load(path);
    CHECK(victim.size() == 0);
    file.save(path);
    CHECK_THROWS_WITH(victim.load(path), Contains("its graph is not one of 16 values with 16 links"));
    io::write_file(path, "nothing of the kind");
    CHECK_THROWS_AS(victim.load(path), format_error);
}

TEST_CASE("a graph that is loaded is searched as before", "[neighbors]") {
    temporary_folder const folder;
    auto const values = random_values<float>(n * d, 1), asked = random_values<float>(queries_count * d, 2);
    matrix_view<float const> const points(values.data(), n, d), queries(asked.data(), queries_count, d);
    using policy = neighbors::hnsw_with<4, 20, 1>; // few candidates, and then many
    policy::index<distances::squared_euclidean> index(d);
    index.add(points);
    index.save(folder / "graph");
    double const few = recall<distances::squared_euclidean>(index, points, queries, k);
    index.set_ef(300);
    double const many = recall<distances::squared_euclidean>(index, points, queries, k);
    CHECK(many > few + 0.1);
    index.load(folder / "graph");
    CHECK(recall<distances::squared_euclidean>(index, points, queries, k) == many);
    policy::index<distances::squared_euclidean> fresh(d); // and one that was told nothing, as its policy says
    fresh.load(folder / "graph");
    CHECK(recall<distances::squared_euclidean>(fresh, points, queries, k) == few);
}

TEST_CASE("a graph says who it is, and what it compares with", "[neighbors]") {
    CHECK(identity_of(neighbors::hnsw{}).text() == "hnsw (links 16, construction candidates 200, candidates 64)");
    neighbors::hnsw::index<distances::cosine> const index(d);
    STATIC_REQUIRE(std::is_same_v<decltype(index.distance()), distances::cosine const&>);
}
