#pragma once

// What checks of exercises are written with:
//
//   CHECK(4, 2, "triplets that are far enough apart cost nothing") {
//       auto const points = in.normal<double>("embeddings", 6, 4);
//       …
//       if (loss != 0)
//           wrong("the loss is ", loss, " where …");
//   }
//
// `submitted` holds the functions of exercise 4, `in` random numbers and memory. A check that returns has passed.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "../exercise.hpp"
#include "guarded.hpp"

namespace grading {

using namespace exercises;

/// What is wrong, in a sentence, and where to look.
class mistake : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Throws `mistake` with all parts one after the other.
template <class... Parts>
[[noreturn]] void wrong(Parts const&... parts) {
    trine::fail<mistake>(parts...);
}

/// What outputs hold before they are written; no right answer has it.
inline constexpr double never_written = -777;

/// Numbers and memory for a check. The same seed, exercise and check give the same.
class inputs {
public:
    inputs(std::uint64_t seed, std::uint32_t exercise, std::uint32_t check);

    random_stream random;

    /// Normal values, of mean 0 and deviation 1. May be written until `seal`.
    template <class T>
    guarded<T> normal(char const* name, std::size_t rows, std::size_t cols);
    /// `never_written` everywhere, for what is to be overwritten.
    template <class T>
    guarded<T> to_fill(char const* name, std::size_t rows, std::size_t cols);
    /// The same values again.
    template <class T>
    guarded<T> copy(char const* name, std::size_t rows, std::size_t cols, std::span<T const> values);
    /// Labels of `people` people with `photos` each, in random order.
    std::vector<label> labels(std::size_t people, std::size_t photos);
};

/// What comes out of a known mistake, and the sentence for it.
struct answer {
    std::vector<double> values;
    std::string sentence;
};

/// What the rows and columns of an array are called in sentences.
struct array_names {
    std::string what = "the value", row = "row", column = "column";
    std::size_t cols = 1; ///< 1: only rows are named
};

/// Compares numbers with the right ones. When they differ, the sentence of the first wrong answer that they agree with
/// is thrown, with where the two differ most; or else where they differ most.
///
/// @param tolerance  of the largest right value, or of 1 where that is less
template <class T>
void compare(std::span<T const> yours, std::vector<double> const& right, double tolerance, array_names const& names,
             std::vector<answer> const& known = {}, std::string const& source = "right is");

/// A number as a sentence shows it.
std::string shown(double value);

/// One row of a comparison with the library.
struct comparison {
    std::string what;
    double yours, ours; ///< milliseconds, or what `unit` says
    std::string unit = "ms";
    std::string note;
};

/// Milliseconds that a call takes: the least of several, for up to half a second.
double milliseconds(void (*call)(void const*), void const* context);
template <class F>
double milliseconds(F const& f) {
    return milliseconds([](void const* it) { (*static_cast<F const*>(it))(); }, &f);
}

using check_body = void (*)(void const* functions, inputs& in);
using comparison_body = std::vector<comparison> (*)(void const* functions, inputs& in);

struct check {
    int exercise;
    int points;
    std::string title;
    check_body body;
};

/// All that were compiled in or loaded, in order of exercises.
std::vector<check> const& checks();
bool add_check(check c);
bool add_comparison(int exercise, comparison_body body);
/// Null where an exercise has none.
comparison_body comparison_of(int exercise);

} // namespace grading

#define GRADING_JOIN_(a, b) a##b
#define GRADING_JOIN(a, b) GRADING_JOIN_(a, b)

#define GRADING_CHECK(number, points, title, name)                                                                     \
    static void name(exercises::functions<number> const& submitted, grading::inputs& in);                              \
    [[maybe_unused]] static bool const GRADING_JOIN(name, _is_there) =                                                 \
        grading::add_check({number, points, title, [](void const* f, grading::inputs& in) {                            \
                                name(*static_cast<exercises::functions<number> const*>(f), in);                        \
                            }});                                                                                       \
    static void name([[maybe_unused]] exercises::functions<number> const& submitted,                                   \
                     [[maybe_unused]] grading::inputs& in)

/// A check of an exercise, worth so many points.
#define CHECK(number, points, title) GRADING_CHECK(number, points, title, GRADING_JOIN(check_at_line_, __LINE__))

/// The comparison of an exercise with the library; returns its rows.
#define COMPARISON(number)                                                                                             \
    static std::vector<grading::comparison> compare_##number(exercises::functions<number> const& submitted,            \
                                                             grading::inputs& in);                                     \
    [[maybe_unused]] static bool const comparison_##number##_is_there =                                                \
        grading::add_comparison(number, [](void const* f, grading::inputs& in) {                                       \
            return compare_##number(*static_cast<exercises::functions<number> const*>(f), in);                         \
        });                                                                                                            \
    static std::vector<grading::comparison> compare_##number(                                                          \
        [[maybe_unused]] exercises::functions<number> const& submitted, [[maybe_unused]] grading::inputs& in)
