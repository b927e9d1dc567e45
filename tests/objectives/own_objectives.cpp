// Objectives that are more than a miner, a loss and a distance, against values that others computed and central
// differences.

#include <trine/objectives/any_objective.hpp>
#include <trine/objectives/manifold.hpp>
#include <trine/objectives/vicreg.hpp>

#include "support/awkward_batches.hpp"
#include "support/catalog_records.hpp"
#include "support/reference_data.hpp"

using namespace trine;
using namespace catalog;

TEST_CASE("VICReg agrees with PyTorch Metric Learning", "[vectors]") {
    auto const folder = reference_data("reference/vectors_more");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["name"] != "VICRegLoss")
            continue;
        CAPTURE(record.dump());
        auto const& p = record["parameters"];
        auto b = read_batch(*folder, record);
        auto const array = [&](char const* key) {
            return io::read_npy<double>(*folder / record[key].get<std::string>()).values;
        };
        // Two photos each of as many people.
        auto const other = array("ref_embeddings"), by_other = array("ref_embeddings_gradient");
        auto gradient = array("gradient");
        b.embeddings.insert(b.embeddings.end(), other.begin(), other.end());
        gradient.insert(gradient.end(), by_other.begin(), by_other.end());
        b.labels.clear();
        for (std::size_t i = 0; i < 2 * b.rows; ++i)
            b.labels.push_back(static_cast<label>(i % b.rows));
        b.rows *= 2;
        check_value_and_gradient(vicreg<double>{p["invariance_lambda"], p["variance_mu"], p["covariance_v"], p["eps"]},
                                 b, record["value"], gradient);
        ++count.seen["VICRegLoss"];
    }
    CHECK(count.seen["VICRegLoss"] == 18);
}

TEST_CASE("the manifold loss agrees with PyTorch Metric Learning, its proxies too", "[vectors]") {
    auto const folder = reference_data("reference/vectors_more");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["name"] != "ManifoldLoss")
            continue;
        CAPTURE(record.dump());
        auto const& p = record["parameters"];
        auto b = read_batch(*folder, record);
        b.labels = record["meta_classes"].get<std::vector<label>>();
        auto const array = [&](char const* key) {
            return io::read_npy<double>(*folder / record[key].get<std::string>()).values;
        };
        bool const context_alone = p["lambdaC"].is_string();
        manifold<double> o({.proxies = p["K"],
                            .intrinsic = context_alone ? 0.0 : 1.0,
                            .context = context_alone ? 1.0 : p["lambdaC"].get<double>(),
                            .alpha = p["alpha"],
                            .margin = p["margin"]});
        o.start(0, b.cols, 1);
        auto const proxies = array("proxies");
        REQUIRE(proxies.size() == o.parameters().size());
        std::copy(proxies.begin(), proxies.end(), o.parameters().begin());
        check_record(o, b, *folder, record);
        if (record.contains("proxies_gradient"))
            CHECK(difference(o.parameter_gradients(), array("proxies_gradient")) < tolerance);
        ++count.seen["ManifoldLoss"];
    }
    CHECK(count.seen["ManifoldLoss"] == 36);
}

TEST_CASE("VICReg and the manifold loss agree with central differences", "[catalog]") {
    for (auto const& b : batches()) {
        INFO(b.name);
        check_gradient(vicreg<double>{}, b);
        check_gradient(vicreg<double>{.invariance = 0, .variance = 1, .covariance = 3}, b);
        if (b.name == "a photo twice" || b.name == "two people in one place")
            continue; // the walk couples all, so the corner is everybody's
        manifold<double> o({.proxies = 3, .margin = 0.1});
        o.start(0, b.cols, 4);
        check_gradient(o, b);
    }
}

