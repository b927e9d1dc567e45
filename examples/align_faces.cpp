// Finds the faces on a folder of photos and writes them upright, one size, eyes and mouth where face networks expect
// them.
//
//   align_faces --detector mtcnn photos aligned
//
// Expected output, on its last lines:
//   aligned 13232 of 13233 photos, 92.8 photos/s; 13232 faces in aligned
//   no face: photos/Marilyn_Monroe/Marilyn_Monroe_0001.jpg

#include <chrono>
#include <cstdio>
#include <fstream>
#include <set>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "support/choices.hpp"

#include <trine/io/file.hpp>
#include <trine/data/dataset.hpp>
#include <trine/data/folder.hpp>
#include <trine/data/image_io.hpp>
#include <trine/faces/mtcnn.hpp>

using namespace trine;
namespace fs = std::filesystem;

namespace {

struct choices {
    std::string input, output, detector, landmarks, which = "largest";
    std::size_t size = 112;
    bool all = false;
    std::size_t most_pixels = data::most_pixels_by_default;
    faces::detection_options options;
};

int run(choices const& c) {
    faces::mtcnn detector(c.detector, c.options);
    fs::path const root = c.input, output = c.output;
    std::error_code code;
    fs::create_directories(output, code);
    require<io_error>(!code, output.string(), ": cannot be created: ", code.message());
    data::load_report report;
    auto const paths = data::photos_below(root, report, output);
    require<data_error>(
        !paths.empty(), root.string(), ": has no photos that are read (PGM, PPM, PNG, JPEG, BMP)",
        report.skipped.empty() ? "" : "; left out: ", report.skipped.empty() ? "" : report.skipped.front());
    std::size_t const total = paths.size() + report.skipped.size();
    auto const rule = c.which == "central" ? faces::which_face::central : faces::which_face::largest;

    std::string table = "file,face_probability,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_left_"
                        "x,mouth_left_y,mouth_right_x,mouth_right_y\n";
    std::vector<std::string> unreadable = report.skipped, faceless;
    std::set<fs::path> written;
    std::size_t done = 0, several = 0, faces_written = 0;
    bool const live = ::isatty(2) != 0;
    auto const start = std::chrono::steady_clock::now();
    auto const seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    for (auto const& path : paths) {
        ++done;
        if (live) {
            double const rate = static_cast<double>(done) / std::max(seconds(), 1e-3);
            std::fprintf(stderr, "\r%zu of %zu photos, %.0f photos/s, %.0f s left   ", done, paths.size(), rate,
                         static_cast<double>(paths.size() - done) / rate);
        }
        auto const inside = fs::relative(path, root);
        try {
            auto const photo = data::load_image(path, c.most_pixels);
            auto const found = detector.detect(photo);
            if (found.empty()) {
                faceless.push_back(path.string());
                continue;
            }
            several += found.size() > 1;
            std::vector<std::size_t> chosen{faces::choose_face(found, photo, rule)};
            if (c.all) {
                chosen.clear();
                for (std::size_t i = 0; i < found.size(); ++i)
                    chosen.push_back(i);
            }
            for (std::size_t n = 0; n < chosen.size(); ++n) {
                auto const& face = found[chosen[n]];
                auto to = (output / inside).replace_extension();
                if (c.all && chosen.size() > 1)
                    to += "_" + std::to_string(n + 1);
                auto const plain = fs::path(to.string() + ".png");
                // Photos that differ in their extension alone do not meet.
                auto const file =
                    written.contains(plain) ? fs::path(to.string() + inside.extension().string() + ".png") : plain;
                fs::create_directories(file.parent_path());
                data::save_png(faces::aligned(photo, face.points, c.size), file);
                written.insert(file);
                ++faces_written;
                char line[256];
                int length = std::snprintf(line, sizeof line, "%.4f", face.probability);
                for (auto const& p : face.points)
                    length += std::snprintf(line + length, sizeof line - static_cast<std::size_t>(length), ",%.3f,%.3f",
                                            p.x, p.y);
                table += inside.string() + "," + line + "\n";
            }
        } catch (trine::error const& e) {
            unreadable.emplace_back(e.what());
        }
    }
    if (live)
        std::fprintf(stderr, "\n");
    if (!c.landmarks.empty())
        io::write_file(c.landmarks, table);
    std::size_t const good = total - faceless.size() - unreadable.size();
    std::printf("aligned %zu of %zu photos, %.1f photos/s; %zu faces in %s\n", good, total,
                static_cast<double>(paths.size()) / seconds(), faces_written, output.c_str());
    if (several > 0 && !c.all)
        std::printf("%zu photos show several faces, of which the %s one was taken (--all takes all)\n", several,
                    c.which == "central" ? "most central" : "largest");
    for (auto const& path : faceless)
        std::printf("no face: %s\n", path.c_str());
    for (auto const& message : unreadable)
        std::printf("skipped: %s\n", message.c_str());
    return faceless.empty() && unreadable.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) try {
    choices c;
    CLI::App app(
        "Finds the faces on a folder of photos and writes them aligned, as PNG files in folders of the same names");
    app.add_option("input", c.input, "photos, in it and its sub-folders")->required();
    app.add_option("output", c.output, "folder for the faces")->required();
    app.add_option("--detector", c.detector, "folder of MTCNN's weights: pnet, rnet and onet .safetensors")->required();
    app.add_option("--size", c.size, "height and width of the faces")
        ->check(CLI::Range(16, 1024))
        ->capture_default_str();
    app.add_option("--which", c.which, "of several faces: largest, or central")
        ->check(CLI::IsMember({"largest", "central"}))
        ->capture_default_str();
    app.add_flag("--all", c.all, "every face of a photo, numbered");
    app.add_option("--smallest", c.options.smallest_face, "smallest face to look for, in pixels; larger is faster")
        ->check(CLI::Range(12.0, 10000.0))
        ->capture_default_str();
    program::add_most_pixels_option(app, c.most_pixels);
    app.add_option("--landmarks", c.landmarks, "CSV file for the five points of every face");
    app.footer("Examples:\n"
               "  align_faces --detector mtcnn photos aligned          photos/NAME/*.jpg become aligned/NAME/*.png\n"
               "  align_faces --detector mtcnn --all party faces       everybody on every photo\n"
               "Ends with status 1 when a photo shows no face or cannot be read, and names it.\n");
    CLI11_PARSE(app, argc, argv);
    return run(c);
} catch (fs::filesystem_error const& e) {
    std::fprintf(stderr, "align_faces: %s\n", e.what());
    return 1;
} catch (trine::error const& e) {
    std::fprintf(stderr, "align_faces: %s\n", e.what());
    return 1;
}
