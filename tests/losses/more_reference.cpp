// Losses of triplets, pairs and orders against values and gradients that others computed and central differences.

#include <trine/losses/decoupled_contrastive.hpp>
#include <trine/losses/dynamic_soft_margin.hpp>
#include <trine/losses/histogram.hpp>
#include <trine/losses/instance.hpp>
#include <trine/losses/multi_label.hpp>
#include <trine/losses/ranking.hpp>
#include <trine/losses/threshold_consistent.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/objective.hpp>

#include "support/awkward_batches.hpp"
#include "support/catalog_records.hpp"
#include "support/reference_data.hpp"

using namespace trine;
using namespace catalog;

namespace {

losses::pnp_variant variant_of(std::string const& name) {
    using enum losses::pnp_variant;
    return name == "O" ? o : name == "Ds" ? ds : name == "Dq" ? dq : name == "Iu" ? iu : ib;
}

template <class Distance, class Miner, class Loss>
void check_differences(Miner miner, Loss loss) {
    for (auto const& b : batches()) {
        INFO(Loss::name << ", " << Miner::name << ", " << b.name);
        check_gradient(objective<Miner, Loss, Distance, double>(miner, loss), b);
    }
}

} // namespace

TEST_CASE("more losses of pairs and orders agree with PyTorch", "[vectors]") {
    auto const folder = reference_data("reference/vectors_more");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["kind"] != "loss")
            continue;
        std::string const name = record["name"];
        auto const& p = record["parameters"];
        CAPTURE(record.dump());
        auto const check = [&](auto miner, auto loss) {
            auto const b = read_batch(*folder, record);
            check_record(objective<decltype(miner), decltype(loss), distances::cosine, double>(miner, loss), b, *folder,
                         record);
            ++count.seen[name];
        };
        miners::all const all;
        using s = miners::strategy;
        if (name == "DecoupledContrastiveLoss")
            check(all, losses::decoupled_contrastive{p["temperature"]});
        else if (name == "ThresholdConsistentMarginLoss")
            check(all, losses::threshold_consistent{p["lambda_plus"], p["lambda_minus"], p["margin_plus"],
                                                    p["margin_minus"]});
        else if (name == "SmoothAPLoss")
            check(all, losses::smooth_ap{p["temperature"], p["include_query"]});
        else if (name == "PNPLoss")
            check(all, losses::pnp{variant_of(p["variant"]), p["anneal"], p["alpha"], p["b"]});
        else if (name == "SelectivelyContrastiveTripletLoss") {
            losses::selectively_contrastive const loss{p["lam"], p["temperature"]};
            if (p["mining"] == "all")
                check(all, loss);
            else
                check(miners::batch_easy_hard<s::easy, s::hard>{}, loss);
        }
    }
    CHECK(count.seen.size() == 5);
}

TEST_CASE("losses of the whole batch agree with PyTorch", "[vectors]") {
    auto const folder = reference_data("reference/vectors_more");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["kind"] != "loss" && record["kind"] != "multilabel_loss")
            continue;
        std::string const name = record["name"];
        auto const& p = record["parameters"];
        CAPTURE(record.dump());
        auto b = read_batch(*folder, record);
        auto const check = [&](auto loss) {
            check_record(objective<miners::all, decltype(loss), distances::cosine, double>({}, loss), b, *folder,
                         record);
            ++count.seen[name];
        };
        if (name == "HistogramLoss")
            check(losses::histogram{p["n_bins"]});
        else if (name == "InstanceLoss")
            check(losses::instance{p["gamma"]});
        else if (name == "MultiSupConLoss") {
            auto const sets = io::read_npy<std::int64_t>(*folder / record["multi_labels"].get<std::string>());
            std::size_t const attributes = sets.shape[1];
            for (std::size_t i = 0; i < b.rows; ++i) {
                b.labels[i] = 0;
                for (std::size_t k = 0; k < attributes; ++k)
                    b.labels[i] |= sets.values[i * attributes + k] << k;
            }
            check(losses::multi_supervised_contrastive{p["temperature"], p["threshold"]});
        } else if (name == "DynamicSoftMarginLoss") {
            bool const through = p["gradient"] == "through the histogram too";
            losses::dynamic_soft_margin const loss{p["num_bins"], p["momentum"], through};
            objective<miners::all, losses::dynamic_soft_margin, distances::normalized<distances::euclidean>, double> o(
                {}, loss);
            if (record.contains("previous_embeddings")) {
                auto const before =
                    io::read_npy<double>(*folder / record["previous_embeddings"].get<std::string>()).values;
                o({before.data(), b.rows, b.cols}, b.labels, {});
            }
            check_record(o, b, *folder, record);
            if (record.contains("histogram_after")) {
                auto const expected = record["histogram_after"].get<std::vector<double>>();
                CHECK(difference(o.state().get<double>("memory"), expected) < tolerance);
            }
            ++count.seen[name];
        }
    }
    CHECK(count.seen.size() == 4);
}

