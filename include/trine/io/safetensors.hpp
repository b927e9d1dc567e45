#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

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
    std::map<std::string, std::string> metadata;
    std::map<std::string, tensor_entry> entries;
    std::size_t data = 0;

    /// The header's bytes, filled up with spaces to `size` bytes, or to the next multiple of 64: so data begin at a
    /// cache line.
    std::string serialize(std::size_t size = 0) const {
        nlohmann::json header = nlohmann::json::object();
        if (!metadata.empty())
            header["__metadata__"] = metadata;
        for (auto const& [name, e] : entries)
            header[name] = {{"dtype", e.dtype}, {"shape", e.shape}, {"data_offsets", {e.first, e.first + e.size}}};
        std::string const text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        std::size_t const whole = size > 0 ? size : (8 + text.size() + 63) / 64 * 64;
        require<argument_error>(8 + text.size() <= whole, "a header of ", text.size(), " bytes does not fit into ",
                                whole);
        std::string out(whole, ' ');
        std::uint64_t const length = whole - 8;
        std::memcpy(out.data(), &length, 8);
        std::copy(text.begin(), text.end(), out.begin() + 8);
        return out;
    }

    /// Checks everything before anything is believed: the lengths, the JSON, dtypes, shapes, and that the tensors'
    /// bytes tile the file.
    ///
    /// @throws format_error  when it is not a complete and consistent safetensors file
    static safetensors_header parse(std::string_view bytes, std::string const& source) {
        safetensors_header file;
        auto const check = [&](bool condition, auto const&... parts) {
            require<format_error>(condition, source, ": not a valid safetensors file: ", parts...);
        };
        check(bytes.size() >= 8, bytes.size(), " bytes are too few for its header");
        std::uint64_t length = 0;
        std::memcpy(&length, bytes.data(), 8);
        check(length <= bytes.size() - 8, "its header claims ", length, " bytes of the ", bytes.size() - 8,
              " that follow");
        check(length <= 100'000'000, "a header of ", length, " bytes");
        std::size_t const data = bytes.size() - 8 - length;
        nlohmann::json const header = nlohmann::json::parse(
            bytes.begin() + 8, bytes.begin() + 8 + static_cast<std::ptrdiff_t>(length), nullptr, false);
        check(header.is_object(), "its header is not a JSON object");
        std::vector<std::pair<std::size_t, std::size_t>> places;
        for (auto const& [name, value] : header.items()) {
            if (name == "__metadata__") {
                check(value.is_object(), "__metadata__ is not an object");
                for (auto const& [key, text] : value.items()) {
                    check(text.is_string(), "__metadata__ \"", key, "\" is not a text");
                    file.metadata[key] = text.template get<std::string>();
                }
                continue;
            }
            check(value.is_object() && value.contains("dtype") && value.contains("shape") &&
                      value.contains("data_offsets"),
                  "tensor \"", name, "\" lacks dtype, shape or data_offsets");
            check(value["dtype"].is_string(), "tensor \"", name, "\": its dtype is not a text");
            tensor_entry e{value["dtype"].template get<std::string>(), {}, 0, 0};
            std::size_t const scalar = scalar_size(e.dtype);
            check(scalar > 0, "tensor \"", name, "\": unknown dtype ", e.dtype);
            check(value["shape"].is_array(), "tensor \"", name, "\": its shape is not a list");
            std::size_t count = 1;
            for (auto const& extent : value["shape"]) {
                check(extent.is_number_unsigned(), "tensor \"", name, "\": its shape is not made of sizes");
                e.shape.push_back(extent.template get<std::size_t>());
                check(e.shape.back() == 0 || count <= data / e.shape.back(), "tensor \"", name,
                      "\" is larger than the file");
                count *= e.shape.back();
            }
            auto const& offsets = value["data_offsets"];
            check(offsets.is_array() && offsets.size() == 2 && offsets[0].is_number_unsigned() &&
                      offsets[1].is_number_unsigned(),
                  "tensor \"", name, "\": its data_offsets are not two sizes");
            e.first = offsets[0].template get<std::size_t>();
            std::size_t const last = offsets[1].template get<std::size_t>();
            check(e.first <= last && last <= data, "tensor \"", name, "\" lies at ", e.first, " to ", last, " of ",
                  data, " bytes");
            e.size = last - e.first;
            check(count <= data / scalar && e.size == count * scalar, "tensor \"", name, "\": ", e.size, " bytes for ",
                  count, " scalars of ", scalar);
            places.emplace_back(e.first, last);
            file.entries[name] = std::move(e);
        }
        std::sort(places.begin(), places.end());
        std::size_t end = 0;
        for (auto const& [first, last] : places) {
            check(first == end, first < end ? "tensors overlap at byte " : "bytes belong to no tensor before byte ",
                  first);
            end = last;
        }
        check(end == data, data - end, " bytes behind the last tensor");
        file.data = 8 + length;
        return file;
    }

