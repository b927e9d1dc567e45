#include "results.hpp"

#include <cstdarg>
#include <cstdio>
#include <limits>
#include <utility>

#include <trine/visual/embedding_map.hpp>
#include <trine/visual/pictures.hpp>
#include <trine/data/image_io.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/evaluation/bootstrap.hpp>
#include <trine/evaluation/retrieval.hpp>
#include <trine/evaluation/thresholds.hpp>
#include <trine/neighbors/exact.hpp>
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

std::vector<std::size_t> program::some_places(data::dataset const& photos, std::size_t most) {
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

void program::draw_training(std::filesystem::path const& file, std::string const& title,
                            std::vector<epoch_report> const& epochs, std::vector<snapshot> const& snapshots) {
    visual::series loss{"loss", {}}, active{"share of active triplets", {}},
        accuracy{"nearest other held-out photo is right",
                 std::vector<double>(epochs.size(), std::numeric_limits<double>::quiet_NaN())};
    for (auto const& e : epochs)
        loss.values.push_back(e.loss), active.values.push_back(e.active);
    for (auto const& s : snapshots)
        if (s.epoch > 0)
            accuracy.values[s.epoch - 1] = s.right;
    data::save_png(visual::line_chart(title, "epoch", {loss, active, accuracy}), file);
}

double program::nearest_right(tensor<float, 2> const& points, std::vector<label> const& labels) {
    std::span<label const> const who(labels);
    return evaluation::evaluate_retrieval(distances::squared_euclidean{}, as_matrix(points), who, as_matrix(points),
                                          who, true)
        .precision_at_1;
}

program::results program::judge(data::dataset held_out, data::dataset known, tensor<float, 2> points,
                                tensor<float, 2> const& known_points, std::vector<identification> found) {
    results r{std::move(held_out), std::move(known), std::move(points), std::move(found), {}, {}, {}, {}, {}, {}, {}};
    for (auto const& f : r.found)
        r.named.push_back(static_cast<label>(std::find(r.held_out.people.begin(), r.held_out.people.end(), f.name) -
                                             r.held_out.people.begin()));
    neighbors::exact::index<distances::squared_euclidean> index(known_points.shape(1));
    index.add(as_matrix(known_points));
    r.nearest = index.search(as_matrix(std::as_const(r.points)), std::min<std::size_t>(5, r.known.size()));
    auto const several = some_places(r.held_out, 2000);
    auto const labels = r.held_out.subset(several).labels;
    auto const apart = pairwise(rows_at(as_matrix(std::as_const(r.points)), several));
    r.pairs = evaluation::split_pairs(as_matrix(apart), std::span<label const>(labels));
    if (!r.pairs.same.empty() && !r.pairs.different.empty())
        r.curve.emplace(distances::squared_euclidean{}, as_matrix(std::as_const(r.points)),
                        std::span<label const>(r.held_out.labels));
    r.identification = evaluation::evaluate_identification(
        distances::squared_euclidean{}, as_matrix(std::as_const(r.points)), std::span<label const>(r.held_out.labels),
        as_matrix(known_points), std::span<label const>(r.known.labels));
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
    all.push_back({"recognised", text("%.1f %%", 100 * rate.estimate),
                   text("of %zu photos by the known ones; 95 %% interval over people %.1f to %.1f", right.size(),
                        100 * rate.low, 100 * rate.high)});
    auto const retrieval = evaluation::evaluate_retrieval(
        distances::squared_euclidean{}, as_matrix(std::as_const(r.points)), std::span<label const>(r.held_out.labels),
        as_matrix(std::as_const(r.points)), std::span<label const>(r.held_out.labels), true);
    if (retrieval.queries > 0)
        all.push_back({"MAP@R", text("%.1f %%", 100 * retrieval.mean_average_precision_at_r),
                       "how purely the nearest held-out photos are of one person"});
    if (r.curve) {
        auto const equal = r.curve->equal_error(), strict = r.curve->at_false_accept_rate(0.01);
        all.push_back({"equal error rate", text("%.2f %%", 100 * equal.false_accept_rate),
                       text("one person or two? of %zu pairs, at squared distance %.3f",
                            r.curve->same() + r.curve->different(), equal.distance)});
        // Fewer pairs than 100 hold no share of 1 %.
        all.push_back({"accepted at 1 % false accepts", text("%.1f %%", 100 * strict.true_accept_rate),
                       r.curve->different() < 100
                           ? text("pairs of one person; too few pairs of two to say much: %zu, not 100",
                                  static_cast<std::size_t>(r.curve->different()))
                           : text("pairs of one person, at squared distance %.3f", strict.distance)});
        all.push_back(
            {"AUC", text("%.4f", r.curve->auc()), "chance that a pair of one person is nearer than one of two"});
    }
    return all;
}

std::vector<std::string> program::draw_results(std::filesystem::path const& folder, results const& r) {
    std::vector<std::string> files;
    auto const save = [&](data::image const& picture, char const* name) {
        data::save_png(picture, folder / name);
        files.emplace_back(name);
    };
    std::vector<visual::montage_row> rows;
    std::size_t const step = std::max<std::size_t>(1, r.held_out.size() / 8);
    for (std::size_t i = 0; i < r.held_out.size() && rows.size() < 8; i += step) {
        label const who = r.held_out.labels[i];
        visual::montage_row row{r.held_out.picture(i), r.held_out.people[static_cast<std::size_t>(who)], {}};
        for (auto const& n : r.nearest[i])
            row.matches.push_back({r.known.picture(n.index), text("%.3f", static_cast<double>(n.distance)),
                                   r.known.labels[n.index] == who});
        rows.push_back(std::move(row));
    }
    save(visual::montage("Queries and their nearest neighbours", rows), "neighbours.png");
    if (!r.shown.empty())
        save(visual::embedding_map("Where the network puts photos it has not learnt from (t-SNE)", r.map,
                                   r.shown_photos()),
             "map.png");
    if (r.curve) {
        save(visual::distance_histogram("How far apart photos lie that were held out", "squared distance", r.pairs.same,
                                        r.pairs.different,
                                        evaluation::best_f1(r.pairs.same, r.pairs.different).distance),
             "distances.png");
        save(visual::share_chart("One person or two?", "pairs of two people taken for one",
                                 "pairs of one person accepted", {visual::roc_path("trained network", *r.curve)}, 1e-3),
             "verification.png");
        save(visual::error_chart("One person or two? Both kinds of error",
                                 {visual::det_path("trained network", *r.curve)}),
             "errors.png");
        save(visual::cmc_chart("Named rightly within the k nearest people", {{"trained network", r.identification}}),
             "cmc.png");
        auto const apart = pairwise(rows_at(as_matrix(std::as_const(r.points)), r.shown));
        save(visual::hardest_triplets("The hardest triplets", as_matrix(apart), r.shown_photos()),
             "hardest_triplets.png");
    }
    if (r.held_out.people.size() <= 60)
        save(visual::confusion_picture("Who is taken for whom",
                                       evaluation::confusion(r.held_out.labels, r.named, r.held_out.people.size()),
                                       r.held_out.people),
             "confusion.png");
    return files;
}
