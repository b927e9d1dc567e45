#include <algorithm>

#include <trine/distances/euclidean.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/objectives/objective.hpp>

#include "../grader/check.hpp"

using namespace grading;

namespace {

using points = trine::matrix_view<double const>;

double distance(points e, std::size_t a, std::size_t b, bool squared = true) {
    double sum = 0;
    for (std::size_t k = 0; k < e.cols(); ++k)
        sum += (e(a, k) - e(b, k)) * (e(a, k) - e(b, k));
    return squared ? sum : std::sqrt(sum);
}

// The loss; what it is divided by comes apart, so that wrong ones can be made of it.
struct sums {
    double of_active = 0, of_all = 0;
    std::size_t active = 0;
    double mean() const { return active == 0 ? 0 : of_active / static_cast<double>(active); }
};
sums sum_up(points e, std::span<triplet const> triplets, double margin, bool squared = true) {
    sums all;
    for (auto const& t : triplets) {
        double const v =
            distance(e, t.anchor, t.positive, squared) - distance(e, t.anchor, t.negative, squared) + margin;
        all.of_all += v;
        if (v > 0)
            all.of_active += v, ++all.active;
    }
    return all;
}

std::vector<double> differences(guarded<double> const& e, std::span<triplet const> triplets, double margin) {
    std::vector<double> out;
    for (double& v : e.span()) {
        double const before = v, h = 1e-5;
        v = before + h;
        double const above = sum_up(e.read_view(), triplets, margin).mean();
        v = before - h;
        out.push_back((above - sum_up(e.read_view(), triplets, margin).mean()) / (2 * h));
        v = before;
    }
    return out;
}

// The gradient by formula: each role's part with a factor, added to `first`, or in its place.
struct recipe {
    double anchor = 1, positive = 1, negative = 1, first = 0;
    bool add = true, all = false;
};
std::vector<double> gradient(points e, std::span<triplet const> triplets, double margin, recipe const& how) {
    std::vector<double> out(e.rows() * e.cols(), how.first);
    for (auto const& t : triplets) {
        if (!how.all && distance(e, t.anchor, t.positive) - distance(e, t.anchor, t.negative) + margin <= 0)
            continue;
        for (std::size_t k = 0; k < e.cols(); ++k) {
            auto const put = [&](std::size_t row, double value) {
                double& to = out[row * e.cols() + k];
                to = how.add ? to + value : value;
            };
            put(t.anchor, how.anchor * 2 * (e(t.negative, k) - e(t.positive, k)));
            put(t.positive, how.positive * 2 * (e(t.positive, k) - e(t.anchor, k)));
            put(t.negative, how.negative * 2 * (e(t.anchor, k) - e(t.negative, k)));
        }
    }
    return out;
}
std::vector<double> divided(std::vector<double> values, std::size_t by) {
    for (double& v : values)
        v /= static_cast<double>(by);
    return values;
}

// Triplets of a batch of 4 people with 3 photos.
std::vector<triplet> some_triplets(inputs& in, std::vector<label> const& labels, std::size_t count) {
    std::vector<triplet> all;
    while (all.size() < count) {
        triplet const t{in.random.below(labels.size()), in.random.below(labels.size()), in.random.below(labels.size())};
        if (t.anchor != t.positive && labels[t.anchor] == labels[t.positive] && labels[t.anchor] != labels[t.negative])
            all.push_back(t);
    }
    return all;
}

} // namespace

CHECK(4, 1, "the loss of a triplet on a line") {
    // Anchor 0, positive 1, negative 2: 1 − 4 + 5.
    double const line[] = {0, 1, 2};
    auto e = in.copy<double>("embeddings", 3, 1, line);
    auto const g = in.to_fill<double>("gradient", 3, 1);
    std::vector<triplet> const t{{0, 1, 2}};
    double const loss = submitted.triplet_loss(e.seal().read_view(), t, 5, g.view());
    compare(std::span<double const>(&loss, 1), {2}, 1e-9, {.what = "the loss"},
            {{{4}, "distances are squared: 1 − 4 + 5, not 1 − 2 + 5"},
             {{0}, "the margin has the wrong sign: v = ‖e_a − e_p‖² − ‖e_a − e_n‖² + margin"},
             {{8}, "positive and negative are exchanged: v = ‖e_a − e_p‖² − ‖e_a − e_n‖² + margin"}});
}

CHECK(4, 2, "the mean over the active triplets of a batch") {
    auto e = in.normal<double>("embeddings", 12, 4);
    auto const g = in.to_fill<double>("gradient", 12, 4);
    auto const labels = in.labels(4, 3);
    auto const triplets = some_triplets(in, labels, 40);
    double const margin = 0.5, n = static_cast<double>(triplets.size());
    auto const right = sum_up(e.read_view(), triplets, margin), minus = sum_up(e.read_view(), triplets, -margin),
               roots = sum_up(e.read_view(), triplets, margin, false);
    double const loss = submitted.triplet_loss(e.seal().read_view(), triplets, margin, g.view());
    compare(std::span<double const>(&loss, 1), {right.mean()}, 1e-9, {.what = "the loss"},
            {{{right.of_active}, "the loss is the sum over the triplets: the mean was forgotten"},
             {{right.of_active / n}, "the sum is divided by the number of all triplets, not of the active ones"},
             {{right.of_all / n}, "triplets whose v is below 0 count, too: they are not active"},
             {{right.of_all / static_cast<double>(right.active)},
              "triplets whose v is below 0 are summed, too, though the mean is over the active ones"},
             {{minus.mean()}, "the margin has the wrong sign: v = ‖e_a − e_p‖² − ‖e_a − e_n‖² + margin"},
             {{roots.mean()}, "distances are squared: leave out the root"}});
}

