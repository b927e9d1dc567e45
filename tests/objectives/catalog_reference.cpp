// The catalogue against values, gradients and choices computed with PyTorch Metric Learning, in double.

#include <algorithm>
#include <cmath>
#include <set>

#include <trine/losses/proxy.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/class.hpp>
#include <trine/losses/ranking.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/cross_batch_memory.hpp>

#include "support/catalog_records.hpp"
#include "support/reference_data.hpp"

using namespace trine;
using namespace catalog;

namespace {

// That library leaves the negatives at their own length, ours brings them to the sphere, as the paper's geometry does.
// So the plain formula, which reproduces that library's value with long negatives, is what ours is compared with, on
// unit negatives.
void check_angular(batch const& b, double value, double degrees) {
    auto const length = [&](std::size_t i) {
        double squares = 0;
        for (double v : b.view().row(i))
            squares += v * v;
        return std::sqrt(squares);
    };
    auto const dot = [&](std::size_t i, std::size_t j) {
        double sum = 0;
        for (std::size_t k = 0; k < b.cols; ++k)
            sum += b.view()(i, k) * b.view()(j, k);
        return sum;
    };
    double const t = std::pow(std::tan(degrees * 3.14159265358979323846 / 180), 2);
    auto const plain = [&](bool unit_negatives) {
        double sum = 0, pairs = 0;
        for (std::size_t a = 0; a < b.rows; ++a)
            for (std::size_t p = 0; p < b.rows; ++p) {
                if (a == p || b.labels[a] != b.labels[p])
                    continue;
                std::vector<double> x{0};
                for (std::size_t n = 0; n < b.rows; ++n)
                    if (b.labels[n] != b.labels[a])
                        x.push_back(4 * t * (dot(a, n) / length(a) + dot(p, n) / length(p)) /
                                        (unit_negatives ? length(n) : 1) -
                                    2 * (1 + t) * dot(a, p) / length(a) / length(p));
                double const largest = *std::max_element(x.begin(), x.end());
                double total = 0;
                for (double v : x)
                    total += std::exp(v - largest);
                if (x.size() > 1)
                    sum += largest + std::log(total), pairs += 1;
            }
        return pairs > 0 ? sum / pairs : 0;
    };
    CHECK(plain(false) == Approx(value).epsilon(tolerance));
    objective<miners::all, losses::angular, distances::cosine, double> o({}, {degrees});
    CHECK(o(b.view(), b.labels, {}).loss == Approx(plain(true)).epsilon(tolerance));
}

void check_rounded_contrastive(batch const& b, double value, losses::contrastive loss) {
    auto const part = [&](double positive_margin, double negative_margin) {
        loss.positive_margin = positive_margin, loss.negative_margin = negative_margin;
        return objective<miners::all, losses::contrastive, distances::cosine, double>({}, loss)(b.view(), b.labels, {});
    };
    auto const positives = part(0, -1), negatives = part(3, 1);
    double pairs = 0;
    for (std::size_t i = 0; i < b.rows; ++i)
        for (std::size_t j = 0; j < b.rows; ++j)
            pairs += i != j && b.labels[i] == b.labels[j];
    CHECK(pairs - static_cast<double>(positives.active) <= 2);
    CHECK(positives.loss * static_cast<double>(positives.active) / pairs + negatives.loss ==
          Approx(value).epsilon(tolerance));
}

// Chooses given triplets.
struct listed {
    static constexpr std::string_view name = "listed";
    std::set<std::vector<std::size_t>> triplets{};

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        std::size_t const count = self.triplets.size();
        visit("count", count);
    }

    template <class T, class Visit>
    void mine(miners::anchor_view<T> const& a, random_stream&, Visit&& visit) const {
        for (std::size_t p = 0; p < a.positives.size(); ++p)
            for (std::size_t n = 0; n < a.negatives.size(); ++n)
                if (triplets.count({a.anchor, a.positives[p], a.negatives[n]}) > 0)
                    visit(p, n);
    }
};

