// Names the people on photos, with a model that train_faces saved.
//
//   recognize output/model.safetensors photo.jpg other.png
//   recognize output/model.safetensors --gallery folder --json photo.jpg
//
// Expected output, a line for each photo:
//   photo.jpg  Ada  distance 0.084  3 of 3 votes

#include <cstdio>

#include "program.hpp"
#include "support/json_line.hpp"
#include "support/options.hpp"
#include "support/text.hpp"

using namespace trine;

namespace {

struct choices {
    std::filesystem::path model, gallery;
    std::string backbone = "grey64";
    std::vector<std::filesystem::path> photos;
    std::size_t k = 1;
    std::optional<double> threshold; // none: everybody is somebody
    bool json = false;
    program::photo_choices how;
};

int run(choices const& c) {
    auto const network = program::make_network(c.backbone);
    auto& who = *network;
    who.load(c.model);
    if (!c.gallery.empty()) {
        data::load_report report;
        auto const known = data::load_folder(c.gallery, who.channels, who.height, who.width, c.how.loading(), &report);
        who.clear();
        who.enroll(known);
        for (auto const& message : report.skipped)
            std::fprintf(stderr, "skipped: %s\n", program::printable(message).c_str());
    }
    require<argument_error>(who.gallery().size() > 0, c.model.string(),
                            ": its gallery is empty; give one with --gallery FOLDER");
    decision_rule const rule{.k = c.k, .threshold = c.threshold.value_or(std::numeric_limits<double>::infinity())};
    std::size_t const failures = program::for_each_photo(
        who, c.photos, c.how, "recognize", [&](std::string const& path, data::image const& photo) {
            auto const found = who.identify(data::to_tensor(photo), rule).front();
            if (c.json)
                program::print_json({{"photo", path},
                                     {"name", found.known ? nlohmann::json(found.name) : nlohmann::json(nullptr)},
                                     {"distance", found.distance},
                                     {"votes", found.votes},
                                     {"k", c.k},
                                     {"nearest", who.gallery().source(found.nearest.front().index)}});
            else
                std::printf("%s  %s  distance %.3f  %zu of %zu votes\n", program::printable(path).c_str(),
                            found.known ? program::printable(found.name).c_str() : "unknown",
                            static_cast<double>(found.distance), found.votes, c.k);
        });
    if (failures > 0)
        std::fprintf(stderr, "recognize: %zu of %zu photos could not be used\n", failures, c.photos.size());
    return failures > 0 ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    choices c;
    program::options app("recognize", "Names the people on photos");
    app.path("model", c.model, "file that train_faces saved, or MobileFaceNet's published weights").required();
    app.paths("photos", c.photos, "photos to name").required();
    app.path("--gallery", c.gallery,
             "folder of known people, one sub-folder each (default: those saved with the model)");
    program::add_backbone_option(app, c.backbone);
    app.number("-k", c.k, program::range(1, 1'000'000), "neighbours that vote");
    app.number("--threshold", c.threshold, program::range(0.0, 1e6),
               "farther than this is \"unknown\" (default: everybody is somebody)");
    app.flag("--json", c.json, "a JSON object a line");
    c.how.add_options(app);
    app.footer(
        "Examples:\n"
        "  recognize output/model.safetensors new.jpg                           people enrolled by train_faces\n"
        "  recognize output/model.safetensors --gallery known -k 3 new/*.jpg    known/NAME/*.jpg\n"
        "  recognize output/model.safetensors --threshold 0.8 --json new.jpg    \"unknown\" when nobody is near\n"
        "  recognize mobilefacenet.safetensors --backbone mobile_face_net --detector mtcnn --gallery known new.jpg\n");
    return app.run(argc, argv, [&] { return run(c); });
}
