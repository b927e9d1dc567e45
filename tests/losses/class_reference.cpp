// Losses over classes, for faces and others, against values and gradients that others computed and central differences.

#include <numeric>

#include <trine/losses/adaptive_margins.hpp>
#include <trine/losses/face_margins.hpp>
#include <trine/losses/large_margin.hpp>
#include <trine/losses/partial.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/quality.hpp>
#include <trine/objectives/any_objective.hpp>
#include <trine/objectives/objective.hpp>

#include "support/awkward_batches.hpp"
#include "support/catalog_records.hpp"
#include "support/reference_data.hpp"

using namespace trine;
using namespace catalog;

namespace {

template <class Loss>
using over_classes = objective<miners::none, Loss, distances::cosine, double>;

template <class Loss>
over_classes<Loss> started(Loss loss, std::size_t classes, std::size_t dimensions, std::vector<double> const& weights) {
    over_classes<Loss> o({}, loss);
    o.start(classes, dimensions, 1);
    REQUIRE(o.parameters().size() == weights.size());
    std::copy(weights.begin(), weights.end(), o.parameters().begin());
    return o;
}

// What a loss remembers, set from outside.
template <class Objective>
void remember(Objective& o, std::vector<double> values) {
    auto s = o.state();
    REQUIRE(s.template get<double>("memory").size() == values.size());
    s.add("memory", std::move(values));
    o.restore(s);
}

// Margins that others drew.
template <class Loss>
struct with_margins : Loss {
    std::vector<double> margins{};
    template <class T>
    double evaluate(losses::proxy_view<T> const& v) const {
        return this->evaluate_with(v, margins);
    }
};
// Classes that others drew.
struct listed_classes {
    [[maybe_unused]] static constexpr std::string_view name = "listed_classes";
    std::vector<std::size_t> classes{};

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("classes", self.classes);
    }
    std::vector<std::size_t> operator()(std::span<std::size_t const>, std::size_t, std::uint64_t, std::uint32_t) const {
        return classes;
    }
};

} // namespace

TEST_CASE("losses over classes agree with PyTorch, weights too", "[vectors]") {
    auto const folder = reference_data("reference/vectors_more");
    if (!folder)
        return;
    tally count;
    for (auto const& record : manifest_of(*folder)) {
        if (record["kind"] != "face_loss" && record["kind"] != "proxy_loss")
            continue;
        std::string const name = record["name"];
        auto const& p = record["parameters"];
        auto const b = read_batch(*folder, record);
        auto const weights = class_rows(*folder, record, "weights");
        std::size_t const classes = weights.size() / b.cols;
        CAPTURE(record.dump());
        auto const compare = [&](auto& o) {
            check_record(o, b, *folder, record);
            if (record.contains("weights_gradient"))
                CHECK(difference(o.parameter_gradients(), class_rows(*folder, record, "weights_gradient")) < tolerance);
            ++count.seen[name];
        };
        auto const check = [&](auto loss) {
            auto o = started(loss, classes, b.cols, weights);
            compare(o);
        };
        auto const check_after = [&](auto loss, std::vector<double> memory, std::vector<double> const& after) {
            auto o = started(loss, classes, b.cols, weights);
            remember(o, std::move(memory));
            compare(o);
            CHECK(difference(o.state().template get<double>("memory"), after) < tolerance);
        };
        if (name == "LargeMarginSoftmaxLoss")
            check(losses::large_margin_softmax{p["margin"], p["scale"]});
        else if (name == "P2SGradLoss")
            check(losses::p2s_grad{});
        else if (name == "AdaFace") {
            // Either what it begins with, which stays, or what the batch has.
            bool const of_batch = p["statistics"] == "batch";
            check_after(losses::adaface{p["m"], p["h"], p["s"], of_batch ? 1.0 : 0.0}, {20, 100},
                        {p["norm_mean"], p["norm_std"]});
        } else if (name == "MagFace")
            check(losses::magface{p["l_a"], p["u_a"], p["l_m"], p["u_m"], p["lambda_g"], p["s"]});
        else if (name == "CurricularFace")
            check_after(losses::curricular_face{p["m"], p["s"], p["alpha"], p["t_used"] == "t_out"}, {p["t_in"]},
                        {record["t_out"]});
        else if (name.starts_with("ElasticFace")) {
            auto const drawn = record["drawn_margins"].get<std::vector<double>>();
            bool const plus = name.ends_with("Plus");
            if (name.starts_with("ElasticFaceArc"))
                check(with_margins<losses::elastic_arcface>{{p["m"], p["sigma"], plus, p["s"]}, drawn});
            else
                check(with_margins<losses::elastic_cosface>{{p["m"], p["sigma"], plus, p["s"]}, drawn});
        } else if (name == "CombinedMargin")
            check(losses::combined_margin{p["m1"], p["m2"], p["m3"], p["s"]});
        else if (name == "MVSoftmax")
            check(losses::mv_softmax{p["m"], p["t"], p["s"], p["form"] == "arc", p["weighting"] == "adaptive"});
        else if (name == "AdaCos") {
            bool const dynamic = p["mode"] == "dynamic";
            losses::adacos const loss{dynamic};
            check_after(loss, dynamic ? std::vector<double>{p["s_previous"]} : loss.initial_memory(classes),
                        {record["scale"]});
        } else if (name == "PartialFC")
            check(losses::partial<losses::combined_margin, listed_classes>{
                {p["m1"], p["m2"], p["m3"], p["s"]}, {record["sampled_classes"].get<std::vector<std::size_t>>()}});
        else if (name == "DynamicArcFace")
            check(losses::dynamic_arcface{p["a"], p["b"], p["exponent"], p["s"],
                                          record["class_counts"].get<std::vector<std::size_t>>()});
        else
            FAIL("an unknown loss: " << name);
    }
    CHECK(count.seen.size() == 14);
}

