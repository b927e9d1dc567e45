#include "check.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>

namespace grading {
namespace {

std::vector<check>& all_checks() {
    static std::vector<check> all;
    return all;
}
std::array<comparison_body, 12>& all_comparisons() {
    static std::array<comparison_body, 12> all{};
    return all;
}

} // namespace

std::vector<check> const& checks() { return all_checks(); }

bool add_check(check c) {
    auto& all = all_checks();
    auto const later = std::upper_bound(all.begin(), all.end(), c.exercise,
                                        [](int exercise, check const& other) { return exercise < other.exercise; });
    all.insert(later, std::move(c));
    return true;
}
bool add_comparison(int exercise, comparison_body body) {
    all_comparisons().at(static_cast<std::size_t>(exercise)) = body;
    return true;
}
comparison_body comparison_of(int exercise) { return all_comparisons().at(static_cast<std::size_t>(exercise)); }

inputs::inputs(std::uint64_t seed, std::uint32_t exercise, std::uint32_t check)
    : random(seed, trine::purpose::user, exercise, check) {}

template <class T>
guarded<T> inputs::normal(char const* name, std::size_t rows, std::size_t cols) {
    guarded<T> all(name, rows, cols);
    for (T& x : all.span())
        x = static_cast<T>(random.normal());
    return all;
}

template <class T>
guarded<T> inputs::to_fill(char const* name, std::size_t rows, std::size_t cols) {
    guarded<T> all(name, rows, cols);
    std::fill_n(all.data(), all.size(), static_cast<T>(never_written));
    return all;
}

template <class T>
guarded<T> inputs::copy(char const* name, std::size_t rows, std::size_t cols, std::span<T const> values) {
    guarded<T> all(name, rows, cols);
    std::copy(values.begin(), values.end(), all.data());
    return all;
}

std::vector<label> inputs::labels(std::size_t people, std::size_t photos) {
    std::vector<label> all(people * photos);
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<label>(i % people);
    random.shuffle<label>(all);
    return all;
}

template guarded<float> inputs::normal(char const*, std::size_t, std::size_t);
template guarded<double> inputs::normal(char const*, std::size_t, std::size_t);
template guarded<float> inputs::to_fill(char const*, std::size_t, std::size_t);
template guarded<double> inputs::to_fill(char const*, std::size_t, std::size_t);
template guarded<float> inputs::copy(char const*, std::size_t, std::size_t, std::span<float const>);
template guarded<double> inputs::copy(char const*, std::size_t, std::size_t, std::span<double const>);

std::string shown(double value) {
    if (std::isnan(value))
        return "NaN";
    char digits[32];
    return {digits, static_cast<std::size_t>(std::snprintf(digits, sizeof digits, "%.4g", value))};
}

namespace {

struct difference {
    bool any = false;
    std::size_t at = 0;
};

// Where two differ most, if they differ by more than allowed. What is no number differs from everything.
template <class T>
difference largest_difference(std::span<T const> yours, std::vector<double> const& right, double tolerance) {
    double scale = 1;
    for (double const x : right)
        if (std::isfinite(x))
            scale = std::max(scale, std::abs(x));
    difference found;
    double most = tolerance * scale;
    for (std::size_t i = 0; i < right.size(); ++i) {
        double const off = std::abs(static_cast<double>(yours[i]) - right[i]);
        if (!(off <= most) && static_cast<double>(yours[i]) != right[i]) {
            found = {true, i};
            if (std::isnan(off))
                return found;
            most = off;
        }
    }
    return found;
}

} // namespace

template <class T>
void compare(std::span<T const> yours, std::vector<double> const& right, double tolerance, array_names const& names,
             std::vector<answer> const& known, std::string const& source) {
    if (yours.size() != right.size())
        wrong("there are ", yours.size(), " values, and should be ", right.size());
    auto const off = largest_difference(yours, right, tolerance);
    if (!off.any)
        return;
    double const value = static_cast<double>(yours[off.at]);
    std::string where = names.what;
    if (right.size() > 1) {
        where += " in " + names.row + ' ' + std::to_string(off.at / names.cols);
        if (names.cols > 1)
            where += ", " + names.column + ' ' + std::to_string(off.at % names.cols);
    }
    std::string const numbers = where + ": yours " + (value == never_written ? "was never written" : shown(value)) +
                                ", " + source + ' ' + shown(right[off.at]);
    for (auto const& k : known)
        if (!largest_difference(yours, k.values, tolerance).any)
            wrong(k.sentence, " (", numbers, ")");
    wrong(numbers);
}

template void compare(std::span<float const>, std::vector<double> const&, double, array_names const&,
                      std::vector<answer> const&, std::string const&);
template void compare(std::span<double const>, std::vector<double> const&, double, array_names const&,
                      std::vector<answer> const&, std::string const&);

double milliseconds(void (*call)(void const*), void const* context) {
    using clock = std::chrono::steady_clock;
    double best = 1e300, all = 0;
    for (int i = 0; i < 20 && all < 500; ++i) {
        auto const began = clock::now();
        call(context);
        double const took = std::chrono::duration<double, std::milli>(clock::now() - began).count();
        best = std::min(best, took), all += took;
    }
    return best;
}

} // namespace grading
