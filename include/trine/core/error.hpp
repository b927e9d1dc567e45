#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

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

/// Throws `Error` with all parts written one after the other.
///
/// @throws Error  always
template <class Error = error, class... Parts>
[[noreturn]] void fail(Parts const&... parts) {
    std::ostringstream message;
    (message << ... << parts);
    throw Error(message.str());
}

/// Throws `Error` with all parts unless `condition` holds. The parts are written only on failure.
///
/// @throws Error  when the condition is false
template <class Error = error, class... Parts>
void require(bool condition, Parts const&... parts) {
    if (!condition) [[unlikely]]
        fail<Error>(parts...);
}

} // namespace trine
