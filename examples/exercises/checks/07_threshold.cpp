#include <algorithm>
#include <cmath>
#include <limits>

#include "../grader/check.hpp"

using namespace grading;

namespace {

double share_within(double threshold, std::span<double const> distances, bool strictly = false) {
    std::size_t count = 0;
    for (double const d : distances)
        count += strictly ? d < threshold : d <= threshold;
    return static_cast<double>(count) / static_cast<double>(distances.size());
}

// That a threshold accepts as many pairs of two people as it may, and no more.
void require_threshold(double yours, double rate, std::span<double const> same, std::span<double const> different) {
    std::vector<double> sorted(different.begin(), different.end()), own(same.begin(), same.end());
    std::sort(sorted.begin(), sorted.end()), std::sort(own.begin(), own.end());
    std::size_t const n = sorted.size(), allowed = static_cast<std::size_t>(std::floor(rate * static_cast<double>(n)));
    std::string const wanted = "of " + std::to_string(n) + " pairs of two people, at a rate of " + shown(rate) + ", " +
                               std::to_string(allowed) + " may be accepted; ";
    if (std::isnan(yours))
        wrong(wanted, "yours is no number");
    auto const accepted =
        static_cast<std::size_t>(std::upper_bound(sorted.begin(), sorted.end(), yours) - sorted.begin());
    std::string const yours_is = "yours, " + shown(yours) + ", accepts " + std::to_string(accepted);
    // What would be accepted, were the next one, too.
    double const next = accepted < n ? sorted[accepted] : std::numeric_limits<double>::infinity();
    auto const after = static_cast<std::size_t>(std::upper_bound(sorted.begin(), sorted.end(), next) - sorted.begin());
    bool const too_many = accepted > allowed, too_few = accepted < n && after <= allowed;
    if (too_many || too_few) {
        auto const is_about = [&](std::span<double const> from, double share) {
            auto const place = static_cast<std::size_t>(share * static_cast<double>(from.size()));
            return place < from.size() && std::abs(yours - from[place]) < 1e-9;
        };
        if (is_about(own, rate))
            wrong(wanted, yours_is, ": it was chosen on the pairs of one person, not on those of two");
        if (is_about(different, rate) && !is_about(sorted, rate))
            wrong(wanted, yours_is, ": the distances are in no order, and have to be sorted first");
    }
    if (too_many) {
        if (allowed > 0 && sorted[allowed - 1] == sorted[allowed] && yours == sorted[allowed])
            wrong(wanted, yours_is, ": several pairs are equally far there, and all or none of them are accepted");
        if (yours == sorted[allowed])
            wrong(wanted, yours_is,
                  ": a pair at exactly the threshold is accepted, too, so it has to lie just below the first one too "
                  "many");
        if (accepted == allowed + 1)
            wrong(wanted, yours_is,
                  ", one too many: in order, those m are at places 0 to m − 1, and the next is at place m");
        wrong(wanted, yours_is);
    }
    if (too_few)
        wrong(wanted, yours_is, " and might be larger: up to ", shown(next), " it would accept ", after,
              accepted == static_cast<std::size_t>(rate / 100 * static_cast<double>(n))
                  ? "; is the rate taken for a percentage?"
                  : "");
    if (accepted == n && yours < std::numeric_limits<double>::infinity() && allowed == n)
        wrong(wanted, "so the threshold is infinite, and yours is ", shown(yours));
}

std::vector<double> draw(inputs& in, std::size_t n, double low, double high) {
    std::vector<double> all(n);
    for (double& d : all)
        d = in.random.uniform(low, high);
    return all;
}

struct distances {
    guarded<double> same, different;
};
distances sealed(inputs& in, std::vector<double> const& same, std::vector<double> const& different) {
    distances d{in.copy<double>("same", same.size(), 1, same),
                in.copy<double>("different", different.size(), 1, different)};
    d.same.seal(), d.different.seal();
    return d;
}

} // namespace

CHECK(7, 2, "rates: the shares of accepted pairs") {
    auto const d = sealed(in, draw(in, 40, 0, 1), draw(in, 50, 0.4, 2));
    double const limit = d.different(3); // a distance that there is: it is accepted
    auto const yours = submitted.rates(limit, d.same.read(), d.different.read());
    double const ta = share_within(limit, d.same.read()), fa = share_within(limit, d.different.read());
    compare(std::span<double const>(&yours.true_accepts, 1), {ta}, 1e-12, {.what = "the rate of true accepts"},
            {{{1 - ta}, "what is rejected was counted"},
             {{fa}, "true and false accepts are exchanged"},
             {{ta * 40}, "pairs were counted: a rate is their share, from 0 to 1"},
             {{ta * 100}, "a rate is a share, from 0 to 1, not a percentage"}});
    compare(std::span<double const>(&yours.false_accepts, 1), {fa}, 1e-12, {.what = "the rate of false accepts"},
            {{{share_within(limit, d.different.read(), true)},
              "a pair at exactly the threshold was left out: at most means ≤"},
             {{1 - fa}, "what is rejected was counted"},
             {{fa * 50 / 40}, "it is divided by the number of pairs of one person"},
             {{fa * 50 / 90}, "it is divided by the number of all pairs, not of those of two people"}});
}

CHECK(7, 2, "one in four of eight") {
    std::vector<double> const same{0.1, 0.2, 0.3}, different{0.9, 0.4, 1.5, 0.7, 1.2, 0.6, 0.8, 1.0};
    auto const d = sealed(in, same, different);
    require_threshold(submitted.threshold(0.25, d.same.read(), d.different.read()), 0.25, same, different);
}

CHECK(7, 3, "random distances, at several rates") {
    auto const d = sealed(in, draw(in, 90, 0, 1), draw(in, 400, 0.3, 2));
    for (double const rate : {0.0, 0.00126, 0.01126, 0.10126, 0.5, 0.99876})
        require_threshold(submitted.threshold(rate, d.same.read(), d.different.read()), rate, d.same.read(),
                          d.different.read());
}

CHECK(7, 2, "pairs that are equally far are accepted together or not at all") {
    std::vector<double> const same{0.1, 0.2}, different{0.5, 0.75, 0.75, 0.75, 0.25, 1, 1.25, 1.5};
    auto const d = sealed(in, same, different);
    for (double const rate : {0.25, 0.375, 0.5, 0.625})
        require_threshold(submitted.threshold(rate, d.same.read(), d.different.read()), rate, same, different);
}

CHECK(7, 1, "a rate of 1 accepts everybody") {
    auto const d = sealed(in, draw(in, 5, 0, 1), draw(in, 16, 0.3, 2));
    require_threshold(submitted.threshold(1, d.same.read(), d.different.read()), 1, d.same.read(), d.different.read());
}