TEST_CASE("more losses of pairs and orders agree with central differences", "[catalog]") {
    using distances::cosine;
    miners::all const all;
    check_differences<cosine>(all, losses::decoupled_contrastive{});
    check_differences<cosine>(miners::multi_similarity{}, losses::decoupled_contrastive{0.5});
    check_differences<cosine>(all, losses::threshold_consistent{});
    check_differences<distances::dot_product>(all, losses::smooth_ap{.temperature = 0.2});
    for (bool include_query : {false, true})
        check_differences<cosine>(all, losses::smooth_ap{.temperature = 0.1, .include_query = include_query});
    using enum losses::pnp_variant;
    for (auto variant : {o, iu, ib, ds, dq})
        check_differences<cosine>(all, losses::pnp{variant, 0.1});
    check_differences<cosine>(all, losses::selectively_contrastive{.lambda = 0.7});
    check_differences<cosine>(all, losses::histogram{.bins = 7});
    check_differences<cosine>(all, losses::instance{.gamma = 5});
    // With all of the batch's counts new, a call does not depend on those before.
    check_differences<distances::normalized<distances::euclidean>>(
        all, losses::dynamic_soft_margin{.momentum = 1, .through_histogram = true});
    for (auto b : batches()) {
        for (label& l : b.labels) // 5, −2, 7 and 100 are 101, 1001110, 111 and 1100100, who share attributes
            l = l == -2 ? 78 : l;
        INFO(b.name);
        check_gradient(objective<miners::all, losses::multi_supervised_contrastive, distances::cosine, double>(
                           {}, {.temperature = 0.5, .threshold = 0.2}),
                       b);
    }
}

TEST_CASE("values of losses that make no sense are refused before a batch is seen", "[catalog]") {
    using distances::cosine;
    CHECK_THROWS_WITH(objective(miners::all{}, losses::decoupled_contrastive{0}, cosine{}),
                      "decoupled_contrastive: temperature 0, which has to be above 0");
    CHECK_THROWS_WITH(objective(miners::all{}, losses::smooth_ap{-1}, cosine{}),
                      "smooth_ap: temperature -1, which has to be above 0");
    CHECK_THROWS_WITH(objective(miners::all{}, losses::pnp{.temperature = NAN}, cosine{}),
                      "pnp: temperature nan, which has to be above 0");
    CHECK_THROWS_WITH(objective(miners::all{}, losses::pnp{.alpha = 0}, cosine{}),
                      "pnp: alpha 0, which has to be above 0");
    CHECK_THROWS_WITH(objective(miners::all{}, losses::pnp{.b = -2}, cosine{}), "pnp: b -2, which has to be above 0");
    CHECK_THROWS_WITH(objective(miners::all{}, losses::selectively_contrastive{.temperature = 0}, cosine{}),
                      "selectively_contrastive: temperature 0, which has to be above 0");
    CHECK_THROWS_WITH(objective(miners::all{}, losses::histogram{.bins = 0}, cosine{}),
                      "histogram: 0 bins, which are 1 to 1000000");
    CHECK_THROWS_WITH(objective(miners::all{}, losses::instance{.gamma = 0}, cosine{}),
                      "instance: gamma 0, which has to be above 0");
    CHECK_THROWS_WITH(objective(miners::all{}, losses::dynamic_soft_margin{.bins = 1}, distances::euclidean{}),
                      "dynamic_soft_margin: 1 bins, which are 2 to 1000000");
    CHECK_THROWS_WITH(objective(miners::all{}, losses::dynamic_soft_margin{.momentum = 0}, distances::euclidean{}),
                      "dynamic_soft_margin: momentum 0, which is from above 0 to 1");
    using sets = losses::multi_supervised_contrastive;
    CHECK_THROWS_WITH(objective(miners::all{}, sets{.threshold = 1}, cosine{}),
                      "multi_supervised_contrastive: threshold 1, which is from 0 to below 1");
    auto const e = random_values<float>(6, 1);
    objective<miners::all, sets, cosine> o;
    CHECK_THROWS_WITH(o({e.data(), 2, 3}, std::vector<label>{1, -1}, {}),
                      "photo 1 has label -1 where the bits of a label are its attributes: it has to be 0 or more");
}

