#pragma once

/// The best target that the compiler may use. TRINE_ISA_GENERIC takes the generic one on any machine.

#include "avx2.hpp"
#include "avx512.hpp"
#include "generic.hpp"
#include "neon.hpp"

namespace trine::kernels::isa {

#if defined(TRINE_ISA_GENERIC)
using target = generic;
#elif defined(__AVX512F__)
using target = avx512;
#elif defined(__AVX2__) && defined(__FMA__)
using target = avx2;
#elif defined(__aarch64__)
using target = neon;
#else
using target = generic;
#endif

} // namespace trine::kernels::isa
