#pragma once

// An exercise from its file to its points.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "check.hpp"
#include "child.hpp"

namespace grading {

enum class verdict { passed, wrong, not_written, crashed, too_long, not_compiled };
char const* name_of(verdict v);

struct checked {
    std::string title;
    int points = 0, of = 0;
    verdict result = verdict::wrong;
    std::string sentence; ///< what is wrong and where to look; empty when it has passed
    std::string printed;  ///< what the student's functions wrote meanwhile
};

struct graded {
    int exercise = 0;
    std::string name; ///< of the file, without number and ending
    std::filesystem::path file;
    std::vector<checked> checks;
    std::string compiler; ///< what it said, warnings too
    std::vector<comparison> comparisons;
    std::string not_compared; ///< why there are none, where there should be
    double seconds = 0;       ///< since its compilation began
    int points() const;
    int of() const;
    bool passed() const { return points() == of(); }
};

struct grading_options {
    std::uint64_t seed = 1;
    limits most;
    bool compare = false;     ///< with the library, once all checks are passed
    bool until_wrong = false; ///< ends with the first check that is not passed
    std::string variant;      ///< the name of one of several submissions of a file
    std::size_t threads = 1;  ///< for the library's side of comparisons
};

/// The names of the exercises' files, in order: "00_unit_length" …
std::vector<std::string> const& exercise_names();

/// A file that is compiled and loaded by children alone.
class student_file {
public:
    student_file(int exercise, std::filesystem::path file,
                 limits const& compiling = {.seconds = 120, .patience = 1200, .megabytes = 4096});
    ~student_file();

    /// Of a file with several submissions: their names and what is wrong with them.
    std::vector<std::pair<std::string, std::string>> variants() const;
    graded grade(grading_options const& how) const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// Loads further checks: every file NN_….cpp of a folder.
///
/// @throws trine::error  when there is none, or one does not compile
void load_checks(std::filesystem::path const& folder);

} // namespace grading
