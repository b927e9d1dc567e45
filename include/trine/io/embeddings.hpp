#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/config.hpp"
#include "../core/view.hpp"

namespace trine::io {

/// Embeddings and who they are of, as tables have them.
struct labelled_embeddings {
    std::vector<std::string> labels;
    std::vector<float> values; ///< N×D
    std::size_t dimensions = 0;

    matrix_view<float const> view() const { return {values.data(), labels.size(), dimensions}; }
};

/// Comma-separated values: a line of names, "label,0,1,…", then a line for each embedding. Labels are in quotes where
/// they hold commas, quotes or ends of lines. Numbers have as many digits as give back the same floats.
///
/// @throws shape_error  when there are not as many labels as embeddings
/// @see RFC 4180
std::string embeddings_csv(matrix_view<float const> embeddings, std::span<std::string const> labels);
/// @throws format_error  when it is no such table, naming the line
labelled_embeddings parse_embeddings_csv(std::string_view bytes, std::string const& source);
/// @throws as above, and io_error  when it cannot be written or read
void write_embeddings_csv(std::filesystem::path const& path, matrix_view<float const> embeddings,
                          std::span<std::string const> labels);
labelled_embeddings read_embeddings_csv(std::filesystem::path const& path);

/// A named column of texts.
struct text_column {
    std::string name;
    std::vector<std::string> texts;
};

/// The vectors of TensorBoard's embedding projector (and projector.tensorflow.org): tab-separated, without names.
std::string projector_vectors(matrix_view<float const> embeddings);
/// What it says of each: tab-separated, with a line of names if there is more than one column, as it wants. Tabs and
/// ends of lines in texts become spaces.
///
/// @throws shape_error  when the columns differ in length, or there is none
std::string projector_metadata(std::span<text_column const> columns);

} // namespace trine::io

#ifdef TRINE_HEADER_ONLY
#include "embeddings_impl.hpp"
#endif
