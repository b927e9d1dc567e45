#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "../core/config.hpp"
#include "../core/error.hpp"

namespace trine::io {

/// What to do with a text that is not UTF-8 when it is written.
enum class invalid_utf8 {
    refuse,
    replace, ///< each byte that belongs to no character becomes U+FFFD: another text is read back
};

/// A value of JSON: what headers of files and lines of logs are made of.
///
/// Strict both ways: texts are UTF-8, no object has a key twice, nothing is nested deeper than `deepest`. So whatever
/// is written can be read. Whole numbers from 0 to 2⁶⁴ − 1 stay exact; all others are doubles.
/// @see RFC 8259
class json {
public:
    using list = std::vector<json>;
    using object = std::vector<std::pair<std::string, json>>; ///< in the order in which it was written

    static constexpr std::size_t deepest = 32; ///< lists and objects in one another

    json() = default; ///< null
    json(bool value) : value_(value) {}
    template <class T>
        requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
    json(T value) { // NOLINT: a conversion is what it is for
        if constexpr (std::is_unsigned_v<T>)
            value_ = static_cast<std::uint64_t>(value);
        else if constexpr (std::is_floating_point_v<T>)
            value_ = static_cast<double>(value);
        else
            from_signed(static_cast<std::int64_t>(value));
    }
    json(char const* text) : value_(std::string(text)) {}
    json(std::string text) : value_(std::move(text)) {}
    json(list values) : value_(std::move(values)) {}
    json(object members) : value_(std::move(members)) {}

    /// Reads one value, with nothing but white space around it.
    ///
    /// @throws format_error  at the first byte that is not JSON, or that breaks a rule above: "byte 12: …"
    static json parse(std::string_view text);

    /// The value as text without white space. A number that is not finite is written as null; doubles have the fewest
    /// digits that give the same number back, whatever the locale.
    ///
    /// @throws argument_error  when a text is not UTF-8 (unless it is replaced), a key comes twice, or it is too deep
    std::string dump(invalid_utf8 texts = invalid_utf8::refuse) const;

    bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
    /// The value where it is of that kind, or nothing.
    bool const* truth() const { return std::get_if<bool>(&value_); }
    std::uint64_t const* size() const { return std::get_if<std::uint64_t>(&value_); }
    std::string const* text() const { return std::get_if<std::string>(&value_); }
    list const* values() const { return std::get_if<list>(&value_); }
    object const* members() const { return std::get_if<object>(&value_); }
    std::string* text() { return std::get_if<std::string>(&value_); }
    /// A member by its key; nothing where there is none, or this is no object. Looks at one after the other.
    json const* find(std::string_view key) const;

    /// Any number, as a double.
    ///
    /// @throws format_error  when it is no number
    double number() const;

    friend bool operator==(json const&, json const&) = default;

private:
    void from_signed(std::int64_t value) {
        if (value < 0)
            value_ = static_cast<double>(value);
        else
            value_ = static_cast<std::uint64_t>(value);
    }

    std::variant<std::monostate, bool, std::uint64_t, double, std::string, list, object> value_;
};

} // namespace trine::io

#ifdef TRINE_HEADER_ONLY
#include "json_impl.hpp"
#endif
