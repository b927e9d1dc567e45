#include <trine/evaluation/verification.hpp>

#include <cmath>

#include <trine/distances/euclidean.hpp>
#include <trine/evaluation/cross_validation.hpp>
#include <trine/io/npy.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/reference_data.hpp"
#include "support/reference_records.hpp"

using namespace trine;

TEST_CASE("verification metrics of distances worked out by hand", "[evaluation]") {
    auto const perfect = evaluation::evaluate_verification<double>({1, 2, 3}, {4, 5});
    CHECK(perfect.auc == 1);
    CHECK(perfect.equal_error_rate == 0);
    auto const none = evaluation::evaluate_verification<double>({1, 1, 1}, {1, 1});
    CHECK(none.auc == 0.5);
    CHECK(none.equal_error_rate == Approx(0.5));
    // Of 4 same pairs one is rejected and of 4 different pairs one accepted at any threshold from 3 to 4.
    auto const v = evaluation::evaluate_verification<double>({1, 2, 3, 6}, {2.5, 4, 7, 8});
    CHECK(v.equal_error_rate == Approx(0.25));
    CHECK(v.auc == Approx((4 + 4 + 3 + 2) / 16.0));
    CHECK_THROWS_AS(evaluation::evaluate_verification<double>({}, {1}), data_error);
}

TEST_CASE("verification agrees with scikit-learn", "[vectors]") {
    auto const folder = reference_data("reference/vectors");
    if (!folder)
        return;
    std::size_t seen = 0;
    for (auto const& record : records_of(*folder)) {
        if (record["kind"] != "verification")
            continue;
        ++seen;
        auto const d = io::read_npy<double>(*folder / record["distances"].get<std::string>());
        auto const flags = io::read_npy<std::int64_t>(*folder / record["same"].get<std::string>());
        std::vector<double> same, different;
        for (std::size_t i = 0; i < d.values.size(); ++i)
            (flags.values[i] != 0 ? same : different).push_back(d.values[i]);
        evaluation::verification_curve const curve(same, different);
        CHECK(curve.auc() == Approx(record["auc"].get<double>()).epsilon(1e-9));
        for (auto const& [rate, accepted] : record["tar_at_far"].items())
            CHECK(curve.at_false_accept_rate(std::stod(rate)).true_accept_rate ==
                  Approx(accepted.get<double>()).epsilon(1e-9));
        auto const equal = curve.equal_error().false_accept_rate;
        CHECK(equal >= record["equal_error_rate_between"][0].get<double>() - 1e-9);
        CHECK(equal <= record["equal_error_rate_between"][1].get<double>() + 1e-9);
        std::vector<std::size_t> folds;
        std::vector<bool> answers;
        for (std::size_t i = 0; i < d.values.size(); ++i)
            folds.push_back(i / 300), answers.push_back(flags.values[i] != 0);
        auto const ten = evaluation::cross_validate_at_distances(d.values, answers, folds);
        CHECK(ten.mean == Approx(record["ten_fold"]["mean"].get<double>()).epsilon(1e-9));
        CHECK(ten.deviation == Approx(record["ten_fold"]["std"].get<double>()).epsilon(1e-9));
        for (std::size_t f = 0; f < 10; ++f)
            CHECK(ten.accuracies[f] == Approx(record["ten_fold"]["accuracies"][f].get<double>()).epsilon(1e-9));
    }
    CHECK(seen == 1);
}

TEST_CASE("a threshold from a curve lets in what it says, by the comparison of those who use it", "[evaluation]") {
    auto const accepted = [](std::vector<double> const& list, double threshold) {
        return static_cast<double>(std::count_if(list.begin(), list.end(), [&](double v) { return v <= threshold; })) /
               static_cast<double>(list.size());
    };
    std::vector<std::pair<std::vector<double>, std::vector<double>>> const cases{
        {{5, 6, 7}, {1, 2, 3, 4, 9}},      // nearly all of the wrong pairs are nearer than any right one
        {{3, 3, 6}, {3, 3, 4, 9, 9}},      // ties
        {{1, 2, 3}, {4, 5}},               // nothing wrong
        {{0, 2}, {0, 0, 3}},               // at 0
        {{0.5, 0.5}, {0.5, 0.5, 0.5}},     // all alike
        {{-0.9, -0.2}, {-0.95, 0.1, 0.3}}, // inner products
    };
    for (auto const& [same, different] : cases) {
        evaluation::verification_curve const curve(same, different);
        for (double rate : {0.0, 0.1, 0.2, 0.34, 0.5, 0.8, 1.0}) {
            auto const p = curve.at_false_accept_rate(rate);
            CHECK(accepted(different, p.distance) <= rate + 1e-12);
            CHECK(p.false_accept_rate == accepted(different, p.distance));
            CHECK(p.true_accept_rate == accepted(same, p.distance));
        }
        for (auto const& p : curve.roc()) {
            CHECK(p.false_accept_rate == accepted(different, p.distance));
            CHECK(p.true_accept_rate == accepted(same, p.distance));
        }
    }
    // The same from points: three people on a line, of whom two stand together.
    std::vector<float> const points{0, 4, 4, 8, 20, 24};
    std::vector<label> const labels{0, 0, 1, 1, 2, 2};
    evaluation::verification_curve const curve(
        distances::squared_euclidean{}, matrix_view<float const>(points.data(), 6, 1), std::span<label const>(labels));
    auto const none = curve.at_false_accept_rate(0);
    CHECK(none.distance < 0);
    CHECK((none.true_accept_rate == 0 && none.false_accept_rate == 0));
}

