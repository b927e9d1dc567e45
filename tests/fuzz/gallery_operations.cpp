// gallery_operations SECONDS [SEED]: galleries against a plain list in memory.
//
// Random sequences of everything that a gallery can be told, by one writer, while two readers follow; on a disk
// (disk.hpp) that can fail, and of which every crash leaves what it may. What holds:
//
// - A gallery is what the list says, photo by photo, in the same order.
// - After a crash it opens, to read and to write, and is as before the change that was being made or as after it; as
//   after it when the change had returned. Then work goes on.
// - A change that fails has been made or not; what was there before stays.
// - A reader sees what the gallery was at some time, never something older than before; once nobody writes, what it is.
// - Of who has been purged no byte is left.
//
// With 0 SECONDS it runs the one sequence of the seed, as a finding names it.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <trine/neighbors/gallery.hpp>

#include "disk.hpp"
#include "reading.hpp"

using namespace trine;
using neighbors::access;
namespace fs = std::filesystem;

namespace {

using content = std::vector<std::string>; // a line a photo

struct photo {
    std::string name, source;
    std::vector<float> point;
    bool is_removed = false;
};

// What a gallery should be.
struct model {
    std::vector<photo> photos;

    content lines() const {
        content all;
        for (auto const& p : photos)
            if (!p.is_removed)
                all.push_back(line(p.name, p.source, p.point));
        return all;
    }
    static std::string line(std::string const& name, std::string const& source, std::vector<float> const& point) {
        std::string text = name + " | " + source + " |";
        for (float v : point)
            text += ' ' + std::to_string(static_cast<int>(v));
        return text;
    }
    std::vector<std::string> people() const {
        std::set<std::string> all;
        for (auto const& p : photos)
            if (!p.is_removed)
                all.insert(p.name);
        return {all.begin(), all.end()};
    }
    std::size_t count(std::string const& name) const {
        return static_cast<std::size_t>(std::count_if(photos.begin(), photos.end(),
                                                      [&](photo const& p) { return !p.is_removed && p.name == name; }));
    }
    void remove(std::string const& name) {
        for (auto& p : photos)
            p.is_removed = p.is_removed || p.name == name;
    }
    void rename(std::string const& from, std::string const& to) {
        for (auto& p : photos)
            if (p.name == from)
                p.name = to;
    }
    void compact() {
        std::erase_if(photos, [](photo const& p) { return p.is_removed; });
    }
};

struct counts {
    std::size_t sequences = 0, operations = 0, killed = 0, power_failures = 0, recovered = 0, faults = 0, views = 0;
} done;

struct finding {
    std::string what;
};

template <class Storage>
class sequence {
    using gallery = neighbors::gallery<Storage>;

    // A gallery on the disk: what it may be after a crash, and what it has been for readers.
    struct file {
        std::string name;
        bool is_there = false;
        std::vector<std::optional<content>> allowed{std::nullopt}; // nothing: there is no file
        std::vector<content> history;
    };
    struct reader {
        std::optional<gallery> open;
        std::size_t file = 0, seen = 0; // place in the file's history
    };
    struct crash_state {
        disk::left left;
        disk::crash how;
        std::vector<std::optional<content>> allowed[2]; // what the galleries may be
    };

public:
    sequence(std::uint64_t seed, fs::path const& folder)
        : random_(seed), seed_(seed), folder_(folder / "gallery"), crashed_(folder / "crashed") {
        files_[0].name = "one.gallery", files_[1].name = "two.gallery";
    }

    void run() {
        clear(folder_), watch();
        for (std::size_t steps = 5 + below(60), i = 0; i < steps; ++i) {
            ++done.operations;
            step();
            if (last_crash_ && below(20) == 0)
                go_on_after_crash();
        }
        close();
        disk::check();
        disk::watch_nothing();
        ++done.sequences;
    }

