// Miners that draw, and the batch as its own triplets, against values that others computed and by their distributions.

#include <map>
#include <set>

#include <trine/losses/pair.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/at_most.hpp>
#include <trine/miners/batch_triplets.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/uniform_histogram.hpp>
#include <trine/objectives/objective.hpp>

#include "support/awkward_batches.hpp"
#include "support/catalog_records.hpp"
#include "support/reference_data.hpp"

using namespace trine;
using namespace catalog;

namespace {

using unit = distances::normalized<distances::euclidean>;
using pairs_of_bins = objective<miners::uniform_histogram, losses::contrastive, unit, double>;
using pair = std::array<std::size_t, 2>;

} // namespace

TEST_CASE("uniform_histogram draws as PyTorch Metric Learning's does", "[vectors]") {
    auto const folder = reference_data("reference/vectors_more");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["kind"] != "pair_miner_distribution")
            continue;
        auto const& p = record["parameters"];
        auto const b = read_batch(*folder, record);
        CAPTURE(record.dump());
        miners::uniform_histogram const miner{p["num_bins"], p["pos_per_bin"], p["neg_per_bin"]};
        pairs_of_bins o(miner);
        std::size_t const runs = 300;
        std::array<std::map<pair, double>, 2> drawn;
        std::array<std::size_t, 2> total{};
        for (std::size_t run = 0; run < runs; ++run) {
            auto const got = o.pairs(b.view(), b.labels, 1, static_cast<std::uint32_t>(run));
            for (std::size_t side = 0; side < 2; ++side) {
                if (run > 0)
                    REQUIRE(got[side].size() == total[side]);
                total[side] = got[side].size();
                for (auto const& one : got[side])
                    drawn[side][one] += 1;
            }
        }
        random_stream stream(1, purpose::user);
        auto const prepared = miner.prepare(o.last_distances(), std::span<label const>(b.labels), stream);
        for (std::size_t side = 0; side < 2; ++side) {
            std::string const key = side == 0 ? "positive" : "negative";
            auto const& edges = side == 0 ? prepared.positive.edges : prepared.negative.edges;
            if (!record.contains(key + "_bin_edges") || record[key + "_bin_edges"].is_null()) {
                CHECK(total[side] == 0);
                continue;
            }
            auto const array = [&](std::string const& what) {
                return *folder / record[key + what].template get<std::string>();
            };
            CHECK(total[side] == record[key + "_total"].template get<std::size_t>());
            auto const expected_edges = io::read_npy<double>(array("_bin_edges")).values;
            if (!expected_edges.empty())
                CHECK(difference(edges, expected_edges) < tolerance);
            auto const places = io::read_npy<std::int64_t>(array("_pairs")).values;
            auto const expected = io::read_npy<double>(array("_expected_counts")).values;
            std::size_t const each = side == 0 ? miner.positives_per_bin : miner.negatives_per_bin;
            double sum = 0;
            for (std::size_t k = 0; k < expected.size(); ++k) {
                pair const one{static_cast<std::size_t>(places[2 * k]), static_cast<std::size_t>(places[2 * k + 1])};
                double const mean = drawn[side][one] / static_cast<double>(runs);
                // Each of a bin's draws is this pair with the same probability.
                double const chance = expected[k] / static_cast<double>(each),
                             variance = expected[k] * (1 - chance) / static_cast<double>(runs);
                CHECK(mean == Approx(expected[k]).margin(5.5 * std::sqrt(variance) + 1e-12));
                sum += mean;
                drawn[side].erase(one);
            }
            for (auto const& [one, times] : drawn[side])
                CHECK(times == 0);
            CHECK(sum == Approx(static_cast<double>(total[side])));
        }
        ++count.seen["UniformHistogramMiner"];
    }
    CHECK(count.seen["UniformHistogramMiner"] == 18);
}

TEST_CASE("batches that are triplets are taken as PyTorch Metric Learning takes them", "[vectors]") {
    auto const folder = reference_data("reference/vectors_more");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["name"] != "EmbeddingsAlreadyPackagedAsTriplets")
            continue;
        CAPTURE(record.dump());
        auto const b = read_batch(*folder, record);
        objective<miners::batch_triplets, losses::triplet_margin, distances::euclidean, double> o(
            {}, {0.2, losses::reducer::mean});
        std::vector<std::int64_t> chosen;
        for (auto const& triplet : o.triplets(b.view(), b.labels))
            for (std::size_t i : triplet)
                chosen.push_back(static_cast<std::int64_t>(i));
        CHECK(chosen == io::read_npy<std::int64_t>(*folder / record["triplets"].get<std::string>()).values);
        check_record(o, b, *folder, record);
        ++count.seen["batch_triplets"];
    }
    CHECK(count.seen["batch_triplets"] == 4);
}

