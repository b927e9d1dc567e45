#pragma once

/// CImg, without its display: for bodies alone, since it takes seconds to compile.

#ifndef cimg_display
#define cimg_display 0
#endif
#ifndef cimg_verbosity
#define cimg_verbosity 0
#endif
#ifndef cimg_use_png
#define cimg_use_png
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <CImg.h>
#pragma GCC diagnostic pop
