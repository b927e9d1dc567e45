#include <trine/training/objective.hpp>

#include <cmath>
#include <set>

#include <trine/distances/cosine.hpp>
#include <trine/io/npy.hpp>

#include <nlohmann/json.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/reference_data.hpp"

using namespace trine;

namespace {

struct batch {
    std::size_t rows, cols;
    std::vector<double> embeddings;
    std::vector<label> labels;
    matrix_view<double const> view() const { return {embeddings.data(), rows, cols}; }
};

batch read_batch(std::filesystem::path const& folder, nlohmann::json const& record) {
    auto e = io::read_npy<double>(folder / record["embeddings"].get<std::string>());
    auto l = io::read_npy<std::int64_t>(folder / record["labels"].get<std::string>());
    return {e.shape[0], e.shape[1], std::move(e.values), std::move(l.values)};
}

// The largest difference relative to the largest expected value.
double difference(std::span<double const> got, std::span<double const> expected) {
    REQUIRE(got.size() == expected.size());
    double worst = 0, largest = 1e-300;
    for (std::size_t i = 0; i < got.size(); ++i) {
        largest = std::max(largest, std::abs(expected[i]));
        worst = std::max(worst, std::abs(got[i] - expected[i]));
    }
    return largest > 1e-300 ? worst / largest : worst;
}

template <class Objective>
void check_value_and_gradient(Objective&& o, batch const& b, double value, std::vector<double> const& gradient) {
    std::vector<double> out(b.embeddings.size());
    auto const result = o(b.view(), b.labels, {out.data(), b.rows, b.cols});
    CHECK(result.loss == Approx(value).epsilon(1e-9).margin(1e-12));
    CHECK(difference(out, gradient) < 1e-9);
}

template <class F>
void with_distance(std::string const& name, F&& f) {
    if (name == "euclidean")
        f(distances::euclidean{});
    else if (name == "squared_euclidean")
        f(distances::squared_euclidean{});
    else if (name == "euclidean_normalized")
        f(distances::normalized<distances::euclidean>{});
    else if (name == "squared_euclidean_normalized")
        f(distances::normalized<distances::squared_euclidean>{});
    else if (name == "cosine_similarity")
        f(distances::cosine{});
}

} // namespace

TEST_CASE("distances, miners and losses agree with PyTorch Metric Learning", "[reference]") {
    auto const folder = reference_data("reference/vectors");
    if (!folder)
        return;
    auto manifest = nlohmann::json::parse(io::read_file(*folder / "manifest.json"));
    if (manifest.is_object())
        manifest = manifest["records"];
    std::size_t distances_seen = 0, losses_seen = 0, miners_seen = 0;
    for (auto const& record : manifest) {
        std::string const kind = record["kind"], name = record.value("name", "");
        if (kind == "distance") {
            auto const b = read_batch(*folder, record);
            auto const expected = io::read_npy<double>(*folder / record["matrix"].get<std::string>());
            std::vector<double> d(b.rows * b.rows);
            auto const check = [&](auto const& distance) {
                CAPTURE(record.dump());
                distance.pairwise(b.view(), matrix_view<double>(d.data(), b.rows, b.rows));
                if (name == "cosine_similarity")
                    for (double& v : d)
                        v = 1 - v;
                // Roots of differences that cancel to about 1e-16 are themselves about 1e-8 on the other side.
                for (std::size_t i = 0; i < d.size(); ++i)
                    if (name.starts_with("euclidean") && expected.values[i] < 1e-6)
                        d[i] = d[i] < 1e-6 ? expected.values[i] : d[i];
                CHECK(difference(d, expected.values) < 1e-9);
                ++distances_seen;
            };
            with_distance(name, check);
        } else if (kind == "loss" && name == "TripletMarginLoss") {
            auto const& p = record["parameters"];
            if (p.value("swap", false))
                continue;
            auto const b = read_batch(*folder, record);
            auto const gradient = io::read_npy<double>(*folder / record["gradient"].get<std::string>()).values;
            std::string const reducer = p.value("reducer", "mean_over_nonzero");
            auto const reduction = reducer == "mean" ? losses::reducer::mean : reducer == "sum" ? losses::reducer::sum : losses::reducer::mean_of_active;
            with_distance(p["distance"], [&](auto distance) {
                CAPTURE(record.dump());
                double const margin = p.value("margin", 0.05);
                if (p.value("smooth_loss", false))
                    check_value_and_gradient(objective<miners::all, losses::soft_margin, decltype(distance), double>({}, {margin, reduction}, distance), b,
                                             record["value"], gradient);
                else
                    check_value_and_gradient(objective<miners::all, losses::triplet_margin, decltype(distance), double>({}, {margin, reduction}, distance),
                                             b, record["value"], gradient);
                ++losses_seen;
            });
        } else if (kind == "triplet_miner") {
            auto const& p = record["parameters"];
            auto const b = read_batch(*folder, record);
            auto const triplets = io::read_npy<std::int64_t>(*folder / record["triplets"].get<std::string>());
            auto const check = [&](auto miner, auto distance) {
                CAPTURE(record.dump());
                std::set<std::array<std::size_t, 3>> expected;
                for (std::size_t i = 0; i < triplets.values.size(); i += 3)
                    expected.insert({static_cast<std::size_t>(triplets.values[i]), static_cast<std::size_t>(triplets.values[i + 1]),
                                     static_cast<std::size_t>(triplets.values[i + 2])});
                double const margin = record.contains("triplet_margin_loss") ? record["triplet_margin_loss"]["margin"].template get<double>() : 0.2;
                objective<decltype(miner), losses::triplet_margin, decltype(distance), double> o(miner, {margin, losses::reducer::mean}, distance);
                auto const got = o.triplets(b.view(), b.labels);
                CHECK(std::set(got.begin(), got.end()) == expected);
                CHECK(got.size() == expected.size());
                if (record.contains("triplet_margin_loss") && !record["triplet_margin_loss"].value("gradient", "").empty()) {
                    REQUIRE(record["triplet_margin_loss"]["reducer"] == "mean");
                    check_value_and_gradient(o, b, record["triplet_margin_loss"]["value"],
                                             io::read_npy<double>(*folder / record["triplet_margin_loss"]["gradient"].template get<std::string>()).values);
                }
                ++miners_seen;
            };
            if (name == "all_triplets")
                check(miners::all{}, distances::squared_euclidean{});
            else if (name == "BatchHardMiner")
                with_distance(p["distance"], [&](auto d) { check(miners::batch_hard{}, d); });
            else if (name == "TripletMarginMiner" && p["type_of_triplets"] == "semihard")
                with_distance(p["distance"], [&](auto d) { check(miners::semi_hard{p["margin"].get<double>()}, d); });
        }
    }
    WARN("checked " << distances_seen << " distance matrices, " << losses_seen << " losses, " << miners_seen << " miners");
    CHECK(distances_seen > 20);
    CHECK(losses_seen > 5);
    CHECK(miners_seen > 20);
}

