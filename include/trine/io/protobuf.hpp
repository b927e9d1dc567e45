#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "../core/config.hpp"

namespace trine::io {

/// A message in the wire format of protocol buffers, written field by field in the order of the calls.
///
/// A field is its number with a kind, then a value: an integer of seven bits a byte, four or eight bytes, or a length
/// and so many bytes. That is all there is to it, so nothing is gained from a library and its generated code.
/// @see https://protobuf.dev/programming-guides/encoding/
class protobuf_message {
public:
    /// int32, int64, bool and enumerations. What equals 0 is written too.
    void integer(unsigned field, std::int64_t value);
    void integers(unsigned field, std::span<std::int64_t const> values); ///< packed
    void real(unsigned field, float value);
    void real(unsigned field, double value);
    void reals(unsigned field, std::span<double const> values); ///< packed, of 8 bytes
    /// Texts and bytes.
    void text(unsigned field, std::string_view bytes);
    void message(unsigned field, protobuf_message const& inner) { text(field, inner.bytes_); }
    /// The beginning of a message of so many bytes, which the next calls write: for those too large to be made twice.
    void open(unsigned field, std::size_t size);
    /// All fields of another.
    void append(protobuf_message const& other) { bytes_ += other.bytes_; }

    std::string const& bytes() const { return bytes_; }
    /// Bytes of a field of so many bytes, its number and length among them.
    static std::size_t text_size(unsigned field, std::size_t bytes);

private:
    void varint(std::uint64_t value);
    void key(unsigned field, unsigned kind) { varint(std::uint64_t{field} << 3 | kind); }

    std::string bytes_;
};

} // namespace trine::io

#ifdef TRINE_HEADER_ONLY
#include "protobuf_impl.hpp"
#endif
