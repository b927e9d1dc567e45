#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "../core/error.hpp"
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
    static constexpr std::size_t longest = std::size_t{1} << 16; ///< bytes; some hundred do for any array

    std::string dtype; ///< as NumPy names it, such as "<f4"
    std::vector<std::size_t> shape;
    std::size_t data = 0, scalars = 0; ///< where the values begin, and how many they are

    /// @throws format_error  when the bytes are not a whole .npy file, or in Fortran order
    static npy_header parse(std::string_view bytes, std::string const& source);
};

namespace detail {

// A file's header, of this dtype; its bytes are put into `bytes`.
npy_header read_npy(std::filesystem::path const& path, std::string const& dtype, std::string& bytes);
void write_npy(std::filesystem::path const& path, std::string const& dtype, std::vector<std::size_t> const& shape,
               std::size_t count, std::string_view values);
// What such a file holds. `name` is for messages.
std::string npy_bytes(std::string const& name, std::string const& dtype, std::vector<std::size_t> const& shape,
                      std::size_t count, std::string_view values);

} // namespace detail

/// The values of a .npy file that has been read.
template <class T>
array<T> npy_values(npy_header const& header, std::string_view bytes) {
    array<T> result{header.shape, std::vector<T>(header.scalars)};
    if (header.scalars > 0)
        std::memcpy(result.values.data(), bytes.data() + header.data, header.scalars * sizeof(T));
    return result;
}

/// Reads a .npy file, version 1 to 3.
///
/// @throws io_error      when it cannot be read
/// @throws format_error  when it is damaged, of another dtype, or in Fortran order
/// @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
template <class T>
array<T> read_npy(std::filesystem::path const& path) {
    std::string bytes;
    auto const header = detail::read_npy(path, numpy_dtype<T>(), bytes);
    return npy_values<T>(header, bytes);
}

/// Writes a .npy file.
///
/// @throws shape_error  when the shape does not say as many values as there are, or has too many dimensions to be read
/// @throws io_error     when it cannot be written
template <class T>
void write_npy(std::filesystem::path const& path, std::vector<std::size_t> const& shape, std::span<T const> values) {
    detail::write_npy(path, numpy_dtype<T>(), shape, values.size(),
                      {reinterpret_cast<char const*>(values.data()), values.size_bytes()});
}

} // namespace trine::io

#ifdef TRINE_HEADER_ONLY
#include "npy_impl.hpp"
#endif
