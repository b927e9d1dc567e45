#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <regex>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "file.hpp"

namespace trine::io {

/// An array as NumPy stores it: values in row-major order, and their shape.
template <class T>
struct array {
    std::vector<std::size_t> shape;
    std::vector<T> values;
};

/// NumPy's name of a scalar type.
template <class T>
std::string numpy_dtype() {
    static_assert(std::is_arithmetic_v<T> && std::endian::native == std::endian::little);
    char const kind = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
    return std::string(1, sizeof(T) == 1 ? '|' : '<') + kind + std::to_string(sizeof(T));
}

/// Reads a .npy file, version 1 to 3.
///
/// @throws io_error      when it cannot be read
/// @throws format_error  when it is damaged, of another dtype, or in Fortran order
/// @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
template <class T>
array<T> read_npy(std::filesystem::path const& path) {
    std::string const bytes = read_file(path);
    auto const check = [&](bool condition, auto const&... parts) { require<format_error>(condition, path.string(), ": not a valid .npy file: ", parts...); };
    check(bytes.size() >= 12 && bytes.compare(0, 6, "\x93NUMPY") == 0, "its magic is missing");
    bool const wide = static_cast<unsigned char>(bytes[6]) >= 2;
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data() + 8, wide ? 4 : 2);
    std::size_t const data = (wide ? 12 : 10) + std::size_t{length};
    check(data <= bytes.size(), "its header claims ", length, " bytes of ", bytes.size());
    std::string const header = bytes.substr(wide ? 12 : 10, length);
    std::smatch match;
    check(std::regex_search(header, match, std::regex("'descr'\\s*:\\s*'([^']*)'")), "no dtype in its header");
    require<format_error>(match[1] == numpy_dtype<T>(), path.string(), ": holds ", match[1].str(), ", not ", numpy_dtype<T>());
    check(std::regex_search(header, match, std::regex("'fortran_order'\\s*:\\s*(True|False)")), "no order in its header");
    require<format_error>(match[1] == "False", path.string(), ": is in Fortran order, which is not supported");
    check(std::regex_search(header, match, std::regex("'shape'\\s*:\\s*\\(([0-9, ]*)\\)")), "no shape in its header");
    array<T> result;
    std::string const shape = match[1];
    std::size_t count = 1;
    std::size_t const available = (bytes.size() - data) / sizeof(T);
    std::regex const number("[0-9]+");
    for (std::sregex_iterator at(shape.begin(), shape.end(), number), end; at != end; ++at) {
        check(at->length() < 19, "an extent of ", at->str());
        result.shape.push_back(std::stoull(at->str()));
        check(result.shape.back() == 0 || count <= available / result.shape.back(), "its shape needs more than the ", bytes.size() - data, " bytes it has");
        count *= result.shape.back();
    }
    check(bytes.size() - data == count * sizeof(T), bytes.size() - data, " bytes for ", count, " values");
    result.values.resize(count);
    if (count > 0)
        std::memcpy(result.values.data(), bytes.data() + data, count * sizeof(T));
    return result;
}

/// Writes a .npy file.
///
/// @throws shape_error  when the shape does not say as many values as there are
/// @throws io_error     when it cannot be written
template <class T>
void write_npy(std::filesystem::path const& path, std::vector<std::size_t> const& shape, std::span<T const> values) {
    std::size_t count = 1;
    std::string text;
    for (std::size_t extent : shape) {
        count *= extent;
        text += std::to_string(extent) + ", ";
    }
    require<shape_error>(count == values.size(), path.string(), ": a shape of ", count, " values for ", values.size());
    if (shape.size() > 1)
        text.resize(text.size() - 2);
    std::string header = "{'descr': '" + numpy_dtype<T>() + "', 'fortran_order': False, 'shape': (" + text + "), }";
    header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
    header += '\n';
    auto const length = static_cast<std::uint16_t>(header.size());
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes.append(reinterpret_cast<char const*>(&length), 2);
    bytes += header;
    bytes.append(reinterpret_cast<char const*>(values.data()), values.size_bytes());
    write_file(path, bytes);
}

} // namespace trine::io
