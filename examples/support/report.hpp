#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <trine/data/image.hpp>
#include <trine/training/trainer.hpp>

#include "results.hpp"

// A training as one HTML file: charts, a map through the epochs, a threshold to move. The page is in examples/report.
namespace program {

struct titled_picture {
    std::string title;
    trine::data::image picture;
};
struct run_report {
    std::string title;
    std::vector<std::pair<std::string, std::string>> options; // what was asked for
    std::vector<trine::epoch_report> epochs;
    std::vector<snapshot> snapshots;
    std::vector<titled_picture> pictures;
};

// Says why when this build has no page; for programs to call before they begin to work.
//
// throws argument_error
void require_report_page();

// Writes FOLDER/report.html, and makes the folder where there is none. Returns its path. Beside it, embeddings of the
// held-out photos: embeddings.csv, and vectors.tsv with metadata.tsv for the embedding projector.
//
// throws io_error when it cannot be written, data_error when no photo is shown, argument_error as above
std::filesystem::path write_report(std::filesystem::path const& folder, run_report const& run, results const& r);

} // namespace program
