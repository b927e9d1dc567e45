#include "points.hpp"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include <nlohmann/json.hpp>

#include "../../support/json_line.hpp"
#include "../../support/text.hpp"

namespace grading {
namespace {

template <class... Values>
std::string formatted(char const* format, Values... values) {
    char text[512];
    int const size = std::snprintf(text, sizeof text, format, values...);
    return {text, std::min(sizeof text - 1, static_cast<std::size_t>(size))};
}

std::string quoted_lines(std::string const& text, std::size_t most) {
    std::istringstream lines(text);
    std::string all;
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count)
        if (count < most)
            all += "      | " + program::printable(line.substr(0, 240)) + '\n';
    if (count > most)
        all += "      | … " + std::to_string(count - most) + " lines more\n";
    return all;
}

int sum(std::vector<graded> const& all, int (graded::*what)() const) {
    int total = 0;
    for (auto const& g : all)
        total += (g.*what)();
    return total;
}

// How wide a text is on a terminal: bytes that go on with a character count for nothing.
std::size_t columns(std::string const& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Texts of XML 1.0, which has no control characters.
std::string xml(std::string const& text) {
    std::string all;
    for (char const c : program::printable(text))
        switch (c) {
        case '&':
            all += "&amp;";
            break;
        case '<':
            all += "&lt;";
            break;
        case '>':
            all += "&gt;";
            break;
        case '"':
            all += "&quot;";
            break;
        default:
            all += c;
        }
    return all;
}

} // namespace

std::string in_words(graded const& g) {
    std::string all = "exercise " + std::to_string(g.exercise) + ": " + program::printable(g.file.string()) + "\n";
    bool const compiled = g.checks.empty() || g.checks.front().result != verdict::not_compiled;
    if (!g.compiler.empty())
        all += std::string("  the compiler ") + (compiled ? "warns:\n" : "refuses it:\n") +
               quoted_lines(g.compiler, compiled ? 12 : 40);
    bool const none_written = std::all_of(g.checks.begin(), g.checks.end(),
                                          [](checked const& c) { return c.result == verdict::not_written; });
    if (none_written)
        all += "  there is nothing here yet; its checks will be:\n";
    for (auto const& c : g.checks) {
        all += formatted("  %-12s %2d of %2d  ", name_of(c.result), c.points, c.of) + c.title + '\n';
        if (!c.sentence.empty() && compiled && !none_written)
            all += "      → " + program::printable(c.sentence) + '\n';
        if (!c.printed.empty() && c.result != verdict::passed)
            all += "      it printed:\n" + quoted_lines(c.printed, 12);
    }
    if (!g.comparisons.empty()) {
        std::size_t width = 10;
        for (auto const& row : g.comparisons)
            width = std::max(width, columns(row.what));
        all += formatted("\n  %-*s %10s %10s       times\n", static_cast<int>(width), "", "yours", "Trine's");
        for (auto const& row : g.comparisons) {
            all += "  " + row.what + std::string(width - columns(row.what), ' ') +
                   formatted(" %10.4g %10.4g %-3s", row.yours, row.ours, row.unit.c_str()) +
                   (row.unit == "ms" ? formatted(" %7.1f", row.yours / row.ours) : "        ");
            all += row.note.empty() ? "\n" : "  " + row.note + '\n';
        }
    }
    if (!g.not_compared.empty())
        all += "  not compared with the library: " + program::printable(g.not_compared) + '\n';
    all += formatted("  %d of %d points, %.1f s\n", g.points(), g.of(), g.seconds);
    return all;
}

std::string table_of(std::vector<graded> const& all) {
    std::string text = "exercise                     points\n";
    for (auto const& g : all) {
        text += formatted("%3d  %-22s %3d of %2d", g.exercise, g.name.c_str(), g.points(), g.of());
        for (auto const& c : g.checks)
            if (c.result != verdict::passed) {
                text += std::string("   ") + name_of(c.result) + ": " +
                        program::printable(c.result == verdict::wrong || c.result == verdict::crashed ? c.sentence
                                                                                                      : c.title);
                break;
            }
        text += '\n';
    }
    return text + formatted("all  %-22s %3d of %2d\n", "", sum(all, &graded::points), sum(all, &graded::of));
}

std::string json_of(std::vector<graded> const& all, std::uint64_t seed) {
    nlohmann::json exercises = nlohmann::json::array();
    for (auto const& g : all) {
        nlohmann::json checks = nlohmann::json::array(), rows = nlohmann::json::array();
        for (auto const& c : g.checks)
            checks.push_back({{"name", c.title},
                              {"points", c.points},
                              {"of", c.of},
                              {"verdict", name_of(c.result)},
                              {"sentence", c.sentence}});
        for (auto const& row : g.comparisons)
            rows.push_back({{"name", row.what}, {"yours", row.yours}, {"ours", row.ours}, {"unit", row.unit}});
        exercises.push_back({{"exercise", g.exercise},
                             {"name", g.name},
                             {"file", g.file.string()},
                             {"points", g.points()},
                             {"of", g.of()},
                             {"seconds", g.seconds},
                             {"compiler", g.compiler},
                             {"checks", checks},
                             {"comparison", rows}});
    }
    return program::json_text({{"format", "trine exercises 1"},
                               {"seed", seed},
                               {"points", sum(all, &graded::points)},
                               {"of", sum(all, &graded::of)},
                               {"exercises", exercises}}) +
           '\n';
}

std::string junit_of(std::vector<graded> const& all) {
    std::string suites;
    std::size_t tests = 0, failures = 0, skipped = 0;
    for (auto const& g : all) {
        std::string cases;
        std::size_t wrong_here = 0, skipped_here = 0;
        for (auto const& c : g.checks) {
            cases += "    <testcase classname=\"exercise " + std::to_string(g.exercise) + "\" name=\"" + xml(c.title) +
                     "\">";
            if (c.result == verdict::not_written) {
                cases += "<skipped message=\"" + xml(c.sentence) + "\"/>";
                ++skipped_here;
            } else if (c.result != verdict::passed) {
                cases +=
                    std::string("<failure type=\"") + name_of(c.result) + "\" message=\"" + xml(c.sentence) + "\"/>";
                ++wrong_here;
            }
            cases += "</testcase>\n";
        }
        suites += "  <testsuite name=\"" + xml(g.name) + "\" tests=\"" + std::to_string(g.checks.size()) +
                  "\" failures=\"" + std::to_string(wrong_here) + "\" skipped=\"" + std::to_string(skipped_here) +
                  "\" time=\"" + formatted("%.3f", g.seconds) + "\">\n" + cases + "  </testsuite>\n";
        tests += g.checks.size(), failures += wrong_here, skipped += skipped_here;
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"exercises\" tests=\"" +
           std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\" skipped=\"" +
           std::to_string(skipped) + "\">\n" + suites + "</testsuites>\n";
}

} // namespace grading
