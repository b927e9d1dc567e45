#include <trine/losses/reducers.hpp>

#include <trine/losses/pair.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/cross_batch_memory.hpp>

#include "support/awkward_batches.hpp"
#include "support/catalog_records.hpp"
#include "support/reference_data.hpp"

using namespace trine;
using namespace catalog;
using losses::reducer;

TEST_CASE("reducers agree with PyTorch Metric Learning", "[vectors]") {
    auto const folder = reference_data("reference/vectors_more");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["kind"] != "reducer")
            continue;
        std::string const name = record["name"];
        auto const& p = record["parameters"];
        std::string const how = p["reducer"];
        CAPTURE(record.dump());
        auto const b = read_batch(*folder, record);
        auto const with = [&](auto loss) {
            with_distance(p["distance"], [&](auto distance) {
                check_record(objective<miners::all, decltype(loss), decltype(distance), double>({}, loss, distance), b,
                             *folder, record);
            });
            ++count.seen[name + " " + how];
        };
        auto const named = [](std::string const& reduction) {
            return reduction == "mean" ? reducer::mean : reduction == "sum" ? reducer::sum : reducer::mean_of_active;
        };
        auto const reduced = [&](auto loss) {
            using loss_type = decltype(loss);
            double const infinity = std::numeric_limits<double>::infinity();
            if (how == "class_weighted")
                with(losses::class_weighted<loss_type>{loss, p["class_weights"].template get<std::vector<double>>()});
            else if (how == "threshold")
                with(losses::thresholded<loss_type>{loss, p.value("low", -infinity), p.value("high", infinity)});
            else if constexpr (losses::pair_loss<loss_type>) {
                if (how == "per_anchor")
                    with(losses::per_anchor<loss_type>{loss});
                else
                    with(loss);
            }
        };
        if (name == "ContrastiveLoss") {
            bool const similarity = p["distance"] == "cosine_similarity";
            double const positive = p["pos_margin"], negative = p["neg_margin"];
            losses::contrastive loss{similarity ? 1 - positive : positive, similarity ? 1 - negative : negative};
            loss.reduction = how == "per_anchor" ? named(p["then"]) : named(how == "class_weighted" ? "mean" : how);
            reduced(loss);
        } else if (name == "TripletMarginLoss")
            reduced(losses::triplet_margin{p["margin"], reducer::mean});
        else if (name == "MarginLoss") // the divisor is how many of its hinges are open
            with(losses::margin_based{p["margin"], p["beta"], false});
        else
            FAIL("an unknown loss: " << name);
    }
    CHECK(count.seen.size() == 9);
}

TEST_CASE("gradients through reducers agree with central differences", "[catalog]") {
    using unit = distances::normalized<distances::euclidean>;
    for (auto b : batches()) {
        INFO(b.name);
        check_gradient(objective<miners::all, losses::per_anchor<losses::contrastive>, unit, double>(
                           {}, {{.reduction = reducer::mean}}),
                       b);
        check_gradient(
            objective<miners::multi_similarity, losses::per_anchor<losses::nt_xent>, distances::cosine, double>(
                {}, {{.temperature = 0.5}}),
            b);
        check_gradient(
            objective<miners::all, losses::thresholded<losses::soft_margin>, unit, double>({}, {{}, 0.4, 0.9}), b,
            b.corners > 0); // terms leave at a jump
        for (label& l : b.labels)
            l = l == 5 ? 0 : l == -2 ? 1 : l == 7 ? 2 : l == 100 ? 3 : l;
        std::vector<double> const weights{0.5, 2, 0, 1, 3};
        check_gradient(
            objective<miners::semi_hard, losses::class_weighted<losses::soft_margin>, unit, double>({}, {{}, weights}),
            b);
        check_gradient(objective<miners::all, losses::class_weighted<losses::contrastive>, unit, double>(
                           {}, {{.reduction = reducer::mean}, weights}),
                       b);
    }
}

TEST_CASE("reducers refuse what makes no sense, and know themselves", "[catalog]") {
    using weighted = losses::class_weighted<losses::triplet_margin>;
    using within = losses::thresholded<losses::triplet_margin>;
    distances::euclidean const d;
    CHECK_THROWS_WITH(objective(miners::all{}, weighted{{}, {1, -1}}, d),
                      "class_weighted: a weight of -1, which has to be 0 or more");
    CHECK_THROWS_WITH(objective(miners::all{}, within{{}, 1, 1}, d),
                      "thresholded: terms above 1 and below 1, of which there are none");
    auto const e = random_values<float>(12, 1);
    objective o(miners::all{}, weighted{{}, {1, 1}}, d);
    CHECK_THROWS_WITH(o({e.data(), 4, 3}, std::vector<label>{0, 0, 2, 2}, {}),
                      "class_weighted: label 2 where there are weights of 2 classes");
    cross_batch_memory<miners::all, weighted, distances::euclidean> memory(8, {}, weighted{{}, {1, 1, 3}});
    CHECK(memory({e.data(), 4, 3}, std::vector<label>{0, 0, 2, 2}, {}).terms > 0);
    CHECK(identity_of(within{{}, 0.1, 0.5}).text() ==
          "triplet_margin (margin 0.2, reduction mean_of_active, low 0.1, high 0.5)");
    CHECK(identity_of(losses::per_anchor<losses::nt_xent>{}).text() ==
          "nt_xent (temperature 0.07, reduction mean, per_anchor yes)");
    CHECK(identity_of(weighted{{}, {1, 2}}) != identity_of(weighted{{}, {1, 3}}));
    // What is no number is seen, not thrown away as out of bounds.
    objective nothing(miners::all{}, losses::thresholded<losses::soft_margin>{{.margin = NAN}, 0, 1}, d);
    CHECK(std::isnan(nothing({e.data(), 4, 3}, std::vector<label>{0, 0, 2, 2}, {}).loss));
}