namespace {

// Embedding and weights against central differences; every call begins with the same memory.
template <class Loss>
void check_class_gradients(Loss loss, double length = 1, bool tangential = false) {
    for (auto b : batches()) {
        if (b.name == "long" || b.name == "short")
            continue;             // lengths matter to these
        for (label& l : b.labels) // classes count from 0
            l = l == 5 ? 0 : l == -2 ? 1 : l == 7 ? 2 : l == 100 ? 3 : l;
        for (double& v : b.e)
            v *= length;
        INFO(Loss::name << ", " << b.name);
        over_classes<Loss> o({}, loss);
        o.start(6, small_batch::cols, 9);
        auto const first = o.state();
        auto const again = [&](matrix_view<double const> e, std::span<label const> labels, matrix_view<double> g,
                               std::uint64_t seed, std::uint32_t step) {
            o.restore(first);
            return o(e, labels, g, seed, step);
        };
        b.corners = 0; // class weights lie elsewhere
        check_gradient(again, b);
        matrix_view<double const> const e(b.e.data(), b.rows(), small_batch::cols);
        again(e, b.labels, {}, 1, 2);
        std::vector<double> by(o.parameter_gradients().begin(), o.parameter_gradients().end());
        std::vector<double> const weights(o.parameters().begin(), o.parameters().end());
        double largest = 0;
        for (std::size_t i = 0; i < by.size(); ++i) {
            // Where the gradient does not run through the weights' length, its part across them is what differs.
            std::size_t const row = i / small_batch::cols * small_batch::cols;
            double along = 0;
            for (std::size_t k = 0; k < small_batch::cols; ++k)
                along += o.parameter_gradients()[row + k] * weights[row + k];
            by[i] -= tangential ? along * weights[i] : 0;
            largest = std::max(largest, std::abs(by[i]));
        }
        for (std::size_t i = 0; i < by.size(); ++i) {
            auto const at = [&](double off) {
                o.restore(first);
                std::copy(weights.begin(), weights.end(), o.parameters().begin());
                o.parameters()[i] += off;
                return o(e, b.labels, {}, 1, 2).loss;
            };
            CAPTURE(i);
            REQUIRE(by[i] == Approx((at(1e-6) - at(-1e-6)) / 2e-6).epsilon(2e-5).margin(1e-6 * largest + 1e-8));
        }
    }
}

} // namespace