    // What was done, for a finding.
    std::string const& log() const { return log_; }
    fs::path const& crashed() const { return crashed_; }

private:
    std::size_t below(std::size_t n) { return random_() % n; }
    template <class T>
    T const& any_of(std::vector<T> const& from) {
        return from[below(from.size())];
    }

    void note(std::string const& what) { log_ += "  " + what + '\n'; }
    static void hold(bool condition, std::string const& what) {
        if (!condition)
            throw finding{what};
    }

    static void clear(fs::path const& folder) {
        fs::remove_all(folder);
        fs::create_directories(folder);
    }
    void watch(disk::left const& from = {}) {
        disk::watch(folder_, seed_ + 1000 * ++watches_, from);
        disk::before_changes([this] {
            if (below(6) == 0)
                crash();
            if (!found_ && below(4) == 0)
                try {
                    look();
                } catch (finding const& f) { // not through what the writer is doing
                    found_ = f;
                }
        });
    }

    static content lines_of(gallery const& g) {
        content all;
        for (std::size_t place = 0; place < g.places(); ++place)
            if (!g.is_removed(place))
                all.push_back(model::line(g.name(place), g.source(place), g.point(place)));
        hold(all.size() == g.size(), "a gallery's size is not the number of its photos");
        return all;
    }
    static std::string in_words(content const& lines) {
        std::string text;
        for (auto const& line : lines)
            text += "    " + line + '\n';
        return text.empty() ? "    nobody\n" : text;
    }

    // A crash now, to be looked at when it is known what the change would have made.
    void crash() {
        auto const how = below(3) == 0 ? disk::crash::killed : disk::crash::power_failure;
        crashes_.push_back({disk::after_crash(how, random_), how, {}});
    }

    void check_crashes() {
        for (auto& c : std::exchange(crashes_, {})) {
            check_crash(c);
            if (below(2) == 0) {
                c.allowed[0] = files_[0].allowed, c.allowed[1] = files_[1].allowed;
                last_crash_ = std::move(c);
            }
        }
    }
    void check_crash(crash_state const& c) {
        ++(c.how == disk::crash::killed ? done.killed : done.power_failures);
        clear(crashed_);
        for (auto const& [name, bytes] : c.left.files)
            std::ofstream(crashed_ / name, std::ios::binary) << bytes;
        for (auto const& f : files_)
            check_left(f, c.how == disk::crash::killed ? "the writer was killed" : "the power failed");
    }
    void check_left(file const& f, std::string const& when) {
        auto const path = crashed_ / f.name;
        auto const is_allowed = [&](std::optional<content> const& seen) {
            return std::find(f.allowed.begin(), f.allowed.end(), seen) != f.allowed.end();
        };
        if (!fs::exists(path))
            return hold(is_allowed(std::nullopt), "when " + when + ", " + f.name + " was lost");
        std::string doing = "read";
        try {
            auto const seen = lines_of(gallery::open(path));
            if (!is_allowed(seen)) {
                std::string text = "when " + when + ", " + f.name + " became\n" + in_words(seen) + "  not one of\n";
                for (auto const& a : f.allowed)
                    text += a ? in_words(*a) + "    --\n" : "    no file\n    --\n";
                throw finding{text};
            }
            doing = "open for writing";
            {
                auto g = gallery::open(path, access::write);
                hold(lines_of(g) == seen, f.name + " is another one for a writer, when " + when);
                hold(g.set_aside().empty(), "its own log was put aside, when " + when);
                if (below(2) == 0) {
                    doing = "add to";
                    g.add("next", "photo", std::vector<float>{127, 1});
                    hold(g.size() == seen.size() + 1, "a photo was added and is not there");
                }
            }
            doing = "read again";
            auto again = lines_of(gallery::open(path));
            if (again.size() > seen.size())
                again.pop_back();
            hold(again == seen, f.name + " is another one after the next writer, when " + when);
        } catch (error const& e) {
            throw finding{"when " + when + ", " + f.name + " could not be " + doing + ": " + e.what()};
        }
    }