private:
    static std::size_t scalar_size(std::string const& dtype) {
        static std::map<std::string, std::size_t> const sizes{
            {"F64", 8},  {"I64", 8}, {"U64", 8}, {"F32", 4}, {"I32", 4}, {"U32", 4}, {"F16", 2},
            {"BF16", 2}, {"I16", 2}, {"U16", 2}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
        auto const at = sizes.find(dtype);
        return at == sizes.end() ? 0 : at->second;
    }
};

/// A safetensors file in memory: named tensors and a table of texts.
class safetensors {
public:
    std::map<std::string, std::string> metadata;

    template <class T>
    void add(std::string const& name, std::vector<std::size_t> shape, std::span<T const> values) {
        entries_[name] = {dtype_name<T>(), std::move(shape), bytes_.size(), values.size_bytes()};
        bytes_.append(reinterpret_cast<char const*>(values.data()), values.size_bytes());
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
        auto const& e = find(name);
        require<format_error>(e.dtype == dtype_name<T>(), source_, ": tensor \"", name, "\" holds ", e.dtype, ", not ",
                              dtype_name<T>());
        require<format_error>(e.shape == shape, source_, ": tensor \"", name, "\" has shape ", text(e.shape), ", not ",
                              text(shape));
        std::vector<T> values(e.size / sizeof(T));
        if (e.size > 0) // an empty vector has no place to copy to
            std::memcpy(values.data(), bytes_.data() + e.first, e.size);
        return values;
    }
    /// @throws format_error  when there is no such tensor
    tensor_entry const& find(std::string const& name) const {
        auto const at = entries_.find(name);
        require<format_error>(at != entries_.end(), source_, ": has no tensor \"", name, "\"");
        return at->second;
    }
    /// @throws format_error  when there is no such text
    std::string const& text_of(std::string const& key) const {
        auto const at = metadata.find(key);
        require<format_error>(at != metadata.end(), source_, ": its header does not say \"", key, "\"");
        return at->second;
    }

    void save(std::filesystem::path const& path) const { write_file(path, serialize()); }
    /// @throws io_error      when the file cannot be read
    /// @throws format_error  when it is not a complete and consistent safetensors file
    static safetensors load(std::filesystem::path const& path) { return parse(read_file(path), path.string()); }

    std::string serialize() const { return safetensors_header{metadata, entries_, 0}.serialize() + bytes_; }

    /// @throws format_error  when it is not a complete and consistent safetensors file
    static safetensors parse(std::string const& bytes, std::string const& source) {
        auto header = safetensors_header::parse(bytes, source);
        safetensors file;
        file.source_ = source, file.metadata = std::move(header.metadata), file.entries_ = std::move(header.entries);
        file.bytes_ = bytes.substr(header.data);
        return file;
    }

private:
    static std::string text(std::vector<std::size_t> const& shape) {
        std::string s = "[";
        for (std::size_t i = 0; i < shape.size(); ++i)
            s.append(i ? ", " : "").append(std::to_string(shape[i]));
        return s + "]";
    }

    std::map<std::string, tensor_entry> entries_;
    std::string bytes_, source_ = "safetensors";
};

} // namespace trine::io