TEST_CASE("gradients of losses over classes agree with central differences, weights too", "[catalog]") {
    check_class_gradients(losses::large_margin_softmax{.margin = 2});
    check_class_gradients(losses::p2s_grad{}, 1, true);
    check_class_gradients(losses::magface{.shortest = 0.5, .longest = 10, .scale = 8}, 2);
    check_class_gradients(losses::elastic_arcface{.scale = 8});
    check_class_gradients(losses::elastic_cosface{.scale = 8}); // sorted, a margin is another photo's at a tie
    check_class_gradients(losses::combined_margin{.scale = 8});
    check_class_gradients(losses::combined_margin{.multiplied = 1.2, .added = 0.1, .scale = 8});
    check_class_gradients(losses::adacos{.dynamic = false});
    check_class_gradients(losses::mv_softmax{.scale = 8});
    check_class_gradients(losses::dynamic_arcface{.scale = 8, .photos = {3, 40, 5, 6, 7, 8}});
    check_class_gradients(losses::partial<losses::cosface>{{.scale = 8}, {.share = 0.8}});
    // Where something that depends on the batch is held constant, it has to stand still here too.
    check_class_gradients(losses::adaface{.concentration = 1e6, .scale = 8, .momentum = 0}); // k = −1 for all
    check_class_gradients(losses::curricular_face{.scale = 8, .momentum = 0});
}

TEST_CASE("AdaFace's margin follows the length, and what it remembers the lengths of late", "[catalog]") {
    losses::adaface const loss;
    CHECK(loss.quality(20, 20, 100) == 0);
    CHECK(loss.quality(1e9, 20, 100) == 1);
    CHECK(loss.quality(0.0, 20, 1) == -1);
    CHECK(loss.quality(7, 7, 0) == 0);
    over_classes<losses::adaface> o({}, {.momentum = 0.25});
    o.start(4, 2, 1);
    std::vector<double> const e{3, 4, 0, 9}; // lengths 5 and 9: mean 7, deviation √8
    o({e.data(), 2, 2}, std::vector<label>{0, 1}, {});
    auto memory = o.state().get<double>("memory");
    CHECK(memory[0] == Approx(20 - 0.25 * 13));
    CHECK(memory[1] == Approx(100 + 0.25 * (std::sqrt(8) - 100)));
    double const deviation = memory[1];
    o({e.data(), 1, 2}, std::vector<label>{0}, {}); // one photo has no deviation
    memory = o.state().get<double>("memory");
    CHECK(memory[1] == deviation);
    o.start(4, 2, 1);
    CHECK(o.state().get<double>("memory") == std::vector<double>{20, 100});
    // k is held constant, so nothing pulls along the embedding.
    auto const b = batches().front();
    std::vector<label> const labels{0, 0, 0, 1, 1, 2, 2, 2, 3};
    std::vector<double> gradient(b.e.size());
    over_classes<losses::adaface> whole;
    whole.start(4, b.cols, 1);
    whole({b.e.data(), b.rows(), b.cols}, labels, {gradient.data(), b.rows(), b.cols});
    for (std::size_t i = 0; i < b.rows(); ++i) {
        double along = 0, size = 0;
        for (std::size_t k = i * b.cols; k < (i + 1) * b.cols; ++k)
            along += gradient[k] * b.e[k], size += std::abs(gradient[k]);
        CHECK(size > 0);
        CHECK(std::abs(along) < 1e-10 * size);
    }
}

TEST_CASE("elastic margins are normal, and those of (seed, step)", "[catalog]") {
    std::size_t const n = 4000;
    std::vector<std::size_t> const classes(n);
    losses::proxy_view<double> v{classes, {}, {}, {}, {}, 1, 1};
    v.seed = 3, v.step = 4;
    auto const drawn = losses::detail::draw_margins(v, 0.5, 0.05);
    CHECK(losses::detail::draw_margins(v, 0.5, 0.05) == drawn);
    v.step = 5;
    CHECK(losses::detail::draw_margins(v, 0.5, 0.05) != drawn);
    double const mean = std::accumulate(drawn.begin(), drawn.end(), 0.0) / static_cast<double>(n);
    double squares = 0;
    for (double m : drawn)
        squares += (m - mean) * (m - mean);
    CHECK(mean == Approx(0.5).margin(0.05 * 4 / std::sqrt(static_cast<double>(n))));
    CHECK(std::sqrt(squares / static_cast<double>(n)) == Approx(0.05).epsilon(0.05));
}