    // What a reader sees is something that was there, and not before what it saw last.
    void see(reader& r, std::string const& when) {
        auto const seen = lines_of(*r.open);
        auto const& history = files_[r.file].history;
        auto const at = std::find(history.begin() + static_cast<std::ptrdiff_t>(r.seen), history.end(), seen);
        ++done.views;
        // What the disk has just refused was there for a moment, and is taken back.
        if (at == history.end() && disk::failures() > 0 && history.size() > 1 && seen == history[history.size() - 2]) {
            r.seen = history.size() - 2;
            return;
        }
        if (at == history.end())
            throw finding{"a reader sees " + when + "\n" + in_words(seen) + "  of a gallery that is\n" +
                          in_words(history.back())};
        r.seen = static_cast<std::size_t>(at - history.begin());
    }
    // One reader looks, while somebody writes or not.
    void look() {
        auto& r = readers_[below(2)];
        try {
            if (!r.open || below(8) == 0) {
                std::size_t const which = below(2);
                if (!files_[which].is_there)
                    return;
                if (r.open && r.file != which)
                    r.seen = 0;
                r.file = which;
                r.open.emplace(gallery::open(folder_ / files_[which].name));
            } else
                r.open->refresh();
        } catch (error const& e) {
            throw finding{std::string("a reader gets an error: ") + e.what()};
        }
        see(r, "in between");
    }
    void check_readers() {
        for (auto& r : readers_)
            if (r.open) {
                try {
                    r.open->refresh();
                } catch (error const& e) {
                    throw finding{std::string("a reader gets an error when nobody writes: ") + e.what()};
                }
                see(r, "when nobody writes");
                auto const& f = files_[r.file];
                hold(f.allowed.size() > 1 || lines_of(*r.open) == f.history.back(),
                     "a reader does not see what is new:\n" + in_words(lines_of(*r.open)) + "  but it is\n" +
                         in_words(f.history.back()));
            }
    }

    std::string new_name() { return "person-" + std::to_string(++names_) + "."; }
    std::string some_name() {
        auto const all = now_.people();
        return all.empty() || below(3) == 0 ? new_name() : any_of(all);
    }
    // Somebody who is there no more, or who never was.
    std::string free_name() {
        std::vector<std::string> free{new_name()};
        for (auto const& p : now_.photos)
            if (now_.count(p.name) == 0)
                free.push_back(p.name);
        return any_of(free);
    }

    // Does what makes `after` of a gallery, perhaps on a disk that fails. The readers' and the crashes' answers depend
    // on it. Says whether it was done.
    bool change(std::size_t which, std::string const& what, content after, std::function<void()> const& act) {
        note(what);
        last_crash_.reset();
        auto& f = files_[which];
        auto const before = f.history.empty() ? content{} : f.history.back();
        bool const is_new = !f.is_there;
        f.allowed.emplace_back(after);
        f.history.push_back(after);
        bool const fails = below(6) == 0;
        if (fails)
            disk::fail_later(below(8), 1 + below(3), below(2) == 0, random_());
        std::string problem;
        try {
            act();
        } catch (io_error const& e) {
            problem = e.what();
        } catch (error const& e) {
            throw finding{what + ": " + e.what()};
        }
        std::size_t const failed = disk::failures();
        disk::fail_later(0, 0, false, 0);
        if (found_)
            throw *found_;
        done.faults += failed;
        check_crashes();
        if (problem.empty()) {
            f.is_there = true;
            f.allowed = {after};
            crash();
        } else {
            note("failed: " + problem);
            hold(failed > 0 || is_doubtful_, what + " fails though the disk does not: " + problem);
            is_doubtful_ = true;
            crash(); // the disk may have it or not
            f.is_there = fs::exists(folder_ / f.name);
            if (is_new && !f.is_there)
                f.history.pop_back();
            else
                f.history.push_back(before);
        }
        check_crashes();
        return problem.empty();
    }

