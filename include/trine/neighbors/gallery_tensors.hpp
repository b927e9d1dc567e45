#pragma once

/// A gallery among the tensors of another file, as a saved recogniser holds it.

#include <string>

#include "../core/config.hpp"
#include "gallery.hpp"

namespace trine::io {
class safetensors;
}

namespace trine::neighbors {

/// Writes what a gallery holds (people, sources, points as stored, identity) into a safetensors file, under names that
/// begin with a prefix. Removed photos are left out, so places are counted anew; names and sources are kept byte for
/// byte.
template <class Storage>
void store_gallery(gallery<Storage> const& from, io::safetensors& to, std::string const& prefix = "gallery.");

/// Reads what `store_gallery` wrote, as a gallery in memory alone.
///
/// @throws format_error  when part of it is missing, inconsistent or not finite, or points are of another storage
template <class Storage = storage::float32>
gallery<Storage> load_gallery(io::safetensors const& from, std::string const& prefix = "gallery.");

/// The same of a gallery that has to be of a certain network, distance and size of points.
///
/// @throws format_error  also when it is of another
template <class Storage = storage::float32>
gallery<Storage> load_gallery(io::safetensors const& from, std::string const& prefix, gallery_identity const& expected);

} // namespace trine::neighbors

#ifdef TRINE_HEADER_ONLY
#include "gallery_tensors_impl.hpp"
#endif
