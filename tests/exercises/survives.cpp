// That nothing which a student writes harms the grader: survives FOLDER
//
// FOLDER holds what crashes, does not end, takes all memory, or does not compile. Each has to be told from the others
// in a sentence, and the grader has to go on.

#include <algorithm>
#include <cstdio>

#include "grader/points.hpp"

using namespace grading;

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: survives FOLDER\n");
        return 1;
    }
    std::filesystem::path const folder = argv[1];
    std::size_t bad = 0, good = 0;
    auto const expect = [&](std::string const& name, std::string const& text, std::string const& words) {
        bool const found = text.find(words) != std::string::npos;
        std::printf("%-22s %s\n", name.c_str(),
                    found ? words.c_str() : ("expected \"" + words + "\" in: " + text).c_str());
        ++(found ? good : bad);
    };

    student_file const crashes(0, folder / "crashes.cpp");
    for (auto const& [name, words] : crashes.variants()) {
        grading_options how;
        how.variant = name;
        how.until_wrong = true;
        // Only what never ends may come to the end of its time: on a busy machine the others are slow.
        how.most = {.seconds = name.starts_with("endless") ? 1u : 120u,
                    .patience = name == "waits" ? 2u : 600u,
                    .megabytes = 256};
        auto const g = crashes.grade(how);
        std::string sentences;
        for (auto const& c : g.checks)
            sentences += c.sentence;
        expect(name, sentences, words);
    }

    struct file {
        char const* name;
        char const* words;
    };
    for (auto const& [name, words] :
         {file{"does_not_compile", "does_not_compile.cpp:4"}, file{"other_types", "invalid conversion"},
          file{"no_entry", "its last line, EXERCISE(0, …), is gone"},
          file{"other_exercise", "it is of exercise 2, not 0"},
          file{"endless_compilation", "the compiler did not come to an end"},
          file{"begins_to_load", "it stopped itself (abort)"}, file{"is_not_there", "is_not_there.cpp"}}) {
        student_file const it(0, folder / (std::string(name) + ".cpp"),
                              {.seconds = name == std::string_view("endless_compilation") ? 5u : 120u,
                               .patience = 600,
                               .megabytes = 4096});
        expect(name, in_words(it.grade({.most = {.seconds = 60, .patience = 600}, .until_wrong = true, .variant = ""})),
               words);
    }
    if (bad > 0) {
        std::printf("%zu of %zu were not told\n", bad, bad + good);
        return 1;
    }
    std::printf("the grader survives all %zu\n", good);
}