TEST_CASE("a curve of verification is what counting pairs gives", "[evaluation]") {
    // Distances with many ties, and points whose pairs are judged by blocks.
    std::size_t const n = 300, d = 2;
    std::vector<float> points(n * d);
    std::vector<label> labels;
    auto const noise = random_values<float>(n * d, 5);
    for (std::size_t i = 0; i < n; ++i) {
        labels.push_back(static_cast<label>(i % 40));
        for (std::size_t k = 0; k < d; ++k)
            points[i * d + k] = std::round(2 * static_cast<float>(i % 40 % (5 + k)) + 2 * noise[i * d + k]);
    }
    matrix_view<float const> const view(points.data(), n, d);
    std::vector<float> all(n * n);
    distances::squared_euclidean{}.cross(view, view, matrix_view<float>(all.data(), n, n));
    std::vector<double> same, different;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = i + 1; j < n; ++j)
            (labels[i] == labels[j] ? same : different).push_back(static_cast<double>(all[i * n + j]));
    evaluation::verification_curve const listed(same, different),
        streamed(distances::squared_euclidean{}, view, std::span<label const>(labels));
    CHECK(streamed.same() == same.size());
    CHECK(streamed.different() == different.size());
    CHECK(streamed.auc() == listed.auc());
    double wins = 0;
    for (double s : same)
        for (double o : different)
            wins += s < o ? 1 : s == o ? 0.5 : 0;
    CHECK(listed.auc() == Approx(wins / static_cast<double>(same.size() * different.size())).epsilon(1e-12));
    auto const share = [](std::vector<double> const& list, double limit) {
        return static_cast<double>(std::count_if(list.begin(), list.end(), [&](double v) { return v <= limit; })) /
               static_cast<double>(list.size());
    };
    for (double rate : {0.0, 0.001, 0.01, 0.1, 0.5, 1.0}) {
        double best = 0;
        for (double s : same)
            if (share(different, s) <= rate)
                best = std::max(best, share(same, s));
        auto const point = streamed.at_false_accept_rate(rate);
        CHECK(point.true_accept_rate == Approx(best).margin(1e-12));
        CHECK(point.false_accept_rate <= rate + 1e-12);
    }
    for (auto const& p : listed.roc(50))
        if (std::isfinite(p.distance) && p.true_accept_rate > 0) {
            CHECK(p.true_accept_rate == Approx(share(same, p.distance)));
            CHECK(p.false_accept_rate == Approx(share(different, p.distance)).margin(1e-12));
        }
    CHECK(listed.roc(50).size() <= 53);
    // Between the two thresholds around it, one error is larger and then the other.
    auto const equal = listed.equal_error();
    CHECK(equal.false_accept_rate == Approx(1 - equal.true_accept_rate));
    double low = 1, high = 0;
    for (auto const* list : {&same, &different})
        for (double v : *list) {
            double const reject = 1 - share(same, v), accept = share(different, v);
            if (accept <= reject)
                high = std::max(high, accept);
            else
                low = std::min(low, accept);
        }
    CHECK(equal.false_accept_rate >= high - 1e-12);
    CHECK(equal.false_accept_rate <= low + 1e-12);
    CHECK_THROWS_AS(listed.at_false_accept_rate(2), argument_error);
    CHECK_THROWS_AS(evaluation::verification_curve(same, std::vector<double>{std::nan("")}), numeric_error);
    CHECK_THROWS_WITH(evaluation::verification_curve(distances::squared_euclidean{}, view.slice(0, 5),
                                                     std::span<label const>(labels).first(5)),
                      "verification needs pairs of both kinds: there is no pair of one person");
}