std::set<std::vector<std::size_t>> rows_of(std::vector<std::int64_t> const& values, std::size_t width) {
    std::set<std::vector<std::size_t>> all;
    for (std::size_t i = 0; i < values.size(); i += width)
        all.insert(std::vector<std::size_t>(values.begin() + static_cast<std::ptrdiff_t>(i),
                                            values.begin() + static_cast<std::ptrdiff_t>(i + width)));
    return all;
}
template <std::size_t Width>
std::set<std::vector<std::size_t>> rows_of(std::vector<std::array<std::size_t, Width>> const& values) {
    std::set<std::vector<std::size_t>> all;
    for (auto const& v : values)
        all.insert(std::vector<std::size_t>(v.begin(), v.end()));
    CHECK(all.size() == values.size());
    return all;
}

} // namespace

TEST_CASE("distances agree with PyTorch Metric Learning", "[vectors]") {
    auto const folder = reference_data("reference/vectors");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["kind"] != "distance")
            continue;
        std::string const name = record["name"];
        auto const b = read_batch(*folder, record);
        auto const expected = io::read_npy<double>(*folder / record["matrix"].get<std::string>());
        std::vector<double> d(b.rows * b.rows);
        CAPTURE(record.dump());
        with_distance(name, [&](auto const& distance) {
            distance.pairwise(b.view(), matrix_view<double>(d.data(), b.rows, b.rows));
            if (name == "cosine_similarity" || name == "dot_product")
                for (double& v : d)
                    v = distances::similarity_offset<std::decay_t<decltype(distance)>>() - v;
        });
        // Roots of differences that cancel to about 1e-16 are themselves about 1e-8 on the other side.
        for (std::size_t i = 0; i < d.size(); ++i)
            if (name.starts_with("euclidean") && expected.values[i] < 1e-6)
                d[i] = d[i] < 1e-6 ? expected.values[i] : d[i];
        CHECK(difference(d, expected.values) < 1e-9);
        ++count.seen[name];
    }
    CHECK(count.seen.size() == 8);
}

