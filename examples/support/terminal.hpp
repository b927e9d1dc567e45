#pragma once

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

namespace program {

/// Whether somebody watches what is written to standard output (1) or to standard error (2): then lines may be written
/// over.
inline bool is_terminal(int descriptor) {
#ifdef _WIN32
    return ::_isatty(descriptor) != 0;
#else
    return ::isatty(descriptor) != 0;
#endif
}

} // namespace program
