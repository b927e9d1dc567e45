#pragma once

/// The best target that the compiler may use. TRINE_ISA_GENERIC takes the generic one on any machine.

#if defined(TRINE_ISA_GENERIC)
#include "generic.hpp"
namespace trine::kernels::isa {
using target = generic;
}
#elif defined(__AVX512F__)
#include "avx512.hpp"
namespace trine::kernels::isa {
using target = avx512;
}
#elif defined(__AVX2__) && defined(__FMA__)
#include "avx2.hpp"
namespace trine::kernels::isa {
using target = avx2;
}
#elif defined(__aarch64__)
#include "neon.hpp"
namespace trine::kernels::isa {
using target = neon;
}
#else
#include "generic.hpp"
namespace trine::kernels::isa {
using target = generic;
}
#endif
