// Built with Faiss where it is there.
#ifdef TRINE_HAS_FAISS

#include <trine/neighbors/faiss.hpp>

#include <filesystem>

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

TEMPLATE_TEST_CASE("Faiss finds nearly all that exact search finds", "[neighbors]", distances::squared_euclidean,
                   distances::cosine, distances::dot_product) {
    STATIC_REQUIRE(neighbors::policy<neighbors::faiss<"Flat">, TestType>);
    CHECK(identity_of(neighbors::faiss<"IVF8,Flat">{}).text() == "faiss (factory IVF8,Flat)");
    auto const values = random_values<float>(n * d, 1), asked = random_values<float>(queries_count * d, 2);
    matrix_view<float const> const points(values.data(), n, d), queries(asked.data(), queries_count, d);
    typename neighbors::faiss<"Flat">::template index<TestType> flat(d);
    flat.add(points);
    CHECK(recall<TestType>(flat, points, queries, k) == 1.0);
    std::vector<bool> removed(n);
    for (std::size_t i = 0; i < n; i += 2)
        flat.remove(i), removed[i] = true;
    CHECK(recall<TestType>(flat, points, queries, k, removed) == 1.0);
    CHECK_THROWS_AS(flat.remove(0), argument_error);
    CHECK_THROWS_AS(flat.search(queries, n), argument_error);
    typename neighbors::faiss<"IVF8,Flat">::template index<TestType> cells(d);
    CHECK_THROWS_WITH(cells.add(points.slice(0, 3)), Contains("Faiss, index \"IVF8,Flat\""));
    cells.add(points);
    CHECK(recall<TestType>(cells, points, queries, k) > 0.2);
    temporary_folder const folder;
    cells.save(folder / "cells");
    typename neighbors::faiss<"IVF8,Flat">::template index<TestType> loaded(d);
    loaded.load(folder / "cells");
    CHECK(loaded.size() == n);
    typename neighbors::faiss<"Flat">::template index<TestType> other(d + 1);
    CHECK_THROWS_WITH(other.load(folder / "cells"), Contains("holds points of 16 values, not 17"));
    CHECK_THROWS_AS(loaded.load(folder / "none"), io_error);
    // Saved as every file: through a link, its owner's alone; and what never ends is not read.
    std::filesystem::create_symlink("cells", folder / "link");
    cells.save(folder / "link");
    CHECK(std::filesystem::is_symlink(folder / "link"));
    CHECK((std::filesystem::status(folder / "cells").permissions() & std::filesystem::perms(077)) ==
          std::filesystem::perms::none);
    CHECK_THROWS_WITH(loaded.load("/dev/zero"), Contains("is a device, not a file"));
    CHECK_THROWS_AS(cells.save(folder / "none" / "cells"), io_error);
    CHECK_THROWS_AS(typename neighbors::faiss<"no such index">::template index<TestType>(d), argument_error);
}

#endif
