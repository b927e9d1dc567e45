#pragma once

#include <span>
#include <string>
#include <vector>

#include "../backbones/compact.hpp"
#include "../distances/cosine.hpp"
#include "../neighbors/exact.hpp"
#include "../neighbors/vote.hpp"
#include "../losses/triplet.hpp"
#include "trainer.hpp"

namespace trine {

/// Who a photo shows, as far as the gallery knows.
struct identification {
    std::string name;
    float distance = 0;      ///< of this person's nearest enrolled photo
    std::size_t votes = 0;   ///< of the k nearest photos
    std::vector<neighbors::neighbor> nearest; ///< places in the gallery, nearest first
};

/// The whole story as one type: learn a map from photos to points, enrol known people, name new photos.
///
/// Photos are N×C×H×W with values from −1 to 1 (see `data::dataset::tensors`).
template <class Backbone, class Miner = miners::batch_hard, class Loss = losses::triplet_margin, class Distance = distances::squared_euclidean,
          class Neighbors = neighbors::exact>
class recognizer {
public:
    using trainer_type = trainer<Backbone, Miner, Loss, Distance>;
    using model_type = typename trainer_type::model_type;

    explicit recognizer(std::uint64_t seed = 1) : model_(seed) {}

    /// Learns the map. The gallery becomes empty: its points belong to the old map.
    ///
    /// @throws error  as `trainer::fit`
    training_report fit(data::dataset const& photos, training_options const& options = {}, typename trainer_type::callback const& after_epoch = {}, Miner miner = {},
                        Loss loss = {}) {
        clear();
        return trainer_type(options, miner, loss, distance).fit(model_, photos, after_epoch);
    }

    /// Adds photos to the gallery; people of equal names are one.
    ///
    /// @throws shape_error  when the photos do not have the network's shape
    void enroll(data::dataset const& photos) {
        auto const points = model_.embed(photos.tensors());
        for (std::size_t i = 0; i < photos.size(); ++i) {
            auto const& name = photos.people[static_cast<std::size_t>(photos.labels[i])];
            auto at = std::find(names_.begin(), names_.end(), name);
            if (at == names_.end())
                at = names_.insert(names_.end(), name);
            labels_.push_back(at - names_.begin());
            sources_.push_back(photos.sources[i]);
        }
        points_.insert(points_.end(), points.data(), points.data() + points.size());
    }
    /// Empties the gallery.
    void clear() {
        names_.clear(), labels_.clear(), sources_.clear(), points_.clear();
    }
    std::size_t gallery_size() const { return labels_.size(); }
    std::vector<std::string> const& people() const { return names_; }
    /// Where an enrolled photo came from, by its place in the gallery.
    std::string const& source(std::size_t place) const { return sources_.at(place); }
    std::string const& name_of(std::size_t place) const { return names_[static_cast<std::size_t>(labels_.at(place))]; }

    /// Names photos by the votes of their k nearest in the gallery.
    ///
    /// @throws argument_error  when k is 0 or larger than the gallery
    /// @throws shape_error     when the photos do not have the network's shape
    std::vector<identification> identify(tensor<float, 4> const& photos, std::size_t k = 1) {
        auto const points = model_.embed(photos);
        auto const found = search_.search(distance, as_matrix(points), gallery(), k);
        std::vector<identification> all;
        for (auto const& nearest : found) {
            auto const v = neighbors::majority(nearest, labels_);
            all.push_back({names_[static_cast<std::size_t>(v.who)], v.distance, v.votes, nearest});
        }
        return all;
    }

    /// Distance between the persons on two photos (1×C×H×W each): small for one person.
    float verify(tensor<float, 4> const& a, tensor<float, 4> const& b) {
        auto const pa = model_.embed(a), pb = model_.embed(b);
        float d = 0;
        distance.cross(as_matrix(pa).slice(0, 1), as_matrix(pb).slice(0, 1), matrix_view<float>(&d, 1, 1));
        return d;
    }

    model_type& model() { return model_; }

    /// Writes network and gallery as one safetensors file.
    ///
    /// @throws io_error  when it cannot be written; an old file is kept
    void save(std::filesystem::path const& path) {
        io::safetensors file;
        nlohmann::json const names = names_, sources = sources_;
        file.metadata = {{"format", "trine recognizer 1"}, {"network", network_signature<Backbone>()}, {"distance", std::string(Distance::name)},
                         {"names", names.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)},
                         {"sources", sources.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)}};
        store_parameters(model_, file, "model.");
        file.add<float>("gallery.points", {labels_.size(), Backbone::embedding_size}, points_);
        file.add<std::int64_t>("gallery.labels", {labels_.size()}, labels_);
        file.save(path);
    }

    /// Reads what `save` wrote; nothing changes unless all of it is good.
    ///
    /// @throws io_error      when the file cannot be read
    /// @throws format_error  when it is damaged, or of another network or distance
    void load(std::filesystem::path const& path) {
        auto const file = io::safetensors::load(path);
        auto const where = path.string();
        require<format_error>(file.metadata.contains("format") && file.text_of("format") == "trine recognizer 1", where, ": is not a saved recognizer");
        require<format_error>(file.text_of("network") == network_signature<Backbone>(), where, ": is of another network; it has ", file.text_of("network"),
                              ", this one ", network_signature<Backbone>());
        require<format_error>(file.text_of("distance") == Distance::name, where, ": was made with the distance ", file.text_of("distance"), ", not ", Distance::name);
        auto const texts = [&](char const* key) {
            auto const json = nlohmann::json::parse(file.text_of(key), nullptr, false);
            require<format_error>(json.is_array(), where, ": its ", key, " are not a list");
            std::vector<std::string> all;
            for (auto const& text : json) {
                require<format_error>(text.is_string(), where, ": its ", key, " are not texts");
                all.push_back(text.template get<std::string>());
            }
            return all;
        };
        auto names = texts("names"), sources = texts("sources");
        auto points = file.get<float>("gallery.points", {sources.size(), Backbone::embedding_size});
        auto labels = file.get<std::int64_t>("gallery.labels", {sources.size()});
        for (auto l : labels)
            require<format_error>(l >= 0 && static_cast<std::size_t>(l) < names.size(), where, ": a photo of person ", l, " of ", names.size());
        load_parameters(model_, file, "model.");
        names_ = std::move(names), sources_ = std::move(sources), points_ = std::move(points);
        labels_.assign(labels.begin(), labels.end());
    }

    Distance distance{};

private:
    matrix_view<float const> gallery() const { return {points_.data(), labels_.size(), Backbone::embedding_size}; }

    model_type model_;
    Neighbors search_{};
    std::vector<std::string> names_, sources_;
    std::vector<label> labels_;
    std::vector<float> points_;
};

} // namespace trine
