#include "subjects.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <trine/backbones/compact.hpp>
#include <trine/experiments/photo_subject.hpp>
#include <trine/io/embeddings.hpp>
#include <trine/io/npy.hpp>
#include <trine/io/npz.hpp>
#include <trine/neighbors/gallery.hpp>

using namespace trine;

namespace {

using backbone = backbones::compact<nn::shape<1, 64, 64>, 128, 16>;

std::vector<label> labels_of(io::array<std::int64_t> const& from, std::size_t rows, std::string const& where) {
    require<format_error>(from.shape.size() == 1 && from.values.size() == rows, where, ": ", from.values.size(),
                          " labels for ", rows, " embeddings");
    return {from.values.begin(), from.values.end()};
}

} // namespace

std::unique_ptr<experiments::subject> study::of_photos(data::dataset photos, experiments::training_budget budget) {
    return std::make_unique<experiments::photo_subject<backbone>>(std::move(photos), budget);
}

std::unique_ptr<experiments::subject> study::of_embeddings(std::filesystem::path const& file,
                                                           std::filesystem::path const& labels, std::size_t at_least,
                                                           experiments::head_options how) {
    io::array<float> points;
    std::vector<label> who;
    auto const require_matrix = [&] {
        require<format_error>(points.shape.size() == 2 && points.shape[1] > 0, file.string(),
                              ": embeddings are a matrix of N×D");
    };
    require<argument_error>((file.extension() == ".npy") == !labels.empty(), "--labels goes with a .npy file of ",
                            "embeddings, and with no other");
    if (file.extension() == ".npz") {
        auto const all = io::npz::load(file);
        points = all.get<float>("embeddings");
        require_matrix();
        who = labels_of(all.get<std::int64_t>("labels"), points.shape[0], file.string());
    } else if (file.extension() == ".npy") {
        points = io::read_npy<float>(file);
        require_matrix();
        who = labels_of(io::read_npy<std::int64_t>(labels), points.shape[0], labels.string());
    } else if (file.extension() == ".gallery") {
        auto const gallery = neighbors::gallery<>::open(file);
        points.shape = {gallery.size(), gallery.dimensions()};
        points.values.reserve(gallery.size() * gallery.dimensions());
        for (std::size_t place = 0; place < gallery.places(); ++place)
            if (!gallery.is_removed(place)) {
                auto const point = gallery.point(place);
                points.values.insert(points.values.end(), point.begin(), point.end());
                who.push_back(static_cast<label>(gallery.person(place)));
            }
        require_matrix();
    } else {
        auto table = io::read_embeddings_csv(file);
        points = {{table.labels.size(), table.dimensions}, std::move(table.values)};
        require_matrix();
        std::map<std::string, label> numbers;
        for (auto const& name : table.labels)
            who.push_back(numbers.try_emplace(name, static_cast<label>(numbers.size())).first->second);
    }
    std::map<label, std::size_t> photos;
    for (label l : who)
        ++photos[l];
    std::size_t const d = points.shape[1];
    std::vector<float> kept;
    std::vector<label> kept_labels;
    for (std::size_t i = 0; i < who.size(); ++i)
        if (photos[who[i]] >= at_least) {
            kept.insert(kept.end(), points.values.begin() + static_cast<std::ptrdiff_t>(i * d),
                        points.values.begin() + static_cast<std::ptrdiff_t>((i + 1) * d));
            kept_labels.push_back(who[i]);
        }
    matrix_view<float const> const rows(kept.data(), kept_labels.size(), d);
    return std::make_unique<experiments::head_subject>(rows, std::move(kept_labels), how);
}
