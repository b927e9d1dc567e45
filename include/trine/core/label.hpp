#pragma once

#include <cstdint>

namespace trine {

/// Identifies a person (a class) in a batch or dataset. Any value is allowed; equal means same person.
using label = std::int64_t;

} // namespace trine
