#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <trine/arrays/tensor.hpp>
#include <trine/data/dataset.hpp>
#include <trine/evaluation/identification.hpp>
#include <trine/evaluation/projection.hpp>
#include <trine/evaluation/verification.hpp>
#include <trine/recognition/recognizer.hpp>

#include "points.hpp"

// How a trained network does on photos that were held out, and pictures of that. Compiled once, not with the programs
// that train.
namespace program {

struct results {
    trine::data::dataset held_out, known;
    trine::tensor<float, 2> points;           // of the held-out photos
    std::vector<trine::identification> found; // of the same
    std::vector<trine::label> named;          // whom the vote names, a place in `people`
    trine::neighbors::neighbor_lists nearest; // the five nearest of the same, places in `known`
    std::optional<trine::evaluation::verification_curve>
        curve;                                      // over all pairs of them; none where all pairs are of one kind
    trine::evaluation::pair_distances<float> pairs; // of at most 2000 of them, for histograms and thresholds
    trine::evaluation::identification_result identification; // of the held-out photos among the known ones
    // Pictures show at most 400 of the photos, all of some people: more could not be told apart, and would take long.
    std::vector<std::size_t> shown;                // their places
    std::vector<trine::evaluation::map_point> map; // where they lie, by t-SNE

    trine::data::dataset shown_photos() const { return held_out.subset(shown); }
};

// Where the photos shown stood after an epoch; 0 is the untrained network.
struct snapshot {
    std::size_t epoch = 0;
    double right = 0; // share of them whose nearest is the same person
    trine::tensor<float, 2> points;
};

// Places of at most so many photos, all of some people; of one of them alone if it has more.
std::vector<std::size_t> some_places(trine::data::dataset const& photos, std::size_t most);
inline std::vector<std::size_t> shown_places(trine::data::dataset const& photos) { return some_places(photos, 400); }
// Rows of a matrix, in that order.
trine::tensor<float, 2> rows_at(trine::matrix_view<float const> points, std::span<std::size_t const> places);

// Share of photos whose nearest among the others shows the same person; 0 where nobody has two.
double nearest_right(trine::tensor<float, 2> const& points, std::vector<trine::label> const& labels);

results judge(trine::data::dataset held_out, trine::data::dataset known, trine::tensor<float, 2> points,
              trine::tensor<float, 2> const& known_points, std::vector<trine::identification> found);

// The figures that are printed, each with what it means.
struct figure {
    std::string name, value, meaning;
};
std::vector<figure> figures_of(results const& r);

// Draws loss, active triplets and accuracy over the epochs.
void draw_training(std::filesystem::path const& file, std::string const& title,
                   std::vector<trine::epoch_report> const& epochs, std::vector<snapshot> const& snapshots);

// Draws neighbours, map, distances, verification, errors, hardest triplets, confusion. Returns the files' names.
std::vector<std::string> draw_results(std::filesystem::path const& folder, results const& r);

} // namespace program
