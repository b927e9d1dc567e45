#pragma once

/// The table of a network's layers, row by row.

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "../core/config.hpp"

namespace trine::nn {

/// One line of `describe`.
struct layer_row {
    std::string name, layer, output;
    std::size_t parameters, multiply_adds, activations;
};

namespace detail {

/// "3×112×92".
std::string shape_text(std::size_t channels, std::size_t height, std::size_t width);
/// "conv2d 3×3 /2 depthwise".
std::string convolution_text(std::size_t kernel, std::size_t stride, std::size_t groups, bool depthwise);
/// "max_pool 3 /2 +1".
std::string pooling_text(char const* name, std::size_t kernel, std::size_t stride, std::size_t padding);
/// "0.3.1", the places of a layer in nested sequentials.
std::string path_text(std::initializer_list<std::size_t> path);
/// `prefix` with a dot and a name behind it, or the name alone.
std::string row_name(std::string prefix, std::string const& own);
/// Rows from `first` on are of frozen layers, which keep no activations.
void mark_frozen(std::vector<layer_row>& rows, std::size_t first);
/// Rows from `first` on are of recomputed layers, which keep what the last one puts out.
void mark_recomputed(std::vector<layer_row>& rows, std::size_t first, std::size_t output);
/// All rows with their sums.
std::string layer_table(std::vector<layer_row> rows, std::string const& input, std::size_t parameters,
                        std::size_t multiply_adds);

} // namespace detail

} // namespace trine::nn

#ifdef TRINE_HEADER_ONLY
#include "describe_impl.hpp"
#endif
