#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <trine/core/tensor.hpp>
#include <trine/data/dataset.hpp>

namespace program {

// Draws how well photos are told apart: distances, ROC, confusion, hardest triplets, a map. Compiled once, apart from the programs that train. Returns the files' names.
std::vector<std::string> draw_results(std::filesystem::path const& folder, trine::data::dataset const& photos, trine::matrix_view<float const> points, std::vector<trine::label> const& named);

} // namespace program
