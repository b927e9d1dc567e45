#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// A field of a message in protocol buffers' wire format, as it was read.
struct protobuf_field {
    unsigned number = 0, kind = 0;
    std::uint64_t integer = 0; ///< kinds 0, 1 and 5: as bits
    std::string_view bytes;    ///< kind 2

    std::string text() const { return std::string(bytes); }
    float real() const {
        auto const bits = static_cast<std::uint32_t>(integer);
        float value;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }
};

/// The fields of a message, in order. Written for the tests, from the format's description alone.
struct protobuf_reader {
    std::vector<protobuf_field> fields;

    explicit protobuf_reader(std::string_view bytes) {
        while (!bytes.empty()) {
            std::uint64_t const key = varint(bytes);
            protobuf_field f{static_cast<unsigned>(key >> 3), static_cast<unsigned>(key & 7), 0, {}};
            if (f.kind == 0)
                f.integer = varint(bytes);
            else if (f.kind == 2)
                f.bytes = take(bytes, varint(bytes));
            else if (f.kind == 1 || f.kind == 5) {
                auto const part = take(bytes, f.kind == 1 ? 8 : 4);
                std::memcpy(&f.integer, part.data(), part.size());
            } else
                throw std::runtime_error("a field of kind " + std::to_string(f.kind));
            fields.push_back(f);
        }
    }
    std::vector<protobuf_field> all(unsigned number) const {
        std::vector<protobuf_field> found;
        for (auto const& f : fields)
            if (f.number == number)
                found.push_back(f);
        return found;
    }
    /// The one field of that number.
    protobuf_field one(unsigned number) const {
        auto const found = all(number);
        if (found.size() != 1)
            throw std::runtime_error(std::to_string(found.size()) + " fields " + std::to_string(number));
        return found.front();
    }
    protobuf_reader inside(unsigned number) const { return protobuf_reader(one(number).bytes); }
    /// Packed integers.
    std::vector<std::int64_t> integers(unsigned number) const {
        std::vector<std::int64_t> values;
        for (auto bytes = one(number).bytes; !bytes.empty();)
            values.push_back(static_cast<std::int64_t>(varint(bytes)));
        return values;
    }

private:
    static std::string_view take(std::string_view& bytes, std::uint64_t size) {
        if (size > bytes.size())
            throw std::runtime_error("a field is longer than its message");
        auto const part = bytes.substr(0, size);
        bytes.remove_prefix(size);
        return part;
    }
    static std::uint64_t varint(std::string_view& bytes) {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            auto const byte = static_cast<unsigned char>(take(bytes, 1).front());
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80)
                return value;
        }
        throw std::runtime_error("an integer does not end");
    }
};
