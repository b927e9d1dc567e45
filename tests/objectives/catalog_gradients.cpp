// Gradients of the catalogue against central differences in double, also on batches where they are awkward.

#include <cmath>

#include <trine/distances/lp.hpp>
#include <trine/distances/signal_to_noise.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/class.hpp>
#include <trine/losses/ranking.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/norm_penalty.hpp>
#include <trine/objectives/weighted_sum.hpp>
#include <trine/objectives/cross_batch_memory.hpp>

#include "support/awkward_batches.hpp"
#include "support/random_values.hpp"

using namespace trine;
using namespace catalog;

namespace {

template <class Distance, class Miner, class Loss>
void check(Miner miner, Loss loss, Distance distance = {}) {
    for (auto const& b : batches()) {
        INFO(Loss::name << ", " << Miner::name << ", " << Distance::name << ", " << b.name);
        check_gradient(objective<Miner, Loss, Distance, double>(miner, loss, distance), b);
    }
}

} // namespace

TEMPLATE_TEST_CASE("gradients of distances agree with central differences", "[catalog]", distances::squared_euclidean,
                   distances::euclidean, distances::manhattan, distances::lp, distances::cosine, distances::dot_product,
                   distances::angular, distances::signal_to_noise, distances::normalized<distances::signal_to_noise>,
                   distances::normalized<distances::manhattan>) {
    check<TestType>(miners::all{}, losses::soft_margin{});
    check<TestType>(miners::all{}, losses::no_margin{.reduction = losses::reducer::sum});
    if constexpr (std::is_same_v<TestType, distances::lp>)
        for (double p : {1.0, 1.5, 3.0})
            check(miners::all{}, losses::soft_margin{}, distances::lp{p});
}

TEST_CASE("gradients of triplet losses and miners agree with central differences", "[catalog]") {
    using unit = distances::normalized<distances::euclidean>;
    check<unit>(miners::all{}, losses::swapped<losses::triplet_margin>{{0.7}});
    check<distances::cosine>(miners::semi_hard{0.5}, losses::swapped<losses::soft_margin>{});
    check<unit>(miners::all{}, losses::margin_based{});
    check<unit>(miners::hard{}, losses::triplet_margin{});
    check<unit>(miners::within_margin{}, losses::soft_margin{});
    check<unit>(miners::easy{}, losses::soft_margin{});
    check<unit>(miners::facenet_semi_hard{}, losses::soft_margin{});
    check<unit>(miners::distance_weighted{}, losses::margin_based{});
    check<unit>(miners::angular{}, losses::soft_margin{});
    check<unit>(miners::curriculum{.steps = 4}, losses::soft_margin{});
    check<unit>(miners::batch_easy_hard<>{}, losses::soft_margin{});
    check<unit>(miners::multi_similarity{}, losses::triplet_margin{1.0});
    check<unit>(miners::hard_aware{}, losses::soft_margin{});
}

TEST_CASE("gradients of pair losses agree with central differences", "[catalog]") {
    using unit = distances::normalized<distances::euclidean>;
    using squared = distances::normalized<distances::squared_euclidean>;
    using cosine = distances::cosine;
    miners::all const all;
    check<distances::euclidean>(all, losses::contrastive{0.3, 1.5});
    check<distances::euclidean>(
        all, losses::contrastive{.negative_margin = 2, .squared = true, .reduction = losses::reducer::mean});
    check<distances::normalized<distances::signal_to_noise>>(all, losses::contrastive{});
    check<cosine>(all, losses::nt_xent{});
    check<cosine>(miners::multi_similarity{}, losses::nt_xent{0.5});
    check<distances::dot_product>(miners::one_pair_a_person{}, losses::n_pair{});
    check<cosine>(all, losses::supervised_contrastive{});
    check<cosine>(all, losses::multi_similarity{});
    check<cosine>(miners::multi_similarity{}, losses::multi_similarity{});
    check<unit>(all, losses::generalized_lifted_structure{});
    check<unit>(all, losses::lifted_structure{});
    check<cosine>(all, losses::tuplet_margin{});
    check<squared>(all, losses::nca{});
    check<squared>(all, losses::fast_ap{});
    check<unit>(all, losses::ranked_list{.positive_temperature = 2, .negative_temperature = 3});
    check<cosine>(all, losses::intra_pair_variance{0.1, 0.2});
    check<cosine>(miners::pair_margin{0.1, 1.2}, losses::intra_pair_variance{});
    check<cosine>(all, losses::angular{});
    check<unit>(miners::pair_margin{}, losses::contrastive{});
    check<unit>(miners::hard_aware{}, losses::contrastive{});
}