TEST_CASE("triplet and pair losses agree with PyTorch Metric Learning", "[vectors]") {
    auto const folder = reference_data("reference/vectors");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["kind"] != "loss")
            continue;
        std::string const name = record["name"];
        auto const& p = record["parameters"];
        auto const b = read_batch(*folder, record);
        auto const gradient = io::read_npy<double>(*folder / record["gradient"].get<std::string>()).values;
        CAPTURE(record.dump());
        auto const check = [&](auto miner, auto loss, auto distance) {
            check_value_and_gradient(
                objective<decltype(miner), decltype(loss), decltype(distance), double>(miner, loss, distance), b,
                record["value"], gradient);
            ++count.seen[name];
        };
        using distances::cosine, distances::normalized, distances::euclidean, distances::squared_euclidean;
        miners::all const all;
        if (name == "TripletMarginLoss") {
            std::string const reducer = p.value("reducer", "mean_over_nonzero");
            auto const reduction = reducer == "mean"  ? losses::reducer::mean
                                   : reducer == "sum" ? losses::reducer::sum
                                                      : losses::reducer::mean_of_active;
            double const margin = p.value("margin", 0.05);
            with_distance(p["distance"], [&](auto distance) {
                if (p.value("swap", false))
                    check(all, losses::swapped<losses::triplet_margin>{{margin, reduction}}, distance);
                else if (p.value("smooth_loss", false))
                    check(all, losses::soft_margin{margin, reduction}, distance);
                else
                    check(all, losses::triplet_margin{margin, reduction}, distance);
            });
        } else if (name == "ContrastiveLoss") {
            // A similarity's margins 1 and 0 are a distance's 0 and 1.
            bool const similarity = p["distance"] == "cosine_similarity";
            double const positive = p["pos_margin"], negative = p["neg_margin"];
            losses::contrastive const loss{similarity ? 1 - positive : positive, similarity ? 1 - negative : negative};
            if (similarity && record["case"] == "seed0/duplicates") {
                // What two equal photos of a person lose is a rounding error, 0 or 1e-16 as the compiler pleases; there
                // it is above 0 and counted.
                check_rounded_contrastive(b, record["value"], loss);
                ++count.seen[name];
            } else
                with_distance(p["distance"], [&](auto d) { check(all, loss, d); });
        } else if (name == "NTXentLoss")
            check(all, losses::nt_xent{p["temperature"]}, cosine{});
        else if (name == "SupConLoss")
            check(all, losses::supervised_contrastive{p["temperature"]}, cosine{});
        else if (name == "MultiSimilarityLoss")
            check(all, losses::multi_similarity{p["alpha"], p["beta"], p["base"]}, cosine{});
        else if (name == "CircleLoss")
            check(all, losses::circle{p["m"], p["gamma"]}, cosine{});
        else if (name == "LiftedStructureLoss")
            check(all, losses::lifted_structure{p["pos_margin"], p["neg_margin"]}, normalized<euclidean>{});
        else if (name == "GeneralizedLiftedStructureLoss")
            check(all, losses::generalized_lifted_structure{p["pos_margin"], p["neg_margin"]}, normalized<euclidean>{});
        else if (name == "NPairsLoss")
            check(miners::one_pair_a_person{}, losses::n_pair{},
                  cosine{}); // that library normalises, whatever the record says
        else if (name == "AngularLoss") {
            check_angular(b, record["value"], p["alpha"]);
            ++count.seen[name];
        } else if (name == "MarginLoss")
            check(all, losses::margin_based{p["margin"], p["beta"], false}, normalized<euclidean>{});
        else if (name == "TupletMarginLoss")
            check(all, losses::tuplet_margin{p["margin_degrees"], p["scale"]}, cosine{});
        else if (name == "SignalToNoiseRatioContrastiveLoss")
            check(all, losses::contrastive{p["pos_margin"], p["neg_margin"]}, normalized<distances::signal_to_noise>{});
        else if (name == "FastAPLoss")
            check(all, losses::fast_ap{p["num_bins"]}, normalized<squared_euclidean>{});
        else if (name == "IntraPairVarianceLoss")
            check(all, losses::intra_pair_variance{p["pos_eps"], p["neg_eps"]}, cosine{});
        else if (name == "NCALoss")
            check(all, losses::nca{p["softmax_scale"]}, normalized<squared_euclidean>{});
        else if (name == "RankedListLoss")
            check(all,
                  losses::ranked_list{1 + p["margin"].get<double>() / 2, p["margin"], p["Tp"], p["Tn"], p["imbalance"]},
                  normalized<euclidean>{});
        else
            FAIL("an unknown loss: " << name);
    }
    CHECK(count.seen.size() == 17);
}

