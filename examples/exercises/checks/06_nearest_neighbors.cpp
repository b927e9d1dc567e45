#include <algorithm>

#include <trine/distances/euclidean.hpp>
#include <trine/neighbors/search.hpp>

#include "../grader/check.hpp"

using namespace grading;

namespace {

using points = trine::matrix_view<float const>;

std::vector<std::pair<double, std::size_t>> in_order(points gallery, std::span<float const> query) {
    std::vector<std::pair<double, std::size_t>> all;
    for (std::size_t i = 0; i < gallery.rows(); ++i) {
        double sum = 0;
        for (std::size_t d = 0; d < gallery.cols(); ++d) {
            double const off = static_cast<double>(gallery(i, d)) - static_cast<double>(query[d]);
            sum += off * off;
        }
        all.emplace_back(sum, i);
    }
    std::sort(all.begin(), all.end());
    return all;
}

std::string listed(std::vector<std::size_t> const& rows) {
    std::string text;
    for (std::size_t i = 0; i < rows.size() && i < 8; ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(rows[i]);
    return text + (rows.size() > 8 ? ", …" : "");
}

void require_nearest(std::vector<std::size_t> const& yours, points gallery, std::span<float const> query,
                     std::size_t k) {
    auto const all = in_order(gallery, query);
    std::vector<std::size_t> right, far;
    for (std::size_t i = 0; i < std::min(k, all.size()); ++i)
        right.push_back(all[i].second), far.push_back(all[all.size() - 1 - i].second);
    if (yours == right)
        return;
    std::string const lists = " (yours: " + listed(yours) + "; right is: " + listed(right) + ")";
    if (yours.size() != right.size())
        wrong("for k = ", k, " and ", gallery.rows(), " photos ", right.size(),
              " neighbours are wanted, and there are ", yours.size(),
              k > gallery.rows() ? ": all of them, where there are no more than k" : "", lists);
    for (std::size_t const row : yours)
        if (row >= gallery.rows())
            wrong("there is no row ", row, " in a gallery of ", gallery.rows(), lists);
    if (yours == far && right != far)
        wrong("the farthest come, not the nearest", lists);
    auto sorted = yours, also = right;
    std::sort(sorted.begin(), sorted.end()), std::sort(also.begin(), also.end());
    for (std::size_t i = 0; i < yours.size(); ++i)
        if (yours[i] != right[i]) {
            auto const distance_of = [&](std::size_t row) {
                return std::find_if(all.begin(), all.end(), [&](auto const& one) { return one.second == row; })->first;
            };
            if (distance_of(yours[i]) == distance_of(right[i]))
                wrong("rows ", yours[i], " and ", right[i], " are equally near: of ties the smaller row comes first",
                      lists);
            if (sorted == also)
                wrong("these are the nearest, but not in order: the nearest comes first", lists);
            wrong("neighbour ", i, " is row ", yours[i], " at ", shown(distance_of(yours[i])), ", and row ", right[i],
                  " at ", shown(distance_of(right[i])), " is nearer", lists);
        }
}

} // namespace

CHECK(6, 1, "five points on a line") {
    float const line[] = {10, 3, 7, 1, 4}, here[] = {3.25f};
    auto g = in.copy<float>("gallery", 5, 1, line), q = in.copy<float>("query", 1, 1, here);
    require_nearest(submitted.nearest(g.seal().read_view(), q.seal().read(), 3), g.read_view(), q.read(), 3);
}

CHECK(6, 3, "random points") {
    auto g = in.normal<float>("gallery", 60, 8), q = in.normal<float>("query", 8, 1);
    g.seal(), q.seal();
    for (std::size_t const k : {1u, 5u, 59u, 60u})
        require_nearest(submitted.nearest(g.read_view(), q.read(), k), g.read_view(), q.read(), k);
}

CHECK(6, 1, "of equally near points the smaller row comes first") {
    float const line[] = {2, 4, 0, 2, 4, 2, 0}, here[] = {3};
    auto g = in.copy<float>("gallery", 7, 1, line), q = in.copy<float>("query", 1, 1, here);
    g.seal(), q.seal();
    for (std::size_t const k : {2u, 4u, 7u})
        require_nearest(submitted.nearest(g.read_view(), q.read(), k), g.read_view(), q.read(), k);
}

CHECK(6, 1, "no more neighbours than there are photos") {
    auto g = in.normal<float>("gallery", 3, 2), q = in.normal<float>("query", 2, 1);
    require_nearest(submitted.nearest(g.seal().read_view(), q.seal().read(), 10), g.read_view(), q.read(), 10);
}

CHECK(6, 2, "most of the neighbours decide") {
    // Who is nearest has one vote, and another person three of six.
    std::vector<label> labels{5, 8, 8, 3, 8, 3};
    std::vector<std::size_t> const nearest{0, 1, 3, 2, 5, 4};
    label const who = submitted.vote(nearest, labels);
    if (who == labels[nearest[0]])
        wrong("the nearest neighbour alone decides: person ", who, " has one vote, and person 8 three of six");
    if (who != 8)
        wrong("of six neighbours three are person 8, two person 3 and one person 5, and yours is ", who,
              who < 6 && who >= 0 ? " (labels are looked up by the neighbours' rows: labels[nearest[i]])" : "");
    std::vector<std::size_t> rows(9);
    std::vector<label> people(9);
    for (std::size_t i = 0; i < 9; ++i)
        rows[i] = i, people[i] = static_cast<label>(100 + in.random.below(900));
    label const most = 1000 + static_cast<label>(in.random.below(9000));
    people[4] = people[6] = people[8] = most; // three, and nobody else has more than two
    people[0] = people[1] = 50;
    in.random.shuffle<std::size_t>(rows);
    if (label const yours = submitted.vote(rows, people); yours != most)
        wrong("of nine neighbours three are person ", most, " and nobody else is more, and yours is ", yours);
}

CHECK(6, 2, "of equally many the one whose nearest is nearest") {
    // Two votes each; by distance 9 comes first, by label 2, by row 4, and last 6.
    std::vector<label> const labels{4, 2, 9, 6, 4, 2, 9, 6};
    std::vector<std::size_t> const nearest{2, 1, 0, 3, 4, 6, 5, 7};
    label const who = submitted.vote(nearest, labels);
    std::string const told =
        "persons 9, 2, 4 and 6 have two votes each, and 9's nearest is the nearest of all; yours is ";
    if (who == 2)
        wrong(told, "2: the smallest label wins ties");
    if (who == 6)
        wrong(told, "6: who comes last wins ties, as with ≥ in place of >");
    if (who == 4)
        wrong(told, "4: the smallest row, or whoever is complete first, wins ties");
    if (who != 9)
        wrong(told, who);
    std::vector<label> const one{77};
    std::vector<std::size_t> const only{0};
    if (label const yours = submitted.vote(only, one); yours != 77)
        wrong("one neighbour of person 77 makes it person ", yours);
}

COMPARISON(6) {
    auto const g = in.normal<float>("gallery", 20000, 128), queries = in.normal<float>("queries", 32, 128);
    std::size_t rows = 0;
    double const yours = milliseconds([&] {
        for (std::size_t i = 0; i < 32; ++i)
            rows += submitted.nearest(g.read_view(), queries.read_view().row(i), 10).size();
    }),
                 ours = milliseconds([&] {
                     rows += trine::neighbors::search(trine::distances::squared_euclidean{}, queries.read_view(),
                                                      g.read_view(), 10)
                                 .size();
                 });
    return {{"10 nearest of 20000, for 32 photos", yours, ours, "ms", ""}};
}
