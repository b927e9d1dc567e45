#include <cmath>
#include <vector>

#include <trine/distances/euclidean.hpp>
#include <trine/evaluation/bootstrap.hpp>
#include <trine/evaluation/clustering.hpp>
#include <trine/evaluation/cross_validation.hpp>
#include <trine/evaluation/identification.hpp>
#include <trine/evaluation/retrieval.hpp>
#include <trine/evaluation/statistics.hpp>
#include <trine/evaluation/verification.hpp>
#include <trine/io/npy.hpp>

#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/reference_data.hpp"

using namespace trine;

namespace {

nlohmann::json records_of(std::filesystem::path const& folder) {
    auto const manifest = nlohmann::json::parse(io::read_file(folder / "manifest.json"));
    return manifest.is_object() ? manifest["records"] : manifest;
}

} // namespace

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

TEST_CASE("verification agrees with scikit-learn", "[reference]") {
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

TEST_CASE("a bootstrap interval covers the truth about as often as it says", "[evaluation]") {
    // The mean of 60 exponential draws, whose truth is 1, three hundred times. The count of those that are covered is
    // binomial: its standard deviation is 1.3 %.
    std::size_t covered = 0;
    constexpr std::size_t experiments = 300, draws = 60;
    for (std::uint32_t e = 0; e < experiments; ++e) {
        random_stream stream(7, purpose::user, e);
        std::vector<double> values(draws);
        std::vector<label> people(draws);
        for (std::size_t i = 0; i < draws; ++i)
            values[i] = -std::log(1 - stream.uniform()), people[i] = static_cast<label>(i);
        auto const interval = evaluation::bootstrap_mean(values, people, {.resamples = 1000, .seed = e});
        CHECK((interval.low < interval.estimate && interval.estimate < interval.high));
        covered += interval.low <= 1 && 1 <= interval.high;
    }
    // A percentile interval of so few skewed values is known to be a little short of 95 %.
    CHECK(covered > 0.89 * experiments);
    CHECK(covered < 0.98 * experiments);
}

TEST_CASE("a bootstrap draws people, not photos, and does not depend on the threads", "[evaluation]") {
    // Ten photos of a person that are all alike say no more than one.
    std::vector<double> one, ten;
    std::vector<label> one_each, ten_each;
    random_stream stream(1, purpose::user);
    for (label person = 0; person < 30; ++person) {
        double const right = stream.below(2) == 0 ? 0 : 1;
        one.push_back(right), one_each.push_back(person);
        for (int photo = 0; photo < 10; ++photo)
            ten.push_back(right), ten_each.push_back(person);
    }
    auto const narrow = evaluation::bootstrap_mean(one, one_each), wide = evaluation::bootstrap_mean(ten, ten_each);
    CHECK(narrow.low == wide.low);
    CHECK(narrow.high == wide.high);
    // Against the normal approximation, ±1.96 √(p(1−p)/n).
    double const p = narrow.estimate;
    CHECK(narrow.high - narrow.low == Approx(2 * 1.96 * std::sqrt(p * (1 - p) / 30)).epsilon(0.1));
    for (std::size_t threads : {1, 3}) {
        with_threads const scope(threads);
        CHECK(evaluation::bootstrap_mean(one, one_each).low == narrow.low);
    }
    CHECK(evaluation::bootstrap_mean(std::vector<double>{0.5, 0.5}, std::vector<label>{1, 2}).high == 0.5);
    CHECK(evaluation::bootstrap(5, [](std::span<std::size_t const> drawn) {
              return static_cast<double>(drawn.size());
          }).low == 5);

    CHECK_THROWS_WITH(evaluation::bootstrap_mean({}, {}), "there is nothing to draw from");
    CHECK_THROWS_WITH(evaluation::bootstrap_mean(one, ten_each), "300 people given for 30 values");
    CHECK_THROWS_WITH(evaluation::bootstrap_mean(one, one_each, {.confidence = 1}),
                      "a confidence of 1: it has to lie between 0 and 1");
    CHECK_THROWS_AS(evaluation::bootstrap_mean(one, one_each, {.resamples = 1}), argument_error);
}