    void step() {
        if (!writer_)
            return open();
        auto const people = now_.people();
        auto next = now_;
        switch (below(14)) {
        default: { // add
            std::vector<std::string> names, sources;
            std::vector<float> points;
            for (std::size_t i = 0, n = 1 + below(below(3) == 0 ? 20 : 2); i < n; ++i) {
                names.push_back(i > 0 && below(2) == 0 ? names.back() : some_name());
                sources.push_back("photo-" + std::to_string(++sources_) + "." + std::string(below(30), 'x'));
                // Whole numbers, which any storage keeps as they are.
                points.insert(points.end(), {127, static_cast<float>(below(255)) - 127});
                next.photos.push_back({names[i], sources[i], {points[2 * i], points[2 * i + 1]}});
            }
            writes("add " + std::to_string(names.size()), std::move(next),
                   [&] { writer_->add(names, sources, matrix_view<float const>(points.data(), names.size(), 2)); });
            return;
        }
        case 0:
        case 1: { // remove photos
            std::vector<std::size_t> places;
            for (std::size_t i = 0; i < now_.photos.size(); ++i)
                if (!now_.photos[i].is_removed && below(4) == 0)
                    places.push_back(i), next.photos[i].is_removed = true;
            if (places.empty()) // which promises nothing
                return writer_->remove(places);
            writes("remove " + std::to_string(places.size()), std::move(next), [&] { writer_->remove(places); });
            return;
        }
        case 2: {
            if (people.empty())
                return;
            auto const name = any_of(people);
            next.remove(name);
            writes("remove " + name, std::move(next), [&] { writer_->remove(name); });
            return;
        }
        case 3: {
            if (people.empty())
                return;
            auto const from = any_of(people), to = free_name();
            // Photos of `to` that are gone become the renamed one's, as names are people.
            next.rename(from, to);
            writes("rename " + from + " " + to, std::move(next), [&] { writer_->rename(from, to); });
            return;
        }
        case 4: {
            if (people.size() < 2)
                return;
            auto const from = any_of(people), into = any_of(people);
            if (from == into)
                return refuses("merge with itself", [&] { writer_->merge(from, into); });
            next.rename(from, into);
            writes("merge " + from + " " + into, std::move(next), [&] { writer_->merge(from, into); });
            return;
        }
        case 5: {
            if (now_.photos.empty())
                return;
            auto const name = any_of(now_.photos).name;
            std::vector<std::string> secrets{name};
            for (auto const& p : now_.photos)
                if (p.name == name)
                    secrets.push_back(p.source.substr(0, p.source.find('.') + 1));
            next.remove(name), next.compact();
            if (writes("purge " + name, std::move(next), [&] { writer_->purge(name); }))
                check_purged(secrets);
            return;
        }
        case 6:
            next.compact();
            writes("purge", std::move(next), [&] { writer_->purge(); });
            return;
        case 7:
            next.compact();
            writes("compact", std::move(next), [&] { writer_->compact(); });
            return;
        case 8: { // the other gallery becomes as this one is
            std::size_t const other = 1 - at_;
            change(other, "save as " + files_[other].name, now_.lines(),
                   [&] { writer_->save_as(folder_ / files_[other].name); });
            return settle(other);
        }
        case 9:
            if (below(2) == 0)
                at_ = files_[1 - at_].is_there ? 1 - at_ : at_;
            return close();
        case 10:
            if (people.size() >= 2 && people[0] != people[1])
                refuses("rename to somebody", [&] { writer_->rename(people[0], people[1]); });
            refuses("remove nobody", [&] { writer_->remove("nobody"); });
            refuses("add nobody", [&] { writer_->add("", "x", std::vector<float>{1, 1}); });
            refuses("a second writer", [&] { (void)gallery::open(folder_ / files_[at_].name, access::write); });
            return;
        }
    }

