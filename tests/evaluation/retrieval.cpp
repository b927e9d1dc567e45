#include <trine/evaluation/retrieval.hpp>

#include <cmath>
#include <utility>

#include <trine/arrays/tensor.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/io/npy.hpp>

#include "support/catch.hpp"
#include "support/reference_data.hpp"
#include "support/reference_records.hpp"

using namespace trine;

TEST_CASE("retrieval metrics of a batch worked out by hand", "[evaluation]") {
    // On a line: query at 0 of person 1; persons 1 at 1, 3, 4 and 2 at 2, 5.
    std::vector<float> const q{0}, r{1, 3, 4, 2, 5};
    std::vector<label> const ql{1}, rl{1, 1, 1, 2, 2};
    auto const m =
        evaluation::evaluate_retrieval(distances::squared_euclidean{}, matrix_view<float const>(q.data(), 1, 1),
                                       std::span(ql), matrix_view<float const>(r.data(), 5, 1), std::span(rl));
    CHECK(m.precision_at_1 == 1);
    CHECK(m.r_precision == Approx(2.0 / 3));
    CHECK(m.mean_average_precision_at_r == Approx((1.0 + 2.0 / 3) / 3));
    CHECK(m.queries == 1);
    // Person 2 comes second, so it is found among two but not as the nearest.
    std::vector<label> const other{2, 9};
    std::vector<float> const two{0, 0};
    auto const second =
        evaluation::evaluate_retrieval(distances::squared_euclidean{}, matrix_view<float const>(two.data(), 2, 1),
                                       std::span(other), matrix_view<float const>(r.data(), 5, 1), std::span(rl));
    CHECK(second.queries == 1); // nobody is person 9
    CHECK(second.recall_at(1) == 0);
    CHECK(second.recall_at(2) == 1);
    CHECK(second.mean_reciprocal_rank == 0.5);
}

TEST_CASE("retrieval takes arrays and containers as they are", "[evaluation]") {
    xt::xtensor<float, 2> const points{{0, 0}, {0, 1}, {5, 5}, {5, 6}};
    xt::xtensor<double, 2> const doubles(points);
    std::vector<label> const labels{1, 1, 2, 2};
    distances::squared_euclidean const distance;
    CHECK(evaluation::evaluate_retrieval(distance, points, labels, points, labels, true).precision_at_1 == 1);
    CHECK(evaluation::evaluate_retrieval(distance, doubles, labels, doubles, labels, true).precision_at_1 == 1);
    CHECK_THROWS_AS(evaluation::evaluate_retrieval(distance, points, std::span(labels).first(3), points, labels),
                    shape_error);
}

TEST_CASE("retrieval metrics agree with PyTorch Metric Learning", "[vectors]") {
    auto const folder = reference_data("reference/vectors");
    if (!folder)
        return;
    std::size_t seen = 0;
    for (auto const& record : records_of(*folder)) {
        if (record["kind"] != "retrieval")
            continue;
        CAPTURE(record.dump());
        auto const e = io::read_npy<double>(*folder / record["embeddings"].get<std::string>());
        auto const l = io::read_npy<std::int64_t>(*folder / record["labels"].get<std::string>());
        matrix_view<double const> const all(e.values.data(), e.shape[0], e.shape[1]);
        std::span<label const> const labels(l.values);
        std::size_t const half = e.shape[0] / 2;
        auto const& expected = record["values"];
        distances::euclidean const distance;
        auto const m = record["name"] == "same_source"
                           ? evaluation::evaluate_retrieval(distance, all, labels, all, labels, true)
                           : evaluation::evaluate_retrieval(distance, all.slice(0, half), labels.first(half),
                                                            all.slice(half, e.shape[0] - half), labels.subspan(half));
        if (expected["precision_at_1"].is_null()) {
            CHECK(m.queries == 0);
            continue;
        }
        // The reciprocal rank is not compared: there the search ends after k neighbours, here it goes on until one is
        // found.
        CHECK(m.precision_at_1 == Approx(expected["precision_at_1"].get<double>()).epsilon(1e-9).margin(1e-12));
        CHECK(m.r_precision == Approx(expected["r_precision"].get<double>()).epsilon(1e-9).margin(1e-12));
        CHECK(m.mean_average_precision_at_r ==
              Approx(expected["mean_average_precision_at_r"].get<double>()).epsilon(1e-9).margin(1e-12));
        ++seen;
    }
    WARN("checked " << seen << " sets of retrieval metrics");
    CHECK(seen > 0);
}

TEST_CASE("retrieval refuses embeddings that are not numbers", "[evaluation]") {
    std::vector<float> points{0, 1, 2, 3};
    std::vector<label> const labels{0, 0, 1, 1};
    std::span<label const> const who(labels);
    for (std::size_t at = 0; at < 4; ++at) {
        auto const kept = std::exchange(points[at], NAN);
        matrix_view<float const> const view(points.data(), 4, 1);
        CHECK_THROWS_AS(evaluation::evaluate_retrieval(distances::squared_euclidean{}, view, who, view, who, true),
                        numeric_error);
        points[at] = kept;
    }
}
