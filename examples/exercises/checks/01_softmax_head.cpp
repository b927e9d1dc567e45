#include <cmath>

#include "../grader/check.hpp"

using namespace grading;

namespace {

struct softmax_answer {
    double loss;
    std::vector<double> gradient;
};

// The right one, or by columns.
softmax_answer softmax(trine::matrix_view<double const> z, std::span<std::size_t const> people, bool columns = false) {
    softmax_answer all{0, {}};
    double const n = static_cast<double>(z.rows());
    for (std::size_t i = 0; i < z.rows(); ++i)
        for (std::size_t j = 0; j < z.cols(); ++j) {
            double sum = 0;
            for (std::size_t m = 0; m < (columns ? z.rows() : z.cols()); ++m)
                sum += std::exp((columns ? z(m, j) : z(i, m)) - z(i, j));
            if (j == people[i])
                all.loss += std::log(sum) / n;
            all.gradient.push_back((1 / sum - (j == people[i] ? 1 : 0)) / n);
        }
    return all;
}

std::vector<std::size_t> draw_people(inputs& in, std::size_t photos, std::size_t people) {
    std::vector<std::size_t> all(photos);
    for (auto& who : all)
        who = in.random.below(people);
    return all;
}

std::vector<double> times(std::vector<double> values, double factor) {
    for (double& v : values)
        v *= factor;
    return values;
}

} // namespace

CHECK(1, 1, "who knows nothing about four people loses ln 4") {
    double const zeros[8] = {};
    auto z = in.copy<double>("logits", 2, 4, zeros);
    auto const gradient = in.to_fill<double>("gradient", 2, 4);
    std::vector<std::size_t> const people{2, 0};
    double const loss = submitted.softmax_loss(z.seal().read_view(), people, gradient.view());
    double const right = std::log(4.0);
    compare(
        std::span<double const>(&loss, 1), {right}, 1e-9, {.what = "the loss"},
        {{{2 * right}, "the loss is the sum over the photos: the mean was forgotten"},
         {{-right}, "the loss has the wrong sign: it is minus the logarithm"},
         {{std::log(2.0)}, "the softmax is taken along a column, over the photos, not along a row, over the people"}});
}

CHECK(1, 2, "the loss of random logits") {
    auto z = in.normal<double>("logits", 5, 3);
    auto const gradient = in.to_fill<double>("gradient", 5, 3);
    auto const people = draw_people(in, 5, 3);
    auto const right = softmax(z.read_view(), people), columns = softmax(z.read_view(), people, true);
    double const loss = submitted.softmax_loss(z.seal().read_view(), people, gradient.view());
    compare(
        std::span<double const>(&loss, 1), {right.loss}, 1e-9, {.what = "the loss"},
        {{{5 * right.loss}, "the loss is the sum over the photos: the mean was forgotten"},
         {{-right.loss}, "the loss has the wrong sign: it is minus the logarithm"},
         {{right.loss * 5 / 3}, "the loss is divided by the number of people, not of photos"},
         {{columns.loss}, "the softmax is taken along a column, over the photos, not along a row, over the people"}});
}

CHECK(1, 1, "large logits give a finite loss") {
    auto z = in.normal<double>("logits", 4, 3);
    for (double& v : z.span())
        v = 1000 + 3 * v;
    auto const gradient = in.to_fill<double>("gradient", 4, 3);
    auto const people = draw_people(in, 4, 3);
    auto const right = softmax(z.read_view(), people);
    double const loss = submitted.softmax_loss(z.seal().read_view(), people, gradient.view());
    if (!std::isfinite(loss))
        wrong("logits around 1000 give a loss of ", shown(loss), ", and should give ", shown(right.loss),
              ": exp(1000) is no number; take the row's largest logit away first");
    compare(std::span<double const>(&loss, 1), {right.loss}, 1e-8, {.what = "the loss of logits around 1000"});
    // A wrong class that is 2000 more: p of the right one is 0, and its logarithm is not to be taken.
    double const far[] = {2000, 0};
    auto sure = in.copy<double>("logits", 1, 2, far);
    auto const dz = in.to_fill<double>("gradient", 1, 2);
    std::vector<std::size_t> const second{1};
    double const large = submitted.softmax_loss(sure.seal().read_view(), second, dz.view());
    if (!std::isfinite(large))
        wrong("logits 2000 and 0 of a photo of person 1 give a loss of ", shown(large),
              ", and should give 2000: p is 0 there, so its logarithm has to be taken as ln Σ exp − z");
    compare(std::span<double const>(&large, 1), {2000}, 1e-9, {.what = "the loss of logits 2000 and 0"});
}

