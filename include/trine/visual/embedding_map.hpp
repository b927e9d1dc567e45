#pragma once

/// Pictures of embeddings: a map of faces, and how distances lie.

#include <span>
#include <string>
#include <vector>

#include "../core/config.hpp"
#include "../data/dataset.hpp"
#include "../data/image.hpp"
#include "../evaluation/projection.hpp"

namespace trine::visual {

/// Photos where their points lie on a map, each in a frame of its person's colour, with the person's name below them;
/// 1100×1140.
///
/// @param places  N, as `evaluation::principal_components` or `evaluation::tsne` give them
/// @throws shape_error  unless there is a place for each photo
/// @throws data_error   when there are none
data::image embedding_map(std::string const& title, std::span<evaluation::map_point const> places,
                          data::dataset const& photos);

/// How far apart photos of one person and of two lie, as shares of each kind, and where the threshold between them is;
/// 900×520.
///
/// @throws data_error  when there are no pairs of one of the kinds
template <class T>
data::image distance_histogram(std::string const& title, std::string const& distance_name, std::vector<T> const& same,
                               std::vector<T> const& different, double threshold);

} // namespace trine::visual

#ifdef TRINE_HEADER_ONLY
#include "embedding_map_impl.hpp"
#endif
