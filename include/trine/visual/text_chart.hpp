#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "../core/config.hpp"

namespace trine::visual {

/// A line of values as text for a terminal: the largest and smallest at the left, dots of two columns and four rows to
/// a character (Braille), the last value at the right.
///
/// Where there are more values than columns, each column shows the mean of its share; where there are fewer, the line
/// goes straight from one to the next.
///
/// @param width, height  in characters, without the numbers
/// @throws argument_error  when width or height is 0
/// @throws numeric_error   when a value is not finite
std::string text_chart(std::string const& name, std::vector<double> const& values, std::size_t width = 60,
                       std::size_t height = 8);

} // namespace trine::visual

#ifdef TRINE_HEADER_ONLY
#include "text_chart_impl.hpp"
#endif