    static void refuses(std::string const& what, std::function<void()> const& act) {
        try {
            act();
        } catch (error const&) {
            return;
        }
        throw finding{"not refused: " + what};
    }

    // A change of the gallery that is open.
    bool writes(std::string const& what, model next, std::function<void()> const& act) {
        bool const is_done = change(at_, what, next.lines(), act);
        auto const held = lines_of(*writer_);
        if (is_done) {
            hold(held == next.lines(),
                 what + " made of the gallery\n" + in_words(held) + "  not\n" + in_words(next.lines()));
            now_ = std::move(next);
        } else if (held != now_.lines()) {
            hold(held == next.lines(),
                 what + " failed and made of the gallery\n" + in_words(held) + "  of\n" + in_words(now_.lines()));
            files_[at_].history.push_back(held);
        }
        if (!is_done) // half-way, places have been counted anew or not
            take_places();
        hold(writer_->places() == now_.photos.size(), what + ": the places are not as many as they should be");
        if (!is_done && below(2) == 0)
            close();
        check_readers();
        return is_done;
    }

    // Nobody writes: the gallery is what it says it is, and nothing is in doubt any more.
    void settle(std::size_t which) {
        auto& f = files_[which];
        if (!f.is_there)
            return;
        try {
            auto const seen = lines_of(gallery::open(folder_ / f.name));
            hold(std::find(f.allowed.begin(), f.allowed.end(), std::optional(seen)) != f.allowed.end(),
                 f.name + " is neither as before nor as after what failed:\n" + in_words(seen));
            if (f.history.back() != seen)
                f.history.push_back(seen);
        } catch (error const& e) {
            throw finding{f.name + " cannot be read any more: " + e.what()};
        }
        check_readers();
    }

    void open() {
        auto& f = files_[at_];
        is_doubtful_ = false;
        if (!f.is_there) {
            if (change(at_, "create " + f.name, {}, [&] {
                    writer_.emplace(gallery::create(folder_ / f.name, {"a network", "squared euclidean", 2}));
                }))
                now_ = {};
            else
                settle(at_);
            return;
        }
        settle(at_);
        if (change(at_, "open " + f.name, f.history.back(),
                   [&] { writer_.emplace(gallery::open(folder_ / f.name, access::write)); })) {
            hold(lines_of(*writer_) == f.history.back(), f.name + " is another one for a writer");
            hold(writer_->set_aside().empty(), "its own log was put aside");
            take_places();
        } else
            settle(at_);
    }
    void take_places() {
        now_ = {};
        for (std::size_t place = 0; place < writer_->places(); ++place)
            now_.photos.push_back(
                {writer_->name(place), writer_->source(place), writer_->point(place), writer_->is_removed(place)});
    }
    void close() {
        if (!writer_)
            return;
        note("close");
        writer_.reset();
        if (found_)
            throw *found_;
        check_crashes();
        settle(at_);
        disk::check();
    }

    void check_purged(std::vector<std::string> const& secrets) {
        auto const look_for = [&](disk::contents const& files, char const* when) {
            for (auto const& [name, bytes] : files)
                if (name.starts_with(files_[at_].name))
                    for (auto const& secret : secrets)
                        hold(bytes.find(secret) == bytes.npos,
                             std::string(when) + " " + name + " still says \"" + secret + "\", which was purged");
        };
        look_for(disk::after_crash(disk::crash::killed, random_).files, "now");
        look_for(disk::after_crash(disk::crash::power_failure, random_).files, "when the power fails");
    }

