// A gallery of many millions of random faces: built, opened, searched, added to, with the time, size and memory of each
// step. On several ranks rank 0 builds it, and each searches a range of it.
//
//   build/release/benchmarks/large_gallery --photos 10000000 --storage int8
//   mpirun -np 4 build/release/benchmarks/large_gallery --photos 40000000 --storage int8

#include <chrono>
#include <cstdio>
#include <fstream>

#include <trine/core/random.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/distributed/gallery_index.hpp>
#include <trine/neighbors/exact.hpp>
#include <trine/neighbors/gallery_search.hpp>

#include "../examples/support/options.hpp"
#include "../examples/support/outputs.hpp"
#include "../examples/support/ranks.hpp"
#include "support/measure.hpp"

using namespace trine;
namespace storage = neighbors::storage;

namespace {

constexpr std::size_t d = 128;

struct stopwatch {
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    double seconds() const { return program::seconds_since(start); }
};

void random_points(std::size_t first, std::vector<float>& points) {
    parallel_blocks(points.size() / d, 256, [&](std::size_t begin, std::size_t end) {
        random_stream stream(1, purpose::user, static_cast<std::uint32_t>(first >> 32),
                             static_cast<std::uint32_t>(first + begin));
        for (std::size_t i = begin * d; i < end * d; ++i)
            points[i] = static_cast<float>(stream.normal());
    });
}

using distance = distances::squared_euclidean;
neighbors::gallery_identity identity() { return neighbors::gallery_identity::of("random points", distance{}, d); }

template <class Storage>
void build(std::size_t photos, std::filesystem::path const& path) {
    stopwatch const all;
    double drawing = 0;
    neighbors::gallery_builder<Storage> builder(path, identity());
    std::vector<float> points;
    for (std::size_t first = 0; first < photos;) {
        std::size_t const count = std::min<std::size_t>(1 << 16, photos - first);
        stopwatch const draw;
        points.resize(count * d);
        random_points(first, points);
        drawing += draw.seconds();
        for (std::size_t i = 0; i < count; i += 10) { // ten photos a person
            std::size_t const own = std::min<std::size_t>(10, count - i);
            std::vector<std::string> sources;
            for (std::size_t p = 0; p < own; ++p)
                sources.push_back("photo" + std::to_string(first + i + p) + ".jpg");
            builder.add("person " + std::to_string((first + i) / 10), sources,
                        matrix_view<float const>(points.data() + i * d, own, d));
        }
        first += count;
    }
    builder.commit();
    std::printf("built    %9.1f s   (%.1f s of it drawing), %.2f GB on disk, of which %.2f are points\n", all.seconds(),
                drawing, static_cast<double>(std::filesystem::file_size(path)) / 1e9,
                static_cast<double>(photos * d * sizeof(typename Storage::scalar)) / 1e9);
}

void say_search(std::size_t photos, std::size_t bytes, std::size_t q, double seconds) {
    std::printf("searched %9.1f ms  for %3zu quer%s, 10 neighbours; %.1f GB/s, %.1f GFLOP/s\n", 1e3 * seconds, q,
                q == 1 ? "y" : "ies", static_cast<double>(photos * d * bytes) / seconds / 1e9,
                2.0 * static_cast<double>(photos * d * q) / seconds / 1e9);
}

// Each rank searches its range of the one file.
template <class Storage>
int run_on_ranks(communicator& ranks, std::size_t photos, std::filesystem::path const& path) {
    bool const is_first = ranks.rank() == 0;
    together(ranks, [&] {
        if (is_first)
            build<Storage>(photos, path);
    });
    stopwatch const opening;
    auto const g = neighbors::gallery<Storage>::open(path, identity());
    auto const all = distributed::spread<distance>(ranks, g);
    std::printf("opened   %9.1f ms  by %zu ranks, each with its range\n", 1e3 * opening.seconds(), ranks.size());
    std::vector<float> asked(100 * d);
    random_points(photos + 1'000'000, asked);
    for (std::size_t q : {1, 10, 100}) {
        double best = 1e9;
        for (int i = 0; i < 4; ++i) {
            stopwatch const one;
            (void)all.search({asked.data(), q, d}, 10);
            best = std::min(best, one.seconds());
        }
        say_search(photos, sizeof(typename Storage::scalar), q, best);
    }
    auto const own = g.point(photos / 2);
    auto const found = all.search({own.data(), 1, d}, 1);
    std::printf("photo %zu, %s of \"%s\", is nearest to %zu, distance %g\n", photos / 2, g.source(photos / 2).c_str(),
                g.name(photos / 2).c_str(), found[0][0].index, static_cast<double>(found[0][0].distance));
    char mine[32];
    std::snprintf(mine, sizeof mine, "%.0f", program::memory().peak / (1 << 20));
    std::string each;
    for (auto const& peak : gather(ranks, mine))
        each += (each.empty() ? "" : ", ") + peak;
    std::printf("resident memory of the ranks at most %s MiB, file pages among it\n", each.c_str());
    return found[0][0].index == photos / 2 ? 0 : 1;
}

template <class Storage>
int run(communicator& ranks, std::size_t photos, std::size_t logged, std::filesystem::path const& path) {
    if (ranks.size() > 1)
        return run_on_ranks<Storage>(ranks, photos, path);
    build<Storage>(photos, path);
    double best_open = 1e9, best_read = 1e9;
    for (int i = 0; i < 5; ++i) {
        stopwatch const opening;
        auto const g = neighbors::gallery<Storage>::open(path, identity());
        best_open = std::min(best_open, opening.seconds());
    }
    for (int i = 0; i < 3; ++i) {
        stopwatch const reading;
        std::vector<char> piece(1 << 22);
        std::ifstream file(path, std::ios::binary);
        while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0) {
        }
        best_read = std::min(best_read, reading.seconds());
    }
    std::printf("opened   %9.1f ms  (reading the file: %.1f ms; both from the system's cache, best of a few)\n",
                1e3 * best_open, 1e3 * best_read);
    auto g = neighbors::gallery<Storage>::open(path, identity(), neighbors::access::write);
    neighbors::gallery_search<neighbors::exact_in<Storage>, distance, Storage> search;
    std::vector<float> asked(100 * d);
    random_points(photos + 1'000'000, asked);
    for (std::size_t q : {1, 10, 100}) {
        double best = 1e9;
        for (int i = 0; i < 4; ++i) {
            stopwatch const one;
            (void)search.search(g, matrix_view<float const>(asked.data(), q, d), 10);
            best = std::min(best, one.seconds());
        }
        say_search(photos, sizeof(typename Storage::scalar), q, best);
    }
    // A photo finds itself.
    auto const own = g.point(photos / 2);
    auto const found = search.search(g, matrix_view<float const>(own.data(), 1, d), 1);
    std::printf("photo %zu, %s of \"%s\", is nearest to %zu, distance %g\n", photos / 2, g.source(photos / 2).c_str(),
                g.name(photos / 2).c_str(), found[0][0].index, static_cast<double>(found[0][0].distance));
    stopwatch const first;
    g.add("somebody new", "new.jpg", std::span<float const>(asked.data(), d));
    double const table = first.seconds();
    stopwatch const adding;
    for (std::size_t i = 1; i < 20; ++i)
        g.add("somebody new", "new.jpg", std::span<float const>(asked.data() + i * d, d));
    std::printf(
        "added    %9.2f ms  a photo, each flushed to the disk (the first %.0f ms: names are looked up from then on)\n",
        1e3 * adding.seconds() / 19, 1e3 * table);
    auto const again = search.search(g, matrix_view<float const>(asked.data(), 1, d), 1);
    std::printf("and found: \"%s\" at distance %g; resident memory at most %.0f MiB, file pages among it\n",
                g.name(again[0][0].index).c_str(), static_cast<double>(again[0][0].distance),
                program::memory().peak / (1 << 20));
    bool const right = found[0][0].index == photos / 2 && g.name(again[0][0].index) == "somebody new";
    // Opening reads the log whole. It is longest just before the gallery is compacted.
    std::vector<float> more(10 * d);
    std::vector<std::string> const sources(10, "more.jpg");
    stopwatch const logging;
    double longest = 0;
    for (std::size_t i = 0; i < logged; i += 10) {
        random_points(2 * photos + 1'000'000 + i, more);
        std::size_t const count = std::min<std::size_t>(10, logged - i);
        stopwatch const one;
        g.add(std::vector<std::string>(count, "person " + std::to_string(i / 10)), std::span(sources).first(count),
              matrix_view<float const>(more.data(), count, d));
        longest = std::max(longest, one.seconds());
    }
    double const log_seconds = logging.seconds();
    best_open = 1e9;
    for (int i = 0; i < 5; ++i) {
        stopwatch const opening;
        auto const reader = neighbors::gallery<Storage>::open(path, identity());
        best_open = std::min(best_open, opening.seconds());
    }
    std::printf("logged   %9.1f s   %zu photos more, ten a time, the longest time %.0f ms; then opened in %.1f ms, "
                "with a log of %.1f MB\n",
                log_seconds, logged, 1e3 * longest, 1e3 * best_open,
                static_cast<double>(std::filesystem::file_size(path.string() + ".log")) / 1e6);
    return right ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    program::rank_session session(argc, argv);
    std::size_t photos = 1'000'000, logged = 10'000;
    std::string kind = "float32";
    std::filesystem::path folder = std::filesystem::temp_directory_path();
    program::options app(
        "large_gallery",
        "Builds, opens, searches and adds to a gallery of random faces, and says what each step takes");
    app.number("--photos", photos, program::range(1, 1'000'000'000), "how many");
    app.number("--logged", logged, program::range(0, 1'000'000'000),
               "how many are added afterwards, before it is opened again");
    app.choice("--storage", kind, {"float32", "float16", "int8"}, "float32, float16 or int8");
    app.path("--folder", folder, "where the file goes, for the time of the run");
    int const code = app.run(argc, argv, [&]() -> int {
        return session.run([&] {
            auto& ranks = session.ranks();
            if (ranks.size() > 1)
                std::printf("%s\n", session.share_processors(false).c_str());
            auto name = "trine-large-" + std::to_string(::getpid()) + ".gallery"; // rank 0's
            broadcast(ranks, name);
            auto const path = folder / name;
            together(ranks, [&] {
                if (ranks.rank() == 0)
                    program::require_output_folder("--folder", folder, {});
            });
            int const result = kind == "float32"   ? run<storage::float32>(ranks, photos, logged, path)
                               : kind == "float16" ? run<storage::float16>(ranks, photos, logged, path)
                                                   : run<storage::int8>(ranks, photos, logged, path);
            together(ranks, [&] {
                if (ranks.rank() == 0)
                    std::filesystem::remove(path), std::filesystem::remove(path.string() + ".log");
            });
            return result;
        });
    });
    return session.exit_code(code);
}
