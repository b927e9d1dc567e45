// Draws faces into a folder, one sub-folder for each person, as programs take photos: for classes and tests without
// any.
//
//   ./build/release/examples/draw_faces photos
//   ./build/release/examples/draw_faces photos --people 40 --photos 10 --first 1000 --size 112
//
// Expected output: how many photos of how many people are where.

#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>

#include <trine/data/image_io.hpp>
#include <trine/data/synthetic.hpp>

#include "support/positive.hpp"

int main(int argc, char** argv) try {
    std::string folder;
    std::size_t people = 20, photos = 8, first = 0, size = 64, seed = 1;
    bool colour = false;
    CLI::App app("Draws faces, one sub-folder for each person");
    app.add_option("folder", folder, "where to")->required();
    app.add_option("--people", people, "how many")->check(program::positive)->capture_default_str();
    app.add_option("--photos", photos, "of each")->check(program::positive)->capture_default_str();
    app.add_option("--first", first, "number of the first person; other numbers are other people")
        ->capture_default_str();
    app.add_option("--size", size, "side of the photos, in pixels")->check(CLI::Range(16, 1024))->capture_default_str();
    app.add_option("--seed", seed, "another seed draws other people under the same numbers")->capture_default_str();
    app.add_flag("--colour", colour, "in colour");
    CLI11_PARSE(app, argc, argv);
    trine::data::synthetic_faces const draw{colour ? 3u : 1u, size, size, seed};
    for (std::size_t p = 0; p < people; ++p) {
        auto const where = std::filesystem::path(folder) / ("person " + std::to_string(first + p + 1));
        std::error_code code;
        std::filesystem::create_directories(where, code);
        trine::require<trine::io_error>(!code, where.string(), ": cannot be created: ", code.message());
        for (std::size_t n = 0; n < photos; ++n)
            trine::data::save_png(draw.draw(first + p, n), where / (std::to_string(n + 1) + ".png"));
    }
    std::printf("drew %zu photos of %zu people into %s\n", people * photos, people, folder.c_str());
} catch (trine::error const& e) {
    std::fprintf(stderr, "draw_faces: %s\n", e.what());
    return 1;
}
