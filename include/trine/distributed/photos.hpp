#pragma once

#include "../core/communicator.hpp"
#include "../core/config.hpp"
#include "../data/dataset.hpp"

namespace trine::distributed {

/// Gives all ranks the photos of rank 0, so that they need not lie on every machine. Collective.
void share_photos(communicator& ranks, data::dataset& photos);

} // namespace trine::distributed

#ifdef TRINE_HEADER_ONLY
#include "photos_impl.hpp"
#endif