TEST_CASE("circle loss holds its weights constant", "[catalog]") {
    // So its gradient is not that of its value: with the weights of the batch frozen, it is.
    small_batch const b = batches().front();
    std::size_t const n = b.rows(), d = small_batch::cols;
    double const m = 0.4, gamma = 8;
    auto const cosines = [&](std::vector<double> const& e) {
        std::vector<double> out(n * n);
        distances::cosine{}.pairwise(matrix_view<double const>(e.data(), n, d), matrix_view<double>(out.data(), n, n));
        for (double& v : out)
            v = 1 - v;
        return out;
    };
    auto const frozen = cosines(b.e);
    auto const loss = [&](std::vector<double> const& e) {
        auto const s = cosines(e);
        double sum = 0, anchors = 0;
        for (std::size_t a = 0; a < n; ++a) {
            double pull = 0, push = 0;
            for (std::size_t i = 0; i < n; ++i)
                if (i != a && b.labels[i] == b.labels[a])
                    pull += std::exp(-gamma * std::max(1 + m - frozen[a * n + i], 0.0) * (s[a * n + i] - (1 - m)));
                else if (i != a)
                    push += std::exp(gamma * std::max(frozen[a * n + i] + m, 0.0) * (s[a * n + i] - m));
            if (pull > 0 && push > 0)
                sum += std::log1p(pull * push), anchors += 1;
        }
        return sum / anchors;
    };
    objective<miners::all, losses::circle, distances::cosine, double> o({}, {m, gamma});
    std::vector<double> gradient(n * d);
    CHECK(o({b.e.data(), n, d}, b.labels, {gradient.data(), n, d}).loss == Approx(loss(b.e)));
    for (std::size_t i = 0; i < n * d; ++i) {
        auto above = b.e, below = b.e;
        above[i] += 1e-6, below[i] -= 1e-6;
        CHECK(gradient[i] == Approx((loss(above) - loss(below)) / 2e-6).epsilon(1e-5).margin(1e-8));
    }
    for (auto const& batch : batches())
        check_gradient(o, batch, true);
}

TEMPLATE_TEST_CASE("gradients of proxy losses agree with central differences, weights too", "[catalog]",
                   losses::softmax, losses::normalized_softmax, losses::sphereface, losses::cosface, losses::arcface,
                   losses::sub_center_arcface, losses::proxy_nca, losses::proxy_anchor, losses::soft_triple) {
    using distance = std::conditional_t<TestType::normalized, distances::cosine, distances::dot_product>;
    for (auto b : batches()) {
        for (label& l : b.labels) // classes count from 0
            l = l == 5 ? 0 : l == -2 ? 1 : l == 7 ? 2 : l == 100 ? 3 : l;
        INFO(TestType::name << ", " << b.name);
        objective<miners::none, TestType, distance, double> o;
        o.start(6, small_batch::cols, 9);
        b.corners = 0; // proxies lie elsewhere
        check_gradient(o, b);
        matrix_view<double const> const e(b.e.data(), b.rows(), small_batch::cols);
        o(e, b.labels, {});
        std::vector<double> const by(o.parameter_gradients().begin(), o.parameter_gradients().end());
        double largest = 0;
        for (double v : by)
            largest = std::max(largest, std::abs(v));
        for (std::size_t i = 0; i < by.size(); ++i) {
            double& w = o.parameters()[i];
            double const before = w, h = 1e-6;
            w = before + h;
            double const above = o(e, b.labels, {}).loss;
            w = before - h;
            double const below = o(e, b.labels, {}).loss;
            w = before;
            CAPTURE(i);
            REQUIRE(by[i] == Approx((above - below) / (2 * h)).epsilon(2e-5).margin(1e-6 * largest + 1e-8));
        }
    }
}

