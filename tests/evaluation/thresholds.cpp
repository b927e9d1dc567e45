#include <trine/evaluation/thresholds.hpp>

#include <cmath>
#include <vector>

#include <trine/core/error.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("thresholds are where they should be", "[evaluation]") {
    std::vector<float> const same{0.1f, 0.2f, 0.3f, 0.6f}, different{0.5f, 0.7f, 0.8f, 0.9f, 1.0f};
    auto const t = evaluation::best_f1(same, different);
    CHECK(t.distance == Approx(0.65)); // all four, and one wrong: 8/9; three and none wrong: 6/7
    CHECK(t.f1 == Approx(8.0 / 9));
    CHECK(t.accuracy == Approx(8.0 / 9));
    auto const none = evaluation::for_false_accept_rate(0.0, same, different);
    CHECK(none.true_accept_rate == Approx(0.75));
    CHECK(none.false_accept_rate == 0);
    CHECK(none.distance < 0.5);
    CHECK(none.distance > 0.49);
    auto const fifth = evaluation::for_false_accept_rate(0.2, same, different);
    CHECK(fifth.false_accept_rate == Approx(0.2));
    CHECK(fifth.true_accept_rate == 1);
    CHECK(evaluation::for_false_accept_rate(0.39, same, different).false_accept_rate == Approx(0.2));
    CHECK(evaluation::for_false_accept_rate(1.0, same, different).false_accept_rate == 1);
    std::vector<float> const ties{0.5f, 0.5f, 0.5f, 0.9f};
    CHECK(evaluation::for_false_accept_rate(0.25, same, ties).false_accept_rate == 0); // all three or none
    CHECK(evaluation::evaluate_threshold(0.3, same, different).true_accept_rate ==
          0.5); // 0.3f is a little more than 0.3
    CHECK_THROWS_WITH(evaluation::best_f1(same, {}),
                      "a threshold needs pairs of both kinds: there are 4 same and 0 different ones");
    CHECK_THROWS_AS(evaluation::for_false_accept_rate(-0.1, same, different), argument_error);
    CHECK_THROWS_AS(evaluation::best_f1(std::vector<float>{NAN}, different), numeric_error);
    CHECK_THROWS_AS(evaluation::evaluate_threshold(NAN, same, different), numeric_error);
    // Where a pair of two people is at 0, only a threshold below 0 keeps it out.
    std::vector<float> const twins{0, 1};
    auto const nobody = evaluation::for_false_accept_rate(0.0, same, twins);
    CHECK(nobody.distance < 0);
    CHECK((nobody.false_accept_rate == 0 && nobody.true_accept_rate == 0));
    // Between neighbouring numbers there is no middle: the threshold is the nearer of them.
    double const next = std::nextafter(0.5, 1.0);
    auto const tight = evaluation::best_f1(std::vector<double>{0.5}, std::vector<double>{next});
    CHECK(tight.distance == 0.5);
    CHECK(evaluation::evaluate_threshold(tight.distance, std::vector<double>{0.5}, std::vector<double>{next}).f1 == 1);
}
