#pragma once

// The options of our programs: a small front of CLI11, which takes seconds to compile and is compiled once, with this
// header's source. Every number has a range, so that no program can forget it.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// Numbers that an option takes, both ends included; with `above`, without the least.
struct whole_range {
    std::uint64_t least, most;
};
struct real_range {
    double least, most;
    bool above = false;
};
template <std::integral A, std::integral B>
constexpr whole_range range(A least, B most) {
    return {static_cast<std::uint64_t>(least), static_cast<std::uint64_t>(most)};
}
constexpr real_range range(double least, double most) { return {least, most}; }
constexpr real_range above(double least, double most) { return {least, most, true}; }

/// Seeds: whole numbers that any language and file format holds exactly.
inline constexpr whole_range any_seed{0, 9007199254740991};

/// What a program can be told. Names are "--name" or "-n", or without dashes, then the place decides. A value that is
/// there before is the default, and --help says it; what may be left out without one is a std::optional, or empty.
///
/// Every text that is given has at least one character, every number is finite and within its range. What is wrong ends
/// the program with a message that names the option, what it takes and what was given.
class options {
public:
    /// What may be said of an option besides.
    class option {
    public:
        void required();

    private:
        friend class options;
        explicit option(void* it) : it_(it) {}
        void* it_;
    };

    options(std::string name, std::string const& what);
    ~options();
    options(options const&) = delete;
    options& operator=(options const&) = delete;

    option number(std::string const& name, std::size_t& value, whole_range, std::string const& what);
    option number(std::string const& name, std::optional<std::size_t>& value, whole_range, std::string const& what);
    option number(std::string const& name, double& value, real_range, std::string const& what);
    option number(std::string const& name, std::optional<double>& value, real_range, std::string const& what);
    option numbers(std::string const& name, std::vector<std::size_t>& values, whole_range, std::string const& what);
    option text(std::string const& name, std::string& value, std::string const& what);
    /// A text each time that it is named.
    option texts(std::string const& name, std::vector<std::string>& values, std::string const& what);
    option choice(std::string const& name, std::string& value, std::vector<std::string> const& choices,
                  std::string const& what);
    option path(std::string const& name, std::filesystem::path& value, std::string const& what);
    option paths(std::string const& name, std::vector<std::filesystem::path>& values, std::string const& what);
    void flag(std::string const& name, bool& value, std::string const& what);

    /// A word that comes before the options of its own, as `add` in `gallery add`; one of them has to be given.
    options& command(std::string const& name, std::string const& what);
    /// Whether this command was given.
    bool chosen() const;

    /// Text below the options that --help lists.
    void footer(std::string const& examples);
    /// What is to be looked at once all options are read: for those that do not go together. It throws trine::error.
    void check(std::function<void()> what);

    /// Reads the command line, then does the work and returns what that returns; or what the program ends with after
    /// --help, a wrong option, or an error, which it prints.
    int run(int argc, char** argv, std::function<int()> const& work);

private:
    struct state;
    explicit options(std::unique_ptr<state> command);
    std::unique_ptr<state> state_;
};

/// "a×b" must not be more than so many `things`, for two options that are multiplied.
///
/// @throws trine::argument_error  when it is, with both options
void require_product(std::string_view first, std::size_t a, std::string_view second, std::size_t b, std::size_t most,
                     std::string_view things);

} // namespace program
