#include <trine/kernels/candidate_pool.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <trine/core/random.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("a pool keeps the k nearest by their true values, though it sees bounds only", "[kernels]") {
    std::vector<double> values(3000);
    random_stream stream(3, purpose::user);
    for (auto& v : values)
        v = static_cast<double>(stream.below(200)); // many ties
    values[17] = values[400] = NAN;
    auto const order_of = [&] {
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!std::isnan(values[i]))
                order.push_back(i);
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
        return order;
    };
    for (bool sorted : {false, true}) { // the worst order: ever nearer
        if (sorted)
            std::sort(values.begin(), values.end(),
                      [](double a, double b) { return std::isnan(b) ? !std::isnan(a) : a > b; });
        auto const order = order_of();
        for (double width : {0.0, 0.5, 30.0, 1e9})
            for (std::size_t k : {1, 7, 100, 2998, 5000}) {
                std::size_t asked = 0;
                auto const settle = [&](std::size_t i) { return ++asked, values[i]; };
                kernels::candidate_pool pool;
                pool.reset(k);
                for (std::size_t i = 0; i < values.size(); ++i) {
                    bool const known = !std::isnan(values[i]);
                    double const lower = known ? values[i] - width * stream.uniform() : -1e300,
                                 upper = known ? values[i] + width * stream.uniform() : 1e300;
                    if (lower <= pool.threshold())
                        pool.add({lower, upper, i}, settle);
                }
                auto const best = pool.finish(settle);
                REQUIRE(best.size() == std::min(k, order.size()));
                bool same = true;
                for (std::size_t i = 0; i < best.size(); ++i)
                    same = same && best[i].index == order[i] && best[i].is_settled();
                CHECK(same);
                if (width == 0)
                    CHECK(asked <= 2); // what is known needs no asking
            }
    }
}