TEST_CASE("at_most draws so many of another miner's triplets, each as likely", "[catalog]") {
    auto const b = batches().front();
    matrix_view<double const> const e(b.e.data(), b.rows(), b.cols);
    auto const with = [&](auto miner) {
        return objective<decltype(miner), losses::triplet_margin, unit, double>(miner);
    };
    auto const rows = [](auto const& triplets) {
        return std::set<std::array<std::size_t, 3>>(triplets.begin(), triplets.end());
    };
    auto const check = [&](auto inner, std::size_t most) {
        INFO(decltype(inner)::name << " " << most);
        auto few = with(miners::at_most<decltype(inner)>{inner, most});
        std::map<std::size_t, std::size_t> there; // of each anchor
        auto const all = with(inner).triplets(e, b.labels, 1, 2);
        for (auto const& t : all)
            ++there[t[0]];
        auto const got = few.triplets(e, b.labels, 1, 2);
        CHECK(got == few.triplets(e, b.labels, 1, 2));
        CHECK(std::is_sorted(got.begin(), got.end(), [](auto const& x, auto const& y) { return x[0] < y[0]; }));
        auto const chosen = rows(got), possible = rows(all);
        CHECK(chosen.size() == got.size()); // none twice
        CHECK(std::includes(possible.begin(), possible.end(), chosen.begin(), chosen.end()));
        std::map<std::size_t, std::size_t> taken;
        for (auto const& t : got)
            ++taken[t[0]];
        for (auto const& [anchor, count] : there)
            CHECK(taken[anchor] == std::min(count, most));
    };
    for (std::size_t most : {1, 3, 8, 1000}) {
        check(miners::all{}, most);
        check(miners::easy{0.0}, most);
        check(miners::hard{}, most);
        check(miners::facenet_semi_hard{}, most);
    }
    std::map<std::array<std::size_t, 3>, double> times;
    auto few = with(miners::at_most<>{{}, 4});
    std::size_t const runs = 3000;
    for (std::size_t run = 0; run < runs; ++run)
        for (auto const& t : few.triplets(e, b.labels, 1, static_cast<std::uint32_t>(run)))
            times[t] += 1;
    auto const all = with(miners::all{}).triplets(e, b.labels);
    CHECK(times.size() == all.size());
    for (auto const& [t, drawn] : times) {
        auto const of_anchor = static_cast<double>(
            std::count_if(all.begin(), all.end(), [a = t[0]](auto const& other) { return other[0] == a; }));
        double const chance = 4 / of_anchor, deviation = std::sqrt(runs * chance * (1 - chance));
        CHECK(drawn == Approx(runs * chance).margin(5 * deviation));
    }
}

TEST_CASE("objectives with miners that draw have the gradient of what is drawn", "[catalog]") {
    for (auto const& b : batches()) {
        INFO(b.name);
        // Embeddings move a pair from bin to bin, so one bin for all.
        check_gradient(objective<miners::uniform_histogram, losses::multi_similarity, distances::cosine, double>({1}),
                       b);
        check_gradient(objective<miners::at_most<>, losses::soft_margin, unit, double>({{}, 3}), b);
        if (b.rows() % 3 == 0)
            check_gradient(objective<miners::batch_triplets, losses::soft_margin, unit, double>(), b);
    }
}

