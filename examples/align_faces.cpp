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
#include <new>

#include <trine/io/file.hpp>
#include <trine/data/dataset.hpp>
#include <trine/data/folder.hpp>
#include <trine/data/image_io.hpp>
#include <trine/faces/mtcnn.hpp>

#include "support/choices.hpp"
#include "support/options.hpp"
#include "support/outputs.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"

using namespace trine;
namespace fs = std::filesystem;

namespace {

struct choices {
    fs::path input, output, detector, landmarks;
    std::string which = "largest";
    std::size_t size = 112;
    bool all = false;
    std::size_t most_pixels = data::most_pixels_by_default;
    faces::detection_options options;
};

int run(choices const& c) {
    faces::mtcnn detector(c.detector, c.options);
    data::load_report report;
    auto const paths = data::photos_below(c.input, report, c.output);
    require<data_error>(
        !paths.empty(), c.input.string(), ": has no photos that are read (PGM, PPM, PNG, JPEG, BMP)",
        report.skipped.empty() ? "" : "; left out: ", report.skipped.empty() ? "" : report.skipped.front());
    std::size_t const total = paths.size() + report.skipped.size();
    program::inputs const read{c.input, c.detector};
    if (!c.landmarks.empty())
        program::require_output_file("--landmarks", c.landmarks, read);
    program::output_folder output("the output folder", c.output, read);
    for (auto const& path : paths)
        output.reads(path);
    auto const rule = c.which == "central" ? faces::which_face::central : faces::which_face::largest;

    std::string table = "file,face_probability,left_eye_x,left_eye_y,right_eye_x,right_eye_y,nose_x,nose_y,mouth_left_"
                        "x,mouth_left_y,mouth_right_x,mouth_right_y\n";
    std::vector<std::string> unreadable = report.skipped, faceless;
    std::size_t done = 0, several = 0, faces_written = 0;
    bool const live = program::is_terminal(2);
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
        auto const inside = path.lexically_relative(c.input);
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
                auto to = inside.parent_path() / inside.stem();
                if (c.all && chosen.size() > 1)
                    to += std::string("_").append(std::to_string(n + 1)); // GCC 12 warns of a sum of the two
                to += ".png";
                data::save_png(faces::aligned(photo, face.points, c.size), output.place(to));
                ++faces_written;
                char line[256];
                int length = std::snprintf(line, sizeof line, "%.4f", face.probability);
                for (auto const& p : face.points)
                    length += std::snprintf(line + length, sizeof line - static_cast<std::size_t>(length), ",%.3f,%.3f",
                                            p.x, p.y);
                table += program::csv_field(inside.string()) + "," + line + "\n";
            }
        } catch (trine::error const& e) {
            unreadable.emplace_back(e.what());
        } catch (std::bad_alloc const&) {
            unreadable.push_back(path.string() + ": there is no memory to find faces on it");
        }
    }
    if (live)
        std::fprintf(stderr, "\n");
    if (!c.landmarks.empty())
        io::write_file(c.landmarks, table);
    std::size_t const good = total - faceless.size() - unreadable.size();
    std::printf("aligned %zu of %zu photos, %.1f photos/s; %zu faces in %s\n", good, total,
                static_cast<double>(paths.size()) / seconds(), faces_written,
                program::printable(c.output.string()).c_str());
    if (several > 0 && !c.all)
        std::printf("%zu photos show several faces, of which the %s one was taken (--all takes all)\n", several,
                    c.which == "central" ? "most central" : "largest");
    for (auto const& path : faceless)
        std::printf("no face: %s\n", program::printable(path).c_str());
    for (auto const& message : unreadable)
        std::printf("skipped: %s\n", program::printable(message).c_str());
    return faceless.empty() && unreadable.empty() ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    choices c;
    program::options app(
        "align_faces",
        "Finds the faces on a folder of photos and writes them aligned, as PNG files in folders of the same names");
    app.path("input", c.input, "photos, in it and its sub-folders").required();
    app.path("output", c.output, "folder for the faces").required();
    app.path("--detector", c.detector, "folder of MTCNN's weights: pnet, rnet and onet .safetensors").required();
    app.number("--size", c.size, program::range(16, 1024), "height and width of the faces");
    app.choice("--which", c.which, {"largest", "central"}, "of several faces: largest, or central");
    app.flag("--all", c.all, "every face of a photo, numbered");
    app.number("--smallest", c.options.smallest_face, program::range(12.0, 10000.0),
               "smallest face to look for, in pixels; larger is faster");
    app.path("--landmarks", c.landmarks, "CSV file for the five points of every face");
    program::add_most_pixels_option(app, c.most_pixels);
    app.footer("Examples:\n"
               "  align_faces --detector mtcnn photos aligned          photos/NAME/*.jpg become aligned/NAME/*.png\n"
               "  align_faces --detector mtcnn --all party faces       everybody on every photo\n"
               "Ends with status 1 when a photo shows no face or cannot be read, and names it.\n");
    return app.run(argc, argv, [&]() -> int { return run(c); });
}
