#pragma once

// Whom the study learns from: photos, drawn or from a folder, or embeddings from a file.

#include <filesystem>
#include <memory>

#include <trine/data/dataset.hpp>
#include <trine/experiments/head_subject.hpp>
#include <trine/experiments/subject.hpp>

namespace study {

// Photos of 1×64×64, with a small network from the beginning.
std::unique_ptr<trine::experiments::subject> of_photos(trine::data::dataset photos,
                                                       trine::experiments::training_budget budget);

// Embeddings, with a head: a table of comma-separated values (label,0,1,…), an .npz with "embeddings" and "labels", or
// a .npy of N×D with another of N labels. People with fewer photos than `at_least` are left out.
//
// throws io_error, format_error when a file is none of these
std::unique_ptr<trine::experiments::subject> of_embeddings(std::filesystem::path const& file,
                                                           std::filesystem::path const& labels, std::size_t at_least,
                                                           trine::experiments::head_options how);

} // namespace study