TEST_CASE("VICReg takes views by two, and leaves one over", "[catalog]") {
    auto const e = random_values<double>(5 * 3, 1);
    std::vector<double> gradient(15), four(12);
    vicreg<double> const o;
    auto const five = o({e.data(), 5, 3}, std::vector<label>{2, 2, 2, 2, 2}, {gradient.data(), 5, 3});
    auto const rest = o({e.data(), 4, 3}, std::vector<label>{2, 2, 2, 2}, {four.data(), 4, 3});
    CHECK(five.loss == rest.loss);
    CHECK(five.triplets == 2);
    CHECK(std::equal(four.begin(), four.end(), gradient.begin()));
    CHECK(std::vector<double>(gradient.begin() + 12, gradient.end()) == std::vector<double>(3));
    auto const none = o({e.data(), 5, 3}, std::vector<label>{1, 2, 3, 4, 5}, {gradient.data(), 5, 3});
    CHECK(none.loss == 0);
    CHECK(gradient == std::vector<double>(15));
}

TEST_CASE("objectives of their own refuse what makes no sense, and are resumed", "[catalog]") {
    any_objective const plain = vicreg<>{}; // they are objectives
    any_objective const walk = manifold<>{};
    CHECK(plain.identity_of().text() == "vicreg (invariance 25, variance 25, covariance 1, epsilon 1e-04)");
    CHECK(walk.identity_of().name() == "manifold");
    std::vector<label> const labels{1, 1};
    auto const e = random_values<float>(6, 1);
    CHECK_THROWS_WITH((vicreg<float>{.variance = -1}({e.data(), 2, 3}, labels, {})),
                      "vicreg: weights 25, -1, 1, of which none may be below 0");
    CHECK_THROWS_WITH((vicreg<float>{.epsilon = 0}({e.data(), 2, 3}, labels, {})),
                      "vicreg: epsilon 0, which has to be above 0");
    CHECK_THROWS_WITH(manifold<>({.proxies = 0}), "manifold: 0 proxies, where 1 or more is needed");
    CHECK_THROWS_WITH(manifold<>({.alpha = 1}), "manifold: alpha 1, which is between 0 and 1");
    manifold<> a({.proxies = 4}), b({.proxies = 4}), other({.proxies = 5});
    CHECK_THROWS_WITH(a({e.data(), 2, 3}, labels, {}),
                      "this loss owns proxies: call start(classes, dimensions, seed) before the first batch");
    a.start(2, 3, 1), b.start(2, 3, 2), other.start(2, 3, 1);
    double const value = a({e.data(), 2, 3}, labels, {}).loss;
    CHECK(b({e.data(), 2, 3}, labels, {}).loss != value);
    b.restore(a.state());
    CHECK(b({e.data(), 2, 3}, labels, {}).loss == value);
    CHECK_THROWS_WITH(other.restore(a.state()), "the state has 12 scalars of proxies, not 15");
    CHECK_THROWS_WITH(a({e.data(), 3, 2}, std::vector<label>{1, 1, 2}, {}),
                      "embeddings of 2 dimensions for proxies of 3");
}

TEST_CASE("VICReg and the manifold loss give the same bits with any number of threads", "[catalog]") {
    std::size_t const n = 60, d = 8;
    auto const e = random_values<float>(n * d, 2);
    std::vector<label> labels(n);
    for (std::size_t i = 0; i < n; ++i)
        labels[i] = static_cast<label>(i * 7 % 13);
    auto const check = [&](auto const& make) {
        std::vector<float> expected;
        for (std::size_t threads : {1, 2, 4}) {
            with_threads const scope(threads);
            auto o = make();
            std::vector<float> gradient(n * d);
            auto const r = o(matrix_view<float const>(e.data(), n, d), labels, {gradient.data(), n, d});
            o.each_parameter([&](std::span<float>, std::span<float const> by) {
                gradient.insert(gradient.end(), by.begin(), by.end());
            });
            gradient.push_back(static_cast<float>(r.loss));
            if (expected.empty())
                expected = gradient;
            CHECK((gradient == expected));
        }
    };
    check([] { return vicreg<>{}; });
    check([] {
        manifold<> o({.proxies = 40});
        o.start(13, 8, 1);
        return o;
    });
}
