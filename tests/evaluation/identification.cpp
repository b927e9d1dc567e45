#include <trine/evaluation/identification.hpp>

#include <cmath>

#include <trine/distances/euclidean.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("identification worked out by hand", "[evaluation]") {
    // A gallery on a line: Ada (7) at 0 and 10, Grace (8) at 4, Mary (9) at 20.
    std::vector<float> const gallery{0, 10, 4, 20}, probes{1, 6.5, 3, 19, 40, 5};
    std::vector<label> const known{7, 7, 8, 9}, asked{7, 7, 7, 9, 1, 2};
    auto const r = evaluation::evaluate_identification(
        distances::euclidean{}, matrix_view<float const>(probes.data(), 6, 1), std::span(asked),
        matrix_view<float const>(gallery.data(), 4, 1), std::span(known));
    CHECK(r.people == 3);
    CHECK(r.known == 4);
    CHECK(r.unknown == 2);
    CHECK(r.ranks == std::vector<std::size_t>{1, 1, 2, 2}); // 6.5 is nearer to Grace, and so is 3
    CHECK(r.rank(1) == 0.5);
    CHECK(r.rank(2) == 1);
    CHECK(r.unknown_distances == std::vector<double>{1, 20});
    CHECK(r.right_distances == std::vector<double>{1, 1});
    CHECK(r.detection_rate(0).first == 0); // the stranger at 5 is as near to Grace as Ada and Mary are to theirs
    CHECK(r.detection_rate(0.5).first == 0.5);
    CHECK(r.detection_rate(0.5).second == 20);
    CHECK(std::isinf(r.detection_rate(1).second));
    CHECK_THROWS_AS(r.detection_rate(-1), argument_error);
    auto const open = evaluation::evaluate_identification(
        distances::euclidean{}, matrix_view<float const>(probes.data(), 1, 1), std::span(asked).first(1),
        matrix_view<float const>(gallery.data(), 4, 1), std::span(known));
    CHECK_THROWS_WITH(open.detection_rate(0.1), "no probe shows a stranger: there is nobody to keep out");
    CHECK_THROWS_WITH(
        evaluation::evaluate_identification(distances::euclidean{}, matrix_view<float const>(probes.data(), 1, 1),
                                            std::span(asked).first(1), matrix_view<float const>(gallery.data(), 0, 1),
                                            std::span<label const>{}),
        "the gallery is empty");

    std::vector<label> const truth{0, 0, 1, 2, 2}, named{0, 1, 1, 2, 0};
    CHECK(evaluation::confusion(truth, named, 3) == std::vector<std::size_t>{1, 1, 0, 0, 1, 0, 1, 0, 1});
    CHECK_THROWS_WITH(evaluation::confusion(truth, named, 2), "photo 3: person 2 of 2");
}

TEST_CASE("identification refuses embeddings that are not numbers", "[evaluation]") {
    std::vector<float> const good{0, 1}, bad{0, NAN};
    std::vector<label> const labels{0, 1};
    std::span<label const> const who(labels);
    matrix_view<float const> const g(good.data(), 2, 1), b(bad.data(), 2, 1);
    CHECK_THROWS_AS(evaluation::evaluate_identification(distances::squared_euclidean{}, b, who, g, who), numeric_error);
    CHECK_THROWS_AS(evaluation::evaluate_identification(distances::squared_euclidean{}, g, who, b, who), numeric_error);
}