CHECK(1, 4, "the gradient agrees with central differences") {
    auto z = in.normal<double>("logits", 5, 3);
    auto const gradient = in.to_fill<double>("gradient", 5, 3);
    auto const people = draw_people(in, 5, 3);
    std::vector<double> right;
    for (double& v : z.span()) {
        double const before = v, h = 1e-5;
        v = before + h;
        double const above = softmax(z.read_view(), people).loss;
        v = before - h;
        right.push_back((above - softmax(z.read_view(), people).loss) / (2 * h));
        v = before;
    }
    auto const formula = softmax(z.read_view(), people).gradient;
    auto without = formula;
    for (std::size_t i = 0; i < 5; ++i)
        without[i * 3 + people[i]] += 1.0 / 5;
    (void)submitted.softmax_loss(z.seal().read_view(), people, gradient.view());
    compare(gradient.read(), right, 1e-7, {.what = "the gradient", .row = "photo", .column = "person", .cols = 3},
            {{times(formula, 5), "the gradient is not divided by the number of photos: the mean was forgotten"},
             {times(formula, -1), "the gradient has the wrong sign"},
             {without, "1 is not taken away from p at the right person: − [j = t] is missing"},
             {times(without, 5), "neither is 1 taken away at the right person, nor divided by the number of photos"},
             {softmax(z.read_view(), people, true).gradient,
              "the softmax is taken along a column, over the photos, not along a row, over the people"}},
            "central difference");
}

CHECK(1, 2, "what a head costs") {
    std::size_t const sizes[][3] = {{1000, 128, 64},
                                    {1 + in.random.below(1000), 1 + in.random.below(500), 1 + in.random.below(100)},
                                    {10'000'000, 1000, 64}};
    for (auto const& [people, features, batch] : sizes) {
        double const p = static_cast<double>(people), f = static_cast<double>(features), b = static_cast<double>(batch);
        auto const c = submitted.cost(people, features, batch);
        std::string const of = " of " + std::to_string(people) + " people, " + std::to_string(features) +
                               " features and a batch of " + std::to_string(batch);
        double const w = (f + 1) * p;
        compare(std::span<double const>(&c.weights, 1), {w}, 1e-12, {.what = "the number of weights" + of},
                {{{f * p}, "the biases were forgotten, one a person"}});
        compare(std::span<double const>(&c.bytes, 1), {16 * w + 8 * b * p}, 1e-12, {.what = "the bytes" + of},
                {{{8 * w + 8 * b * p}, "Adam's two moments were forgotten: four floats belong to a weight"},
                 {{16 * w}, "the logits and their gradient were forgotten"},
                 {{16 * w + 4 * b * p}, "the gradient of the logits was forgotten"},
                 {{4 * w + 2 * b * p}, "floats were counted, not their bytes: each has 4"}});
        compare(std::span<double const>(&c.multiply_adds, 1), {3 * b * f * p}, 1e-12,
                {.what = "the multiply-adds" + of},
                {{{b * f * p}, "only the way forward was counted: the way back has two products more"},
                 {{3 * f * p}, "the photos of the batch were forgotten"},
                 {{3 * b * w}, "biases are not counted in the products"}});
    }
}
