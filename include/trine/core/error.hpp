#pragma once

#include <cstddef>
#include <cstdio>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#include "config.hpp"

namespace trine {

/// Base of every error that the library throws: a caller's mistake or bad input, never a defect of the library itself.
///
/// The message names the thing (file, shape, label, option), its value and what was expected.
class error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Sizes that do not fit each other.
class shape_error : public error {
public:
    using error::error;
};

/// A value outside the range that a parameter allows.
class argument_error : public error {
public:
    using error::error;
};

/// A file or folder that cannot be opened, read, written or renamed.
class io_error : public error {
public:
    using error::error;
};

/// A file that was read but whose contents are not what its format demands.
class format_error : public error {
public:
    using error::error;
};

/// NaN or infinity where a finite number is needed.
class numeric_error : public error {
public:
    using error::error;
};

/// Data that cannot be learnt from or recognised with: no photos, one person only, one photo a person.
class data_error : public error {
public:
    using error::error;
};

/// One part of a message: a text, a character, an integer or a floating-point number (with six digits).
///
/// A part refers to its text. It keeps what makes a message out of the templates below, which are everywhere.
class message_part {
public:
    template <class T>
    message_part(T const& value) {
        if constexpr (std::is_convertible_v<T const&, std::string_view>) {
            text_ = value;
        } else if constexpr (std::is_same_v<T, char>) {
            kind_ = kind::character;
            character_ = value;
        } else if constexpr (std::is_floating_point_v<T>) {
            kind_ = kind::real;
            real_ = static_cast<double>(value);
        } else if constexpr (std::is_signed_v<T>) {
            kind_ = kind::integer;
            integer_ = value;
        } else {
            static_assert(std::is_integral_v<T>, "a part of a message is a text, a character or a number");
            kind_ = kind::natural;
            natural_ = value;
        }
    }

    void append_to(std::string& message) const {
        switch (kind_) {
        case kind::text:
            message.append(text_);
            break;
        case kind::character:
            message.push_back(character_);
            break;
        case kind::integer:
            message.append(std::to_string(integer_));
            break;
        case kind::natural:
            message.append(std::to_string(natural_));
            break;
        case kind::real: {
            char digits[32];
            message.append(digits, static_cast<std::size_t>(std::snprintf(digits, sizeof digits, "%g", real_)));
        }
        }
    }

private:
    enum class kind { text, character, integer, natural, real };
    kind kind_ = kind::text;
    std::string_view text_;
    union {
        char character_;
        long long integer_ = 0;
        unsigned long long natural_;
        double real_;
    };
};

namespace detail {

// Cold and apart, once for each kind of error: a check costs its place a comparison and little code.
template <class Error>
[[noreturn, gnu::cold, gnu::noinline]] void fail_with(std::initializer_list<message_part> parts) {
    std::string message;
    for (auto const& part : parts)
        part.append_to(message);
    throw Error(message);
}

} // namespace detail

/// Throws `Error` with all parts written one after the other.
///
/// @throws Error  always
template <class Error = error, class... Parts>
[[noreturn]] void fail(Parts const&... parts) {
    detail::fail_with<Error>({parts...});
}

/// Throws `Error` with all parts unless `condition` holds. The parts are written only on failure.
///
/// @throws Error  when the condition is false
template <class Error = error, class... Parts>
void require(bool condition, Parts const&... parts) {
    if (!condition) [[unlikely]]
        detail::fail_with<Error>({parts...});
}

} // namespace trine
