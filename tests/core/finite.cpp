#include <trine/core/finite.hpp>

#include <limits>
#include <vector>

#include "support/catch.hpp"

using namespace trine;

TEMPLATE_TEST_CASE("one value that is not finite is found wherever it is", "[core]", float, double) {
    using limits = std::numeric_limits<TestType>;
    for (std::size_t size : {1u, 7u, 8u, 33u})
        for (std::size_t at = 0; at < size; ++at)
            for (auto value : {limits::infinity(), -limits::infinity(), limits::quiet_NaN(), -limits::quiet_NaN()}) {
                std::vector<TestType> values(size, -limits::max());
                values.front() = limits::denorm_min();
                CHECK(all_finite(size, values.data()));
                values[at] = value;
                CHECK(!all_finite(size, values.data()));
                matrix_view<TestType const> const column(values.data(), size, 1);
                CHECK_THROWS_WITH(require_finite(column, "point", " of some"),
                                  "point " + std::to_string(at) + " of some is not finite");
            }
    CHECK(all_finite(0, static_cast<TestType const*>(nullptr)));
}
