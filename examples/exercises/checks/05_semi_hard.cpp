#include <algorithm>
#include <tuple>

#include "../grader/check.hpp"

using namespace grading;

namespace {

using matrix = trine::matrix_view<double const>;

bool before(triplet const& a, triplet const& b) {
    return std::tie(a.anchor, a.positive, a.negative) < std::tie(b.anchor, b.positive, b.negative);
}
std::string named(triplet const& t) {
    return "anchor " + std::to_string(t.anchor) + " with positive " + std::to_string(t.positive);
}

// The right ones; or those that come out when negatives are measured from the positive.
std::vector<triplet> right_ones(matrix d, std::span<label const> labels, double margin, bool from_positive = false) {
    std::vector<triplet> all;
    for (std::size_t a = 0; a < labels.size(); ++a)
        for (std::size_t p = 0; p < labels.size(); ++p) {
            if (a == p || labels[a] != labels[p])
                continue;
            std::vector<std::pair<double, std::size_t>> possible;
            for (std::size_t n = 0; n < labels.size(); ++n) {
                double const far = from_positive ? d(p, n) : d(a, n);
                if (labels[n] != labels[a] && far > d(a, p) && far <= d(a, p) + margin)
                    possible.emplace_back(far, n);
            }
            if (!possible.empty())
                all.push_back({a, p, std::min_element(possible.begin(), possible.end())->second});
        }
    return all;
}

// The first triplet that should not be there, or is missing, with what is wrong about it.
void require_right(std::vector<triplet> yours, matrix d, std::span<label const> labels, double margin) {
    auto const right = right_ones(d, labels, margin);
    std::sort(yours.begin(), yours.end(), before);
    if (yours != right && yours == right_ones(d, labels, margin, true))
        wrong("negatives are measured from the positive, d(p, n), and should be from the anchor, d(a, n)");
    for (std::size_t i = 0; i < yours.size(); ++i) {
        auto const& t = yours[i];
        for (std::size_t const at : {t.anchor, t.positive, t.negative})
            if (at >= labels.size())
                wrong("a triplet has photo ", at, ", and there are ", labels.size());
        if (t.anchor == t.positive)
            wrong("photo ", t.anchor, " is its own positive");
        if (labels[t.anchor] != labels[t.positive])
            wrong(named(t), ": they are two people");
        if (labels[t.anchor] == labels[t.negative])
            wrong(named(t), ": negative ", t.negative, " is of the anchor's own person");
        std::string const of = named(t) + ", at " + shown(d(t.anchor, t.positive)) + ": negative " +
                               std::to_string(t.negative) + ", at " + shown(d(t.anchor, t.negative)) + ", ";
        double const gap = d(t.anchor, t.negative) - d(t.anchor, t.positive);
        if (gap < 0)
            wrong(of, "is nearer than the positive: that is hard, not semi-hard");
        if (gap == 0)
            wrong(of, "is exactly as far as the positive: it has to be farther");
        if (gap > margin)
            wrong(of, "is farther than the positive by more than the margin of ", margin, ": that is easy");
        auto const same = std::find_if(right.begin(), right.end(), [&](triplet const& r) {
            return r.anchor == t.anchor && r.positive == t.positive;
        });
        if (i > 0 && yours[i - 1].anchor == t.anchor && yours[i - 1].positive == t.positive)
            wrong(named(t), " comes twice, with negatives ", yours[i - 1].negative, " and ", t.negative,
                  ": only the nearest of the semi-hard ones is taken");
        if (same->negative != t.negative)
            wrong(of,
                  d(t.anchor, same->negative) == d(t.anchor, t.negative)
                      ? "is as near as the smaller index: of ties the smaller index is taken, "
                      : "is not the nearest that is semi-hard: that is ",
                  same->negative);
    }
    for (auto const& r : right)
        if (!std::binary_search(yours.begin(), yours.end(), r, before))
            wrong(named(r), ", at ", shown(d(r.anchor, r.positive)), ", is missing: negative ", r.negative, ", at ",
                  shown(d(r.anchor, r.negative)),
                  d(r.anchor, r.negative) == d(r.anchor, r.positive) + margin
                      ? ", is exactly the margin farther, which is within it"
                      : ", is semi-hard",
                  " (margin ", margin, ")");
}

// Random distances; d(p, n) has nothing to do with d(a, n).
guarded<double> distances(inputs& in, std::size_t n) {
    guarded<double> d("distances", n, n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j <= i; ++j)
            d(i, j) = d(j, i) = i == j ? 0 : in.random.uniform(0.1, 2);
    return d;
}

} // namespace

CHECK(5, 2, "four photos") {
    // Anchor 0 with positive 1 at 1; negatives at 1.5 and 3. Anchor 1: its negatives are nearer than its positive.
    double const all[] = {0, 1, 1.5, 3, 1, 0, 0.5, 0.25, 1.5, 0.5, 0, 9, 3, 0.25, 9, 0};
    auto d = in.copy<double>("distances", 4, 4, all);
    std::vector<label> const labels{7, 7, 8, 9};
    require_right(submitted.semi_hard(d.seal().read_view(), labels, 1), d.read_view(), labels, 1);
}

CHECK(5, 4, "a random batch") {
    auto d = distances(in, 24);
    auto const labels = in.labels(6, 4);
    require_right(submitted.semi_hard(d.seal().read_view(), labels, 0.3), d.read_view(), labels, 0.3);
}

CHECK(5, 1, "of equally near negatives the smaller index") {
    double const all[] = {0, 1, 1.5, 1.5, 1.5, 1, 0, 1.25, 1.5,  1.25, 1.5, 1.25, 0,
                          5, 5, 1.5, 1.5, 5,   0, 5, 1.5,  1.25, 5,    5,   0};
    auto d = in.copy<double>("distances", 5, 5, all);
    std::vector<label> const labels{1, 1, 2, 3, 4};
    require_right(submitted.semi_hard(d.seal().read_view(), labels, 1), d.read_view(), labels, 1);
}

CHECK(5, 2, "the limits: as far as the positive is not farther, and just the margin is within it") {
    // Quarters are exact. Anchor 0, positive 1 at 1: negatives at exactly 1, and at exactly 1 + margin.
    double const all[] = {0, 1, 1, 1.25, 1, 0, 3, 3, 1, 3, 0, 3, 1.25, 3, 3, 0};
    auto d = in.copy<double>("distances", 4, 4, all);
    std::vector<label> const labels{1, 1, 2, 3};
    require_right(submitted.semi_hard(d.seal().read_view(), labels, 0.25), d.read_view(), labels, 0.25);
}

CHECK(5, 1, "one photo a person, or one person: nothing") {
    auto d = distances(in, 3);
    std::vector<label> const each{1, 2, 3}, one{4, 4, 4};
    d.seal();
    for (auto const& labels : {std::span<label const>(each), std::span<label const>(one)})
        if (auto const found = submitted.semi_hard(d.read_view(), labels, 5); !found.empty())
            require_right(found, d.read_view(), labels, 5);
}
