#include <trine/evaluation/comparison.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <trine/core/error.hpp>
#include <trine/core/random.hpp>
#include <trine/evaluation/statistics.hpp>

#include "support/catch.hpp"

using namespace trine;
using namespace trine::evaluation;

TEST_CASE("the corrected t-test widens what folds share", "[evaluation]") {
    // By hand: mean 0.0204, s² = 0.00034530, variance (1/5 + 1/4)·s²; t and p with 4 degrees by SciPy 1.10.1.
    std::vector<double> const differences{0.03, 0.011, 0.045, 0.02, -0.004};
    auto const m = corrected_mean(differences);
    CHECK(m.mean == Approx(0.0204));
    CHECK(m.half_width == Approx(0.0346093654910769).epsilon(1e-10));
    CHECK(m.p == Approx(0.1770684150969949).epsilon(1e-10));
    // Half as wide again as the plain interval: √(9/20) to √(1/5).
    CHECK(m.half_width == Approx(1.5 * confidence_interval(differences).half_width).epsilon(1e-3));
    CHECK(corrected_mean(differences, 0.5).half_width < m.half_width);
}

TEST_CASE("folds that are all alike, or alone, say what can be said", "[evaluation]") {
    CHECK(corrected_mean(std::vector<double>{0, 0, 0}).p == 1);
    CHECK(corrected_mean(std::vector<double>{0, 0, 0}).half_width == 0);
    CHECK(corrected_mean(std::vector<double>{0.25, 0.25}).p == 0);
    CHECK(std::isinf(corrected_mean(std::vector<double>{3}).half_width));
    CHECK(corrected_mean(std::vector<double>{3}).p == 1);
    CHECK_THROWS_AS(corrected_mean({}), data_error);
    CHECK_THROWS_WITH(corrected_mean(std::vector<double>{1, NAN}), "the value of fold 1 is not a number");
    CHECK_THROWS_AS(corrected_mean(std::vector<double>{1, 2}, 1), argument_error);
}

TEST_CASE("Holm's p-values step down", "[evaluation]") {
    // By hand: 4·0.01, 3·0.02, 2·0.03 no smaller than what came before, 0.04 likewise.
    auto const p = holm(std::vector<double>{0.01, 0.04, 0.03, 0.02});
    CHECK(p[0] == Approx(0.04));
    CHECK(p[3] == Approx(0.06));
    CHECK(p[2] == Approx(0.06));
    CHECK(p[1] == Approx(0.06));
    CHECK(holm(std::vector<double>{0.6, 0.9}) == std::vector<double>{1, 1});
    CHECK(holm(std::vector<double>{0.3}) == std::vector<double>{0.3});
    CHECK(holm({}).empty());
    CHECK_THROWS_AS(holm(std::vector<double>{1.2}), argument_error);
    CHECK_THROWS_AS(holm(std::vector<double>{NAN}), argument_error);
}

TEST_CASE("ranks are Friedman's, ties and all", "[evaluation]") {
    // scipy.stats.friedmanchisquare (1.10.1) gives 12.1875 and 0.006767701641067366. Ranks by hand, two being tied in
    // the third row.
    std::vector<double> const values{.61, .58, .66, .52, .70, .71, .75, .60, .55, .55,
                                     .60, .49, .64, .60, .63, .58, .72, .70, .78, .70};
    auto const r = rank_methods({values.data(), 5, 4});
    CHECK(r.mean_ranks[0] == Approx((2 + 3 + 2.5 + 1 + 2) / 5));
    CHECK(r.mean_ranks[1] == Approx((3 + 2 + 2.5 + 3 + 3.5) / 5));
    CHECK(r.mean_ranks[2] == Approx((1 + 1 + 1 + 2 + 1) / 5.0));
    CHECK(r.mean_ranks[3] == Approx((4 + 4 + 4 + 4 + 3.5) / 5));
    CHECK(r.chi_squared == Approx(12.1875).epsilon(1e-12));
    CHECK(r.p == Approx(0.006767701641067366).epsilon(1e-10));
    CHECK(r.critical_difference == Approx(2.56903177 * std::sqrt(4 * 5 / (6 * 5.0))).epsilon(1e-7));
    // Of five folds: mean ranks vary 1 + 4/5 times as much.
    auto const folds = rank_methods({values.data(), 5, 4}, 0.2);
    CHECK(folds.mean_ranks == r.mean_ranks);
    CHECK(folds.chi_squared == Approx(12.1875 / 1.8));
    CHECK(folds.critical_difference == Approx(std::sqrt(1.8) * r.critical_difference));
}

