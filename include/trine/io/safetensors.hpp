#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
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

static_assert(std::endian::native == std::endian::little,
              "safetensors are little-endian, and so has the machine to be");

/// The name that safetensors give a scalar type.
template <class T>
constexpr char const* dtype_name() {
    if constexpr (std::is_same_v<T, float>)
        return "F32";
    else if constexpr (std::is_same_v<T, double>)
        return "F64";
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return "I64";
    else if constexpr (std::is_same_v<T, std::int32_t>)
        return "I32";
    else if constexpr (std::is_same_v<T, std::int8_t>)
        return "I8";
    else if constexpr (std::is_same_v<T, std::uint8_t>)
        return "U8";
    else
        static_assert(sizeof(T) == 0, "no name for this scalar");
}

/// Where a tensor lies in a safetensors file, and what it is made of.
struct tensor_entry {
    std::string dtype;
    std::vector<std::size_t> shape;
    std::size_t first, size; ///< in bytes, from the beginning of the data
};

/// What a safetensors file says of itself: a table of texts, its tensors, and where their data begin.
///
/// The format is eight bytes of header length, a JSON header with each tensor's dtype, shape and place, and the
/// tensors' bytes.
/// @see https://github.com/huggingface/safetensors
struct safetensors_header {
    static constexpr std::size_t longest = 100'000'000; ///< bytes of JSON, as others limit it too

    std::map<std::string, std::string> metadata;
    std::map<std::string, tensor_entry> entries;
    std::size_t data = 0;

    /// The header's bytes, filled up with spaces to `size` bytes, or to the next multiple of 64: so data begin at a
    /// cache line.
    ///
    /// @throws argument_error  when `parse` would refuse it, or it does not fit into `size`
    std::string serialize(std::size_t size = 0) const;

    /// Checks everything before anything is believed: the lengths, the JSON, dtypes, shapes, and that the tensors'
    /// bytes tile the file.
    ///
    /// @throws format_error  when it is not a complete and consistent safetensors file
    static safetensors_header parse(std::string_view bytes, std::string const& source);
};

/// A safetensors file in memory: named tensors and a table of texts.
class safetensors {
public:
    std::map<std::string, std::string> metadata;

    /// @throws argument_error  when there is a tensor of that name already
    /// @throws shape_error     when the shape does not say as many values as there are
    template <class T>
    void add(std::string const& name, std::vector<std::size_t> shape, std::span<T const> values) {
        add(name, dtype_name<T>(), std::move(shape), values.size(),
            {reinterpret_cast<char const*>(values.data()), values.size_bytes()});
    }

    std::map<std::string, tensor_entry> const& entries() const { return entries_; }
    /// The file it was read from, for messages.
    std::string const& source() const { return source_; }
    bool contains(std::string const& name) const { return entries_.contains(name); }

    /// A tensor's values.
    ///
    /// @throws format_error  when there is no such tensor, or it holds other scalars or another number of them
    template <class T>
    std::vector<T> get(std::string const& name, std::vector<std::size_t> const& shape) const {
        std::string_view const bytes = get(name, dtype_name<T>(), shape);
        std::vector<T> values(bytes.size() / sizeof(T));
        if (!bytes.empty()) // an empty vector has no place to copy to
            std::memcpy(values.data(), bytes.data(), bytes.size());
        return values;
    }
    /// @throws format_error  when there is no such tensor
    tensor_entry const& find(std::string const& name) const;
    /// @throws format_error  when there is no such text
    std::string const& text_of(std::string const& key) const;

    /// @throws argument_error  when `load` would refuse it
    /// @throws io_error        when the file cannot be written
    void save(std::filesystem::path const& path) const;
    /// @throws io_error      when the file cannot be read
    /// @throws format_error  when it is not a complete and consistent safetensors file
    static safetensors load(std::filesystem::path const& path);

    /// @throws argument_error  when `parse` would refuse it
    std::string serialize() const;
    /// @throws format_error  when it is not a complete and consistent safetensors file
    static safetensors parse(std::string const& bytes, std::string const& source);

private:
    void add(std::string const& name, char const* dtype, std::vector<std::size_t> shape, std::size_t count,
             std::string_view bytes);
    std::string_view get(std::string const& name, char const* dtype, std::vector<std::size_t> const& shape) const;

    std::map<std::string, tensor_entry> entries_;
    std::string bytes_, source_ = "safetensors";
};

} // namespace trine::io

#ifdef TRINE_HEADER_ONLY
#include "safetensors_impl.hpp"
#endif
