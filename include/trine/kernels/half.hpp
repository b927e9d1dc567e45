#pragma once

#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "isa/binary16.hpp"

namespace trine::kernels {

/// to[i] = from[i], binary16 to float.
void widen_halves(std::size_t size, std::uint16_t const* from, float* to);

} // namespace trine::kernels

#ifdef TRINE_HEADER_ONLY
#include "half_impl.hpp"
#endif
