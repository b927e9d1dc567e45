#include "results.hpp"

#include <cstdarg>
#include <cstdio>
#include <utility>

#include <trine/distances/euclidean.hpp>
#include <trine/evaluation/bootstrap.hpp>
#include <trine/evaluation/retrieval.hpp>
#include <trine/evaluation/thresholds.hpp>
#include <trine/visual/evaluation_pictures.hpp>

using namespace trine;

namespace {

[[gnu::format(printf, 1, 2)]] std::string text(char const* format, ...) {
    char out[160];
    std::va_list values;
    va_start(values, format);
    std::vsnprintf(out, sizeof out, format, values);
    va_end(values);
    return out;
}

} // namespace

std::vector<std::size_t> program::shown_places(data::dataset const& photos) {
    constexpr std::size_t most = 400;
    std::vector<std::size_t> places;
    std::size_t const step = (photos.size() + most - 1) / most;
    for (std::size_t i = 0; i < photos.size() && places.size() < most; ++i)
        if (static_cast<std::size_t>(photos.labels[i]) % step == 0)
            places.push_back(i);
    if (places.empty()) // those people have no photo here
        for (std::size_t i = 0; i < std::min(photos.size(), most); ++i)
            places.push_back(i);
    return places;
}

tensor<float, 2> program::rows_at(matrix_view<float const> points, std::span<std::size_t const> places) {
    auto out = make_tensor<float>(places.size(), points.cols());
    for (std::size_t i = 0; i < places.size(); ++i)
        std::copy_n(points.data() + places[i] * points.stride(), points.cols(), out.data() + i * points.cols());
    return out;
}

double program::nearest_right(tensor<float, 2> const& points, std::vector<label> const& labels) {
    std::span<label const> const who(labels);
    return evaluation::evaluate_retrieval(distances::squared_euclidean{}, as_matrix(points), who, as_matrix(points), who, true).precision_at_1;
}

program::results program::judge(data::dataset held_out, data::dataset known, tensor<float, 2> points, tensor<float, 2> const& known_points, std::vector<identification> found) {
    results r{std::move(held_out), std::move(known), std::move(points), std::move(found), {}, {}, {}, {}, {}};
    for (auto const& f : r.found)
        r.named.push_back(static_cast<label>(std::find(r.held_out.people.begin(), r.held_out.people.end(), f.name) - r.held_out.people.begin()));
    std::size_t const n = r.held_out.size();
    auto all = make_tensor<float>(n, n);
    distances::squared_euclidean{}.pairwise(as_matrix(std::as_const(r.points)), as_matrix(all));
    r.pairs = evaluation::split_pairs(matrix_view<float const>(all.data(), n, n), std::span<label const>(r.held_out.labels));
    r.identification = evaluation::evaluate_identification(distances::squared_euclidean{}, as_matrix(std::as_const(r.points)), std::span<label const>(r.held_out.labels), as_matrix(known_points),
                                                           std::span<label const>(r.known.labels));
    r.shown = shown_places(r.held_out);
    auto const some = rows_at(as_matrix(std::as_const(r.points)), r.shown);
    if (!r.shown.empty())
        r.map = evaluation::tsne(as_matrix(some), {.perplexity = 10});
    return r;
}

std::vector<program::figure> program::figures_of(results const& r) {
    std::vector<figure> all;
    std::vector<double> right;
    for (std::size_t i = 0; i < r.named.size(); ++i)
        right.push_back(r.named[i] == r.held_out.labels[i]);
    auto const rate = evaluation::bootstrap_mean(right, r.held_out.labels);
    all.push_back({"recognised", text("%.1f %%", 100 * rate.estimate), text("of %zu photos; 95 %% interval over people %.1f to %.1f", right.size(), 100 * rate.low, 100 * rate.high)});
    auto const retrieval = evaluation::evaluate_retrieval(distances::squared_euclidean{}, as_matrix(std::as_const(r.points)), std::span<label const>(r.held_out.labels), as_matrix(std::as_const(r.points)),
                                                         std::span<label const>(r.held_out.labels), true);
    if (retrieval.queries > 0)
        all.push_back({"MAP@R", text("%.1f %%", 100 * retrieval.mean_average_precision_at_r), "how purely the nearest held-out photos are of one person"});
    if (r.has_pairs()) {
        evaluation::verification_curve const curve(r.pairs.same, r.pairs.different);
        auto const equal = curve.equal_error(), strict = curve.at_false_accept_rate(0.01);
        all.push_back({"equal error rate", text("%.2f %%", 100 * equal.false_accept_rate), text("one person or two? of %zu pairs, at squared distance %.3f", r.pairs.same.size() + r.pairs.different.size(), equal.distance)});
        all.push_back({"accepted at 1 % false accepts", text("%.1f %%", 100 * strict.true_accept_rate), text("pairs of one person, at squared distance %.3f", strict.distance)});
        all.push_back({"AUC", text("%.4f", curve.auc()), "chance that a pair of one person is nearer than one of two"});
    }
    return all;
}

std::vector<std::string> program::draw_results(std::filesystem::path const& folder, results const& r) {
    std::vector<std::string> files;
    auto const save = [&](data::image const& picture, char const* name) {
        data::save_png(picture, folder / name);
        files.emplace_back(name);
    };
    if (!r.shown.empty())
        save(visual::embedding_map("Where the network puts photos it has not learnt from (t-SNE)", r.map, r.shown_photos()), "map.png");
    if (r.has_pairs()) {
        evaluation::verification_curve const curve(r.pairs.same, r.pairs.different);
        save(visual::distance_histogram("How far apart photos lie that were held out", "squared distance", r.pairs.same, r.pairs.different, evaluation::best_f1(r.pairs.same, r.pairs.different).distance),
             "distances.png");
        save(visual::share_chart("One person or two?", "pairs of two people taken for one", "pairs of one person accepted", {visual::roc_path("trained network", curve)}, 1e-3), "verification.png");
        save(visual::error_chart("One person or two? Both kinds of error", {visual::det_path("trained network", curve)}), "errors.png");
        save(visual::cmc_chart("Named rightly within the k nearest people", {{"trained network", r.identification}}), "cmc.png");
        // Of the photos shown: all pairs of thousands would only be looked through for a few.
        auto const some = rows_at(as_matrix(std::as_const(r.points)), r.shown);
        auto apart = make_tensor<float>(r.shown.size(), r.shown.size());
        distances::squared_euclidean{}.pairwise(as_matrix(some), as_matrix(apart));
        save(visual::hardest_triplets("The hardest triplets", matrix_view<float const>(apart.data(), r.shown.size(), r.shown.size()), r.shown_photos()), "hardest_triplets.png");
    }
    if (r.held_out.people.size() <= 60)
        save(visual::confusion_picture("Who is taken for whom", evaluation::confusion(r.held_out.labels, r.named, r.held_out.people.size()), r.held_out.people), "confusion.png");
    return files;
}
