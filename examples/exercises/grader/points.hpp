#pragma once

// What people and programs are told of graded exercises.

#include <cstdint>
#include <string>
#include <vector>

#include "grade.hpp"

namespace grading {

/// An exercise's checks, each with what is wrong; what the compiler and the functions said; the comparison.
std::string in_words(graded const& g);

/// All exercises, a line each, and the sum.
std::string table_of(std::vector<graded> const& all);

/// {"format": "trine exercises 1", "seed", "points", "of", "exercises": [{…, "checks": […]}]}
std::string json_of(std::vector<graded> const& all, std::uint64_t seed);

/// JUnit's XML: a suite an exercise, a test case a check.
std::string junit_of(std::vector<graded> const& all);

} // namespace grading
