#pragma once

/// How the library is compiled.
///
/// By default it is headers alone: a header `x.hpp` declares, includes `x_impl.hpp` at its end, and everything is
/// compiled where it is used. With TRINE_COMPILED, which the CMake target trine::compiled defines, the bodies that do
/// not depend on a user's types are in a static library, and `x_impl.hpp` is not included.
///
/// TRINE_HEADER_ONLY  defined where bodies are to be included
/// TRINE_INLINE       stands before a function, not a template, whose body is in an `x_impl.hpp`
///
/// Options of compilers under which results would be wrong, or errors not thrown, are refused here.
#if defined(TRINE_COMPILED)
#define TRINE_INLINE
#else
#define TRINE_HEADER_ONLY
#define TRINE_INLINE inline
#endif

#if (defined(__GNUC__) || defined(__clang__)) && !defined(__cpp_exceptions)
#error "Trine reports bad input by exceptions: compile without -fno-exceptions"
#endif
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "Trine needs NaN and rounding as IEEE 754 has them: compile without -ffast-math, -Ofast and their parts"
#endif