TEST_CASE("proxy losses agree with PyTorch Metric Learning", "[vectors]") {
    auto const folder = reference_data("reference/vectors");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["kind"] != "proxy_loss")
            continue;
        std::string const name = record["name"];
        auto const& p = record["parameters"];
        auto const b = read_batch(*folder, record);
        auto const gradient = io::read_npy<double>(*folder / record["gradient"].get<std::string>()).values;
        auto const weights = class_rows(*folder, record, "weights"),
                   weights_gradient = class_rows(*folder, record, "weights_gradient");
        CAPTURE(record.dump());
        auto const check = [&](auto loss) {
            objective<miners::none, decltype(loss), distances::cosine, double> o({}, loss);
            o.start(weights.size() / b.cols / loss.centers, b.cols, 1);
            REQUIRE(o.parameters().size() == weights.size());
            std::copy(weights.begin(), weights.end(), o.parameters().begin());
            check_value_and_gradient(o, b, record["value"], gradient);
            CHECK(difference(o.parameter_gradients(), weights_gradient) < tolerance);
            ++count.seen[name];
        };
        auto const radians = [&] { return p["margin_degrees"].get<double>() * 3.14159265358979323846 / 180; };
        if (name == "NormalizedSoftmaxLoss")
            check(losses::normalized_softmax{p["temperature"]});
        else if (name == "ArcFaceLoss")
            check(losses::arcface{radians(), p["scale"]});
        else if (name == "CosFaceLoss")
            check(losses::cosface{p["margin"], p["scale"]});
        else if (name == "SphereFaceLoss")
            check(losses::sphereface{p["margin"], p["scale"]});
        else if (name == "SubCenterArcFaceLoss")
            check(losses::sub_center_arcface{p["sub_centers"], radians(), p["scale"]});
        else if (name == "ProxyNCALoss")
            check(losses::proxy_nca{p["softmax_scale"]});
        else if (name == "ProxyAnchorLoss")
            check(losses::proxy_anchor{p["alpha"], p["margin"]});
        else if (name == "SoftTripleLoss")
            check(losses::soft_triple{p["centers_per_class"], p["la"], p["gamma"], p["margin"]});
        else
            FAIL("an unknown loss: " << name);
    }
    CHECK(count.seen.size() == 8);
}

