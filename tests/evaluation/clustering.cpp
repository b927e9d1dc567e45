#include <trine/evaluation/clustering.hpp>

#include <algorithm>
#include <cmath>
#include <string>

#include <trine/core/label.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("agreement of groups with people is scikit-learn's, and none by chance", "[evaluation]") {
    std::vector<std::ptrdiff_t> const groups{0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3};
    std::vector<label> const people{1, 1, 0, 1, 2, 2, 2, 2, 2, 3, 3, 0};
    auto const a = evaluation::compare_clusters<label>(groups, people);
    CHECK(a.normalized_mutual_information == Approx(0.5155501721587612).epsilon(1e-12));
    CHECK(a.adjusted_mutual_information == Approx(0.22300554207087112).epsilon(1e-12));
    // Over all ways to deal six people into groups, the adjusted figure is 0 in the mean.
    std::vector<std::ptrdiff_t> const few{0, 0, 0, 1, 1, 2};
    std::vector<int> order{0, 1, 2, 3, 4, 5};
    double sum = 0;
    do {
        std::vector<label> dealt;
        for (int i : order)
            dealt.push_back(i / 2);
        sum += evaluation::compare_clusters<label>(few, dealt).adjusted_mutual_information;
    } while (std::next_permutation(order.begin(), order.end()));
    CHECK(std::abs(sum) < 1e-10);
    std::vector<std::ptrdiff_t> const alone{-1, -1, -1};
    std::vector<label> const three{4, 5, 6}, same{4, 4, 4};
    CHECK(evaluation::compare_clusters<label>(alone, three).adjusted_mutual_information == 1);
    CHECK(evaluation::compare_clusters<label>(alone, same).recall == 0);
    CHECK(evaluation::compare_clusters<label>(alone, same).normalized_mutual_information == 0);
    CHECK(evaluation::compare_clusters<label>(std::vector<std::ptrdiff_t>{}, std::vector<label>{}).f1 == 1);
}

TEST_CASE("people may be called anything", "[evaluation]") {
    std::vector<std::ptrdiff_t> const groups{0, 0, 1};
    std::vector<std::string> const names{"Ada", "Ada", "Grace"};
    CHECK(evaluation::compare_clusters<std::string>(groups, names).f1 == 1);
    CHECK_THROWS_AS(evaluation::compare_clusters<std::string>(groups, std::span(names).first(2)), shape_error);
}
