#include "options.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <new>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include <trine/core/error.hpp>
#include <trine/core/version.hpp>

#include "text.hpp"

namespace program {

namespace {

// The parser takes "[a,b]" for a list; a file may be called so. Such a word is given to it with this before it.
constexpr char not_a_list = '\x01';

std::string guarded(std::string word) {
    std::size_t const at = word.starts_with("--") ? word.find('=') + 1 : 0; // 0 where there is none
    if ((at > 0 || !word.starts_with("--")) && at < word.size() && word[at] == '[')
        word.insert(at, 1, not_a_list);
    return word;
}
std::string plain(std::string text) {
    std::erase(text, not_a_list);
    return text;
}

std::string in_words(double value) {
    char out[32];
    std::snprintf(out, sizeof out, "%g", value);
    return out;
}
std::string in_words(std::uint64_t value) { return std::to_string(value); }
std::string in_words(whole_range r) { return in_words(r.least) + " to " + in_words(r.most); }
std::string in_words(real_range r) {
    return r.above ? "above " + in_words(r.least) : in_words(r.least) + " to " + in_words(r.most);
}

template <class T>
std::optional<T> parsed(std::string const& text) {
    T value{};
    auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::size_t number_from(std::string const& name, std::string const& text, whole_range r) {
    auto const value = parsed<std::uint64_t>(text);
    if (!value || *value < r.least || *value > r.most)
        throw CLI::ValidationError(name, "must be a whole number from " + in_words(r) + ", not " + text);
    return *value;
}
double number_from(std::string const& name, std::string const& text, real_range r) {
    auto const value = parsed<double>(text);
    if (value && std::isfinite(*value) && *value <= r.most && (r.above ? *value > r.least : *value >= r.least))
        return *value + 0.0; // -0 is 0
    if (r.above)
        throw CLI::ValidationError(name, "must be a number above " + in_words(r.least) + ", not " + text +
                                             (value && *value > r.most ? "; the largest is " + in_words(r.most) : ""));
    throw CLI::ValidationError(name, "must be a number from " + in_words(r) + ", not " + text);
}
std::string text_from(std::string const& name, std::string const& text) {
    if (text.empty())
        throw CLI::ValidationError(name, "must not be empty");
    return text;
}

std::string message(CLI::App const* app, CLI::Error const& e) {
    return printable(plain(e.what())) + "\nRun with " + app->get_help_ptr()->get_name() + " for more information.\n";
}

} // namespace

struct options::state {
    std::string name;
    std::unique_ptr<CLI::App> own; // of a program; a command's belongs to its program's
    CLI::App* app = nullptr;
    std::vector<std::unique_ptr<options>> commands;
    std::vector<std::function<void()>> checks;