TEST_CASE("what a loss remembers from batch to batch is a state, and no other is taken for it", "[catalog]") {
    using remembering =
        objective<miners::all, losses::dynamic_soft_margin, distances::normalized<distances::euclidean>>;
    std::vector<label> const labels{1, 1, 2, 2, 3, 3};
    auto const first = random_values<float>(24, 1), second = random_values<float>(24, 2);
    remembering a, b;
    double const alone = b({second.data(), 6, 4}, labels, {}).loss;
    b.start();
    CHECK(b({second.data(), 6, 4}, labels, {}).loss == alone);
    a({first.data(), 6, 4}, labels, {});
    b.restore(a.state());
    double const after = a({second.data(), 6, 4}, labels, {}).loss;
    CHECK(after != alone);
    CHECK(b({second.data(), 6, 4}, labels, {}).loss == after);
    CHECK_THROWS_WITH(b.restore({}), "the state has no \"memory\"");
    trine::state other;
    other.add("memory", std::vector<double>(9));
    CHECK_THROWS_WITH(b.restore(other), "the state remembers 9 numbers of a loss that remembers 10");
    other.add("memory", std::vector<double>(10, NAN));
    CHECK_THROWS_WITH(b.restore(other), "the state remembers nan, which no loss does");
}

TEST_CASE("losses of the whole batch give the same bits with any number of threads, in float too", "[catalog]") {
    std::size_t const n = 60, d = 8;
    auto const e = random_values<float>(n * d, 2);
    std::vector<label> labels(n);
    for (std::size_t i = 0; i < n; ++i)
        labels[i] = static_cast<label>(i * 7 % 13);
    auto const check = [&](auto loss, auto distance) {
        std::vector<float> expected;
        for (std::size_t threads : {1, 2, 4}) {
            with_threads const scope(threads);
            objective o(miners::all{}, loss, distance);
            std::vector<float> gradient(n * d);
            auto const r = o(matrix_view<float const>(e.data(), n, d), labels, {gradient.data(), n, d});
            gradient.push_back(static_cast<float>(r.loss));
            if (expected.empty())
                expected = gradient;
            CHECK((gradient == expected));
        }
        // And nearly the values of double.
        std::vector<double> const wide(e.begin(), e.end());
        std::vector<double> gradient(n * d);
        objective<miners::all, decltype(loss), decltype(distance), double> o({}, loss, distance);
        auto const r = o({wide.data(), n, d}, labels, {gradient.data(), n, d});
        CHECK(static_cast<double>(expected.back()) == Approx(r.loss).epsilon(1e-4));
        std::vector<double> const narrow(expected.begin(), expected.end() - 1);
        CHECK(difference(narrow, gradient) < 2e-3);
    };
    check(losses::histogram{}, distances::cosine{});
    check(losses::instance{}, distances::cosine{});
    check(losses::multi_supervised_contrastive{}, distances::cosine{});
    check(losses::dynamic_soft_margin{}, distances::normalized<distances::euclidean>{});
    check(losses::smooth_ap{}, distances::cosine{});
    check(losses::pnp{}, distances::cosine{});
    check(losses::decoupled_contrastive{}, distances::cosine{});
    check(losses::threshold_consistent{}, distances::cosine{});
    check(losses::selectively_contrastive{}, distances::cosine{});
}