TEST_CASE("an objective over given distances is that over embeddings", "[catalog]") {
    for (auto const& b : batches()) {
        INFO(b.name);
        std::size_t const n = b.rows(), d = b.cols;
        matrix_view<double const> const e(b.e.data(), n, d);
        auto const check = [&](auto o, auto again, std::size_t dimensions = 0) {
            std::vector<double> distances(n * n), slopes(n * n, NAN), expected(n * d), got(n * d);
            auto const whole = o(e, b.labels, {expected.data(), n, d}, 3, 4);
            std::copy_n(o.last_distances().data(), n * n, distances.data());
            auto const given = again.of_distances(matrix_view<double const>(distances.data(), n, n), b.labels,
                                                  matrix_view<double>(slopes.data(), n, n), 3, 4, dimensions);
            CHECK(given.loss == whole.loss);
            CHECK(given.triplets == whole.triplets);
            CHECK(again.of_distances(matrix_view<double const>(distances.data(), n, n), b.labels, {}, 3, 4, dimensions)
                      .loss == whole.loss);
            again.distance().gradient(e, matrix_view<double const>(distances.data(), n, n),
                                      matrix_view<double>(slopes.data(), n, n), matrix_view<double>(got.data(), n, d));
            CHECK(got == expected);
        };
        using semi = objective<miners::semi_hard, losses::triplet_margin, unit, double>;
        check(semi(), semi());
        using similar = objective<miners::multi_similarity, losses::multi_similarity, distances::cosine, double>;
        check(similar(), similar());
        using weighted = objective<miners::distance_weighted, losses::margin_based, unit, double>;
        check(weighted(), weighted(), d);
    }
    objective<miners::all, losses::triplet_margin, distances::euclidean> o;
    std::vector<float> distances{0, 1, 1, 0};
    std::vector<label> const labels{1, 2};
    using given = matrix_view<float const>;
    CHECK_THROWS_WITH(o.of_distances(given(distances.data(), 1, 2), labels, {}), "1×2 distances of 2 labels");
    CHECK_THROWS_WITH(o.of_distances(given(distances.data(), 2, 2), labels, {distances.data(), 1, 2}),
                      "slopes of 1×2 for distances of 2×2");
    distances[1] = NAN;
    CHECK_THROWS_WITH(o.of_distances(given(distances.data(), 2, 2), labels, {}),
                      "a distance from photo 0 of the batch (label 1) is not finite");
    objective<miners::distance_weighted, losses::triplet_margin, distances::euclidean> w;
    distances[1] = 1;
    CHECK_THROWS_WITH(w.of_distances(given(distances.data(), 2, 2), labels, {}),
                      "distance_weighted: the density of distances depends on the number of dimensions, which is not "
                      "given");
}

TEST_CASE("miners that draw refuse what makes no sense, and give the same bits with any threads", "[catalog]") {
    using distances::cosine;
    CHECK_THROWS_WITH(objective(miners::uniform_histogram{.bins = 0}, losses::contrastive{}, cosine{}),
                      "uniform_histogram: 0 bins, which are 1 to 1000000");
    CHECK_THROWS_WITH(objective(miners::at_most<>{{}, 0}, losses::triplet_margin{}, cosine{}),
                      "at_most: 0 triplets an anchor, which would teach nothing");
    objective<miners::batch_triplets, losses::triplet_margin, cosine> o;
    std::size_t const n = 60, d = 8;
    auto const e = random_values<float>(n * d, 2);
    CHECK_THROWS_WITH(o({e.data(), 4, 8}, std::vector<label>(4), {}),
                      "batch_triplets: a batch of 4 photos, which has to be anchors, positives and negatives by turns");
    CHECK(identity_of(miners::at_most<miners::semi_hard>{}).text() == "semi_hard (margin 0.2, at_most 100)");
    std::vector<label> labels(n);
    for (std::size_t i = 0; i < n; ++i)
        labels[i] = static_cast<label>(i * 7 % 13);
    auto const check = [&](auto miner, auto loss) {
        std::vector<float> expected;
        for (std::size_t threads : {1, 2, 4}) {
            with_threads const scope(threads);
            objective<decltype(miner), decltype(loss), cosine> one(miner, loss);
            std::vector<float> gradient(n * d);
            one(matrix_view<float const>(e.data(), n, d), labels, {gradient.data(), n, d}, 3, 4);
            if (expected.empty())
                expected = gradient;
            CHECK((gradient == expected));
        }
    };
    check(miners::uniform_histogram{}, losses::contrastive{});
    check(miners::uniform_histogram{5, 2, 2}, losses::soft_margin{});
    check(miners::at_most<>{{}, 7}, losses::soft_margin{});
    // Where all distances are equal, all lie in one bin.
    std::vector<float> const same(4 * d, 1.0F);
    objective<miners::uniform_histogram, losses::contrastive, cosine> equal({10, 3, 2});
    auto const got = equal.pairs({same.data(), 4, d}, std::vector<label>{1, 1, 2, 2});
    CHECK(got[0].size() == 3);
    CHECK(got[1].size() == 2);
}
