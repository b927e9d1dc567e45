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

/// What a .npy file says about its values.
struct npy_header {
    std::string dtype; ///< as NumPy names it, such as "<f4"
    std::vector<std::size_t> shape;
    std::size_t data = 0, scalars = 0; ///< where the values begin, and how many they are

    /// @throws format_error  when the bytes are not a whole .npy file, or in Fortran order
    static npy_header parse(std::string const& bytes, std::string const& source) {
        auto const check = [&](bool condition, auto const&... parts) {
            require<format_error>(condition, source, ": not a valid .npy file: ", parts...);
        };
        check(bytes.size() >= 12 && bytes.compare(0, 6, "\x93NUMPY") == 0, "its magic is missing");
        bool const wide = static_cast<unsigned char>(bytes[6]) >= 2;
        std::uint32_t length = 0;
        std::memcpy(&length, bytes.data() + 8, wide ? 4 : 2);
        npy_header h;
        h.data = (wide ? 12 : 10) + std::size_t{length};
        check(h.data <= bytes.size(), "its header claims ", length, " bytes of ", bytes.size());
        std::string const header = bytes.substr(wide ? 12 : 10, length);
        std::smatch match;
        check(std::regex_search(header, match, std::regex("'descr'\\s*:\\s*'([<>|=]?[a-z])([0-9]{1,2})'")),
              "no dtype in its header");
        h.dtype = match[1].str() + match[2].str();
        std::size_t const size = std::stoul(match[2]);
        check(size > 0, "a dtype of ", h.dtype);
        check(std::regex_search(header, match, std::regex("'fortran_order'\\s*:\\s*(True|False)")),
              "no order in its header");
        require<format_error>(match[1] == "False", source, ": is in Fortran order, which is not supported");
        check(std::regex_search(header, match, std::regex("'shape'\\s*:\\s*\\(([0-9, ]*)\\)")),
              "no shape in its header");
        std::string const shape = match[1];
        h.scalars = 1;
        std::size_t const available = (bytes.size() - h.data) / size;
        std::regex const number("[0-9]+");
        for (std::sregex_iterator at(shape.begin(), shape.end(), number), end; at != end; ++at) {
            check(at->length() < 19, "an extent of ", at->str());
            h.shape.push_back(std::stoull(at->str()));
            check(h.shape.back() == 0 || h.scalars <= available / h.shape.back(), "its shape needs more than the ",
                  bytes.size() - h.data, " bytes it has");
            h.scalars *= h.shape.back();
        }
        check(bytes.size() - h.data == h.scalars * size, bytes.size() - h.data, " bytes for ", h.scalars, " values");
        return h;
    }
};

/// Reads a .npy file, version 1 to 3.
///
/// @throws io_error      when it cannot be read
/// @throws format_error  when it is damaged, of another dtype, or in Fortran order
/// @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
template <class T>
array<T> read_npy(std::filesystem::path const& path) {
    std::string const bytes = read_file(path);
    auto const header = npy_header::parse(bytes, path.string());
    require<format_error>(header.dtype == numpy_dtype<T>(), path.string(), ": holds ", header.dtype, ", not ",
                          numpy_dtype<T>());
    array<T> result{header.shape, std::vector<T>(header.scalars)};
    if (header.scalars > 0)
        std::memcpy(result.values.data(), bytes.data() + header.data, header.scalars * sizeof(T));
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
