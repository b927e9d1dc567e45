#pragma once

#include <algorithm>
#include <limits>

#include "json.hpp"
#include "safetensors.hpp"

namespace trine::io {

namespace detail {

// Bytes of a scalar by its name; 0 where there is none of that name.
inline std::size_t scalar_size(std::string_view dtype) {
    constexpr std::pair<std::string_view, std::size_t> sizes[] = {
        {"F64", 8},  {"I64", 8}, {"U64", 8}, {"F32", 4}, {"I32", 4}, {"U32", 4}, {"F16", 2},
        {"BF16", 2}, {"I16", 2}, {"U16", 2}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
    for (auto const& [name, size] : sizes)
        if (name == dtype)
            return size;
    return 0;
}

// What the product of a tensor's extents may be, those of 0 left out: so bytes of any scalar can be counted.
inline constexpr std::size_t most_values = std::size_t{1} << 48;

// Checks that tensors are what they say, and that their bytes tile `data` bytes.
template <class Check>
void check_tensors(std::map<std::string, tensor_entry> const& entries, std::size_t data, Check const& check) {
    std::vector<std::pair<std::size_t, std::size_t>> places;
    for (auto const& [name, e] : entries) {
        std::size_t const scalar = scalar_size(e.dtype);
        check(scalar > 0, "tensor \"", name, "\": unknown dtype ", e.dtype);
        std::size_t count = 1, others = 1; // without extents of 0, so that whoever divides by them is safe too
        for (std::size_t extent : e.shape) {
            check(extent == 0 || count <= data / extent, "tensor \"", name, "\" is larger than the file");
            check(extent == 0 || others <= most_values / extent, "tensor \"", name,
                  "\" has extents too large to count");
            count *= extent, others *= extent > 0 ? extent : 1;
        }
        check(e.first <= data && e.size <= data - e.first, "tensor \"", name, "\" lies at ", e.first, " to ",
              e.first + e.size, " of ", data, " bytes");
        check(count <= data / scalar && e.size == count * scalar, "tensor \"", name, "\": ", e.size, " bytes for ",
              count, " scalars of ", scalar);
        places.emplace_back(e.first, e.first + e.size);
    }
    std::sort(places.begin(), places.end());
    std::size_t end = 0;
    for (auto const& [first, last] : places) {
        check(first == end, first < end ? "tensors overlap at byte " : "bytes belong to no tensor before byte ", first);
        end = last;
    }
    check(end == data, data - end, " bytes behind the last tensor");
}

inline std::string shape_text(std::vector<std::size_t> const& shape) {
    std::string s = "[";
    for (std::size_t i = 0; i < shape.size(); ++i)
        s.append(i ? ", " : "").append(std::to_string(shape[i]));
    return s + "]";
}

} // namespace detail

TRINE_INLINE std::string safetensors_header::serialize(std::size_t size) const {
    auto const check = [&](bool condition, auto const&... parts) {
        require<argument_error>(condition, "these are no valid safetensors: ", parts...);
    };
    json::object header;
    if (!metadata.empty())
        header.emplace_back("__metadata__", json::object(metadata.begin(), metadata.end()));
    std::size_t end = 0;
    for (auto const& [name, e] : entries) {
        check(name != "__metadata__", "no tensor can be called \"", name, "\"");
        // Member by member: when memory runs out within a list in a list, GCC 12 destroys what was never made.
        json::object tensor;
        tensor.emplace_back("data_offsets", json::list{e.first, e.first + e.size});
        tensor.emplace_back("dtype", e.dtype);
        tensor.emplace_back("shape", json::list(e.shape.begin(), e.shape.end()));
        header.emplace_back(name, std::move(tensor));
        end = std::max(end, e.first + e.size);
    }
    detail::check_tensors(entries, end, check);
    std::sort(header.begin(), header.end(), [](auto const& a, auto const& b) { return a.first < b.first; });
    std::string const text = json(std::move(header)).dump();
    check(text.size() <= longest, "a header of ", text.size(), " bytes, where ", longest, " are read");
    std::size_t const whole = size > 0 ? size : std::min((8 + text.size() + 63) / 64 * 64, 8 + longest);
    require<argument_error>(8 + text.size() <= whole, "a header of ", text.size(), " bytes does not fit into ", whole);
    std::string out(whole, ' ');
    std::uint64_t const length = whole - 8;
    std::memcpy(out.data(), &length, 8);
    std::copy(text.begin(), text.end(), out.begin() + 8);
    return out;
}

TRINE_INLINE safetensors_header safetensors_header::parse(std::string_view bytes, std::string const& source) {
    auto const check = [&](bool condition, auto const&... parts) {
        require<format_error>(condition, source, ": not a valid safetensors file: ", parts...);
    };
    check(bytes.size() >= 8, bytes.size(), " bytes are too few for its header");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    check(length <= bytes.size() - 8, "its header claims ", length, " bytes of the ", bytes.size() - 8, " that follow");
    check(length <= longest, "a header of ", length, " bytes");
    json header;
    try {
        header = json::parse(bytes.substr(8, length));
    } catch (format_error const& e) {
        check(false, "its header is not a JSON object: ", e.what());
    }
    check(header.members() != nullptr, "its header is not a JSON object");
    safetensors_header file;
    for (auto const& [name, value] : *header.members()) {
        if (name == "__metadata__") {
            check(value.members() != nullptr, "__metadata__ is not an object");
            for (auto const& [key, text] : *value.members()) {
                check(text.text() != nullptr, "__metadata__ \"", key, "\" is not a text");
                file.metadata[key] = *text.text();
            }
            continue;
        }
        auto const *dtype = value.find("dtype"), *shape = value.find("shape"), *offsets = value.find("data_offsets");
        check(dtype && shape && offsets, "tensor \"", name, "\" lacks dtype, shape or data_offsets");
        check(dtype->text() != nullptr, "tensor \"", name, "\": its dtype is not a text");
        check(shape->values() != nullptr, "tensor \"", name, "\": its shape is not a list");
        tensor_entry e{*dtype->text(), {}, 0, 0};
        for (auto const& extent : *shape->values()) {
            check(extent.size() != nullptr, "tensor \"", name, "\": its shape is not made of sizes");
            e.shape.push_back(*extent.size());
        }
        auto const* ends = offsets->values();
        check(ends && ends->size() == 2 && (*ends)[0].size() && (*ends)[1].size(), "tensor \"", name,
              "\": its data_offsets are not two sizes");
        e.first = *(*ends)[0].size();
        std::size_t const last = *(*ends)[1].size();
        check(e.first <= last, "tensor \"", name, "\" lies at ", e.first, " to ", last);
        e.size = last - e.first;
        file.entries[name] = std::move(e);
    }
    detail::check_tensors(file.entries, bytes.size() - 8 - length, check);
    file.data = 8 + length;
    return file;
}

TRINE_INLINE void safetensors::add(std::string const& name, char const* dtype, std::vector<std::size_t> shape,
                                   std::size_t count, std::string_view bytes) {
    std::size_t said = 1;
    for (std::size_t extent : shape) {
        require<shape_error>(extent == 0 || said <= std::numeric_limits<std::size_t>::max() / extent, "tensor \"", name,
                             "\": a shape of ", detail::shape_text(shape), " is too large");
        said *= extent;
    }
    require<shape_error>(said == count, "tensor \"", name, "\": ", count, " values for a shape of ",
                         detail::shape_text(shape));
    require<argument_error>(!contains(name), "there is a tensor \"", name, "\" already");
    entries_[name] = {dtype, std::move(shape), bytes_.size(), bytes.size()};
    bytes_.append(bytes);
}

TRINE_INLINE std::string_view safetensors::get(std::string const& name, char const* dtype,
                                               std::vector<std::size_t> const& shape) const {
    auto const& e = find(name);
    require<format_error>(e.dtype == dtype, source_, ": tensor \"", name, "\" holds ", e.dtype, ", not ", dtype);
    require<format_error>(e.shape == shape, source_, ": tensor \"", name, "\" has shape ", detail::shape_text(e.shape),
                          ", not ", detail::shape_text(shape));
    return std::string_view(bytes_).substr(e.first, e.size);
}

TRINE_INLINE tensor_entry const& safetensors::find(std::string const& name) const {
    auto const at = entries_.find(name);
    require<format_error>(at != entries_.end(), source_, ": has no tensor \"", name, "\"");
    return at->second;
}

TRINE_INLINE std::string const& safetensors::text_of(std::string const& key) const {
    auto const at = metadata.find(key);
    require<format_error>(at != metadata.end(), source_, ": its header does not say \"", key, "\"");
    return at->second;
}

TRINE_INLINE void safetensors::save(std::filesystem::path const& path) const { write_file(path, serialize()); }

TRINE_INLINE safetensors safetensors::load(std::filesystem::path const& path) {
    return parse(read_file(path), path.string());
}

TRINE_INLINE std::string safetensors::serialize() const {
    return safetensors_header{metadata, entries_, 0}.serialize() + bytes_;
}

TRINE_INLINE safetensors safetensors::parse(std::string const& bytes, std::string const& source) {
    auto header = safetensors_header::parse(bytes, source);
    safetensors file;
    file.source_ = source, file.metadata = std::move(header.metadata), file.entries_ = std::move(header.entries);
    file.bytes_ = bytes.substr(header.data);
    return file;
}

} // namespace trine::io
