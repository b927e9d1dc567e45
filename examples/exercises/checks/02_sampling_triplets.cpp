#include <algorithm>
#include <cmath>

#include "../grader/check.hpp"

using namespace grading;

namespace {

std::string shown(triplet const& t) {
    return "(" + std::to_string(t.anchor) + ", " + std::to_string(t.positive) + ", " + std::to_string(t.negative) + ")";
}

// Whether every triplet is one.
void require_triplets(std::span<triplet const> all, std::span<label const> labels) {
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const& t = all[i];
        std::string const which = "triplet " + std::to_string(i) + ", " + shown(t) + ": ";
        for (std::size_t const at : {t.anchor, t.positive, t.negative})
            if (at >= labels.size())
                wrong(which, "there is no photo ", at, " among ", labels.size());
        if (t.anchor == t.positive)
            wrong(which, "the anchor is its own positive");
        if (labels[t.positive] != labels[t.anchor])
            wrong(which, "the positive is of person ", labels[t.positive], ", the anchor of ", labels[t.anchor]);
        if (labels[t.negative] == labels[t.anchor])
            wrong(which, "the negative is of the anchor's own person, ", labels[t.anchor]);
    }
}

std::vector<triplet> draw(functions<2> const& submitted, std::span<label const> labels, random_stream& random,
                          std::size_t count) {
    std::size_t const none = labels.size() + 1000;
    std::vector<triplet> all(count, triplet{none, none, none});
    if (std::size_t const n = submitted.sample_triplets(labels, random, all); n != count)
        wrong("it says that it drew ", n, " triplets, and there is room, and reason, for ", count);
    return all;
}

// Whether counts are as when all are equally likely: within six deviations, which happens by chance once in 10⁸.
void require_even(std::vector<std::size_t> const& counts, std::vector<std::size_t> const& possible,
                  std::string const& role, std::size_t last) {
    std::size_t total = 0;
    for (std::size_t const i : possible)
        total += counts[i];
    double const n = static_cast<double>(total), share = 1.0 / static_cast<double>(possible.size()),
                 room = 6 * std::sqrt(n * share * (1 - share)) + 1;
    for (std::size_t const i : possible)
        if (counts[i] == 0 && n * share > room)
            wrong(role, " are not equally likely: of ", total, " draws photo ", i, " never came, and about ",
                  static_cast<std::size_t>(n * share), " times are expected",
                  i == last ? " (it is the last: below(n) gives 0 to n − 1, so n is the number of places)" : "");
    for (std::size_t const i : possible)
        if (std::abs(static_cast<double>(counts[i]) - n * share) > room)
            wrong(role, " are not equally likely: of ", total, " draws photo ", i, " came ", counts[i],
                  " times, and about ", static_cast<std::size_t>(n * share), " are expected");
}

} // namespace

CHECK(2, 2, "what is drawn are triplets") {
    auto const labels = in.labels(4, 3);
    require_triplets(draw(submitted, labels, in.random, 500), labels);
}

CHECK(2, 1, "the same stream draws the same triplets, and goes on to others") {
    auto const labels = in.labels(5, 4);
    auto stream = in.random, again = in.random;
    auto const first = draw(submitted, labels, stream, 50), second = draw(submitted, labels, again, 50),
               next = draw(submitted, labels, stream, 50);
    if (first != second)
        wrong("two streams with the same numbers drew other triplets: something else than `random` was asked");
    if (first == next)
        wrong("the stream was asked twice and gave the same triplets: it was copied, or not asked at all");
}

CHECK(2, 3, "all that is possible is equally likely") {
    auto const labels = in.labels(3, 4);
    std::size_t const n = labels.size();
    auto const all = draw(submitted, labels, in.random, 24000);
    require_triplets(all, labels);
    std::vector<std::size_t> anchors(n), everybody(n);
    for (std::size_t i = 0; i < n; ++i)
        everybody[i] = i;
    for (auto const& t : all)
        ++anchors[t.anchor];
    require_even(anchors, everybody, "anchors", n - 1);
    for (std::size_t a = 0; a < n; ++a) {
        std::vector<std::size_t> positives(n), negatives(n), own, others;
        for (auto const& t : all)
            if (t.anchor == a)
                ++positives[t.positive], ++negatives[t.negative];
        for (std::size_t i = 0; i < n; ++i)
            if (labels[i] != labels[a])
                others.push_back(i);
            else if (i != a)
                own.push_back(i);
        require_even(positives, own, "positives of anchor " + std::to_string(a), own.back());
        require_even(negatives, others, "negatives of anchor " + std::to_string(a), others.back());
    }
}

CHECK(2, 2, "photos, not people, are equally likely, and who has one photo is only a negative") {
    // Two photos of person 0, six of person 1, one of person 2.
    std::vector<label> labels{0, 0, 1, 1, 1, 1, 1, 1, 2};
    in.random.shuffle<label>(labels);
    auto const single = static_cast<std::size_t>(std::find(labels.begin(), labels.end(), 2) - labels.begin());
    auto const all = draw(submitted, labels, in.random, 16000);
    std::vector<std::size_t> anchors(9), possible;
    bool is_negative = false;
    for (auto const& t : all) {
        if (t.anchor == single)
            wrong("photo ", single, " is the only one of its person, and yet the anchor of ", shown(t));
        is_negative |= t.negative == single;
        if (t.anchor < 9)
            ++anchors[t.anchor];
    }
    require_triplets(all, labels);
    if (!is_negative)
        wrong("photo ", single, ", the only one of its person, is never a negative, and could be");
    for (std::size_t i = 0; i < 9; ++i)
        if (i != single)
            possible.push_back(i);
    require_even(anchors, possible, "anchors (of a person with 2 photos and one with 6)", possible.back());
}

CHECK(2, 2, "where there is no triplet, none is drawn") {
    std::vector<triplet> out(5);
    std::vector<label> const nobody, one_person{3, 3, 3}, one_photo_each{1, 2, 3};
    for (auto const* labels : {&nobody, &one_person, &one_photo_each})
        if (std::size_t const n = submitted.sample_triplets(*labels, in.random, out); n != 0)
            wrong("it says that it drew ", n, " triplets from ",
                  labels->empty()         ? "no photo at all"
                  : labels == &one_person ? "three photos of one person, where there is no negative"
                                          : "three people with one photo each, where there is no positive");
}