TEST_CASE("ranks of equals are equal, and of one order are certain", "[evaluation]") {
    std::vector<double> const same(12, 0.5);
    auto const none = rank_methods({same.data(), 4, 3});
    CHECK(none.p == 1);
    CHECK(none.mean_ranks == std::vector<double>{2, 2, 2});
    std::vector<double> const ordered{3, 2, 1, 3, 2, 1, 3, 2, 1};
    auto const all = rank_methods({ordered.data(), 3, 3});
    CHECK(all.chi_squared == Approx(6));
    CHECK(all.p == Approx(std::exp(-3)));
    CHECK_THROWS_AS(rank_methods({ordered.data(), 1, 3}), data_error);
    CHECK_THROWS_AS(rank_methods({ordered.data(), 3, 1}), data_error);
    std::vector<double> const bad{1, NAN, 3, 4};
    CHECK_THROWS_AS(rank_methods({bad.data(), 2, 2}), numeric_error);
    CHECK_THROWS_AS(rank_methods({ordered.data(), 3, 3}, 2), argument_error);
    CHECK_THROWS_AS(rank_methods({ordered.data(), 3, 3}, 0, 0), argument_error);
}

TEST_CASE("bars join what the critical difference does not part", "[evaluation]") {
    using runs = std::vector<std::pair<std::size_t, std::size_t>>;
    CHECK(indistinguishable(std::vector<double>{4, 1, 1.5, 2.2}, 1) == runs{{0, 1}, {1, 2}});
    CHECK(indistinguishable(std::vector<double>{1, 1.4, 2}, 1) == runs{{0, 2}});
    CHECK(indistinguishable(std::vector<double>{1, 3, 5}, 1) == runs{});
    CHECK(indistinguishable({}, 1) == runs{});
}

// Two names for one thing: whatever is found between them is false. Folds differ in how hard their people are, which
// both names see, and in luck of training, which each has of its own; folds share most of what is learnt from, so that
// luck is correlated between them.
TEST_CASE("equal methods are told apart in at most one of twenty comparisons", "[evaluation]") {
    constexpr std::size_t folds = 4, methods = 20, studies = 400;
    struct found {
        double plain = 0, corrected = 0, any = 0, plain_ranks = 0, ranks = 0; // shares
    };
    auto const simulated = [](double correlation) {
        found share;
        for (std::size_t study = 0; study < studies; ++study) {
            random_stream stream(1, purpose::user, static_cast<std::uint32_t>(study));
            std::vector<double> hardness(folds), values(folds * methods);
            for (double& h : hardness)
                h = 0.05 * stream.normal();
            for (std::size_t m = 0; m < methods; ++m) {
                double const shared = std::sqrt(correlation) * stream.normal();
                for (std::size_t f = 0; f < folds; ++f)
                    values[f * methods + m] =
                        0.5 + hardness[f] + 0.02 * (shared + std::sqrt(1 - correlation) * stream.normal());
            }
            std::vector<double> p;
            for (std::size_t m = 0; m + 1 < methods; m += 2) {
                std::vector<double> differences;
                for (std::size_t f = 0; f < folds; ++f)
                    differences.push_back(values[f * methods + m] - values[f * methods + m + 1]);
                auto const i = confidence_interval(differences);
                share.plain += (std::abs(i.mean) > i.half_width) * 2.0 / methods / studies;
                p.push_back(corrected_mean(differences).p);
                share.corrected += (p.back() < 0.05) * 2.0 / methods / studies;
            }
            auto const after = holm(p);
            share.any += std::any_of(after.begin(), after.end(), [](double q) { return q < 0.05; }) / double(studies);
            matrix_view<double const> const table(values.data(), folds, methods);
            share.plain_ranks += (rank_methods(table).p < 0.05) / double(studies);
            share.ranks += (rank_methods(table, 1.0 / folds).p < 0.05) / double(studies);
        }
        INFO("correlation " << correlation << ": plain t " << share.plain << ", corrected t " << share.corrected
                            << ", any after Holm " << share.any << ", ranks " << share.plain_ranks
                            << ", corrected ranks " << share.ranks);
        CHECK(share.ranks <= 0.05);
        return share;
    };
    // As much as the correction assumes: then it is exact, and what came without it is far off.
    auto const most = simulated(1.0 / folds);
    CHECK(most.corrected == Approx(0.05).margin(3 * std::sqrt(0.05 * 0.95 / (studies * methods / 2))));
    CHECK(most.any <= 0.05 + 3 * std::sqrt(0.05 * 0.95 / studies));
    CHECK(most.plain > 0.1);
    CHECK(most.plain_ranks > 0.3);
    for (double correlation : {0.1, 0.0}) {
        auto const less = simulated(correlation);
        CHECK(less.corrected <= 0.05);
        CHECK(less.any <= 0.05);
    }
}
