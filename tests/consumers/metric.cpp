#include <cstdio>
#include <vector>

#include <xtensor/xtensor.hpp>

#include <trine/distances/euclidean.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/neighbors/search.hpp>
#include <trine/objectives/objective.hpp>

int main() {
    xt::xtensor<float, 2> const points{{0, 0}, {1, 0}, {0, 3}, {1, 3}};
    std::vector<trine::label> const labels{1, 1, 2, 2};
    xt::xtensor<float, 2> gradient({4, 2});
    trine::objective loss(trine::miners::batch_hard{}, trine::losses::triplet_margin{.margin = 3},
                          trine::distances::euclidean{});
    auto const result = loss(points, labels, gradient);
    auto const found = trine::neighbors::search(trine::distances::euclidean{}, points, points, 2);
    std::printf("loss %.3f, the nearest of the first is %zu\n", result.loss, found[0][1].index);
    return result.loss > 0 && gradient(0, 0) < 0 && found[0][1].index == 1 ? 0 : 1;
}