CHECK(4, 1, "triplets that are far enough apart cost nothing") {
    double const line[] = {0, 1, 5};
    auto e = in.copy<double>("embeddings", 3, 1, line);
    auto const g = in.to_fill<double>("gradient", 3, 1);
    std::vector<triplet> const t{{0, 1, 2}};
    double const loss = submitted.triplet_loss(e.seal().read_view(), t, 0.2, g.view());
    if (loss != 0)
        wrong("the negative is farther than the positive by more than the margin, so the loss is 0, and yours is ",
              shown(loss), std::isnan(loss) ? ": 0 active triplets, and 0 / 0 is no number" : "");
    for (std::size_t i = 0; i < 3; ++i)
        if (g(i) != 0)
            wrong("no triplet is active, so the gradient is 0 everywhere, and in row ", i, " yours ",
                  g(i) == never_written ? "was never written" : "is " + shown(g(i)));
}

CHECK(4, 3, "the gradient of one triplet agrees with central differences") {
    auto e = in.normal<double>("embeddings", 5, 4);
    auto const g = in.to_fill<double>("gradient", 5, 4);
    std::vector<triplet> const t{{1, 0, 3}};
    double const margin = 100;
    auto const right = differences(e, t, margin);
    auto const made = [&](recipe const& how) { return gradient(e.read_view(), t, margin, how); };
    array_names const names{.what = "the gradient", .cols = 4};
    std::vector<answer> const known{
        {made({.negative = -1}), "the gradient for the negative has the wrong sign"},
        {made({.positive = -1}), "the gradient for the positive has the wrong sign"},
        {made({.anchor = -1}), "the gradient for the anchor has the wrong sign"},
        {made({.anchor = -1, .positive = -1, .negative = -1}), "the whole gradient has the wrong sign"},
        {made({.anchor = 0}), "the anchor has no gradient: it moves, too"},
        {made({.positive = 0}), "the positive has no gradient"},
        {made({.negative = 0}), "the negative has no gradient"},
        {made({.anchor = 0.5, .positive = 0.5, .negative = 0.5}), "the factor 2, from the square, is missing"},
        {made({.first = never_written}), "the gradient is added to without being set to 0 first"}};
    (void)submitted.triplet_loss(e.seal().read_view(), t, margin, g.view());
    compare(g.read(), right, 1e-7, names, known, "central difference");
}

CHECK(4, 3, "the gradient of a batch agrees with central differences") {
    auto e = in.normal<double>("embeddings", 12, 4);
    auto const g = in.to_fill<double>("gradient", 12, 4);
    auto const labels = in.labels(4, 3);
    auto const triplets = some_triplets(in, labels, 40);
    double const margin = 0.5;
    auto const right = differences(e, triplets, margin);
    std::size_t const active = sum_up(e.read_view(), triplets, margin).active;
    auto const made = [&](recipe const& how) { return gradient(e.read_view(), triplets, margin, how); };
    std::vector<answer> const known{
        {made({}), "the gradient is not divided by the number of active triplets: the mean was forgotten"},
        {divided(made({}), triplets.size()),
         "the gradient is divided by the number of all triplets, not of the active ones"},
        {divided(made({.all = true}), active), "triplets that are not active have a gradient, too"},
        {divided(made({.all = true}), triplets.size()), "triplets that are not active have a gradient, too"},
        {divided(made({.negative = -1}), active), "the gradient for the negative has the wrong sign"},
        {divided(made({.positive = -1}), active), "the gradient for the positive has the wrong sign"},
        {divided(made({.anchor = 0}), active), "the anchor has no gradient: it moves, too"},
        {divided(made({.add = false}), active),
         "a photo in several triplets gets the gradient of the last one alone: add"},
        {divided(made({.first = never_written}), active), "the gradient is added to without being set to 0 first"}};
    (void)submitted.triplet_loss(e.seal().read_view(), triplets, margin, g.view());
    compare(g.read(), right, 1e-7, {.what = "the gradient", .cols = 4}, known, "central difference");
}

COMPARISON(4) {
    // All triplets of 16 people with 4 photos, one by one, and as rows of a matrix of distances.
    auto e = in.normal<double>("embeddings", 64, 64);
    for (double& v : e.span())
        v /= 8;
    auto const g = in.to_fill<double>("gradient", 64, 64);
    auto const labels = in.labels(16, 4);
    std::vector<triplet> all;
    for (std::size_t a = 0; a < 64; ++a)
        for (std::size_t p = 0; p < 64; ++p)
            for (std::size_t n = 0; n < 64; ++n)
                if (a != p && labels[a] == labels[p] && labels[a] != labels[n])
                    all.push_back({a, p, n});
    trine::objective<trine::miners::all, trine::losses::triplet_margin, trine::distances::squared_euclidean, double>
        objective(trine::miners::all{}, trine::losses::triplet_margin{.margin = 0.2},
                  trine::distances::squared_euclidean{});
    double const yours = milliseconds([&] { submitted.triplet_loss(e.read_view(), all, 0.2, g.view()); }),
                 ours = milliseconds([&] { objective(e.read_view(), labels, g.view()); });
    return {{"all " + std::to_string(all.size()) + " triplets of a batch", yours, ours, "ms", "in double both"}};
}