    // An option of one value, or of several. `take` gets each of them.
    template <class Take>
    CLI::Option* add(std::string const& option, std::string const& what, std::string const& kind,
                     std::string const& usual, Take take, bool several = false) {
        auto* const added = app->add_option(
            option,
            [take, option](CLI::results_t const& texts) {
                for (auto const& text : texts)
                    take(plain(text));
                return true;
            },
            what, !usual.empty(), [usual] { return usual; });
        added->type_name(kind)->default_str(usual);
        if (several)
            added->expected(-1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        return added;
    }
};

void options::option::required() { static_cast<CLI::Option*>(it_)->required(); }

options::options(std::string name, std::string const& what) : state_(std::make_unique<state>()) {
    state_->name = std::move(name);
    state_->own = std::make_unique<CLI::App>(what);
    state_->app = state_->own.get();
    state_->app->failure_message(message);
    state_->app->set_version_flag("--version", state_->name + " (trine " TRINE_VERSION_STRING ")",
                                  "Print the version and exit");
}
options::options(std::unique_ptr<state> command) : state_(std::move(command)) {}
options::~options() = default;

options::option options::number(std::string const& name, std::size_t& value, whole_range r, std::string const& what) {
    return option(state_->add(name, what, "NUMBER (" + in_words(r) + ")", in_words(std::uint64_t{value}),
                              [name, &value, r](std::string const& text) { value = number_from(name, text, r); }));
}
options::option options::number(std::string const& name, std::optional<std::size_t>& value, whole_range r,
                                std::string const& what) {
    return option(state_->add(name, what, "NUMBER (" + in_words(r) + ")", value ? in_words(std::uint64_t{*value}) : "",
                              [name, &value, r](std::string const& text) { value = number_from(name, text, r); }));
}
options::option options::number(std::string const& name, double& value, real_range r, std::string const& what) {
    return option(state_->add(name, what, "NUMBER (" + in_words(r) + ")", in_words(value),
                              [name, &value, r](std::string const& text) { value = number_from(name, text, r); }));
}
options::option options::number(std::string const& name, std::optional<double>& value, real_range r,
                                std::string const& what) {
    return option(state_->add(name, what, "NUMBER (" + in_words(r) + ")", value ? in_words(*value) : "",
                              [name, &value, r](std::string const& text) { value = number_from(name, text, r); }));
}
options::option options::numbers(std::string const& name, std::vector<std::size_t>& values, whole_range r,
                                 std::string const& what) {
    return option(state_->add(
        name, what, "NUMBER (" + in_words(r) + ") ...", "",
        [name, &values, r](std::string const& text) { values.push_back(number_from(name, text, r)); }, true));
}
options::option options::text(std::string const& name, std::string& value, std::string const& what) {
    return option(state_->add(name, what, "TEXT", value,
                              [name, &value](std::string const& text) { value = text_from(name, text); }));
}
options::option options::texts(std::string const& name, std::vector<std::string>& values, std::string const& what) {
    auto* const added = state_->add(
        name, what, "TEXT", "", [name, &values](std::string const& text) { values.push_back(text_from(name, text)); },
        true);
    return option(added->allow_extra_args(false)); // one text each time that it is named
}
options::option options::choice(std::string const& name, std::string& value, std::vector<std::string> const& choices,
                                std::string const& what) {
    std::string all;
    for (auto const& c : choices)
        all += (all.empty() ? "" : ",") + c;
    return option(state_->add(name, what, "{" + all + "}", value, [=, &value](std::string const& text) {
        if (std::find(choices.begin(), choices.end(), text) == choices.end())
            throw CLI::ValidationError(name, "must be one of {" + all + "}, not " + text);
        value = text;
    }));
}
options::option options::path(std::string const& name, std::filesystem::path& value, std::string const& what) {
    return option(state_->add(name, what, "PATH", value.string(),
                              [name, &value](std::string const& text) { value = text_from(name, text); }));
}
options::option options::paths(std::string const& name, std::vector<std::filesystem::path>& values,
                               std::string const& what) {
    return option(state_->add(
        name, what, "PATH ...", "",
        [name, &values](std::string const& text) { values.emplace_back(text_from(name, text)); }, true));
}
void options::flag(std::string const& name, bool& value, std::string const& what) {
    state_->app->add_flag(name, value, what);
}

options& options::command(std::string const& name, std::string const& what) {
    auto own = std::make_unique<state>();
    own->name = name;
    own->app = state_->app->add_subcommand(name, what);
    own->app->failure_message(message);
    state_->app->require_subcommand(1);
    state_->commands.push_back(std::unique_ptr<options>(new options(std::move(own))));
    return *state_->commands.back();
}
bool options::chosen() const { return state_->app->parsed(); }

void options::footer(std::string const& examples) { state_->app->footer(examples); }
void options::check(std::function<void()> what) { state_->checks.push_back(std::move(what)); }

int options::run(int argc, char** argv, std::function<int()> const& work) {
    auto const complain = [&](std::string_view what) {
        std::cout.flush(), std::fflush(stdout);
        std::fprintf(stderr, "%s: %s\n", state_->name.c_str(), printable(what).c_str());
        return 1;
    };
    // What nobody could read is not done: a full disk behind `> list.txt` is an error as any other.
    auto const written = [&](int status) {
        errno = 0;
        bool const is_written = std::cout.flush().good() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
        return is_written ? status
                          : complain(std::string("standard output cannot be written to") +
                                     (errno != 0 ? std::string(": ") + std::strerror(errno) : ""));
    };
    try {
        std::vector<std::string> words; // the parser takes the last first
        for (int i = argc; --i > 0;)
            words.push_back(guarded(argv[i]));
        state_->app->name(std::filesystem::path(argv[0]).filename().string());
        state_->app->parse(std::move(words));
        for (auto const& c : state_->checks)
            c();
        for (auto const& command : state_->commands)
            if (command->chosen())
                for (auto const& c : command->state_->checks)
                    c();
        return written(work());
    } catch (CLI::ParseError const& e) {
        return written(state_->app->exit(e));
    } catch (std::bad_alloc const&) {
        return complain("there is not enough memory for what was asked for");
    } catch (std::length_error const&) {
        return complain("what was asked for is larger than any memory");
    } catch (std::exception const& e) { // our own errors, and those of the file system
        return complain(e.what());
    }
}

void require_product(std::string_view first, std::size_t a, std::string_view second, std::size_t b, std::size_t most,
                     std::string_view things) {
    trine::require<trine::argument_error>(a == 0 || b <= most / a, first, ' ', a, " times ", second, ' ', b,
                                          ": at most ", most, ' ', things, " can be had");
}

} // namespace program
