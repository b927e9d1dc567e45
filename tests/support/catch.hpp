#pragma once

/// Catch2, in its second or third edition. `Contains` is about text in both.

#if __has_include(<catch2/catch_all.hpp>)
#include <concepts>
#include <string>
#include <utility>

#include <catch2/catch_all.hpp>
using Catch::Approx;
namespace Catch::Matchers {
// The third edition has a `Contains` for elements of ranges, of which a constrained one is chosen first.
template <class T>
    requires std::convertible_to<T&&, std::string>
auto Contains(T&& text) { return ContainsSubstring(std::string(std::forward<T>(text))); }
} // namespace Catch::Matchers
namespace Catch {
using Matchers::Contains;
}
#else
#include <catch2/catch.hpp>
#endif
