// Memory runs out at every request for it, in turn: once, and from there on. What was asked of the library throws
// std::bad_alloc or a trine::error, or is done without; nothing leaks, no file stays open or behind, nothing hangs, and
// what there was is as before, or as it would be after:
//
//     every_request FOLDER
//
// FOLDER is emptied. Requests are those of operator new, and for what reads photos by libraries of C those of malloc.

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include <trine/backbones/compact.hpp>
#include <trine/core/hash.hpp>
#include <trine/core/parallel.hpp>
#include <trine/core/random.hpp>
#include <trine/data/folder.hpp>
#include <trine/data/image_io.hpp>
#include <trine/data/synthetic.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/distributed/thread_ranks.hpp>
#include <trine/evaluation/verification.hpp>
#include <trine/io/embeddings.hpp>
#include <trine/io/json.hpp>
#include <trine/io/npz.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/neighbors/exact.hpp>
#include <trine/neighbors/gallery_search.hpp>
#if __has_include(<hnswlib/hnswlib.h>)
#include <trine/neighbors/hnsw.hpp>
#endif
#include <trine/objectives/cross_batch_memory.hpp>
#include <trine/objectives/objective.hpp>
#include <trine/recognition/recognizer.hpp>

#include "../support/image_files.hpp"
#include "../support/jpeg.hpp"

namespace {

std::atomic<long> left{-1};          // requests that are granted yet; none is refused below 0
std::atomic<bool> refuses_on{false}; // whether all after the first refused one are refused as well
std::atomic<bool> counts_c{false};   // whether malloc is met, too
std::atomic<long> requests{0}, living{0};

bool is_refused() {
    ++requests;
    long const now = left.load();
    if (now < 0)
        return false;
    if (now > 0) {
        --left;
        return false;
    }
    if (!refuses_on)
        left = -1;
    return true;
}

} // namespace