TEST_CASE("a learnt threshold has its gradient, one for all or one a person", "[catalog]") {
    auto b = batches().front();
    for (label& l : b.labels)
        l = l == 5 ? 0 : l == -2 ? 1 : l == 7 ? 2 : 3;
    matrix_view<double const> const e(b.e.data(), b.rows(), small_batch::cols);
    for (std::size_t classes : {0, 4}) {
        objective<miners::all, losses::margin_based, distances::normalized<distances::euclidean>, double> o(
            {}, losses::margin_based{.classes = classes});
        o(e, b.labels, {});
        o.each_parameter([&](std::span<double> values, std::span<double const> gradients) {
            REQUIRE(values.size() == std::max<std::size_t>(classes, 1));
            std::vector<double> const by(gradients.begin(), gradients.end());
            for (std::size_t i = 0; i < values.size(); ++i) {
                double const before = values[i];
                values[i] = before + 1e-6;
                double const above = o(e, b.labels, {}).loss;
                values[i] = before - 1e-6;
                double const below = o(e, b.labels, {}).loss;
                values[i] = before;
                CHECK(by[i] == Approx((above - below) / 2e-6).epsilon(1e-5).margin(1e-8));
            }
        });
    }
    objective<miners::all, losses::margin_based, distances::normalized<distances::euclidean>, double> few(
        {}, losses::margin_based{.classes = 2});
    CHECK_THROWS_WITH(few(e, b.labels, {}), "label 2 where the loss learns thresholds of 2 people");
}

TEST_CASE("a cross-batch memory's gradient agrees with central differences, its references held constant",
          "[catalog]") {
    // A fresh memory for every value, filled with the same batch first.
    auto const with = [](auto loss, auto distance) {
        auto const b = batches().front();
        std::size_t const n = b.rows(), d = small_batch::cols;
        auto const first = random_values<double>(n * d, 8);
        struct {
            decltype(loss) l;
            decltype(distance) dist;
            std::vector<double> const& filling;
            std::vector<double> const& original;
            objective_result operator()(matrix_view<double const> e, std::span<label const> labels,
                                        matrix_view<double> gradient, std::uint64_t seed, std::uint32_t step) const {
                // The batch's own copy in the memory stays what it was: queries move against it.
                std::vector<double> references(filling);
                references.insert(references.end(), original.begin(), original.end());
                std::vector<label> all(labels.begin(), labels.end());
                all.insert(all.end(), labels.begin(), labels.end());
                std::size_t const rows = e.rows(), m = 2 * rows;
                std::vector<double> dm(rows * m), g(rows * m);
                std::vector<std::size_t> places(rows);
                std::iota(places.begin(), places.end(), rows);
                detail::mining_pass<miners::all, decltype(loss), decltype(distance), double> pass({}, l);
                matrix_view<double const> const r(references.data(), m, e.cols());
                dist.cross(e, r, matrix_view<double>(dm.data(), rows, m));
                auto const result =
                    pass(matrix_view<double const>(dm.data(), rows, m), matrix_view<double>(g.data(), rows, m), labels,
                         {all, places, false}, e.cols(), seed, step);
                if (gradient.rows() > 0)
                    dist.cross_gradient(e, r, matrix_view<double const>(dm.data(), rows, m),
                                        matrix_view<double>(g.data(), rows, m), gradient);
                return result;
            }
        } const o{loss, distance, first, b.e};
        check_gradient(o, b);
        // And it is what the memory does.
        cross_batch_memory<miners::all, decltype(loss), decltype(distance), double> memory(2 * n, {}, loss, distance);
        std::vector<double> expected(n * d), got(n * d);
        memory({first.data(), n, d}, b.labels, {});
        auto const a = memory({b.e.data(), n, d}, b.labels, {got.data(), n, d}, 1, 2);
        auto const c = o({b.e.data(), n, d}, b.labels, {expected.data(), n, d}, 1, 2);
        CHECK(a.loss == Approx(c.loss));
        CHECK(got == expected);
    };
    with(losses::soft_margin{}, distances::squared_euclidean{});
    with(losses::nt_xent{0.5}, distances::cosine{});
    with(losses::soft_margin{}, distances::angular{});
    with(losses::soft_margin{}, distances::manhattan{});
    with(losses::soft_margin{}, distances::lp{3});
    with(losses::soft_margin{}, distances::signal_to_noise{});
    with(losses::soft_margin{}, distances::dot_product{});
    with(losses::soft_margin{}, distances::normalized<distances::euclidean>{});
}

