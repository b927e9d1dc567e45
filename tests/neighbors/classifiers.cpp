#include <trine/neighbors/classifiers.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>

#include <nlohmann/json.hpp>

#include <trine/core/parallel.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/evaluation/clustering.hpp>
#include <trine/evaluation/thresholds.hpp>
#include <trine/io/npy.hpp>
#include <trine/neighbors/clustering.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/reference_data.hpp"

using namespace trine;

TEST_CASE("means and planes name people", "[neighbors]") {
    std::size_t const people = 5, each = 8, d = 12;
    std::vector<float> const centers = random_values<float>(people * d, 1),
                             noise = random_values<float>(2 * people * each * d, 2);
    std::vector<float> points, queries;
    std::vector<label> labels;
    for (std::size_t i = 0; i < people * each; ++i) {
        labels.push_back(static_cast<label>(100 + i % people));
        for (std::size_t k = 0; k < d; ++k) {
            points.push_back(centers[i % people * d + k] + 0.3f * noise[i * d + k]);
            queries.push_back(centers[i % people * d + k] + 0.3f * noise[(people * each + i) * d + k]);
        }
    }
    matrix_view<float const> const known(points.data(), people * each, d), fresh(queries.data(), people * each, d);
    auto const means = neighbors::nearest_mean<distances::euclidean>(known, labels).decide(fresh);
    neighbors::linear_classifier const machine(known, labels);
    auto const planes = machine.decide(fresh);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        CHECK(means[i].who == labels[i]);
        CHECK(means[i].margin > 0);
        CHECK((means[i].confidence > 0 && means[i].confidence <= 1));
        CHECK(planes[i].who == labels[i]);
        CHECK((planes[i].confidence > 0.5 && planes[i].confidence <= 1));
    }
    {
        with_threads const one(1);
        auto const again = neighbors::linear_classifier(known, labels).decide(fresh);
        bool same = true;
        for (std::size_t i = 0; i < again.size(); ++i)
            same = same && again[i].distance == planes[i].distance;
        CHECK(same);
    }
    std::vector<label> const alone(people * each, 3);
    CHECK_THROWS_WITH(neighbors::linear_classifier(known, alone),
                      "a classifier needs at least two people; there are 1");
    CHECK_THROWS_AS(neighbors::nearest_mean<distances::cosine>(known, std::span(labels).first(3)), shape_error);
    CHECK_THROWS_WITH(neighbors::linear_classifier(known, labels, {.cost = 0}), "a cost of 0: it has to be positive");
    CHECK_THROWS_AS(machine.decide(matrix_view<float const>(queries.data(), 2, 5)), shape_error);
    points[3 * d + 1] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(neighbors::linear_classifier(known, labels), "embedding 3 is not finite");
    CHECK_THROWS_WITH(machine.decide(known), "query 3 is not finite");
}

TEST_CASE("a linear classifier reaches the optimum of its dual", "[neighbors]") {
    // One point a side on a line: by symmetry w = (w, b = 0) with w = argmin ½w² + 2C (1 − w)²  =>  w = 4C / (1 + 4C).
    std::vector<float> const points{1, -1};
    std::vector<label> const labels{0, 1};
    for (double cost : {0.1, 1.0, 10.0}) {
        auto const v = neighbors::linear_classifier(matrix_view<float const>(points.data(), 2, 1), labels,
                                                    {.cost = cost, .tolerance = 1e-10})
                           .decide(matrix_view<float const>(points.data(), 2, 1));
        CHECK(-v[0].distance == Approx(4 * cost / (1 + 4 * cost)).epsilon(1e-6));
        CHECK(v[1].who == 1);
    }
}

