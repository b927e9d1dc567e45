#pragma once

#include <bit>

#include "protobuf.hpp"

namespace trine::io {

static_assert(std::endian::native == std::endian::little,
              "numbers of protocol buffers are little-endian, and so has the machine to be");

TRINE_INLINE void protobuf_message::varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
}

TRINE_INLINE void protobuf_message::integer(unsigned field, std::int64_t value) {
    key(field, 0);
    varint(static_cast<std::uint64_t>(value));
}

TRINE_INLINE void protobuf_message::integers(unsigned field, std::span<std::int64_t const> values) {
    protobuf_message packed;
    for (std::int64_t value : values)
        packed.varint(static_cast<std::uint64_t>(value));
    message(field, packed);
}

TRINE_INLINE void protobuf_message::real(unsigned field, float value) {
    key(field, 5);
    bytes_.append(reinterpret_cast<char const*>(&value), sizeof value);
}

TRINE_INLINE void protobuf_message::real(unsigned field, double value) {
    key(field, 1);
    bytes_.append(reinterpret_cast<char const*>(&value), sizeof value);
}

TRINE_INLINE void protobuf_message::reals(unsigned field, std::span<double const> values) {
    text(field, {reinterpret_cast<char const*>(values.data()), values.size_bytes()});
}

TRINE_INLINE void protobuf_message::text(unsigned field, std::string_view bytes) {
    open(field, bytes.size());
    bytes_.append(bytes);
}

TRINE_INLINE void protobuf_message::open(unsigned field, std::size_t size) {
    key(field, 2);
    varint(size);
}

TRINE_INLINE std::size_t protobuf_message::text_size(unsigned field, std::size_t bytes) {
    protobuf_message head;
    head.open(field, bytes);
    return head.bytes_.size() + bytes;
}

} // namespace trine::io