TEST_CASE("sums of objectives and penalties on the norm agree with central differences", "[catalog]") {
    for (auto const& b : batches()) {
        INFO(b.name);
        check_gradient(norm_penalty<double>{}, b);
        check_gradient(norm_penalty<double>{.target = 1, .power = 3}, b);
        check_gradient(weighted_sum<double, objective<miners::all, losses::soft_margin, distances::cosine, double>,
                                    norm_penalty<double>>(
                           {1, 0.1}, objective<miners::all, losses::soft_margin, distances::cosine, double>(),
                           norm_penalty<double>{}),
                       b);
    }
}

TEST_CASE("a cross-batch memory comes back from its state, and bad use of objectives is refused", "[catalog]") {
    std::size_t const n = 6, d = 4;
    std::vector<label> const labels{1, 1, 2, 2, 3, 3};
    cross_batch_memory<miners::batch_hard, losses::triplet_margin, distances::euclidean> a(8), b(8);
    for (std::uint64_t step = 0; step < 3; ++step) {
        auto const e = random_values<float>(n * d, step);
        a({e.data(), n, d}, labels, {});
    }
    CHECK(a.held() == 8);
    b.restore(a.state());
    auto const e = random_values<float>(n * d, 9);
    CHECK(a({e.data(), n, d}, labels, {}).loss == b({e.data(), n, d}, labels, {}).loss);
    auto broken = a.state();
    broken.add("embeddings", std::vector<float>(8 * d - 1));
    CHECK_THROWS_WITH(b.restore(broken), "this is not the state of a cross-batch memory of 8 embeddings: it has 8 "
                                         "labels and 31 scalars");
    broken = a.state();
    broken.add("place", std::vector<std::int64_t>{8});
    CHECK_THROWS_AS(b.restore(broken), format_error);
    CHECK_THROWS_WITH(b.restore({}), "the state has no \"labels\"");
    broken.add("labels", std::vector<float>(8));
    CHECK_THROWS_WITH(b.restore(broken), "the state's \"labels\" holds other scalars");
    CHECK(a({e.data(), n, d}, labels, {}).loss == b({e.data(), n, d}, labels, {}).loss); // nothing has changed
    CHECK_THROWS_WITH((cross_batch_memory<miners::all, losses::triplet_margin, distances::euclidean>(0)),
                      "a cross-batch memory of 0 embeddings");
    cross_batch_memory<miners::all, losses::triplet_margin, distances::euclidean> small(4);
    CHECK_THROWS_WITH(small({e.data(), n, d}, labels, {}), "a batch of 6 photos for a cross-batch memory of 4");
    objective<miners::none, losses::arcface, distances::cosine> o;
    CHECK_THROWS_WITH(o({e.data(), n, d}, labels, {}),
                      "this loss owns class weights: call start(classes, dimensions, seed) before the first batch");
    o.start(3, 4, 1);
    CHECK_THROWS_WITH(o({e.data(), n, d}, labels, {}), "label 3 where there are classes 0 … 2");
    CHECK_THROWS_WITH(
        (objective<miners::all, losses::soft_margin, distances::lp>({}, {}, {0.5})({e.data(), n, d}, labels, {})),
        "distances::lp: p = 0.5 where 1 or more is needed");
}

