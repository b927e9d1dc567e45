#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include <trine/data/image_io.hpp>
#include <trine/evaluation/identification.hpp>
#include <trine/evaluation/statistics.hpp>
#include <trine/evaluation/thresholds.hpp>
#include <trine/io/embeddings.hpp>
#include <trine/io/file.hpp>

#include "json_line.hpp"

// The page, with @DATA@ where its data belong; empty where the build has none. Made by examples/report/inline.cmake.
extern char const* const trine_report_page;

using namespace trine;
using nlohmann::json;

namespace {

std::string base64(void const* data, std::size_t size) {
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    auto const* const bytes = static_cast<unsigned char const*>(data);
    std::string out;
    out.reserve((size + 2) / 3 * 4);
    for (std::size_t i = 0; i < size; i += 3) {
        std::size_t const left = std::min<std::size_t>(3, size - i);
        unsigned const three = unsigned{bytes[i]} << 16 | (left > 1 ? unsigned{bytes[i + 1]} << 8 : 0u) |
                               (left > 2 ? unsigned{bytes[i + 2]} : 0u);
        out += digits[three >> 18];
        out += digits[three >> 12 & 63];
        out += left > 1 ? digits[three >> 6 & 63] : '=';
        out += left > 2 ? digits[three & 63] : '=';
    }
    return out;
}
std::string base64(std::string const& bytes) { return base64(bytes.data(), bytes.size()); }
std::string base64(std::vector<float> const& values) { return base64(values.data(), values.size() * sizeof(float)); }
std::string base64(std::vector<evaluation::map_point> const& places) {
    std::vector<float> flat;
    for (auto const& p : places)
        flat.push_back(static_cast<float>(p[0])), flat.push_back(static_cast<float>(p[1]));
    return base64(flat);
}

// As a JPEG, no side longer than 96 pixels.
std::string thumbnail(data::image const& photo) {
    constexpr std::size_t most = 96;
    std::size_t const longest = std::max(photo.height, photo.width);
    auto const scaled = [&](std::size_t side) {
        return std::max<std::size_t>(1, side * std::min(most, longest) / longest);
    };
    return base64(
        data::encode_jpeg(data::resized(photo, scaled(photo.height), scaled(photo.width), data::fit::stretch), 82));
}

// Where a share lies on the axes of the detection-error trade-off, which end at these.
constexpr double least_share = 0.001, most_share = 0.6;
double deviate(double share) { return evaluation::normal_deviate(std::clamp(share, least_share, most_share)); }

json number(double v) { return std::isfinite(v) ? json(v) : json(nullptr); }

json photo_lists(data::dataset const& photos) {
    json list{{"thumbs", json::array()}, {"person", photos.labels}, {"source", photos.sources}};
    for (std::size_t i = 0; i < photos.size(); ++i)
        list["thumbs"].push_back(thumbnail(photos.picture(i)));
    return list;
}

} // namespace

void program::require_report_page() {
    require<argument_error>(trine_report_page[0] != '\0',
                            "this program was built without the page of the report: it takes Chart.js, which npm "
                            "fetches when the build is configured. Install npm and configure again, or run "
                            "quickstart.sh with --report, which does both");
}

