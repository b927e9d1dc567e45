#pragma once

#include <cerrno>
#include <cstring>

#include "../core/crc.hpp"
#include "../core/error.hpp"
#include "event_file.hpp"
#include "file.hpp"
#include "protobuf.hpp"

namespace trine::io {

namespace detail {

inline void append_masked_sum(std::string& to, std::string_view bytes) {
    std::uint32_t const sum = crc32c(bytes), masked = (sum >> 15 | sum << 17) + 0xa282ead8u;
    to.append(reinterpret_cast<char const*>(&masked), sizeof masked);
}

// TensorFlow's Event: when, and what.
inline protobuf_message event_at(double time) {
    protobuf_message event;
    event.real(1, time);
    return event;
}

} // namespace detail

TRINE_INLINE std::string event_record(std::string_view bytes) {
    std::uint64_t const size = bytes.size();
    std::string record(reinterpret_cast<char const*>(&size), sizeof size);
    detail::append_masked_sum(record, record);
    record += bytes;
    detail::append_masked_sum(record, bytes);
    return record;
}

TRINE_INLINE event_file::event_file(std::filesystem::path path) : path_(std::move(path)) {
    auto first = detail::event_at(0);
    first.text(3, "brain.Event:2");
    write_file(path_, event_record(first.bytes()));
}

TRINE_INLINE void event_file::add(std::int64_t step, double time,
                                  std::vector<std::pair<std::string, double>> const& scalars) const {
    protobuf_message summary;
    for (auto const& [tag, number] : scalars) {
        protobuf_message value;
        value.text(1, tag);
        value.real(2, static_cast<float>(number));
        summary.message(1, value);
    }
    auto event = detail::event_at(time);
    event.integer(2, step);
    event.message(5, summary);
    int const file = detail::open_file(path_, detail::opening::append);
    if (file < 0)
        fail<io_error>(path_.string(), ": cannot be written to: ", std::strerror(errno));
    try {
        write_all(file, event_record(event.bytes()), path_.string());
    } catch (...) {
        detail::close_file(file);
        throw;
    }
    bool const is_closed = detail::close_file(file); // before the cause is asked for
    if (!is_closed)
        fail<io_error>(path_.string(), ": cannot be written to: ", std::strerror(errno));
}

} // namespace trine::io
