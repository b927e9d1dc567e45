// What the grader says of all solutions, right and wrong: verdicts FOLDER SEED…
//
// FOLDER holds `solutions` and `wrong`. A solution has to pass with every seed; a wrong one has to fail, with the
// sentence that it says itself. Prints the table, and how many sentences have other numbers with another seed.

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "grader/grade.hpp"

using namespace grading;

namespace {

// The sentence of a failed check that has the words, or else the first there is.
std::string sentence_of(graded const& g, std::string const& words, bool& found) {
    std::string first;
    for (auto const& c : g.checks) {
        if (c.result == verdict::passed)
            continue;
        if (c.sentence.find(words) != std::string::npos) {
            found = true;
            return c.sentence;
        }
        if (first.empty())
            first = c.sentence;
    }
    return first;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: verdicts FOLDER SEED...\n");
        return 1;
    }
    std::filesystem::path const folder = argv[1];
    std::size_t right = 0, wrong = 0, others = 0, told = 0, bad = 0;
    for (std::size_t i = 0; i < exercise_names().size(); ++i) {
        auto const name = exercise_names()[i] + ".cpp";
        int points = 0;
        for (auto const& c : checks())
            points += c.exercise == static_cast<int>(i) ? c.points : 0;
        if (points != 10) {
            std::printf("exercise %zu has %d points, not 10\n", i, points);
            ++bad;
        }
        student_file const solution(static_cast<int>(i), folder / "solutions" / name);
        student_file const mistakes(static_cast<int>(i), folder / "wrong" / name);
        auto const variants = mistakes.variants();
        if (variants.size() < 5) {
            std::printf("exercise %zu has only %zu wrong solutions\n", i, variants.size());
            ++bad;
        }
        for (int s = 2; s < argc; ++s) {
            grading_options how;
            how.seed = std::strtoull(argv[s], nullptr, 10);
            auto const g = solution.grade(how);
            ++right;
            if (!g.passed() || g.checks.empty()) {
                bool found = false;
                std::printf("%2zu  solution, seed %s: %s %s\n", i, argv[s], g.compiler.c_str(),
                            sentence_of(g, "", found).c_str());
                ++bad;
            }
        }
        std::printf("%2zu  %-22s the solution passes\n", i, exercise_names()[i].substr(3).c_str());
        for (auto const& [variant, words] : variants) {
            std::vector<std::string> sentences;
            for (int s = 2; s < argc; ++s) {
                grading_options how;
                how.seed = std::strtoull(argv[s], nullptr, 10);
                how.variant = variant;
                auto const g = mistakes.grade(how);
                ++wrong;
                bool found = false;
                auto const sentence = sentence_of(g, words, found);
                if (s == 2)
                    std::printf("    %-22s %2d of %2d  %s\n", variant.c_str(), g.points(), g.of(), sentence.c_str());
                if (g.passed() || !found) {
                    std::printf("    %-22s seed %s: expected \"%s\", and it says \"%s\"\n", variant.c_str(), argv[s],
                                words.c_str(), sentence.c_str());
                    ++bad;
                }
                std::string all;
                for (auto const& c : g.checks)
                    all += c.sentence + '\n';
                sentences.push_back(all);
            }
            for (std::size_t s = 1; s < sentences.size(); ++s)
                ++told, others += sentences[s] != sentences[0];
        }
    }
    if (bad > 0) {
        std::printf("%zu are not as they should be\n", bad);
        return 1;
    }
    std::printf(
        "%zu verdicts on solutions, %zu on wrong ones, all as they should be; other seeds change what is said of %zu "
        "of %zu\n",
        right, wrong, others, told);
}