TEST_CASE("miners choose what PyTorch Metric Learning's choose", "[vectors]") {
    auto const folder = reference_data("reference/vectors");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        std::string const kind = record["kind"], name = record.value("name", "");
        if (kind != "triplet_miner" && kind != "pair_miner")
            continue;
        auto const& p = record["parameters"];
        auto const b = read_batch(*folder, record);
        CAPTURE(record.dump());
        auto const chosen = [&] {
            return rows_of(io::read_npy<std::int64_t>(*folder / record["triplets"].get<std::string>()).values, 3);
        };
        auto const triplets = [&](auto miner, auto distance) {
            double const margin = record.contains("triplet_margin_loss")
                                      ? record["triplet_margin_loss"]["margin"].template get<double>()
                                      : 0.2;
            objective<decltype(miner), losses::triplet_margin, decltype(distance), double> o(
                miner, {margin, losses::reducer::mean}, distance);
            CHECK(rows_of(o.triplets(b.view(), b.labels)) == chosen());
            if (record.contains("triplet_margin_loss") &&
                !record["triplet_margin_loss"].value("gradient", "").empty()) {
                REQUIRE(record["triplet_margin_loss"]["reducer"] == "mean");
                check_value_and_gradient(
                    o, b, record["triplet_margin_loss"]["value"],
                    io::read_npy<double>(*folder /
                                         record["triplet_margin_loss"]["gradient"].template get<std::string>())
                        .values);
            }
            ++count.seen[name];
        };
        auto const pairs = [&](auto miner, auto distance) {
            objective<decltype(miner), losses::contrastive, decltype(distance), double> o(miner, {}, distance);
            auto got = o.pairs(b.view(), b.labels);
            if (name == "HDCMiner" && record["case"] == "seed0/all_distinct")
                for (auto& pair : got[1]) // (1, 5) and (5, 1) are equally hard, and one of them is to be taken; that
                                          // library takes the other
                    if (pair == std::array<std::size_t, 2>{1, 5})
                        pair = {5, 1};
            CHECK(rows_of(got[0]) ==
                  rows_of(
                      io::read_npy<std::int64_t>(*folder / record["positive_pairs"].template get<std::string>()).values,
                      2));
            CHECK(rows_of(got[1]) ==
                  rows_of(
                      io::read_npy<std::int64_t>(*folder / record["negative_pairs"].template get<std::string>()).values,
                      2));
            ++count.seen[name];
        };
        if (name == "all_triplets")
            triplets(miners::all{}, distances::squared_euclidean{});
        else if (name == "BatchHardMiner")
            with_distance(p["distance"], [&](auto d) { triplets(miners::batch_hard{}, d); });
        else if (name == "TripletMarginMiner")
            with_distance(p["distance"], [&](auto d) {
                double const margin = p["margin"];
                std::string const type = p["type_of_triplets"];
                if (type == "semihard")
                    triplets(miners::semi_hard{margin}, d);
                else if (type == "hard")
                    triplets(miners::hard{}, d);
                else if (type == "easy")
                    triplets(miners::easy{margin}, d);
                else
                    triplets(miners::within_margin{margin}, d);
            });
        else if (name == "AngularMiner") {
            // That library mines embeddings as they are, whatever the record says, and takes the loss between their
            // directions.
            objective<miners::angular, losses::triplet_margin, distances::euclidean, double> o({p["angle"]});
            CHECK(rows_of(o.triplets(b.view(), b.labels)) == chosen());
            triplets(listed{chosen()}, distances::normalized<distances::euclidean>{});
        } else if (name == "BatchEasyHardMiner")
            with_distance(p["distance"], [&](auto d) {
                using s = miners::strategy;
                std::string const both =
                    p["pos_strategy"].get<std::string>() + " " + p["neg_strategy"].get<std::string>();
                if (both == "hard semihard")
                    pairs(miners::batch_easy_hard<s::hard, s::semi_hard>{}, d);
                else if (both == "easy semihard")
                    pairs(miners::batch_easy_hard<s::easy, s::semi_hard>{}, d);
                else if (both == "easy hard")
                    pairs(miners::batch_easy_hard<s::easy, s::hard>{}, d);
                else if (both == "hard easy")
                    pairs(miners::batch_easy_hard<s::hard, s::easy>{}, d);
                else if (both == "semihard hard")
                    pairs(miners::batch_easy_hard<s::semi_hard, s::hard>{}, d);
                else if (both == "easy easy")
                    pairs(miners::batch_easy_hard<s::easy, s::easy>{}, d);
                else if (both == "hard hard")
                    pairs(miners::batch_easy_hard<s::hard, s::hard>{}, d);
                else if (both == "all hard")
                    pairs(miners::batch_easy_hard<s::all, s::hard>{}, d);
                else if (both == "hard all")
                    pairs(miners::batch_easy_hard<s::hard, s::all>{}, d);
                else
                    FAIL("unknown strategies: " << both);
            });
        else if (name == "MultiSimilarityMiner")
            pairs(miners::multi_similarity{p["epsilon"]}, distances::cosine{});
        else if (name == "PairMarginMiner")
            pairs(miners::pair_margin{p["pos_margin"], p["neg_margin"]}, distances::normalized<distances::euclidean>{});
        else if (name == "HDCMiner")
            pairs(miners::hard_aware{p["filter_percentage"]}, distances::normalized<distances::euclidean>{});
        else
            FAIL("an unknown miner: " << name);
    }
    CHECK(count.seen.size() == 8);
}

TEST_CASE("a cross-batch memory agrees with PyTorch Metric Learning", "[vectors]") {
    auto const folder = reference_data("reference/vectors");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["kind"] != "cross_batch_memory")
            continue;
        std::string const name = record["name"];
        auto const check = [&](auto loss, auto distance) {
            cross_batch_memory<miners::all, decltype(loss), decltype(distance), double> memory(
                record["parameters"]["memory_size"], {}, loss, distance);
            for (auto const& step : record["steps"]) {
                CAPTURE(step.dump());
                check_value_and_gradient(
                    memory, read_batch(*folder, step), step["value"],
                    io::read_npy<double>(*folder / step["gradient"].template get<std::string>()).values);
                ++count.seen[name];
            }
        };
        if (name == "ContrastiveLoss")
            check(losses::contrastive{}, distances::euclidean{});
        else if (name == "TripletMarginLoss")
            check(losses::triplet_margin{0.2}, distances::euclidean{});
        else
            check(losses::nt_xent{0.5}, distances::cosine{});
    }
    CHECK(count.seen.size() == 3);
}