TEST_CASE("distance-weighted sampling draws negatives in inverse proportion to how common their distance is",
          "[catalog]") {
    // Two negatives at known distances, many anchors' draws.
    std::size_t const d = 16;
    std::vector<std::size_t> const positives{1}, negatives{2, 3, 4};
    std::vector<double> const dp{0.3}, dn{0.8, 1.1, 1.5};
    std::vector<double> scratch(5);
    std::vector<label> const labels(5);
    miners::anchor_view<double> const view{0, positives, negatives, dp, dn, labels, {}, d, 0, 0, scratch, {}};
    auto const weight = [&](double x) { return 1 / (std::pow(x, d - 2) * std::pow(1 - x * x / 4, (d - 3) / 2.0)); };
    std::array<double, 3> drawn{};
    struct {
        std::array<double, 3>& drawn;
        void operator()(std::size_t, std::size_t n) const { ++drawn[n]; }
        void operator()(std::size_t) const {}
    } const visit{drawn};
    random_stream stream(1, purpose::mining);
    for (int i = 0; i < 20000; ++i)
        miners::distance_weighted{}.mine(view, stream, visit);
    CHECK(drawn[2] == 0); // beyond 1.4
    CHECK(drawn[0] / (drawn[0] + drawn[1]) == Approx(weight(0.8) / (weight(0.8) + weight(1.1))).margin(0.01));
}

TEST_CASE("every kind of loss gives the same bits with any number of threads", "[catalog]") {
    std::size_t const n = 60, d = 8;
    auto const e = random_values<float>(n * d, 2);
    std::vector<label> labels(n);
    for (std::size_t i = 0; i < n; ++i)
        labels[i] = static_cast<label>(i * 7 % 13);
    auto const check = [&](auto const& make) {
        std::vector<float> first;
        double loss = 0;
        for (std::size_t threads : {1, 2, 4}) {
            with_threads const scope(threads);
            auto o = make();
            std::vector<float> gradient(n * d);
            auto const r = o(matrix_view<float const>(e.data(), n, d), std::span<label const>(labels),
                             matrix_view<float>(gradient.data(), n, d), 3, 4);
            if constexpr (requires { o.each_parameter([](std::span<float>, std::span<float const>) {}); })
                o.each_parameter([&](std::span<float>, std::span<float const> by) {
                    gradient.insert(gradient.end(), by.begin(), by.end());
                });
            if (threads == 1)
                first = gradient, loss = r.loss;
            CHECK((gradient == first));
            CHECK(r.loss == loss);
        }
        CHECK(loss != 0);
    };
    check([] { return objective(miners::all{}, losses::swapped<losses::soft_margin>{}, distances::euclidean{}); });
    check([] {
        return objective(miners::distance_weighted{}, losses::margin_based{.classes = 13},
                         distances::normalized<distances::euclidean>{});
    });
    check([] { return objective(miners::batch_hard{}, losses::soft_margin{}, distances::cosine{}); });
    check([] { return objective(miners::multi_similarity{}, losses::multi_similarity{}, distances::cosine{}); });
    check([] { return objective(miners::hard_aware{}, losses::contrastive{}, distances::signal_to_noise{}); });
    check([] { return objective(miners::all{}, losses::intra_pair_variance{}, distances::cosine{}); });
    check([] { return objective(miners::all{}, losses::lifted_structure{}, distances::lp{3}); });
    check([] { return objective(miners::all{}, losses::angular{}, distances::cosine{}); });
    check([] { return cross_batch_memory<miners::all, losses::nt_xent, distances::cosine>(80); });
    auto const proxies = [](auto loss) {
        objective<miners::none, decltype(loss), distances::cosine> o({}, loss);
        o.start(13, d, 1);
        return o;
    };
    check([&] { return proxies(losses::sub_center_arcface{}); });
    check([&] { return proxies(losses::proxy_anchor{}); });
    check([&] { return proxies(losses::soft_triple{}); });
}