TEST_CASE("a part of the classes is drawn with the own among them, evenly, and is the loss on that part", "[catalog]") {
    std::size_t const classes = 20, d = 4;
    losses::share_of_classes const draw{.share = 0.25};
    std::vector<std::size_t> const own{7, 3, 7};
    std::vector<std::size_t> times(classes);
    for (std::uint32_t step = 0; step < 2000; ++step) {
        auto const drawn = draw(own, classes, 1, step);
        REQUIRE(drawn.size() == 5);
        REQUIRE(std::is_sorted(drawn.begin(), drawn.end()));
        REQUIRE(std::adjacent_find(drawn.begin(), drawn.end()) == drawn.end());
        for (std::size_t c : drawn)
            ++times[c];
    }
    CHECK(times[3] == 2000);
    CHECK(times[7] == 2000);
    for (std::size_t c = 0; c < classes; ++c)
        if (c != 3 && c != 7) // 3 of 18 each time, within five deviations
            CHECK(static_cast<double>(times[c]) == Approx(2000 / 6.0).margin(5 * std::sqrt(2000 * 5 / 36.0)));
    CHECK(draw(own, classes, 1, 9) == draw(own, classes, 1, 9));
    CHECK(draw(own, classes, 2, 9) != draw(own, classes, 1, 9));
    std::vector<std::size_t> all(classes);
    std::iota(all.begin(), all.end(), std::size_t{0});
    CHECK(draw(all, classes, 1, 0) == all); // a batch of more people than the share
    CHECK(losses::share_of_classes{1}(own, classes, 1, 0) == all);

    auto const e = random_values<double>(3 * d, 1), weights = random_values<double>(classes * 3 * d, 2);
    std::vector<label> const labels{7, 3, 7};
    using sub = losses::sub_center_arcface;
    over_classes<losses::partial<sub>> part({}, {{.scale = 8}, {.share = 0.3}});
    part.start(classes, d, 1);
    std::copy(weights.begin(), weights.end(), part.parameters().begin());
    std::vector<double> g(3 * d), expected(3 * d);
    auto const value = part({e.data(), 3, d}, labels, {g.data(), 3, d}, 5, 6).loss;
    auto const drawn = part.drawn_classes();
    REQUIRE(drawn.size() == 6);
    over_classes<sub> plain({}, {.scale = 8});
    plain.start(6, d, 1);
    std::vector<label> places;
    for (label l : labels)
        places.push_back(std::find(drawn.begin(), drawn.end(), static_cast<std::size_t>(l)) - drawn.begin());
    for (std::size_t k = 0; k < 6; ++k)
        std::copy_n(weights.data() + drawn[k] * 3 * d, 3 * d, plain.parameters().data() + k * 3 * d);
    CHECK(plain({e.data(), 3, d}, places, {expected.data(), 3, d}).loss == value);
    CHECK(g == expected);
    double others = 0;
    for (std::size_t c = 0; c < classes; ++c) {
        auto const at = std::find(drawn.begin(), drawn.end(), c) - drawn.begin();
        for (std::size_t i = 0; i < 3 * d; ++i) {
            double const got = part.parameter_gradients()[c * 3 * d + i];
            if (at < 6)
                CHECK(got == plain.parameter_gradients()[static_cast<std::size_t>(at) * 3 * d + i]);
            else
                others += std::abs(got);
        }
    }
    CHECK(others == 0);
}

