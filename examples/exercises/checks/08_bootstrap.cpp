#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "../grader/check.hpp"

using namespace grading;

namespace {

struct photos {
    std::vector<double> values;
    std::vector<label> people;
    double mean() const {
        return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    }
};

// Each person's photos are alike, more or less: they are right as often as that person's chance says.
photos draw(inputs& in, std::size_t people, std::size_t most_photos, bool alike = false) {
    photos all;
    for (std::size_t i = 0; i < people; ++i) {
        double const chance = in.random.uniform();
        std::size_t const count = alike ? most_photos : 1 + in.random.below(most_photos);
        for (std::size_t j = 0; j < count; ++j) {
            all.values.push_back(alike ? chance : in.random.chance(chance) ? 1 : 0);
            all.people.push_back(static_cast<label>(1000 - 7 * i));
        }
    }
    return all;
}

// The deviation of the figure over resamples, by the rule for ratios of sums; of photos drawn one by one; and of the
// mean of people's means.
struct deviations {
    double people = 0, photos = 0, means = 0, mean_of_means = 0;
};
deviations expected(photos const& all) {
    struct sums {
        double sum = 0, count = 0;
    };
    std::map<label, sums> by_person;
    for (std::size_t i = 0; i < all.values.size(); ++i)
        by_person[all.people[i]].sum += all.values[i], by_person[all.people[i]].count += 1;
    deviations d;
    double const mean = all.mean(), n = static_cast<double>(all.values.size()),
                 k = static_cast<double>(by_person.size());
    for (auto const& [who, p] : by_person)
        d.mean_of_means += p.sum / p.count / k;
    for (auto const& [who, p] : by_person) {
        d.people += (p.sum - mean * p.count) * (p.sum - mean * p.count);
        d.means += std::pow(p.sum / p.count - d.mean_of_means, 2);
    }
    for (double const v : all.values)
        d.photos += (v - mean) * (v - mean);
    d.people = std::sqrt(d.people) / n, d.photos = std::sqrt(d.photos) / n, d.means = std::sqrt(d.means) / k;
    return d;
}

void require_mean(interval const& yours, photos const& all) {
    auto const d = expected(all);
    compare(std::span<double const>(&yours.estimate, 1), {all.mean()}, 1e-12, {.what = "the estimate"},
            {{{d.mean_of_means}, "the estimate is the mean of the people's means: who has more photos counts for more"},
             {{all.mean() * static_cast<double>(all.values.size())}, "the estimate is a sum: the mean was forgotten"},
             {{(yours.low + yours.high) / 2},
              "the estimate is that of the photos as they are, not the interval's middle"}});
    if (!(yours.low <= yours.high))
        wrong("the interval is from ", shown(yours.low), " to ", shown(yours.high),
              std::isnan(yours.low) ? "" : ": low and high are exchanged, or the figures not sorted");
}

} // namespace

CHECK(8, 2, "the estimate is the mean over the photos") {
    auto const all = draw(in, 12, 6);
    require_mean(submitted.bootstrap(all.values, all.people, 199, 0.9, in.random), all);
}

CHECK(8, 1, "one person alone always comes again") {
    photos const one{{1, 0, 1, 1}, {42, 42, 42, 42}};
    auto const yours = submitted.bootstrap(one.values, one.people, 99, 0.9, in.random);
    require_mean(yours, one);
    if (std::abs(yours.low - 0.75) > 1e-12 || std::abs(yours.high - 0.75) > 1e-12)
        wrong("with one person every resample has the same four photos, so the interval is from 0.75 to 0.75, and "
              "yours is ",
              shown(yours.low), " to ", shown(yours.high), ": photos are drawn, and people should be");
}

CHECK(8, 4, "the interval is as wide as it should be") {
    // Photos of one person are alike, so that drawing photos gives a far narrower interval than drawing people.
    auto const all = draw(in, 40, 9, true);
    auto const d = expected(all);
    auto const yours = submitted.bootstrap(all.values, all.people, 1999, 0.9, in.random);
    require_mean(yours, all);
    double const width = yours.high - yours.low, right = 2 * 1.645 * d.people;
    std::string const numbers =
        " (the interval is " + shown(width) + " wide, and should be about " + shown(right) + ")";
    auto const is_about = [&](double expected) { return std::abs(width / expected - 1) < 0.12; };
    if (is_about(right)) {
        double const middle = (yours.low + yours.high) / 2;
        if (std::abs(middle - yours.estimate) > 0.35 * right)
            wrong("the interval, ", shown(yours.low), " to ", shown(yours.high), ", lies beside the estimate of ",
                  shown(yours.estimate), ": one person is never drawn, or some twice as often");
        return;
    }
    if (width == 0)
        wrong("all resamples are the same: people are drawn with replacement, so that some come twice", numbers);
    if (is_about(2 * 1.645 * d.photos))
        wrong("photos are drawn, and people should be, with all their photos", numbers);
    if (is_about(2 * 1.2816 * d.people))
        wrong("1 − confidence is left out at both ends, and should be half of it at each", numbers);
    if (width > 1.5 * right)
        wrong("the interval is too wide: a resample has as many people as there are, and its figure is their mean",
              numbers);
    wrong("the interval has another width", numbers);
}

CHECK(8, 2, "everybody may be drawn") {
    // Two people, one right and one wrong: of all resamples a quarter has the first alone, a quarter the second.
    photos const two{{1, 0}, {3, 9}};
    auto const yours = submitted.bootstrap(two.values, two.people, 799, 0.8, in.random);
    require_mean(yours, two);
    if (yours.low > 0 || yours.high < 1)
        wrong("of two people, one with 1 and one with 0, a quarter of the resamples has either twice, so 80 % lie "
              "between 0 "
              "and 1, and yours between ",
              shown(yours.low), " and ", shown(yours.high),
              yours.low == 0.5 && yours.high == 0.5 ? ": each is drawn once; draw with replacement"
                                                    : ": one of the two is never drawn (below(n) gives 0 to n − 1)");
    // The half in the middle reaches from below to above the half.
    auto const half = submitted.bootstrap(two.values, two.people, 799, 0.2, in.random);
    if (half.low != 0.5 || half.high != 0.5)
        wrong("of two people, one with 1 and one with 0, half of the resamples has both, so 20 % lie at 0.5, and yours "
              "between ",
              shown(half.low), " and ", shown(half.high), ": both ends of the interval leave out (1 − confidence) / 2");
}

CHECK(8, 1, "all draws come from the stream") {
    auto const all = draw(in, 15, 5);
    auto stream = in.random, again = in.random;
    auto const first = submitted.bootstrap(all.values, all.people, 499, 0.95, stream),
               second = submitted.bootstrap(all.values, all.people, 499, 0.95, again);
    if (first.low != second.low || first.high != second.high)
        wrong("two streams with the same numbers gave other intervals: something else than `random` was asked");
    auto untouched = in.random;
    if (stream() == untouched())
        wrong("the stream that was given was not asked, or only a copy of it");
}
