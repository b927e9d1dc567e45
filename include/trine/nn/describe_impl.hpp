#pragma once

#include <algorithm>

#include "describe.hpp"

namespace trine::nn::detail {

TRINE_INLINE std::string shape_text(std::size_t channels, std::size_t height, std::size_t width) {
    return std::to_string(channels) + "×" + std::to_string(height) + "×" + std::to_string(width);
}

TRINE_INLINE std::string convolution_text(std::size_t kernel, std::size_t stride, std::size_t groups, bool depthwise) {
    std::string text = "conv2d " + std::to_string(kernel) + "×" + std::to_string(kernel);
    if (stride > 1)
        text += " /" + std::to_string(stride);
    if (groups > 1)
        text += depthwise ? " depthwise" : " in " + std::to_string(groups);
    return text;
}

TRINE_INLINE std::string pooling_text(char const* name, std::size_t kernel, std::size_t stride, std::size_t padding) {
    std::string text = std::string(name) + " " + std::to_string(kernel) + " /" + std::to_string(stride);
    if (padding > 0)
        text += " +" + std::to_string(padding);
    return text;
}

TRINE_INLINE std::string path_text(std::initializer_list<std::size_t> path) {
    std::string text;
    for (std::size_t place : path)
        text.append(text.empty() ? "" : ".").append(std::to_string(place));
    return text;
}

TRINE_INLINE std::string row_name(std::string prefix, std::string const& own) {
    return prefix.empty() ? own : prefix.append(".").append(own);
}

TRINE_INLINE void mark_frozen(std::vector<layer_row>& rows, std::size_t first) {
    for (std::size_t i = first; i < rows.size(); ++i)
        rows[i].layer += ", frozen", rows[i].activations = 0;
}

TRINE_INLINE void mark_recomputed(std::vector<layer_row>& rows, std::size_t first, std::size_t output) {
    for (std::size_t i = first; i < rows.size(); ++i)
        rows[i].layer += ", recomputed", rows[i].activations = i + 1 < rows.size() ? 0 : output;
}

TRINE_INLINE std::string layer_table(std::vector<layer_row> rows, std::string const& input, std::size_t parameters,
                                     std::size_t multiply_adds) {
    std::size_t activations = 0;
    for (auto const& r : rows)
        activations += r.activations;
    rows.push_back({"", "total", "", parameters, multiply_adds, activations});
    std::size_t name_width = 10, layer_width = 22;
    for (auto const& r : rows)
        name_width = std::max(name_width, r.name.size() + 1), layer_width = std::max(layer_width, r.layer.size() + 1);
    std::string out;
    // Widths count characters, not bytes: × takes two.
    auto const cell = [&](std::string const& text, std::size_t width, bool left) {
        std::size_t shown = 0;
        for (char c : text)
            shown += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        std::string const space(width > shown ? width - shown : 0, ' ');
        out += left ? text + space : space + text;
    };
    cell("layer", name_width, true), cell("", layer_width, true), cell("output", 14, true),
        cell("parameters", 12, false), cell("multiply-adds", 15, false), cell("activations", 13, false);
    out += "\n" + std::string(name_width, ' ');
    cell("input", layer_width, true), cell(input, 14, true);
    out += "\n";
    for (auto const& r : rows) {
        cell(r.name, name_width, true), cell(r.layer, layer_width, true), cell(r.output, 14, true),
            cell(std::to_string(r.parameters), 12, false), cell(std::to_string(r.multiply_adds), 15, false),
            cell(std::to_string(r.activations), 13, false);
        out += "\n";
    }
    return out;
}

} // namespace trine::nn::detail
