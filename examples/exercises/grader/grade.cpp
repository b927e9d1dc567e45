#include "grade.hpp"

#include <algorithm>
#include <chrono>
#include <sstream>

#include <dlfcn.h>

#include <trine/core/parallel.hpp>

#include "compiler.hpp"

namespace grading {

char const* name_of(verdict v) {
    constexpr char const* names[] = {"passed", "wrong", "not written", "crashed", "too long", "not compiled"};
    return names[static_cast<std::size_t>(v)];
}

int graded::points() const {
    int sum = 0;
    for (auto const& c : checks)
        sum += c.points;
    return sum;
}
int graded::of() const {
    int sum = 0;
    for (auto const& c : checks)
        sum += c.of;
    return sum;
}

std::vector<std::string> const& exercise_names() {
    static std::vector<std::string> const names{"00_unit_length",       "01_softmax_head",    "02_sampling_triplets",
                                                "03_convolution",       "04_triplet_loss",    "05_semi_hard",
                                                "06_nearest_neighbors", "07_threshold",       "08_bootstrap",
                                                "09_own_loss",          "10_loading_weights", "11_squared_distances"};
    return names;
}

struct student_file::state {
    int exercise;
    std::filesystem::path file;
    temporary_folder folder;
    std::filesystem::path module, fast_module;
    limits compiling;
    compiled made;
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
};

namespace {

// In a child: what a module has, or nothing and why.
submissions load(std::filesystem::path const& module, int exercise, std::string& complaint) {
    submissions all{};
    if (void* const library = dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL); !library)
        complaint = std::string("it cannot be loaded: ") + dlerror();
    else if (auto const entry = reinterpret_cast<void (*)(submissions*)>(dlsym(library, "exercise_submissions")))
        entry(&all);
    else
        complaint = "its last line, EXERCISE(" + std::to_string(exercise) + ", …), is gone";
    return all;
}

// The functions of one of them, or nothing and why.
void const* load(std::filesystem::path const& module, int exercise, std::string const& variant,
                 std::string& complaint) {
    auto const all = load(module, exercise, complaint);
    for (auto const& one : std::span(all.all, all.count)) {
        if (one.exercise != exercise) {
            complaint = "it is of exercise " + std::to_string(one.exercise) + ", not " + std::to_string(exercise);
            return nullptr;
        }
        if (variant == one.name)
            return one.functions;
    }
    if (complaint.empty())
        complaint = "it has no submission \"" + variant + '"';
    return nullptr;
}

// What a child answers: a letter and a sentence.
constexpr char passed = 'P', is_wrong = 'W', not_there = 'N', broken = 'C';

template <class F>
std::string guarded_call(limits const& most, F const& f) {
    try {
        auto const answer = f();
        auto const damage = guarded_memory::damage();
        return damage.empty() ? answer : is_wrong + damage;
    } catch (mistake const& e) {
        if (auto const damage = guarded_memory::damage(); !damage.empty())
            return is_wrong + damage;
        return is_wrong + std::string(e.what());
    } catch (not_written const&) {
        return std::string(1, not_there);
    } catch (std::bad_alloc const&) {
        return is_wrong + ("it wants more memory than the " + std::to_string(most.megabytes) + " MB that it may have");
    } catch (std::exception const& e) {
        return is_wrong + std::string("it throws: ") + e.what();
    } catch (...) {
        return is_wrong + std::string("it throws something");
    }
}

// The part of what was printed before an abort that says why: "…: Assertion '…' failed."
std::string assertion_in(std::string const& printed) {
    std::istringstream lines(printed);
    std::string found;
    for (std::string line; std::getline(lines, line);)
        if (line.find("Assertion") != std::string::npos || line.starts_with("terminate called") ||
            line.starts_with("free()") || line.starts_with("malloc") || line.starts_with("corrupted"))
            found = line;
    if (found.find("row < rows_ && col < cols_") != std::string::npos ||
        found.find("index < rows_") != std::string::npos)
        return "an index is beyond the rows or columns of a matrix";
    if (found.find("size()'") != std::string::npos || found.find("__n < ") != std::string::npos)
        return "an index is beyond the end of a span or vector";
    if (found.find("empty()'") != std::string::npos)
        return "the first or last value of something empty is asked for";
    if (found.starts_with("free()") || found.starts_with("malloc") || found.starts_with("corrupted"))
        return "it has spoilt its memory: it wrote beyond what it had asked for, or gave something back twice (" +
               found + ")";
    return found.empty() ? "" : "it stopped itself: " + found;
}

} // namespace

