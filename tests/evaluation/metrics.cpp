#include <cmath>
#include <vector>

#include <trine/distances/euclidean.hpp>
#include <trine/evaluation/retrieval.hpp>
#include <trine/evaluation/statistics.hpp>
#include <trine/evaluation/verification.hpp>
#include <trine/io/npy.hpp>

#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/reference_data.hpp"

using namespace trine;

TEST_CASE("retrieval metrics of a batch worked out by hand", "[evaluation]") {
    // On a line: query at 0 of person 1; persons 1 at 1, 3, 4 and 2 at 2, 5.
    std::vector<float> const q{0}, r{1, 3, 4, 2, 5};
    std::vector<label> const ql{1}, rl{1, 1, 1, 2, 2};
    auto const m = evaluation::evaluate_retrieval(distances::squared_euclidean{}, matrix_view<float const>(q.data(), 1, 1), std::span(ql),
                                                  matrix_view<float const>(r.data(), 5, 1), std::span(rl));
    CHECK(m.precision_at_1 == 1);
    CHECK(m.r_precision == Approx(2.0 / 3));
    CHECK(m.mean_average_precision_at_r == Approx((1.0 + 2.0 / 3) / 3));
    CHECK(m.queries == 1);
}

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

TEST_CASE("retrieval metrics agree with PyTorch Metric Learning", "[reference]") {
    auto const folder = reference_data("reference/vectors");
    if (!folder)
        return;
    auto manifest = nlohmann::json::parse(io::read_file(*folder / "manifest.json"));
    if (manifest.is_object())
        manifest = manifest["records"];
    std::size_t seen = 0;
    for (auto const& record : manifest) {
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
                           : evaluation::evaluate_retrieval(distance, all.slice(0, half), labels.first(half), all.slice(half, e.shape[0] - half), labels.subspan(half));
        if (expected["precision_at_1"].is_null()) {
            CHECK(m.queries == 0);
            continue;
        }
        // The reciprocal rank is not compared: there the search ends after k neighbours, here it goes on until one is found.
        CHECK(m.precision_at_1 == Approx(expected["precision_at_1"].get<double>()).epsilon(1e-9).margin(1e-12));
        CHECK(m.r_precision == Approx(expected["r_precision"].get<double>()).epsilon(1e-9).margin(1e-12));
        CHECK(m.mean_average_precision_at_r == Approx(expected["mean_average_precision_at_r"].get<double>()).epsilon(1e-9).margin(1e-12));
        ++seen;
    }
    WARN("checked " << seen << " sets of retrieval metrics");
    CHECK(seen > 0);
}

TEST_CASE("confidence intervals are Student's", "[evaluation]") {
    using evaluation::student_t;
    // From tables of the distribution.
    CHECK(student_t(1) == Approx(12.706));
    CHECK(student_t(11) == Approx(2.201).margin(5e-4));
    CHECK(student_t(20) == Approx(2.086).margin(5e-4));
    CHECK(student_t(120) == Approx(1.980).margin(5e-4));
    std::vector<double> const values{4, 6, 5, 9};
    auto const i = evaluation::confidence_interval(values);
    CHECK(i.mean == 6);
    CHECK(i.half_width == Approx(3.182 * std::sqrt(14.0 / 3) / 2));
    CHECK(std::isinf(evaluation::confidence_interval(std::vector<double>{1}).half_width));
    CHECK(std::isnan(evaluation::confidence_interval({}).mean));
}
