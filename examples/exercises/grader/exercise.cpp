// Grades exercises: compiles what was written, runs its checks, says what is wrong and where to look.
//
//   ./build/release/exercise 4
//
// Expected output: the checks of examples/exercises/04_triplet_loss.cpp, each with its points or with a sentence.

#include <algorithm>
#include <cstdio>

#include <trine/core/error.hpp>
#include <trine/io/file.hpp>

#include "../../support/options.hpp"
#include "points.hpp"

int main(int argc, char** argv) {
    using namespace grading;
    program::options program("exercise", "Compiles an exercise, checks it, and says what is wrong and where to look");
    std::optional<std::size_t> number;
    bool all = false, list = false;
    std::filesystem::path folder = "examples/exercises", tests, json, junit, file;
    std::size_t seed = 1, seconds = 10, patience = 300, megabytes = 1024, threads = 1;
    program.number("number", number, program::range(0, 11), "which one; that of its lesson");
    program.flag("--all", all, "grade all and print the points");
    program.flag("--list", list, "only list the files and their checks");
    program.path("--from", folder, "folder with the files");
    program.path("--file", file, "one file instead, of the exercise NUMBER");
    program.number("--seed", seed, program::any_seed, "other seed, other numbers in all checks");
    program.path("--tests", tests, "folder with further checks, for a teacher");
    program.path("--json", json, "write the points there as JSON");
    program.path("--junit", junit, "write the points there as JUnit XML");
    program.number("--seconds", seconds, program::range(1, 3600), "processor time that a check may take");
    program.number("--patience", patience, program::range(1, 86400), "seconds that it may wait for nothing");
    program.number("--memory", megabytes, program::range(64, 1'000'000), "megabytes that it may take");
    program.number("--threads", threads, program::range(1, 1024), "threads of the library in comparisons");
    program.footer("exercise 4\nexercise --all --json points.json\n"
                   "exercise --all --from students/ada --seed 77 --tests hidden --junit points.xml");
    program.check([&] {
        trine::require<trine::argument_error>(list || all != number.has_value(),
                                              "say either the number of an exercise, 0 to 11, or --all");
        trine::require<trine::argument_error>(file.empty() || number, "--file ", file.string(),
                                              ": needs the number of its exercise");
        trine::require<trine::argument_error>(json.empty() || json != junit, "--json and --junit are the same file, ",
                                              json.string());
    });
    return program.run(argc, argv, [&] {
        end_when_interrupted();
        if (!tests.empty())
            load_checks(tests);
        if (list) {
            for (std::size_t i = 0; i < exercise_names().size(); ++i) {
                std::printf("%s\n", (folder / (exercise_names()[i] + ".cpp")).c_str());
                for (auto const& c : checks())
                    if (c.exercise == static_cast<int>(i))
                        std::printf("    %2d  %s\n", c.points, c.title.c_str());
            }
            return 0;
        }
        grading_options how{.seed = seed,
                            .most = {.seconds = seconds, .patience = patience, .megabytes = megabytes},
                            .compare = !all,
                            .variant = "",
                            .threads = threads};
        std::vector<graded> results;
        for (std::size_t i = all ? 0 : *number; i <= (all ? exercise_names().size() - 1 : *number); ++i) {
            auto const source = file.empty() ? folder / (exercise_names()[i] + ".cpp") : file;
            trine::require<trine::io_error>(
                all || std::filesystem::is_regular_file(source), source.string(),
                ": there is no such file; run this from the project's folder, or say --from");
            student_file const student(static_cast<int>(i), source);
            results.push_back(student.grade(how));
            if (!all)
                std::fputs(in_words(results.back()).c_str(), stdout);
        }
        if (all)
            std::fputs(table_of(results).c_str(), stdout);
        if (!json.empty())
            trine::io::write_file(json, json_of(results, seed));
        if (!junit.empty())
            trine::io::write_file(junit, junit_of(results));
        return std::all_of(results.begin(), results.end(), [](graded const& g) { return g.passed(); }) ? 0 : 2;
    });
}
