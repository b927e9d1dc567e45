#include <trine/neighbors/rows.hpp>

#include <limits>
#include <vector>

#include <trine/core/error.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/neighbors/exact.hpp>

#include "support/catch.hpp"

using namespace trine;
namespace storage = neighbors::storage;

namespace {

constexpr std::size_t cols = 4;

std::vector<float> rising(std::size_t rows) {
    std::vector<float> all(rows * cols);
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<float>(i);
    return all;
}
matrix_view<float const> as_rows(std::vector<float> const& values) {
    return {values.data(), values.size() / cols, cols};
}

} // namespace

TEMPLATE_TEST_CASE("rows that cannot be stored leave those before them where they are", "[neighbors]", storage::float32,
                   storage::float16, storage::int8) {
    neighbors::row_buffer<TestType> rows(cols);
    rows.add(as_rows(rising(10)));
    auto const before = rows.view();
    auto many = rising(10 * rows.capacity()); // more than there is room for
    many.back() = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(rows.add(as_rows(many)), numeric_error);
    if (!TestType::is_scaled && !TestType::is_exact) {
        many.back() = 1e5f; // no binary16
        CHECK_THROWS_AS(rows.add(as_rows(many)), numeric_error);
    }
    CHECK(rows.rows() == 10);
    CHECK(rows.view().codes == before.codes); // whoever has the view may go on reading
    CHECK(rows.view().scales == before.scales);
    many.back() = 1;
    rows.add(as_rows(many));
    CHECK(rows.rows() == 10 + many.size() / cols);
    std::vector<float> decoded(cols);
    rows.view().copy_row(9, decoded.data());
    CHECK(decoded[3] == 39);
}

TEST_CASE("an index finds the same after points that could not be added", "[neighbors]") {
    neighbors::exact::index<distances::euclidean> index(cols);
    index.add(as_rows(rising(10)));
    auto many = rising(1000);
    many.back() = std::numeric_limits<float>::infinity();
    CHECK_THROWS_AS(index.add(as_rows(many)), numeric_error);
    CHECK(index.size() == 10);
    auto const query = rising(1);
    auto const found = index.search(as_rows(query), 2);
    CHECK(found[0][0].index == 0);
    CHECK(found[0][1].index == 1);
    CHECK(found[0][1].distance == 8);
}