student_file::student_file(int exercise, std::filesystem::path file, limits const& compiling)
    : state_(std::make_unique<state>()) {
    state_->compiling = compiling;
    state_->exercise = exercise;
    state_->file = std::move(file);
    state_->module = state_->folder.path() / "checked.so";
    state_->fast_module = state_->folder.path() / "fast.so";
    state_->made = compile(state_->file, state_->module, purpose::checks, compiling);
}
student_file::~student_file() = default;

std::vector<std::pair<std::string, std::string>> student_file::variants() const {
    trine::require(state_->made.ok, state_->file.string(), ": does not compile:\n", state_->made.complaint);
    auto const result = in_child({}, state_->module, [&]() -> std::string {
        std::string text, complaint;
        auto const all = load(state_->module, state_->exercise, complaint);
        for (auto const& one : std::span(all.all, all.count))
            text += std::string(one.name) + '\t' + one.mistake + '\n';
        return text;
    });
    std::vector<std::pair<std::string, std::string>> all;
    std::istringstream lines(result.answer);
    for (std::string line; std::getline(lines, line);)
        if (auto const tab = line.find('\t'); tab != std::string::npos)
            all.emplace_back(line.substr(0, tab), line.substr(tab + 1));
    return all;
}

namespace {

checked from(outcome const& result, check const& c, std::filesystem::path const& module,
             std::filesystem::path const& file, limits const& most) {
    checked it;
    it.title = c.title;
    it.of = c.points;
    it.printed = result.printed;
    if (result.printed_more)
        it.printed += "\n… and more\n";
    auto const line = [&] {
        auto const found = line_of(module, result.frames, file);
        return found.empty() ? "" : " (" + file.filename().string() + ", " + found + ")";
    };
    it.result = verdict::crashed;
    switch (result.how) {
    case ending::answered:
        it.sentence = result.answer.substr(std::min<std::size_t>(1, result.answer.size()));
        switch (result.answer.empty() ? broken : result.answer.front()) {
        case passed:
            it.result = verdict::passed;
            it.points = c.points;
            break;
        case not_there:
            it.result = verdict::not_written;
            it.sentence = "there is nothing here yet";
            break;
        case is_wrong:
            it.result = verdict::wrong;
            break;
        default:
            break;
        }
        break;
    case ending::signal: {
        auto const why = result.complaint.find("(abort)") != std::string::npos ? assertion_in(result.printed) : "";
        it.sentence = (why.empty() ? result.complaint : why) + line();
        break;
    }
    case ending::too_long:
        it.result = verdict::too_long;
        it.sentence = "it was still computing after " + std::to_string(most.seconds) +
                      " s: is there a loop that does not end?" + line();
        break;
    case ending::stuck:
        it.result = verdict::too_long;
        it.sentence = "it has waited for " + std::to_string(most.patience) +
                      " s without doing anything: for input, or for a lock?";
        break;
    case ending::left:
        it.sentence =
            "it ended the whole program (with exit status " + std::to_string(result.status) + ") instead of returning";
    }
    return it;
}

} // namespace