TEST_CASE("values of losses over classes that make no sense are refused", "[catalog]") {
    auto const refused = [](auto loss, std::string const& says) {
        CHECK_THROWS_WITH(over_classes<decltype(loss)>({}, loss), says);
    };
    refused(losses::large_margin_softmax{.margin = 0.5}, "large_margin_softmax: margin 0.5, which has to be 1 or more");
    refused(losses::adaface{.concentration = 0}, "adaface: concentration 0, which has to be above 0");
    refused(losses::adaface{.momentum = 1.5}, "adaface: momentum 1.5, which is from 0 to 1");
    refused(losses::magface{.shortest = 110},
            "magface: lengths from 110 to 110, of which the first has to be above 0 and the second larger");
    refused(losses::magface{.smallest_margin = 1},
            "magface: margins from 1 to 0.8, of which the second may not be smaller");
    refused(losses::combined_margin{.multiplied = 0}, "combined_margin: multiplied 0, which has to be above 0");
    refused(losses::elastic_arcface{.deviation = -1}, "elastic_arcface: deviation -1, which may not be below 0");
    refused(losses::elastic_cosface{.scale = 0}, "elastic_cosface: scale 0, which has to be above 0");
    refused(losses::curricular_face{.momentum = -1}, "curricular_face: momentum -1, which is from 0 to 1");
    refused(losses::mv_softmax{.hardness = -1}, "mv_softmax: hardness -1, which may not be below 0");
    refused(losses::partial<losses::cosface>{{}, {.share = 0}},
            "share_of_classes: share 0, which is from above 0 to 1");
    over_classes<losses::adacos> few;
    CHECK_THROWS_WITH(few.start(2, 4, 1), "adacos: 2 classes, of which it needs 3 or more");
    over_classes<losses::dynamic_arcface> uncounted({}, {.photos = {4, 0}});
    uncounted.start(3, 2, 1);
    std::vector<double> const e{1, 2, 3, 4};
    for (label who : {1, 2})
        CHECK_THROWS_WITH(uncounted({e.data(), 2, 2}, std::vector<label>{0, who}, {}),
                          "dynamic_arcface: photos of class " + std::to_string(who) +
                              " are not counted: give it photos_of_classes(labels) of all that it learns from");
    CHECK(losses::photos_of_classes(std::vector<label>{2, 0, 2}) == std::vector<std::size_t>{1, 0, 2});
    CHECK_THROWS_WITH(losses::photos_of_classes(std::vector<label>{-1}), "label -1 where classes count from 0");
}

TEST_CASE("losses over classes are the same bits with any number of threads, and know themselves", "[catalog]") {
    std::size_t const n = 60, d = 8;
    auto const e = random_values<float>(n * d, 2);
    std::vector<label> labels(n);
    for (std::size_t i = 0; i < n; ++i)
        labels[i] = static_cast<label>(i * 7 % 13);
    auto const check = [&](auto loss) {
        std::vector<float> expected;
        for (std::size_t threads : {1, 2, 4}) {
            with_threads const scope(threads);
            objective<miners::none, decltype(loss), distances::cosine> o({}, loss);
            o.start(13, d, 1);
            std::vector<float> all(n * d);
            auto const r = o(matrix_view<float const>(e.data(), n, d), labels, {all.data(), n, d}, 3, 4);
            all.insert(all.end(), o.parameter_gradients().begin(), o.parameter_gradients().end());
            all.push_back(static_cast<float>(r.loss));
            if (expected.empty())
                expected = all;
            CHECK((all == expected));
        }
        // And nearly the values of double.
        std::vector<double> const wide(e.begin(), e.end());
        auto o = over_classes<decltype(loss)>({}, loss);
        o.start(13, d, 1);
        objective<miners::none, decltype(loss), distances::cosine> narrow({}, loss);
        narrow.start(13, d, 1);
        std::copy(narrow.parameters().begin(), narrow.parameters().end(), o.parameters().begin());
        std::vector<double> exact(n * d);
        auto const r = o({wide.data(), n, d}, labels, {exact.data(), n, d}, 3, 4);
        CHECK(static_cast<double>(expected.back()) == Approx(r.loss).epsilon(1e-4));
        exact.insert(exact.end(), o.parameter_gradients().begin(), o.parameter_gradients().end());
        CHECK(difference(std::vector<double>(expected.begin(), expected.end() - 1), exact) < 1e-3);
    };
    check(losses::combined_margin{});
    check(losses::elastic_cosface{});
    check(losses::large_margin_softmax{});
    check(losses::p2s_grad{});
    check(losses::adaface{});
    check(losses::magface{});
    check(losses::curricular_face{});
    check(losses::mv_softmax{});
    check(losses::adacos{});
    check(losses::elastic_arcface{.sorted = true});
    check(losses::partial<losses::arcface>{});
    losses::dynamic_arcface const one{.photos = {1, 2}}, two{.photos = {1, 3}};
    CHECK(identity_of(one) != identity_of(two));
    CHECK(identity_of(one).difference(identity_of(two), "here", "there").starts_with("photos.checksum is "));
    CHECK(identity_of(losses::partial<losses::cosface>{}).text() ==
          "cosface (margin 0.35, scale 64, draw share_of_classes (share 0.1))");
}