#ifdef __GLIBC__
extern "C" {
void* __libc_malloc(std::size_t size);
void* malloc(std::size_t size) {
    if (counts_c && is_refused()) {
        errno = ENOMEM;
        return nullptr;
    }
    return __libc_malloc(size);
}
// Nobody cuts the power here, and to wait for a disk would take most of the time.
int fsync(int) { return 0; }
int fdatasync(int) { return 0; }
}
namespace {
void* system_malloc(std::size_t size) { return __libc_malloc(size); }
#else
namespace {
void* system_malloc(std::size_t size) { return std::malloc(size); }
#endif

void* granted(std::size_t size, std::size_t alignment) {
    if (is_refused())
        throw std::bad_alloc();
    void* const p = alignment <= alignof(std::max_align_t)
                        ? system_malloc(size)
                        : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (!p)
        throw std::bad_alloc();
    ++living;
    return p;
}
void given_back(void* p) noexcept {
    if (!p)
        return;
    --living;
    std::free(p);
}

} // namespace

void* operator new(std::size_t size) { return granted(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return granted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* p) noexcept { given_back(p); }
void operator delete(void* p, std::size_t) noexcept { given_back(p); }
void operator delete(void* p, std::align_val_t) noexcept { given_back(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { given_back(p); }

namespace {

using namespace trine;
namespace fs = std::filesystem;

fs::path folder;

std::size_t open_files() {
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& file : fs::directory_iterator("/proc/self/fd"))
        ++count;
    return count;
}
std::vector<std::string> files_there() {
    std::vector<std::string> all;
    for (auto const& file : fs::recursive_directory_iterator(folder))
        all.push_back(file.path().string());
    std::sort(all.begin(), all.end());
    return all;
}

std::size_t tried = 0, wrong = 0;
std::string under_way; // for who ends the program

void complain(std::string const& what) {
    if (++wrong <= 40)
        std::printf("    %s\n", what.c_str());
    std::fflush(stdout);
}

/// What is done while memory runs out. `prepare` makes what `work` uses; `check`, with memory again, is told whether
/// the work was done, and returns what is wrong.
template <class State>
struct scenario {
    std::function<std::unique_ptr<State>()> prepare;
    std::function<void(State&)> work;
    std::function<std::string(State&, bool)> check;
    std::size_t most = 400; // refusals of each kind that are tried, spread over all
    bool keeps = true;      // whether no memory may be lost
};

template <class State>
void meet(std::string const& name, scenario<State> const& s) {
    {
        auto warm = s.prepare();
        s.work(*warm);
        if (auto const what = s.check(*warm, true); !what.empty())
            return complain(name + ", with all the memory that it wants: " + what);
    }
    auto state = s.prepare();
    requests = 0;
    s.work(*state);
    long const all = requests;
    state.reset();
    std::size_t const stride = std::max<std::size_t>(1, static_cast<std::size_t>(all) / s.most);
    long refused = 0;
    for (bool const on : {false, true})
        for (long at = 0; at < all; at += static_cast<long>(stride)) {
            std::string const where = name + ", request " + std::to_string(at) + " of " + std::to_string(all) +
                                      (on ? " and those after it" : "") + ": ";
            long before = 0;
            for (int round = 0; round < 4; ++round) { // what is kept for the next time is kept by then
                auto const files = open_files();
                auto own = s.prepare();
                std::string outcome;
                bool done = false;
                under_way = where;
                refuses_on = on;
                left = at;
                try {
                    s.work(*own);
                    done = true;
                } catch (std::bad_alloc const&) {
                } catch (trine::error const&) {
                } catch (std::exception const& e) {
                    left = -1;
                    outcome = std::string("throws another exception: ") + e.what();
                }
                left = -1;
                refused += !done;
                ++tried;
                if (outcome.empty())
                    outcome = s.check(*own, done);
                own.reset();
                if (outcome.empty() && open_files() != files)
                    outcome = std::to_string(open_files()) + " files are open, not " + std::to_string(files);
                if (outcome.empty())
                    for (auto const& file : files_there())
                        if (file.find(".part-") != std::string::npos || file.find(".new") != std::string::npos)
                            outcome = file + " is left behind";
                if (!outcome.empty()) {
                    complain(where + outcome);
                    break;
                }
                if (s.keeps && round == 3 && living > before)
                    complain(where + std::to_string(living - before) + " pieces of memory are lost");
                before = living;
            }
        }
    std::printf("%-28s %7ld requests, %6ld refusals\n", name.c_str(), all, refused);
    std::fflush(stdout);
}

std::string only_if(bool good, char const* what) { return good ? std::string() : std::string(what); }

std::vector<float> points_of(std::uint64_t seed, std::size_t count, std::size_t cols) {
    random_stream stream(seed, purpose::user, 0, 0);
    std::vector<float> all(count * cols);
    for (float& v : all)
        v = static_cast<float>(stream.normal());
    return all;
}
matrix_view<float const> as_rows(std::vector<float> const& values, std::size_t cols) {
    return {values.data(), values.size() / cols, cols};
}

// Galleries: what they hold, as words.
constexpr std::size_t cols = 8;
neighbors::gallery_identity const identity{"network", identity_of(distances::squared_euclidean{}).text(), cols};

template <class Storage>
std::vector<std::string> contents(neighbors::gallery<Storage> const& g) {
    std::vector<std::string> all;
    for (std::size_t place = 0; place < g.places(); ++place)
        if (!g.is_removed(place)) {
            auto const p = g.point(place);
            all.push_back(g.name(place) + " " + g.source(place) + " " + std::to_string(p[0]) + " " +
                          std::to_string(p[cols - 1]));
        }
    return all;
}

template <class Storage>
void add_some(neighbors::gallery<Storage>& g, std::string const& who, std::uint64_t seed, std::size_t count) {
    auto const points = points_of(seed, count, cols);
    std::vector<std::string> const names(count, who);
    std::vector<std::string> sources;
    for (std::size_t i = 0; i < count; ++i)
        sources.push_back("a photograph with a long name of " + who + ", number " + std::to_string(i));
    g.add(names, sources, as_rows(points, cols));
}

template <class Storage>
struct held_gallery {
    fs::path path = folder / "people.gallery";
    std::optional<neighbors::gallery<Storage>> held;
    std::vector<std::string> before, after;
};

// A gallery that is changed: it is as before or as after, in memory and in the file, and the next change is as it
// should be.
template <class Storage>
void change(std::string const& name, std::function<void(neighbors::gallery<Storage>&)> const& what,
            bool from_log = true) {
    using held_type = held_gallery<Storage>;
    auto const prepare = [&, from_log] {
        auto own = std::make_unique<held_type>();
        fs::remove(own->path), fs::remove(own->path.string() + ".log");
        own->held.emplace(neighbors::gallery<Storage>::create(own->path, identity));
        add_some(*own->held, "Ada", 1, 3), add_some(*own->held, "Bob", 2, 2);
        own->held->compact();
        if (from_log)
            add_some(*own->held, "Cleo", 3, 2);
        own->before = contents(*own->held);
        return own;
    };
    std::vector<std::string> expected;
    {
        auto own = prepare();
        what(*own->held);
        expected = contents(*own->held);
    }
    meet<held_type>("gallery: " + name, {prepare, [&](held_type& own) { what(*own.held); },
                                         [&](held_type& own, bool done) -> std::string {
                                             auto const now = contents(*own.held);
                                             bool const is_before = now == own.before, is_after = now == expected;
                                             if (!(is_after || (is_before && !done)))
                                                 return "memory is neither as before nor as after";
                                             {
                                                 auto const reader =
                                                     neighbors::gallery<Storage>::open(own.path, identity);
                                                 if (contents(reader) != now)
                                                     return "the file says something else than the memory";
                                             }
                                             std::string refused;
                                             try {
                                                 add_some(*own.held, "Dora", 4, 2);
                                             } catch (io_error const& e) {
                                                 refused = e.what();
                                             }
                                             if (!refused.empty() && refused.find("open it again") == std::string::npos)
                                                 return "another change is refused: " + refused;
                                             auto const later = contents(*own.held);
                                             if (later.size() != now.size() + (refused.empty() ? 2 : 0))
                                                 return "another change is not as it should be";
                                             own.held.reset();
                                             auto const reader = neighbors::gallery<Storage>::open(own.path, identity);
                                             return only_if(contents(reader) == later,
                                                            "the file says something else than the memory later");
                                         }});
}

template <class Storage>
void change_all(std::string const& of) {
    using gallery = neighbors::gallery<Storage>;
    change<Storage>(of + "add", [](gallery& g) { add_some(g, "Emil", 5, 3); });
    change<Storage>(
        of + "add to a file", [](gallery& g) { add_some(g, "Emil", 5, 70); }, false);
    change<Storage>(of + "remove", [](gallery& g) { g.remove("Ada"); });
    change<Storage>(of + "rename", [](gallery& g) { g.rename("Ada", "Adele with a name that is not short"); });
    change<Storage>(of + "merge", [](gallery& g) { g.merge("Ada", "Bob"); });
    change<Storage>(of + "compact", [](gallery& g) { g.compact(); });
    change<Storage>(of + "save as", [](gallery& g) { g.save_as(folder / "another.gallery"); });
}

// A reader that follows, and a search that follows the reader.
void follow() {
    struct following {
        held_gallery<neighbors::storage::float32> own;
        std::optional<neighbors::gallery<>> reader;
        neighbors::gallery_search<neighbors::exact, distances::squared_euclidean> search;
        std::vector<float> query = points_of(3, 1, cols);
    };
    meet<following>("gallery: follow and search",
                    {[] {
                         auto all = std::make_unique<following>();
                         auto& own = all->own;
                         fs::remove(own.path), fs::remove(own.path.string() + ".log");
                         own.held.emplace(neighbors::gallery<>::create(own.path, identity));
                         add_some(*own.held, "Ada", 1, 3);
                         all->reader.emplace(neighbors::gallery<>::open(own.path, identity));
                         all->search.search(*all->reader, as_rows(all->query, cols), 1);
                         add_some(*own.held, "Cleo", 3, 2), own.held->remove("Ada");
                         add_some(*own.held, "Bob", 2, 2);
                         return all;
                     },
                     [](following& all) {
                         all.reader->refresh();
                         all.search.search(*all.reader, as_rows(all.query, cols), 1);
                         all.search.search(*all.reader, as_rows(all.query, cols), 2);
                     },
                     [](following& all, bool) -> std::string {
                         all.reader->refresh();
                         if (contents(*all.reader) != contents(*all.own.held))
                             return "the reader sees something else";
                         auto const found = all.search.search(*all.reader, as_rows(all.query, cols), 4);
                         return only_if(found[0].size() == 4 && all.reader->name(found[0][0].index) == "Cleo",
                                        "the search finds somebody else");
                     }});
}

template <class Index>
void index(std::string const& name, std::size_t most = 400) {
    struct indexed {
        Index index{16};
        std::vector<float> first = points_of(1, 70, 16), second = points_of(2, 20'000, 16), query = points_of(3, 3, 16);
        neighbors::neighbor_lists found{0, 0};
    };
    meet<indexed>("index: " + name, {[] {
                                         auto all = std::make_unique<indexed>();
                                         all->index.add(as_rows(all->first, 16));
                                         return all;
                                     },
                                     [](indexed& all) {
                                         all.index.add(as_rows(all.second, 16));
                                         all.index.remove(5);
                                         all.found = all.index.search(as_rows(all.query, 16), 3);
                                     },
                                     [](indexed& all, bool done) -> std::string {
                                         std::size_t const size = all.index.size();
                                         if (size != 70 && size != 20'070)
                                             return "it has " + std::to_string(size) + " points";
                                         if (done && size == 70)
                                             return "points are missing";
                                         if (size == 70)
                                             all.index.add(as_rows(all.second, 16));
                                         if (!all.index.is_removed(5))
                                             all.index.remove(5);
                                         Index right(16);
                                         right.add(as_rows(all.first, 16)), right.add(as_rows(all.second, 16)),
                                             right.remove(5);
                                         auto const expected = right.search(as_rows(all.query, 16), 3),
                                                    found = all.index.search(as_rows(all.query, 16), 3);
                                         for (std::size_t q = 0; q < 3; ++q)
                                             for (std::size_t j = 0; j < 3; ++j)
                                                 if (found[q][j].index != expected[q][j].index ||
                                                     found[q][j].distance != expected[q][j].distance)
                                                     return "it finds something else";
                                         return {};
                                     },
                                     most});
}

#if __has_include(<hnswlib/hnswlib.h>)
void graph() {
    using graph_index = neighbors::hnsw_with<8>::index<distances::euclidean>;
    struct indexed {
        graph_index index{16};
        std::vector<float> first = points_of(1, 70, 16), second = points_of(2, 70, 16);
    };
    meet<indexed>("index: hnsw", {[] {
                                      auto all = std::make_unique<indexed>();
                                      all->index.add(as_rows(all->first, 16));
                                      return all;
                                  },
                                  [](indexed& all) {
                                      all.index.add(as_rows(all.second, 16));
                                      all.index.search(as_rows(all.first, 16), 1);
                                      all.index.save(folder / "graph");
                                      all.index.load(folder / "graph");
                                  },
                                  [](indexed& all, bool done) -> std::string {
                                      try {
                                          auto const found = all.index.search(as_rows(all.first, 16), 1);
                                          for (std::size_t q = 0; q < found.size(); ++q)
                                              if (found[q][0].index != q)
                                                  return "it finds something else";
                                      } catch (argument_error const& e) {
                                          bool const says = std::string_view(e.what()).ends_with("make the index anew");
                                          return only_if(!done && says, e.what());
                                      }
                                      return {};
                                  },
                                  200, false}); // hnswlib itself loses its list of points that were seen
}
#endif

// What gives a value, and changes nothing.
template <class Value>
void value(std::string const& name, std::function<Value()> const& work) {
    Value const right = work();
    struct result {
        std::optional<Value> value;
    };
    meet<result>(name,
                 {[] { return std::make_unique<result>(); }, [&](result& r) { r.value.emplace(work()); },
                  [&](result& r, bool done) { return only_if(!done || *r.value == right, "the result is another"); }});
}

// What writes a file: it is there whole, or as it was.
void file(std::string const& name, std::function<void(fs::path const&)> const& write) {
    auto const path = folder / "written";
    write(path);
    auto const right = io::read_file(path);
    struct nothing {};
    meet<nothing>(name, {[&] {
                             io::write_file(path, "what was there before");
                             return std::make_unique<nothing>();
                         },
                         [&](nothing&) { write(path); },
                         [&](nothing&, bool done) {
                             auto const now = io::read_file(path);
                             return only_if(now == right || (!done && now == "what was there before"),
                                            "the file is neither the old one nor the new one");
                         }});
    write(path);
}

using network = backbones::compact<nn::shape<1, 32, 32>, 16, 8>;
using people = recognizer<network, miners::batch_hard, losses::triplet_margin, distances::squared_euclidean>;

template <class Objective>
void objective_of(std::string const& name, Objective const& made) {
    auto const points = points_of(7, 24, 16);
    std::vector<label> labels;
    for (label i = 0; i < 24; ++i)
        labels.push_back(i / 4);
    struct computed {
        double loss = 0;
        std::vector<float> gradient = std::vector<float>(24 * 16);
        bool operator==(computed const&) const = default;
    };
    value<computed>("objective: " + name, [&] {
        auto own = made;
        own.start(6, 16, 1);
        computed result;
        result.loss = own(as_rows(points, 16), labels, {result.gradient.data(), 24, 16}, 1, 1).loss;
        return result;
    });
}

void photos() {
    data::image grey(1, 20, 17), colours(3, 20, 17);
    for (auto* photo : {&grey, &colours})
        for (std::size_t i = 0; i < photo->samples.size(); ++i)
            photo->samples[i] = static_cast<std::uint8_t>(31 * i + i / 7);
    auto const many = folder / "photos";
    fs::create_directories(many / "Ada"), fs::create_directories(many / "Bob");
    data::save_png(grey, many / "Ada" / "1.png"), data::save_png(colours, many / "Ada" / "2.png");
    write_jpeg(many / "Bob" / "3.jpg", 17, 20, 1, JCS_GRAYSCALE, grey.samples);
    io::write_file(many / "Bob" / "4.pgm", "P2 2 2 255 1 2 3 4");
    counts_c = true;
    for (auto const& [name, bytes] : std::vector<std::pair<std::string, std::string>>{
             {"png", io::read_file(many / "Ada" / "1.png")},
             {"png in colours", io::read_file(many / "Ada" / "2.png")},
             {"jpeg", io::read_file(many / "Bob" / "3.jpg")},
             {"pgm", io::read_file(many / "Bob" / "4.pgm")},
#ifdef TRINE_WEBP
             {"webp", image_files::bytes_of(image_files::webp_lossy)},
#endif
#ifdef TRINE_GIF
             {"gif", image_files::bytes_of(image_files::gif_plain)},
#endif
#ifdef TRINE_TIFF
             {"tiff", image_files::bytes_of(image_files::tiff_colour)},
#endif
         })
        value<std::vector<std::uint8_t>>("photo: " + name,
                                         [bytes = bytes] { return data::decode_image(bytes, "a photo").samples; });
    counts_c = false;
    // Not a folder, nor a purge, which looks through one: the iterator of GCC's library ends the program.
    value<std::vector<std::uint8_t>>("photo: from a file, brought to size", [&] {
        return data::fitted_photo(many / "Ada" / "2.png", 1, 16, 16, {.strict = true}).samples;
    });
    file("photo: written", [&](fs::path const& path) { data::save_png(grey, path); });
}

void files() {
    auto const points = points_of(1, 40, 5);
    std::vector<std::string> const names(40, "somebody with a name");
    file("safetensors: written", [&](fs::path const& path) {
        io::safetensors all;
        all.metadata["a key that is not short"] = "and a value that is not short either";
        all.add<float>("points of somebody or other", {40, 5}, points);
        all.save(path);
    });
    auto const written = folder / "tensors";
    fs::copy_file(folder / "written", written);
    value<std::vector<float>>("safetensors: read", [&] {
        return io::safetensors::load(written).get<float>("points of somebody or other", {40, 5});
    });
    file("npz: written", [&](fs::path const& path) {
        io::npz all;
        all.add<float>("points of somebody", {40, 5}, points);
        all.save(path);
    });
    auto const zipped = folder / "points.npz";
    fs::copy_file(folder / "written", zipped);
    value<std::vector<float>>("npz: read",
                              [&] { return io::npz::load(zipped).get<float>("points of somebody").values; });
    file("csv: written", [&](fs::path const& path) { io::write_embeddings_csv(path, as_rows(points, 5), names); });
    auto const csv = folder / "points.csv";
    fs::copy_file(folder / "written", csv);
    value<std::vector<float>>("csv: read", [&] { return io::read_embeddings_csv(csv).values; });
    std::string const text = R"({"a": [1, 2.5, "three and something more than that", null], "b": {"c": true}})";
    value<std::string>("json: read and written", [&] { return io::json::parse(text).dump(); });
}

void recognition() {
    auto const all = data::synthetic_faces{.height = 32, .width = 32, .seed = 7}.make(4, 4);
    auto const bits = [](people const& who) {
        auto const values = who.model().values();
        return checksum({reinterpret_cast<char const*>(values.parameters.data()), values.parameters.size_bytes()},
                        checksum({reinterpret_cast<char const*>(values.state.data()), values.state.size_bytes()}));
    };
    auto const saved = folder / "people.safetensors";
    {
        people who(3);
        who.enroll(all);
        who.save(saved);
    }
    file("recognizer: written", [&](fs::path const& path) {
        people who(3);
        who.save(path);
    });
    struct held {
        people who;
        std::uint64_t before = 0;
        std::vector<std::string> named;
    };
    auto const name_all = [&](people& who) {
        std::vector<std::string> names;
        for (auto const& found : who.identify(all.tensors(), 1))
            names.push_back(found.name);
        return names;
    };
    meet<held>("recognizer: read", {[&] {
                                        auto own = std::make_unique<held>();
                                        own->before = bits(own->who);
                                        return own;
                                    },
                                    [&](held& own) { own.who.load(saved); },
                                    [&](held& own, bool done) -> std::string {
                                        if (!done)
                                            return only_if(bits(own.who) == own.before && own.who.gallery_size() == 0,
                                                           "it has changed in part");
                                        return only_if(own.who.gallery_size() == 16, "it is not what was written");
                                    },
                                    60});
    meet<held>("recognizer: enrol and name", {[&] {
                                                  auto own = std::make_unique<held>();
                                                  own->who.enroll(all);
                                                  return own;
                                              },
                                              [&](held& own) {
                                                  own.who.enroll(all);
                                                  own.named = name_all(own.who);
                                              },
                                              [&](held& own, bool done) -> std::string {
                                                  if (std::size_t const size = own.who.gallery_size();
                                                      size != 32 && (done || size != 16))
                                                      return std::to_string(size) + " photos are enrolled";
                                                  for (std::size_t i = 0; auto const& name : name_all(own.who))
                                                      if (name != all.people[static_cast<std::size_t>(all.labels[i++])])
                                                          return "somebody is taken for somebody else";
                                                  return {};
                                              },
                                              60});

    // A training that is stopped goes on from its checkpoint, to the same network.
    auto const run = folder / "run";
    fs::create_directories(run);
    auto how = people().trainer({.epochs = 3});
    how.files = {.checkpoint = run / "checkpoint.safetensors", .log = run / "log.csv", .events = run / "tfevents"};
    auto const finished = [&] {
        people who(5);
        who.fit(all, how);
        return bits(who);
    }();
    struct training {
        people who{5};
    };
    meet<training>("training: stopped and resumed", {[&] {
                                                         fs::remove(how.files.checkpoint);
                                                         return std::make_unique<training>();
                                                     },
                                                     [&](training& own) { own.who.fit(all, how); },
                                                     [&](training& own, bool done) -> std::string {
                                                         if (!done) {
                                                             own.who = people(5);
                                                             auto again = how;
                                                             again.files.resume = fs::exists(how.files.checkpoint);
                                                             own.who.fit(all, again);
                                                         }
                                                         return only_if(bits(own.who) == finished,
                                                                        "it ends in another network");
                                                     },
                                                     30});
}

void ranks() {
    value<std::vector<double>>("ranks on threads", [] {
        std::vector<double> sums(3);
        distributed::run_on_threads(3, [&](communicator& ranks) {
            std::string const mine(100 + ranks.rank(), 'x');
            for (auto const& all : gather(ranks, mine))
                sums[ranks.rank()] += static_cast<double>(all.size());
        });
        return sums;
    });
}

} // namespace

int main(int count, char** words) {
    if (count != 2) {
        std::fprintf(stderr, "usage: every_request FOLDER\n");
        return 2;
    }
    std::set_terminate([] {
        std::fprintf(stderr, "%sthe program was ended\n", under_way.c_str());
        std::abort();
    });
    folder = fs::absolute(words[1]);
    fs::remove_all(folder);
    fs::create_directories(folder);
    set_thread_count(2);

    files();
    photos();
    change_all<neighbors::storage::float32>("");
    change_all<neighbors::storage::int8>("codes, ");
    follow();
    index<neighbors::exact::index<distances::squared_euclidean>>("exact");
    index<neighbors::exact_in<neighbors::storage::int8>::index<distances::cosine>>("exact, int8");
#if __has_include(<hnswlib/hnswlib.h>)
    graph();
#endif
    objective_of("batch_hard, triplet_margin",
                 objective(miners::batch_hard{}, losses::triplet_margin{}, distances::squared_euclidean{}));
    objective_of("distance_weighted, margin_based",
                 objective(miners::distance_weighted{}, losses::margin_based{}, distances::euclidean{}));
    objective_of("multi_similarity, twice",
                 objective(miners::multi_similarity{}, losses::multi_similarity{}, distances::cosine{}));
    objective_of("arcface", objective(miners::none{}, losses::arcface{}, distances::cosine{}));
    objective_of("memory", cross_batch_memory<miners::all, losses::contrastive, distances::euclidean>(64));
    {
        auto const points = points_of(9, 60, 16);
        std::vector<label> labels;
        for (label i = 0; i < 60; ++i)
            labels.push_back(i / 5);
        value<double>("evaluation: verification", [&] {
            return evaluation::verification_curve(distances::euclidean{}, as_rows(points, 16), labels).auc();
        });
    }
    ranks();
    recognition();
    std::printf("%zu refusals met, %zu wrong\n", tried, wrong);
    if (wrong == 0)
        std::printf("nothing lost for want of memory\n");
    return wrong > 0;
}
