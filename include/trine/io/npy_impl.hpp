#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>

#include "npy.hpp"

namespace trine::io {

namespace detail {

// The dictionary that a .npy file begins with, in Python's notation: texts, truths and tuples of sizes.
class npy_dictionary {
public:
    std::string dtype;
    std::vector<std::size_t> shape;
    bool has_dtype = false, has_order = false, has_shape = false, is_fortran = false;

    npy_dictionary(std::string_view text, std::string const& source) : text_(text), source_(source) {
        expect('{');
        while (!take('}')) {
            std::string_view const key = quoted();
            expect(':');
            if (key == "descr")
                once(has_dtype, key), dtype = quoted();
            else if (key == "fortran_order")
                once(has_order, key), is_fortran = truth();
            else if (key == "shape")
                once(has_shape, key), tuple();
            else
                fail_at("an unknown key ", key);
            if (!take(',')) {
                expect('}');
                break;
            }
        }
        if (take('\n'), at_ != text_.size())
            fail_at("something follows its header");
    }

private:
    template <class... Parts>
    [[noreturn]] void fail_at(Parts const&... parts) const {
        fail<format_error>(source_, ": not a valid .npy file: ", parts..., " at byte ", at_, " of its header");
    }
    bool take(char c) {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
        return at_ < text_.size() && text_[at_] == c && ++at_;
    }
    void expect(char c) {
        if (!take(c))
            fail_at("no ", c);
    }
    void once(bool& seen, std::string_view key) {
        if (std::exchange(seen, true))
            fail_at("a second ", key);
    }
    std::string_view quoted() {
        bool const is_double = take('"');
        if (!is_double)
            expect('\'');
        std::size_t const end = text_.find(is_double ? '"' : '\'', at_);
        if (end == text_.npos)
            fail_at("a text without an end");
        std::string_view const all = text_.substr(at_, end - at_);
        at_ = end + 1;
        return all;
    }
    bool truth() {
        bool const is_true = take('T');
        if (!is_true)
            expect('F');
        std::string_view const rest = is_true ? "rue" : "alse";
        if (text_.substr(at_, rest.size()) != rest)
            fail_at("neither True nor False");
        at_ += rest.size();
        return is_true;
    }
    void tuple() {
        expect('(');
        while (!take(')')) {
            std::size_t extent = 0;
            auto const [end, failure] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), extent);
            if (failure != std::errc{})
                fail_at("no extent");
            at_ = static_cast<std::size_t>(end - text_.data());
            shape.push_back(extent);
            if (!take(',')) {
                expect(')');
                break;
            }
        }
    }

    std::string_view text_;
    std::string const& source_;
    std::size_t at_ = 0;
};

// What the product of an array's extents may be, those of 0 left out: so bytes of any scalar can be counted, and
// whoever divides by an extent is safe too.
inline constexpr std::size_t most_npy_values = std::size_t{1} << 48;

// Bytes of a scalar, such as "<f4"; 0 for another kind of value.
inline std::size_t numpy_scalar_size(std::string_view dtype) {
    if (dtype.starts_with('<') || dtype.starts_with('>') || dtype.starts_with('|') || dtype.starts_with('='))
        dtype.remove_prefix(1);
    if (dtype.size() < 2 || dtype.size() > 3 || dtype[0] < 'a' || dtype[0] > 'z')
        return 0;
    std::size_t size = 0;
    char const* const end = dtype.data() + dtype.size();
    return std::from_chars(dtype.data() + 1, end, size).ptr == end ? size : 0;
}

TRINE_INLINE npy_header read_npy(std::filesystem::path const& path, std::string const& dtype, std::string& bytes) {
    bytes = read_file(path);
    auto header = npy_header::parse(bytes, path.string());
    require<format_error>(header.dtype == dtype, path.string(), ": holds ", header.dtype, ", not ", dtype);
    return header;
}

TRINE_INLINE std::string npy_bytes(std::string const& name, std::string const& dtype,
                                   std::vector<std::size_t> const& shape, std::size_t count, std::string_view values) {
    std::size_t said = 1, others = 1;
    std::string text;
    for (std::size_t extent : shape) {
        require<shape_error>(extent == 0 || others <= most_npy_values / extent, name,
                             ": a shape of more values than can be counted");
        said *= extent, others *= extent > 0 ? extent : 1;
        text += std::to_string(extent) + ", ";
    }
    require<shape_error>(said == count, name, ": a shape of ", said, " values for ", count);
    if (shape.size() > 1)
        text.resize(text.size() - 2);
    std::string header = "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': (" + text + "), }";
    header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
    header += '\n';
    require<shape_error>(header.size() <= std::numeric_limits<std::uint16_t>::max(), name, ": a shape of ",
                         shape.size(), " dimensions");
    auto const length = static_cast<std::uint16_t>(header.size());
    std::string bytes("\x93NUMPY\x01\x00", 8);
    bytes.append(reinterpret_cast<char const*>(&length), 2);
    bytes += header;
    bytes += values;
    return bytes;
}

TRINE_INLINE void write_npy(std::filesystem::path const& path, std::string const& dtype,
                            std::vector<std::size_t> const& shape, std::size_t count, std::string_view values) {
    write_file(path, npy_bytes(path.string(), dtype, shape, count, values));
}

} // namespace detail

TRINE_INLINE npy_header npy_header::parse(std::string_view bytes, std::string const& source) {
    auto const check = [&](bool condition, auto const&... parts) {
        require<format_error>(condition, source, ": not a valid .npy file: ", parts...);
    };
    check(bytes.size() >= 12 && bytes.starts_with("\x93NUMPY"), "its magic is missing");
    check(bytes[6] >= 1 && bytes[6] <= 3, "a version of ", static_cast<int>(bytes[6]));
    std::size_t const start = bytes[6] == 1 ? 10 : 12;
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data() + 8, start - 8);
    check(length <= longest, "a header of ", length, " bytes, where ", longest, " are read");
    check(length <= bytes.size() - start, "its header claims ", length, " bytes of ", bytes.size());
    npy_header h;
    h.data = start + length;
    detail::npy_dictionary const said(bytes.substr(start, length), source);
    check(said.has_dtype, "no dtype in its header");
    check(said.has_order, "no order in its header");
    check(said.has_shape, "no shape in its header");
    std::size_t const size = detail::numpy_scalar_size(said.dtype);
    check(size > 0, "a dtype of ", said.dtype);
    require<format_error>(!said.is_fortran, source, ": is in Fortran order, which is not supported");
    h.dtype = said.dtype, h.shape = said.shape, h.scalars = 1;
    std::size_t const rest = bytes.size() - h.data;
    std::size_t others = 1; // without extents of 0
    for (std::size_t extent : h.shape) {
        check(extent == 0 || h.scalars <= rest / size / extent, "its shape needs more than the ", rest,
              " bytes it has");
        check(extent == 0 || others <= detail::most_npy_values / extent, "its extents are too large to count");
        h.scalars *= extent, others *= extent > 0 ? extent : 1;
    }
    check(rest == h.scalars * size, rest, " bytes for ", h.scalars, " values");
    return h;
}

} // namespace trine::io
