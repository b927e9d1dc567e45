#include "compiler.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include <trine/core/error.hpp>

namespace grading {
namespace {

// What CMake says of this build, a word a line.
std::vector<std::string> words(char const* lines) {
    std::vector<std::string> all;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);)
        if (!line.empty())
            all.push_back(line);
    return all;
}

} // namespace

compiled compile(std::filesystem::path const& source, std::filesystem::path const& module, purpose why,
                 limits const& most) {
    // What it leaves behind when it is ended goes with the module's folder.
    std::vector<std::string> command{"env", "TMPDIR=" + module.parent_path().string()};
    for (auto const& word : words(TRINE_EXERCISE_COMPILER))
        command.push_back(word);
    auto const add = [&](auto... more) { (command.emplace_back(more), ...); };
    add("-std=c++20", "-fPIC", "-shared", "-fopenmp", "-Wall", "-Wextra", "-fdiagnostics-color=never");
    switch (why) {
    case purpose::checks:
        add("-O1", "-g1", "-fno-omit-frame-pointer", "-D_GLIBCXX_ASSERTIONS");
        break;
    case purpose::speed:
        add("-O3", "-DNDEBUG");
        for (auto const& word : words(TRINE_EXERCISE_FAST_FLAGS))
            add(word);
        break;
    case purpose::grading:
        add("-O1", "-DNDEBUG");
    }
#ifdef __APPLE__
    add("-undefined", "dynamic_lookup");
#endif
    for (auto const& folder : words(TRINE_EXERCISE_FOLDERS))
        add("-I" + folder);
    add("-o", module.string(), source.string());

    auto const result = run_program(most, command);
    compiled made;
    made.complaint = result.printed;
    if (result.how == ending::left && result.status == 0 && std::filesystem::exists(module))
        made.ok = true;
    else if (result.how == ending::too_long || result.how == ending::stuck ||
             result.printed.find("CPU time limit exceeded") != std::string::npos)
        made.complaint = "the compiler did not come to an end: a template or a constant that is never finished?\n";
    else if (made.complaint.empty())
        made.complaint = "the compiler failed without a word: " + result.complaint + '\n';
    return made;
}

std::string line_of(std::filesystem::path const& module, std::vector<std::size_t> const& places,
                    std::filesystem::path const& source) {
    if (places.empty())
        return "";
    std::vector<std::string> command{"addr2line", "-i", "-e", module.string()};
    for (std::size_t const place : places) {
        char hex[32];
        // A return address is that of the next instruction, which may be of another line.
        std::snprintf(hex, sizeof hex, "0x%zx", place - 1);
        command.emplace_back(hex);
    }
    try {
        auto const found = run_program({.seconds = 30, .patience = 60}, command);
        std::istringstream lines(found.printed);
        for (std::string line; std::getline(lines, line);) {
            auto const colon = line.rfind(':');
            if (colon == std::string::npos ||
                std::filesystem::path(line.substr(0, colon)).filename() != source.filename())
                continue;
            if (int const number = std::atoi(line.c_str() + colon + 1); number > 0)
                return "line " + std::to_string(number);
        }
    } catch (trine::error const&) { // it is only a help
    }
    return "";
}

temporary_folder::temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "trine-exercise-XXXXXX").string();
    if (!mkdtemp(name.data()))
        trine::fail<trine::io_error>(name, ": cannot be made: ", std::strerror(errno));
    path_ = name;
}
temporary_folder::~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

} // namespace grading