std::filesystem::path program::write_report(std::filesystem::path const& folder, run_report const& run,
                                            results const& r) {
    require_report_page();
    require<data_error>(!r.shown.empty() && r.curve,
                        "a report needs photos that were held out, of several people and more than one of some");
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    require<io_error>(!code, folder.string(), ": cannot be created: ", code.message());

    auto const photos = r.shown_photos();
    auto const points = rows_at(as_matrix(std::as_const(r.points)), r.shown);
    std::size_t const n = photos.size();
    json page{{"title", run.title},
              {"people", photos.people},
              {"distance_name", "squared distance"},
              {"photos", photo_lists(photos)},
              {"tsne", base64(r.map)}};
    for (auto const& [name, value] : run.options)
        page["options"].push_back({name, value});
    for (auto const& f : figures_of(r))
        page["figures"].push_back({f.name, f.value, f.meaning});
    for (auto const& e : run.epochs)
        page["epochs"].push_back({{"epoch", e.epoch},
                                  {"loss", number(e.loss)},
                                  {"active", number(e.active)},
                                  {"positive", number(e.positive_distance)},
                                  {"negative", number(e.negative_distance)}});

    // Known photos, as far as they are anybody's nearest.
    std::map<std::size_t, std::size_t> numbers;
    std::vector<std::size_t> used;
    page["nearest"] = page["named"] = page["named_distance"] = json::array();
    for (std::size_t i : r.shown) {
        auto nearest = json::array();
        for (auto const& near : r.nearest[i].first(std::min<std::size_t>(3, r.nearest[i].size()))) {
            auto const [at, is_new] = numbers.try_emplace(near.index, used.size());
            if (is_new)
                used.push_back(near.index);
            nearest.push_back({at->second, number(static_cast<double>(near.distance))});
        }
        page["nearest"].push_back(std::move(nearest));
        page["named"].push_back(r.named[i]);
        page["named_distance"].push_back(number(static_cast<double>(r.found[i].distance)));
    }
    page["known"] = photo_lists(r.known.subset(used));

    auto const apart = pairwise(points);
    std::vector<float> triangle;
    for (std::size_t i = 0; i < n; ++i)
        triangle.insert(triangle.end(), apart.data() + i * n + i + 1, apart.data() + (i + 1) * n);
    page["distances"] = base64(triangle);

    evaluation::principal_plane const plane(as_matrix(points));
    page["plane_share"] = plane.share();
    page["snapshots"] = json::array();
    for (auto const& s : run.snapshots)
        page["snapshots"].push_back({{"epoch", s.epoch},
                                     {"right", s.right},
                                     {"places", base64(plane.places(as_matrix(std::as_const(s.points))))}});

    auto const& curve = *r.curve;
    page["different"] = curve.different();
    for (auto const& p : curve.roc())
        page["roc"].push_back({{"distance", number(p.distance)},
                               {"true_accept_rate", p.true_accept_rate},
                               {"false_accept_rate", p.false_accept_rate},
                               {"deviates", {deviate(p.false_accept_rate), deviate(1 - p.true_accept_rate)}}});
    for (double share : {least_share, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, most_share})
        page["ticks"].push_back({{"share", share}, {"deviate", deviate(share)}});
    page["equal_error"] = {{"distance", curve.equal_error().distance}};
    page["one_percent"] = {{"distance", curve.at_false_accept_rate(0.01).distance}};
    auto const best = evaluation::best_f1(r.pairs.same, r.pairs.different);
    page["best_f1"] = {{"distance", best.distance}, {"f1", best.f1}};
    page["cmc"] = json::array();
    for (std::size_t k = 1; k <= std::min<std::size_t>(20, r.identification.people); ++k)
        page["cmc"].push_back(r.identification.rank(k));
    page["pictures"] = json::array();
    for (auto const& p : run.pictures)
        page["pictures"].push_back({{"title", p.title}, {"png", base64(data::encode_png(p.picture))}});

    // Inside a script, "</script" would end it, and "<!--" with "<script" would let nothing end it.
    std::string data;
    for (char c : json_text(page))
        c == '<' ? data += "\\u003c" : data += c;
    std::string text = trine_report_page;
    auto const place = text.find("@DATA@");
    text.replace(place, std::strlen("@DATA@"), data);
    // All that were held out, for those who go on elsewhere.
    std::vector<std::string> names;
    for (label who : r.held_out.labels)
        names.push_back(r.held_out.people[static_cast<std::size_t>(who)]);
    auto const embeddings = as_matrix(std::as_const(r.points));
    std::vector<io::text_column> columns{{"person", names}};
    if (r.held_out.sources.size() == names.size())
        columns.push_back({"photo", r.held_out.sources});
    io::write_embeddings_csv(folder / "embeddings.csv", embeddings, names);
    io::write_file(folder / "vectors.tsv", io::projector_vectors(embeddings));
    io::write_file(folder / "metadata.tsv", io::projector_metadata(columns));
    auto const path = folder / "report.html";
    io::write_file(path, text);
    return path;
}