    // A crash, and the next program finds what it left.
    void go_on_after_crash() {
        auto const crash = *std::exchange(last_crash_, {});
        note(crash.how == disk::crash::killed ? "killed during the last change" : "power failure in the last change");
        ++done.recovered;
        for (auto& r : readers_)
            r = {};
        disk::watch_nothing();
        writer_.reset();
        crashes_.clear();
        clear(folder_);
        for (auto const& [name, bytes] : crash.left.files)
            std::ofstream(folder_ / name, std::ios::binary) << bytes;
        for (auto& f : files_) {
            f.is_there = fs::exists(folder_ / f.name);
            f.history.clear();
            if (f.is_there)
                f.history.push_back(lines_of(gallery::open(folder_ / f.name)));
            f.allowed = {f.is_there ? std::optional(f.history.back()) : std::nullopt};
            // What a killed program was doing may be seen, and not on the disk yet.
            if (crash.how == disk::crash::killed)
                for (auto const& a : crash.allowed[&f - files_])
                    f.allowed.push_back(a);
        }
        watch(crash.left);
    }

    std::mt19937_64 random_;
    std::uint64_t seed_, watches_ = 0;
    fs::path folder_, crashed_;
    file files_[2];
    reader readers_[2];
    std::size_t at_ = 0; // the gallery that is written to
    std::optional<gallery> writer_;
    model now_;
    bool is_doubtful_ = false; // whether something failed since it was opened
    std::vector<crash_state> crashes_;
    std::optional<crash_state> last_crash_; // one of the last change, to go on from
    std::optional<finding> found_;          // by a reader, while somebody writes
    std::size_t names_ = 0, sources_ = 0;
    std::string log_;
};

template <class Storage>
bool holds(std::uint64_t seed, fs::path const& folder) {
    sequence<Storage> s(seed, folder);
    try {
        s.run();
        return true;
    } catch (finding const& f) {
        disk::watch_nothing();
        fs::path const kept = "finding-gallery_operations-" + std::to_string(seed);
        std::error_code none;
        fs::remove_all(kept, none);
        fs::copy(folder, kept, fs::copy_options::recursive, none);
        std::fprintf(stderr, "%s\nseed %llu: %s\nrepeat with: gallery_operations 0 %llu\nthe folders are in %s\n",
                     s.log().c_str(), static_cast<unsigned long long>(seed), f.what.c_str(),
                     static_cast<unsigned long long>(seed), kept.c_str());
        return false;
    }
}

// A number that a word is, and nothing else.
template <class T>
std::optional<T> number_in(std::string_view word) {
    T value{};
    auto const [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
    return code == std::errc() && end == word.data() + word.size() ? std::optional(value) : std::nullopt;
}

} // namespace

int main(int argc, char** argv) try {
    auto const seconds = argc > 1 ? number_in<std::uint32_t>(argv[1]) : std::nullopt;
    auto const first = argc > 2 ? number_in<std::uint64_t>(argv[2]) : std::uint64_t{1};
    if (argc > 3 || !seconds || !first) {
        std::fprintf(stderr,
                     "usage: gallery_operations SECONDS [SEED], whole numbers; 0 seconds for the sequence of one "
                     "seed\n");
        return 2;
    }
    fuzz::scratch_folder const folder;
    auto const until = std::chrono::steady_clock::now() + std::chrono::seconds(*seconds);
    std::uint64_t seed = *first;
    do {
        bool const good = seed % 4 == 0   ? holds<neighbors::storage::float16>(seed, folder.path())
                          : seed % 4 == 1 ? holds<neighbors::storage::int8>(seed, folder.path())
                                          : holds<neighbors::storage::float32>(seed, folder.path());
        if (!good)
            return 1;
        ++seed;
    } while (std::chrono::steady_clock::now() < until);
    std::printf("%zu sequences, %zu operations, %zu crashes looked at (%zu of the program, %zu of the machine), %zu "
                "worked on after, %zu errors of the disk, %zu views of readers: all as they should be\n",
                done.sequences, done.operations, done.killed + done.power_failures, done.killed, done.power_failures,
                done.recovered, done.faults, done.views);
} catch (std::exception const& e) {
    std::fprintf(stderr, "gallery_operations: %s\n", e.what());
    return 1;
}
