#pragma once

/// Which version of the library this is, by semantic versioning (CHANGELOG.md says what is stable).
///
/// The one place that says so: CMake, pkg-config and the installed package read it here.
#define TRINE_VERSION_MAJOR 0
#define TRINE_VERSION_MINOR 1
#define TRINE_VERSION_PATCH 0

/// As one number that grows with the version, for `#if TRINE_VERSION >= TRINE_MAKE_VERSION(0, 2, 0)`.
#define TRINE_MAKE_VERSION(major, minor, patch) ((major)*1000000 + (minor)*1000 + (patch))
#define TRINE_VERSION TRINE_MAKE_VERSION(TRINE_VERSION_MAJOR, TRINE_VERSION_MINOR, TRINE_VERSION_PATCH)

#define TRINE_VERSION_QUOTE_(major, minor, patch) #major "." #minor "." #patch
#define TRINE_VERSION_QUOTE(major, minor, patch) TRINE_VERSION_QUOTE_(major, minor, patch)
/// As text: "0.1.0".
#define TRINE_VERSION_STRING TRINE_VERSION_QUOTE(TRINE_VERSION_MAJOR, TRINE_VERSION_MINOR, TRINE_VERSION_PATCH)
