#pragma once

// What files of wrong solutions begin with: several submissions in one file, each with the sentence that its mistake
// has to bring out. The right functions are those of the solution, which the file includes after this.

#include <iterator>

#include "exercise.hpp"

template <int Exercise>
struct variant {
    char const* name;
    char const* mistake;
    exercises::functions<Exercise> functions;
};

// The solution has an entry of its own, which would be a second one.
#undef EXERCISE
#define EXERCISE(number, ...)

#define VARIANTS(number, ...)                                                                                          \
    TRINE_EXERCISE_ENTRY void exercise_submissions(exercises::submissions* out) {                                      \
        static variant<number> const all[] = {__VA_ARGS__};                                                            \
        static exercises::submission entries[std::size(all)];                                                          \
        for (std::size_t i = 0; i < std::size(all); ++i)                                                               \
            entries[i] = {number, all[i].name, all[i].mistake, &all[i].functions};                                     \
        *out = {entries, std::size(all)};                                                                              \
    }
