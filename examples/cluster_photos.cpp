// Groups a folder of photos by the person on them, though nobody has a name.
//
//   cluster_photos --model output/model.safetensors holiday --picture groups.png
//
// Expected output, a line for each group:
//   group 0: 12 photos  holiday/img3.jpg  holiday/img7.jpg  …

#include <cstdio>

#include "program.hpp"
#include "support/json_line.hpp"
#include "support/options.hpp"
#include "support/outputs.hpp"
#include "support/text.hpp"

#include <trine/data/folder.hpp>
#include <trine/data/image_io.hpp>
#include <trine/visual/pictures.hpp>

using namespace trine;

namespace {

struct choices {
    std::filesystem::path folder, model, picture, output;
    std::string backbone = "grey64";
    std::size_t joined = 10, least = 3;
    double limit = 1;
    bool json = false, dense = false;
    program::photo_choices how;
};

int run(choices const& c) {
    // Before the work: where to write.
    program::inputs const read{c.folder, c.model, c.how.detector};
    std::optional<program::whole_folder> copies;
    if (!c.output.empty())
        copies.emplace("--output", c.output, "cluster_photos", read);
    if (!c.picture.empty()) {
        auto others = read;
        others.push_back(c.output);
        program::require_output_file("--picture", c.picture, others);
    }
    data::load_report report;
    auto const paths = data::photos_below(c.folder, report, c.output);
    for (auto const& message : report.skipped)
        std::fprintf(stderr, "cluster_photos: skipped: %s\n", program::printable(message).c_str());
    auto const network = program::make_network(c.backbone);
    network->load_values(c.model);
    data::dataset photos{network->channels, network->height, network->width, {"somebody"}, {}, {}, {}};
    std::size_t failures = report.skipped.size();
    failures +=
        program::for_each_photo(*network, paths, c.how, "cluster_photos",
                                [&](std::string const& path, data::image const& photo) { photos.add(photo, 0, path); });
    require<data_error>(photos.size() > 0, c.folder.string(),
                        ": has no photo that can be used (PGM, PPM, PNG, JPEG, BMP)");
    auto const points = network->embed(photos.tensors());
    neighbors::exact::index<program::distance> index(network->embedding_size);
    index.borrow(as_matrix(points));
    auto const graph = neighbors::join_neighbors(index, as_matrix(points), c.joined, static_cast<float>(c.limit));
    auto const groups = c.dense ? neighbors::dbscan(graph, c.least) : neighbors::chinese_whispers(graph);

    // The largest first; photos in no group last.
    std::map<std::ptrdiff_t, std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < groups.size(); ++i)
        members[groups[i]].push_back(i);
    std::vector<std::vector<std::size_t>> sorted;
    for (auto const& [group, list] : members)
        if (group >= 0)
            sorted.push_back(list);
    std::stable_sort(sorted.begin(), sorted.end(), [](auto const& a, auto const& b) { return a.size() > b.size(); });
    std::size_t const grouped = sorted.size();
    if (members.contains(-1))
        sorted.push_back(members[-1]);
    std::vector<visual::montage_row> rows;
    for (std::size_t g = 0; g < sorted.size(); ++g) {
        bool const is_group = g < grouped;
        if (c.json) {
            std::vector<std::string> names;
            for (std::size_t i : sorted[g])
                names.push_back(photos.sources[i]);
            program::print_json({{"group", is_group ? nlohmann::json(g) : nlohmann::json(nullptr)}, {"photos", names}});
        } else {
            if (is_group)
                std::printf("group %zu: %zu photo%s", g, sorted[g].size(), sorted[g].size() == 1 ? "" : "s");
            else
                std::printf("no group: %zu photo%s", sorted[g].size(), sorted[g].size() == 1 ? "" : "s");
            for (std::size_t i : sorted[g])
                std::printf("  %s", program::printable(photos.sources[i]).c_str());
            std::printf("\n");
        }
        if (copies)
            for (std::size_t i : sorted[g]) {
                std::filesystem::path const source = photos.sources[i];
                auto name = source.lexically_relative(c.folder).string();
                std::replace(name.begin(), name.end(), '/', '_');
                if (constexpr std::size_t longest = 200; name.size() > longest) // of the 255 bytes that systems take
                    name.erase(0, name.size() - longest);
                copies->copy(source,
                             std::filesystem::path(is_group ? "group " + std::to_string(g) : "no group") / name);
            }
        if (rows.size() < 20 && is_group) {
            visual::montage_row row{photos.picture(sorted[g][0]),
                                    std::to_string(sorted[g].size()) + (sorted[g].size() == 1 ? " photo" : " photos"),
                                    {}};
            for (std::size_t i = 1; i < std::min<std::size_t>(sorted[g].size(), 8); ++i)
                row.matches.push_back({photos.picture(sorted[g][i]), "", true});
            rows.push_back(std::move(row));
        }
    }
    if (copies)
        copies->commit();
    if (!c.picture.empty() && !rows.empty())
        data::save_png(visual::montage("Groups of photos", rows), c.picture);
    if (!c.json)
        std::printf("%zu photos in %zu groups\n", photos.size(), grouped);
    if (failures > 0)
        std::fprintf(stderr, "cluster_photos: %zu of %zu photos could not be used\n", failures,
                     paths.size() + report.skipped.size());
    return failures > 0 ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    choices c;
    program::options app("cluster_photos", "Groups a folder of photos by the person on them");
    app.path("folder", c.folder, "photos, in it and its sub-folders").required();
    app.path("--model", c.model, "file that train_faces saved").required();
    program::add_backbone_option(app, c.backbone);
    app.number("--limit", c.limit, program::range(0.0, 1e6), "how far apart two photos of one person may lie");
    app.number("--joined", c.joined, program::range(1, 10'000), "how many near photos each is joined with");
    app.flag("--dbscan", c.dense, "by density instead of Chinese whispers");
    app.number("--least", c.least, program::range(1, 1'000'000), "photos that make a core, with --dbscan");
    app.path("--picture", c.picture, "PNG with a row for each of the 20 largest groups");
    app.path("--output", c.output,
             "folder to copy the photos to, a sub-folder for each group: a new one, an empty one, or the one of the "
             "last run, "
             "which is replaced");
    app.flag("--json", c.json, "a JSON object a line");
    c.how.add_options(app);
    app.footer(
        "Examples:\n"
        "  cluster_photos --model output/model.safetensors holiday\n"
        "  cluster_photos --model output/model.safetensors holiday --limit 0.7 --picture groups.png --output sorted\n"
        "  cluster_photos --model mobilefacenet.safetensors --backbone mobile_face_net --detector mtcnn holiday\n");
    return app.run(argc, argv, [&] { return run(c); });
}
