#pragma once

/// How the library is compiled.
///
/// By default it is headers alone: a header `x.hpp` declares, includes `x_impl.hpp` at its end, and everything is
/// compiled where it is used. With TRINE_COMPILED, which the CMake target trine::compiled defines, the bodies that do
/// not depend on a user's types are in a static library, and `x_impl.hpp` is not included.
///
/// TRINE_HEADER_ONLY  defined where bodies are to be included
/// TRINE_INLINE       stands before a function, not a template, whose body is in an `x_impl.hpp`
#if defined(TRINE_COMPILED)
#define TRINE_INLINE
#else
#define TRINE_HEADER_ONLY
#define TRINE_INLINE inline
#endif
