// Draws faces into a folder, one sub-folder for each person, as programs take photos: for classes and tests without
// any.
//
//   ./build/release/examples/draw_faces photos
//   ./build/release/examples/draw_faces photos --people 40 --photos 10 --first 1000 --size 112
//
// Expected output: how many photos of how many people are where.

#include <cstdio>
#include <filesystem>

#include <trine/data/image_io.hpp>
#include <trine/data/synthetic.hpp>

#include "support/options.hpp"
#include "support/outputs.hpp"
#include "support/text.hpp"

int main(int argc, char** argv) {
    std::filesystem::path folder;
    std::size_t people = 20, photos = 8, first = 0, size = 64, seed = 1;
    bool colour = false;
    program::options app("draw_faces", "Draws faces, one sub-folder for each person");
    app.path("folder", folder, "where to").required();
    app.number("--people", people, program::range(1, 1'000'000), "how many");
    app.number("--photos", photos, program::range(1, 1'000'000), "of each");
    app.number("--first", first, program::range(0, 4'000'000'000),
               "number of the first person; other numbers are other people");
    app.number("--size", size, program::range(16, 1024), "side of the photos, in pixels");
    app.number("--seed", seed, program::any_seed, "another seed draws other people under the same numbers");
    app.flag("--colour", colour, "in colour");
    app.check([&] { program::require_product("--people", people, "--photos", photos, 10'000'000, "photos"); });
    return app.run(argc, argv, [&]() -> int {
        trine::data::synthetic_faces const draw{colour ? 3u : 1u, size, size, seed};
        program::output_folder output("the folder", folder, {});
        for (std::size_t p = 0; p < people; ++p) {
            std::filesystem::path const person = "person " + std::to_string(first + p + 1);
            for (std::size_t n = 0; n < photos; ++n)
                trine::data::save_png(draw.draw(first + p, n), output.place(person / (std::to_string(n + 1) + ".png")));
        }
        std::printf("drew %zu photos of %zu people into %s\n", people * photos, people,
                    program::printable(folder.string()).c_str());
        return 0;
    });
}