namespace {

template <class Miner, class Loss, class Distance>
void check_central_differences(Miner miner, Loss loss, Distance distance, bool awkward) {
    std::size_t const n = 9, d = 4;
    auto e = random_values<double>(n * d, 3);
    std::vector<label> labels{5, 5, 5, -2, -2, 7, 7, 7, 100}; // one person with a single photo
    if (awkward)
        std::copy_n(e.begin(), d, e.begin() + 3 * d); // two people in one place
    objective<Miner, Loss, Distance, double> o(miner, loss, distance);
    std::vector<double> gradient(n * d);
    o({e.data(), n, d}, labels, {gradient.data(), n, d}, 1, 2);
    for (std::size_t i = awkward ? 4 * d : 0; i < e.size(); ++i) { // the distance has a corner between equal embeddings
        double const h = 1e-6, before = e[i];
        e[i] = before + h;
        double const above = o({e.data(), n, d}, labels, {}, 1, 2).loss;
        e[i] = before - h;
        double const below = o({e.data(), n, d}, labels, {}, 1, 2).loss;
        e[i] = before;
        REQUIRE(gradient[i] == Approx((above - below) / (2 * h)).epsilon(1e-5).margin(1e-8));
    }
}

} // namespace

TEMPLATE_TEST_CASE("gradients of every loss, distance and miner agree with central differences", "[objective]", distances::squared_euclidean,
                   distances::euclidean, distances::cosine, distances::normalized<distances::euclidean>) {
    for (bool awkward : {false, true}) {
        auto const with_loss = [&](auto loss) {
            check_central_differences(miners::all{}, loss, TestType{}, awkward);
            check_central_differences(miners::random{2}, loss, TestType{}, awkward);
            check_central_differences(miners::batch_hard{}, loss, TestType{}, awkward);
            check_central_differences(miners::semi_hard{0.5}, loss, TestType{}, awkward);
        };
        with_loss(losses::no_margin{});
        with_loss(losses::triplet_margin{});
        with_loss(losses::triplet_margin{.margin = 1.0, .reduction = losses::reducer::sum});
        with_loss(losses::soft_margin{});
    }
}

TEST_CASE("batches without a triplet cost nothing and move nothing", "[objective]") {
    auto const e = random_values<float>(6 * 3, 1);
    objective<miners::all, losses::triplet_margin, distances::euclidean> o;
    for (auto const& labels : {std::vector<label>(6, 4), std::vector<label>{1, 2, 3, 4, 5, 6}}) {
        std::vector<float> gradient(18, NAN);
        auto const r = o({e.data(), 6, 3}, labels, {gradient.data(), 6, 3});
        CHECK(r.loss == 0);
        CHECK(r.triplets == 0);
        CHECK(gradient == std::vector<float>(18));
    }
    CHECK_THROWS_WITH(o({e.data(), 6, 3}, std::vector<label>(5), {}), "6 embeddings but 5 labels");
}

TEST_CASE("the objective gives the same bits with any number of threads, and NaN is not hidden", "[objective]") {
    auto e = random_values<float>(64 * 8, 2);
    std::vector<label> labels(64);
    for (std::size_t i = 0; i < 64; ++i)
        labels[i] = static_cast<label>(i / 4);
    std::vector<float> first;
    double loss = 0;
    for (std::size_t threads : {1, 2, 4}) {
        with_threads const scope(threads);
        objective<miners::all, losses::soft_margin, distances::euclidean> o;
        std::vector<float> gradient(e.size());
        auto const r = o({e.data(), 64, 8}, labels, {gradient.data(), 64, 8});
        if (threads == 1)
            first = gradient, loss = r.loss;
        CHECK(gradient == first);
        CHECK(r.loss == loss);
        CHECK(r.triplets == 64 * 3 * 60);
    }
    e[3] = NAN;
    objective<miners::all, losses::triplet_margin, distances::euclidean> o;
    CHECK(std::isnan(o({e.data(), 64, 8}, labels, {}).loss));
}
