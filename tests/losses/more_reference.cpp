// Losses of triplets, pairs and orders against values and gradients that others computed and central differences.

#include <trine/losses/decoupled_contrastive.hpp>
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
            check_value_and_gradient(
                objective<decltype(miner), decltype(loss), distances::cosine, double>(miner, loss), b, record["value"],
                io::read_npy<double>(*folder / record["gradient"].template get<std::string>()).values);
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
}
