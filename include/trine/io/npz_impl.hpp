#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <utility>

#include "../core/crc.hpp"
#include "../core/error.hpp"
#include "file.hpp"
#include "npz.hpp"

namespace trine::io {

namespace detail {

// Little-endian numbers, as zip files have them.
template <class T>
void append_number(std::string& bytes, T value) {
    bytes.append(reinterpret_cast<char const*>(&value), sizeof value);
}
inline void append_numbers(std::string& bytes, std::initializer_list<std::uint16_t> values) {
    for (std::uint16_t value : values)
        append_number(bytes, value);
}
template <class T>
T number_at(std::string_view bytes, std::size_t at) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

inline constexpr std::uint32_t zip_local = 0x04034b50, zip_central = 0x02014b50, zip_end = 0x06054b50;
inline constexpr std::size_t zip_local_size = 30, zip_central_size = 46, zip_end_size = 22;

// What a local and a central header have in common: version 2.0, stored, of 1 January 1980; check sum and sizes.
inline void append_zip_facts(std::string& to, std::uint32_t sum, std::string const& name, std::string const& data) {
    append_numbers(to, {20, 0x0800, 0, 0, 0x21}); // names are UTF-8
    append_number(to, sum);
    append_number(to, static_cast<std::uint32_t>(data.size()));
    append_number(to, static_cast<std::uint32_t>(data.size()));
    append_numbers(to, {static_cast<std::uint16_t>(name.size()), 0});
}

} // namespace detail

TRINE_INLINE void npz::add(std::string const& name, std::string bytes) {
    require<argument_error>(!name.empty() && name.size() < 60'000 && name.find('\0') == std::string::npos,
                            "an array needs a name");
    require<argument_error>(files_.emplace(name, std::move(bytes)).second, "there is an array \"", name, "\" already");
}

TRINE_INLINE std::vector<std::string> npz::names() const {
    std::vector<std::string> all;
    for (auto const& [name, bytes] : files_)
        all.push_back(name);
    return all;
}

TRINE_INLINE std::string const& npz::find(std::string const& name, std::string const& dtype) const {
    auto const at = files_.find(name);
    require<format_error>(at != files_.end(), source_, ": has no array \"", name, "\"");
    auto const header = npy_header::parse(at->second, where(name));
    require<format_error>(header.dtype == dtype, where(name), ": holds ", header.dtype, ", not ", dtype);
    return at->second;
}

TRINE_INLINE std::string npz::serialize() const {
    std::string bytes, central;
    for (auto const& [key, data] : files_) {
        std::string const name = key + ".npy";
        require<argument_error>(bytes.size() + data.size() + central.size() + (1 << 17) <
                                        std::numeric_limits<std::uint32_t>::max() &&
                                    files_.size() < std::numeric_limits<std::uint16_t>::max(),
                                "arrays of 4 GB and more, or more than 65534 of them, do not go into one .npz");
        std::uint32_t const sum = crc32(data);
        detail::append_number(central, detail::zip_central);
        detail::append_numbers(central, {20});
        detail::append_zip_facts(central, sum, name, data);
        detail::append_numbers(central, {0, 0, 0, 0, 0});
        detail::append_number(central, static_cast<std::uint32_t>(bytes.size()));
        central += name;
        detail::append_number(bytes, detail::zip_local);
        detail::append_zip_facts(bytes, sum, name, data);
        bytes += name;
        bytes += data;
    }
    auto const first = static_cast<std::uint32_t>(bytes.size());
    bytes += central;
    auto const count = static_cast<std::uint16_t>(files_.size());
    detail::append_number(bytes, detail::zip_end);
    detail::append_numbers(bytes, {0, 0, count, count});
    detail::append_number(bytes, static_cast<std::uint32_t>(central.size()));
    detail::append_number(bytes, first);
    detail::append_numbers(bytes, {0});
    return bytes;
}

TRINE_INLINE npz npz::parse(std::string_view bytes, std::string const& source) {
    auto const check = [&](bool condition, auto const&... parts) {
        require<format_error>(condition, source, ": not a valid .npz file: ", parts...);
    };
    using detail::number_at;
    // A zip is read from its end: the list of what is in it, behind which there may be a comment.
    check(bytes.size() >= detail::zip_end_size, "it has ", bytes.size(), " bytes");
    std::size_t end = bytes.size() - detail::zip_end_size, tried = 0;
    while (number_at<std::uint32_t>(bytes, end) != detail::zip_end ||
           number_at<std::uint16_t>(bytes, end + 20) != tried) {
        check(end > 0 && tried < 0xFFFF, "the list of what is in it is missing");
        --end, ++tried;
    }
    std::size_t const count = number_at<std::uint16_t>(bytes, end + 10),
                      size = number_at<std::uint32_t>(bytes, end + 12);
    std::size_t at = number_at<std::uint32_t>(bytes, end + 16);
    check(at <= end && size <= end - at, "the list of what is in it lies outside");
    std::size_t const list_end = at + size;
    npz file;
    file.source_ = source;
    std::size_t all_stored = 0;
    for (std::size_t i = 0; i < count; ++i) {
        check(list_end - at >= detail::zip_central_size && number_at<std::uint32_t>(bytes, at) == detail::zip_central,
              "entry ", i, " of its list is damaged");
        std::size_t const method = number_at<std::uint16_t>(bytes, at + 10),
                          sum = number_at<std::uint32_t>(bytes, at + 16),
                          stored = number_at<std::uint32_t>(bytes, at + 20),
                          plain = number_at<std::uint32_t>(bytes, at + 24),
                          name_size = number_at<std::uint16_t>(bytes, at + 28),
                          rest = std::size_t{number_at<std::uint16_t>(bytes, at + 30)} +
                                 number_at<std::uint16_t>(bytes, at + 32),
                          local = number_at<std::uint32_t>(bytes, at + 42);
        at += detail::zip_central_size;
        check(name_size + rest <= list_end - at, "entry ", i, " of its list is longer than the list");
        std::string name(bytes.substr(at, name_size));
        at += name_size + rest;
        check(name.size() > 4 && name.ends_with(".npy"), "it holds \"", name, "\", which is no .npy");
        name.resize(name.size() - 4);
        require<format_error>(method == 0, source, ": \"", name,
                              "\" is compressed, and read are those that are not: "
                              "numpy.savez writes such files");
        check(stored == plain && stored != 0xFFFFFFFFu && local != 0xFFFFFFFFu, "\"", name,
              "\" has other sizes than a "
              "stored file of less than 4 GB");
        check(local < end && end - local >= detail::zip_local_size &&
                  number_at<std::uint32_t>(bytes, local) == detail::zip_local,
              "\"", name, "\" is not where its list says");
        std::size_t const data = local + detail::zip_local_size + number_at<std::uint16_t>(bytes, local + 26) +
                                 number_at<std::uint16_t>(bytes, local + 28);
        check(data <= end && stored <= end - data, "\"", name, "\" claims ", stored, " bytes");
        all_stored += stored;
        check(all_stored <= bytes.size(), "its arrays lie in one another"); // which would be read as many times
        std::string content(bytes.substr(data, stored));
        check(crc32(content) == sum, "\"", name, "\" is damaged: its check sum is another");
        npy_header::parse(content, file.where(name));
        check(file.files_.emplace(name, std::move(content)).second, "it holds \"", name, "\" twice");
    }
    return file;
}

TRINE_INLINE void npz::save(std::filesystem::path const& path) const { write_file(path, serialize()); }

TRINE_INLINE npz npz::load(std::filesystem::path const& path) { return parse(read_file(path), path.string()); }

} // namespace trine::io