graded student_file::grade(grading_options const& how) const {
    graded all;
    all.exercise = state_->exercise;
    all.name = exercise_names().at(static_cast<std::size_t>(state_->exercise)).substr(3);
    all.file = state_->file;
    all.compiler = state_->made.complaint;
    std::uint32_t number = 0;
    for (auto const& c : checks()) {
        if (c.exercise != state_->exercise)
            continue;
        ++number;
        if (!state_->made.ok) {
            all.checks.push_back({.title = c.title,
                                  .of = c.points,
                                  .result = verdict::not_compiled,
                                  .sentence = "the file does not compile",
                                  .printed = ""});
            continue;
        }
        auto const result = in_child(how.most, state_->module, [&] {
            return guarded_call(how.most, [&]() -> std::string {
                std::string complaint;
                auto const* const functions = load(state_->module, state_->exercise, how.variant, complaint);
                if (!functions)
                    return broken + complaint;
                trine::set_thread_count(1);
                inputs in(how.seed, static_cast<std::uint32_t>(state_->exercise), number);
                c.body(functions, in);
                return std::string(1, passed);
            });
        });
        all.checks.push_back(from(result, c, state_->module, state_->file, how.most));
        if (how.until_wrong && all.checks.back().result != verdict::passed)
            break;
    }
    if (auto const body = comparison_of(state_->exercise); how.compare && body && all.passed() && !all.checks.empty()) {
        auto const fast = compile(state_->file, state_->fast_module, purpose::speed, state_->compiling);
        auto most = how.most;
        most.seconds = std::max<std::size_t>(most.seconds, 60);
        auto const result = in_child(most, state_->fast_module, [&] {
            return guarded_call(most, [&]() -> std::string {
                std::string complaint;
                auto const* const functions =
                    fast.ok ? load(state_->fast_module, state_->exercise, how.variant, complaint) : nullptr;
                if (!functions)
                    return broken + complaint;
                trine::set_thread_count(how.threads);
                inputs in(how.seed, static_cast<std::uint32_t>(state_->exercise), 1000);
                std::string rows(1, passed);
                for (auto const& row : body(functions, in)) {
                    std::ostringstream line;
                    line.precision(17);
                    line << row.what << '\t' << row.yours << '\t' << row.ours << '\t' << row.unit << '\t' << row.note
                         << '\n';
                    rows += line.str();
                }
                return rows;
            });
        });
        if (result.how == ending::answered && result.answer.starts_with(passed)) {
            std::istringstream lines(result.answer.substr(1));
            for (std::string line; std::getline(lines, line);) {
                std::istringstream cells(line);
                std::string cell[5];
                for (auto& c : cell)
                    std::getline(cells, c, '\t');
                all.comparisons.push_back({cell[0], std::stod(cell[1]), std::stod(cell[2]), cell[3], cell[4]});
            }
        } else {
            all.not_compared =
                from(result, {state_->exercise, 0, "", nullptr}, state_->fast_module, state_->file, most).sentence;
        }
    }
    all.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - state_->began).count();
    return all;
}

void load_checks(std::filesystem::path const& folder) {
    trine::require<trine::io_error>(std::filesystem::is_directory(folder), folder.string(),
                                    ": there is no such folder");
    std::vector<std::filesystem::path> files;
    for (auto const& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".cpp" && entry.is_regular_file())
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    trine::require<trine::data_error>(!files.empty(), folder.string(), ": holds no checks (files that end in .cpp)");
    static temporary_folder const made;
    for (auto const& file : files) {
        static int number = 0;
        auto const module = made.path() / ("checks" + std::to_string(number++) + ".so");
        auto const result =
            compile(file, module, purpose::grading, {.seconds = 600, .patience = 6000, .megabytes = 4096});
        trine::require(result.ok, file.string(), ": does not compile:\n", result.complaint);
        auto const before = checks().size();
        // They stay loaded: what they added is called until the end.
        if (!dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL))
            trine::fail(file.string(), ": cannot be loaded: ", std::string(dlerror()));
        trine::require<trine::data_error>(checks().size() > before, file.string(), ": adds no checks");
    }
}

} // namespace grading
