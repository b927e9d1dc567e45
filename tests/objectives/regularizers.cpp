#include <trine/objectives/regularizers.hpp>

#include <trine/losses/proxy.hpp>
#include <trine/losses/regularized.hpp>
#include <trine/objectives/any_objective.hpp>
#include <trine/objectives/objective.hpp>
#include <trine/objectives/weighted_sum.hpp>

#include "support/awkward_batches.hpp"
#include "support/catalog_records.hpp"
#include "support/reference_data.hpp"

using namespace trine;
using namespace catalog;

TEST_CASE("regularizers agree with PyTorch Metric Learning", "[vectors]") {
    auto const folder = reference_data("reference/vectors_more");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["kind"] != "regularizer")
            continue;
        std::string const name = record["name"];
        auto const& p = record["parameters"];
        CAPTURE(record.dump());
        auto const b = read_batch(*folder, record);
        auto const check = [&]<class R>(R regularizer) {
            penalty<R, double> const o{regularizer};
            check_record(o, b, *folder, record);
            ++count.seen[name];
        };
        if (name == "CenterInvariantRegularizer")
            check(regularizers::center_invariant{});
        else if (name == "RegularFaceRegularizer")
            check(regularizers::regular_face{});
        else if (name == "ZeroMeanRegularizer")
            check(regularizers::zero_mean{});
        else if (name == "LpRegularizer")
            check(regularizers::lp{p["p"], p["power"]});
        else if (name == "SparseCentersRegularizer")
            check(regularizers::sparse_centers{p["centers_per_class"]});
        else
            FAIL("an unknown regularizer: " << name);
    }
    CHECK(count.seen.size() == 5);
}

TEST_CASE("gradients of regularizers agree with central differences", "[catalog]") {
    for (auto const& b : batches()) {
        INFO(b.name);
        check_gradient(penalty<regularizers::center_invariant, double>{}, b);
        check_gradient(penalty<regularizers::zero_mean, double>{}, b);
        for (double p : {1.0, 2.0, 3.0})
            check_gradient(penalty<regularizers::lp, double>{{p, 1.5}}, b);
        if (b.rows() % 3 == 0 && b.corners == 0)
            check_gradient(penalty<regularizers::sparse_centers, double>{{3}}, b);
        if (b.corners == 0) // equal rows are each other's nearest
            check_gradient(penalty<regularizers::regular_face, double>{}, b);
    }
}

TEST_CASE("a penalty on class weights is added to a loss, with its gradient", "[catalog]") {
    auto b = batches().front();
    for (label& l : b.labels)
        l = l == 5 ? 0 : l == -2 ? 1 : l == 7 ? 2 : 3;
    std::size_t const n = b.rows(), d = b.cols, classes = 150; // more than a block of rows
    matrix_view<double const> const e(b.e.data(), n, d);
    auto const with = [&](auto loss) {
        objective<miners::none, decltype(loss), distances::cosine, double> o({}, loss);
        o.start(classes, d, 1);
        return o;
    };
    auto plain = with(losses::cosface{});
    auto both = with(losses::regularized<losses::cosface, regularizers::regular_face>{{}, {}, 0.5});
    auto const first = plain(e, b.labels, {}), second = both(e, b.labels, {});
    std::vector<double> gradient(classes * d);
    matrix_view<double const> const weights(plain.parameters().data(), classes, d);
    double const value =
        regularizers::regular_face{}.add(weights, matrix_view<double>(gradient.data(), classes, d), 0.5);
    CHECK(second.loss == Approx(first.loss + 0.5 * value));
    for (std::size_t i = 0; i < gradient.size(); ++i)
        CHECK(both.parameter_gradients()[i] == Approx(plain.parameter_gradients()[i] + gradient[i]).margin(1e-15));
    // The largest cosine of each row, by the plainest loop.
    double expected = 0;
    for (std::size_t i = 0; i < classes; ++i) {
        double largest = -2;
        for (std::size_t j = 0; j < classes; ++j) {
            double dot = 0, one = 0, other = 0;
            for (std::size_t k = 0; k < d; ++k)
                dot += weights(i, k) * weights(j, k), one += std::pow(weights(i, k), 2),
                    other += std::pow(weights(j, k), 2);
            largest = i == j ? largest : std::max(largest, dot / std::sqrt(one * other));
        }
        expected += largest / static_cast<double>(classes);
    }
    CHECK(value == Approx(expected));
    CHECK(both.identity_of().text() ==
          "objective (miner none, loss cosface (margin 0.35, scale 64, regularizer regular_face, regularizer_weight "
          "0.5), distance cosine)");
    auto const centred = with(
        losses::regularized<losses::soft_triple, regularizers::sparse_centers>{{.centers = 3}, {.centers = 3}, 0.2});
    CHECK(centred.loss().regularizer.centers == 3);
}

TEST_CASE("penalties are objectives, and refuse what makes no sense", "[catalog]") {
    any_objective const sum = sum_of({1, 0.1}, penalty<regularizers::zero_mean>{}, penalty<regularizers::lp>{});
    CHECK(sum.identity_of().text().find("penalty (regularizer lp (p 2, power 1))") != std::string::npos);
    auto const e = random_values<float>(6, 1);
    std::vector<label> const labels{1, 1};
    CHECK_THROWS_WITH((penalty<regularizers::lp>{{.p = 0.5}}({e.data(), 2, 3}, labels, {})),
                      "regularizers::lp: p = 0.5 where 1 or more is needed");
    CHECK_THROWS_WITH((penalty<regularizers::lp>{{.power = 0}}({e.data(), 2, 3}, labels, {})),
                      "regularizers::lp: power 0, which has to be above 0");
    CHECK_THROWS_WITH((penalty<regularizers::sparse_centers>{{0}}({e.data(), 2, 3}, labels, {})),
                      "regularizers::sparse_centers: 0 centers a class, of which it needs 1");
    CHECK_THROWS_WITH((penalty<regularizers::sparse_centers>{{3}}({e.data(), 2, 3}, labels, {})),
                      "regularizers::sparse_centers: 2 rows in groups of 3");
    using penalized = losses::regularized<losses::cosface, regularizers::zero_mean>;
    CHECK_THROWS_WITH(objective(miners::none{}, penalized{{}, {}, -1}, distances::cosine{}),
                      "regularizer_weight -1, which may not be below 0");
    CHECK(penalty<regularizers::regular_face>{}({e.data(), 1, 3}, std::vector<label>{1}, {}).loss == 0);
    CHECK(penalty<regularizers::center_invariant>{}({e.data(), 0, 3}, std::vector<label>{}, {}).loss == 0);
}