TEST_CASE("ten people of LFW are named as published", "[neighbors][photos]") {
    auto const folder = reference_data("data/mobilefacenet/reference");
    if (!folder)
        return;
    auto const array = io::read_npy<float>(*folder / "krasserm10_embeddings.npy");
    std::ifstream names(*folder / "krasserm10_files.json");
    auto const files = nlohmann::json::parse(names).get<std::vector<std::string>>();
    REQUIRE(array.shape == std::vector<std::size_t>{100, 128});
    REQUIRE(files.size() == 100);
    // Sorted by file; a person is the folder.
    std::vector<std::size_t> order(100);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return files[a] < files[b]; });
    std::vector<label> labels;
    std::vector<std::string> people;
    std::vector<float> points;
    for (std::size_t i : order) {
        auto const person = std::filesystem::path(files[i]).parent_path().string();
        if (people.empty() || people.back() != person)
            people.push_back(person);
        labels.push_back(static_cast<label>(people.size()) - 1);
        double squares = 0;
        for (std::size_t k = 0; k < 128; ++k)
            squares += static_cast<double>(array.values[i * 128 + k]) * static_cast<double>(array.values[i * 128 + k]);
        for (std::size_t k = 0; k < 128; ++k)
            points.push_back(static_cast<float>(array.values[i * 128 + k] / std::sqrt(squares)));
    }
    REQUIRE(people.size() == 10);
    matrix_view<float const> const all(points.data(), 100, 128);
    using distance = distances::squared_euclidean;

    std::vector<float> d(100 * 100), same, different;
    distance{}.pairwise(all, matrix_view<float>(d.data(), 100, 100));
    for (std::size_t i = 0; i < 100; ++i)
        for (std::size_t j = 0; j < i; ++j)
            (labels[i] == labels[j] ? same : different).push_back(d[i * 100 + j]);
    REQUIRE(same.size() + different.size() == 4950);
    REQUIRE(same.size() == 450);
    auto const published = evaluation::evaluate_threshold(1.34, same, different),
               best = evaluation::best_f1(same, different);
    CHECK(published.accuracy == Approx(0.9998).margin(5e-5));
    CHECK(published.f1 == Approx(0.9989).margin(5e-5));
    CHECK(best.f1 == published.f1); // nothing is better than what was found on a grid of 0.01
    CHECK(best.distance == Approx(1.34).margin(0.01));

    std::vector<float> known, asked;
    std::vector<label> known_labels, asked_labels;
    for (std::size_t i = 0; i < 100; ++i) {
        auto& to = i % 2 == 1 ? known : asked;
        to.insert(to.end(), points.begin() + static_cast<std::ptrdiff_t>(i * 128),
                  points.begin() + static_cast<std::ptrdiff_t>((i + 1) * 128));
        (i % 2 == 1 ? known_labels : asked_labels).push_back(labels[i]);
    }
    matrix_view<float const> const gallery(known.data(), 50, 128), queries(asked.data(), 50, 128);
    auto const nearest = neighbors::exact{}.search(distance{}, queries, gallery, 5);
    auto const planes = neighbors::linear_classifier(gallery, known_labels).decide(queries);
    auto const means = neighbors::nearest_mean<distance>(gallery, known_labels).decide(queries);
    std::size_t by_one = 0, by_five = 0, by_weight = 0, by_plane = 0, by_mean = 0;
    for (std::size_t q = 0; q < 50; ++q) {
        by_one += neighbors::majority(nearest[q].first(1), known_labels).who == asked_labels[q];
        by_five += neighbors::majority(nearest[q], known_labels).who == asked_labels[q];
        by_weight += neighbors::distance_weighted(nearest[q], known_labels).who == asked_labels[q];
        by_plane += planes[q].who == asked_labels[q];
        by_mean += means[q].who == asked_labels[q];
    }
    CHECK(by_one == 50);
    CHECK(by_five == 50);
    CHECK(by_weight == 50);
    CHECK(by_plane == 50);
    CHECK(by_mean == 50);

    // Without names, the same people come together.
    neighbors::exact::index<distance> index(128);
    index.add(all);
    auto const graph = neighbors::join_neighbors(index, all, 10, 1.1f);
    CHECK(evaluation::compare_clusters<label>(neighbors::chinese_whispers(graph), labels).f1 ==
          Approx(1.0).margin(0.01));
    CHECK(evaluation::compare_clusters<label>(neighbors::dbscan(graph, 3), labels).f1 == Approx(1.0).margin(0.01));
}
