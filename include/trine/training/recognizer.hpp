#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "../backbones/compact.hpp"
#include "../distances/cosine.hpp"
#include "../neighbors/exact.hpp"
#include "../neighbors/gallery_search.hpp"
#include "../losses/triplet.hpp"
#include "enrolled_people.hpp"
#include "identification.hpp"
#include "trainer.hpp"

namespace trine {

/// The whole story as one type: learn a map from photos to points, enrol known people, name new photos.
///
/// Photos are N×C×H×W with values from −1 to 1 (see `data::dataset::tensors`).
template <class Backbone, class Miner = miners::batch_hard, class Loss = losses::triplet_margin,
          class Distance = distances::squared_euclidean, class Neighbors = neighbors::exact>
class recognizer {
public:
    using trainer_type = trainer<Backbone, Miner, Loss, Distance>;
    using model_type = typename trainer_type::model_type;
    using gallery_type = neighbors::gallery<>;

    explicit recognizer(std::uint64_t seed = 1) : model_(seed) {}

    /// Learns the map. The gallery becomes empty, and one in memory: points belong to the map that made them.
    ///
    /// @throws error  as `trainer::fit`
    training_report fit(data::dataset const& photos, training_options const& options = {},
                        typename trainer_type::callback const& after_epoch = {}, Miner miner = {}, Loss loss = {}) {
        clear();
        return trainer_type(options, miner, loss, distance).fit(model_, photos, after_epoch);
    }

    /// Adds photos to the gallery; people of equal names are one.
    ///
    /// @throws shape_error  when the photos do not have the network's shape
    /// @throws io_error     when the gallery is in a file that cannot be written to
    void enroll(data::dataset const& photos) {
        auto const points = model_.embed(photos.tensors());
        std::vector<std::string> names;
        for (label who : photos.labels)
            names.push_back(photos.people[static_cast<std::size_t>(who)]);
        gallery_.add(names, photos.sources, as_matrix(points));
    }
    /// Forgets the gallery, and begins an empty one in memory.
    void clear() { gallery_ = gallery_type(memory_identity()); }
    /// Known people and photos: to list, remove, rename, merge.
    gallery_type& gallery() { return gallery_; }
    gallery_type const& gallery() const { return gallery_; }
    std::size_t gallery_size() const { return gallery_.size(); }

    /// What tells a gallery of this very network from others: its shape and a checksum of its parameters.
    neighbors::gallery_identity identity() {
        return {model_fingerprint(model_), std::string(Distance::name), Backbone::embedding_size};
    }
    /// Goes over to a new, empty gallery in a file.
    ///
    /// @throws io_error  when there is a file already, or it cannot be written
    void create_gallery(std::filesystem::path const& path) { gallery_ = gallery_type::create(path, identity()); }
    /// Goes over to a gallery in a file.
    ///
    /// @throws io_error      when it cannot be read, or another program is writing to it
    /// @throws format_error  when it is damaged, or of another network or distance; the gallery so far stays
    void open_gallery(std::filesystem::path const& path, neighbors::access mode = neighbors::access::read) {
        gallery_ = gallery_type::open(path, identity(), mode);
    }

    /// Names photos by the votes of their nearest in the gallery.
    ///
    /// @throws argument_error  when k is 0 or larger than the gallery
    /// @throws shape_error     when the photos do not have the network's shape
    std::vector<identification> identify(tensor<float, 4> const& photos, decision_rule const& rule) {
        auto const points = model_.embed(photos);
        return identify(as_matrix(points), rule);
    }
    std::vector<identification> identify(tensor<float, 4> const& photos, std::size_t k = 1) {
        return identify(photos, decision_rule{.k = k});
    }

    /// The same of photos that this network has embedded already.
    ///
    /// @param points  N×D
    /// @throws argument_error  when k is 0 or larger than the gallery
    /// @throws shape_error     when the points have another number of values
    std::vector<identification> identify(matrix_view<float const> points, decision_rule const& rule) {
        return trine::identify(gallery_, search_.search(gallery_, points, rule.k), rule);
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
        file.metadata = {{"format", "trine recognizer 1"},
                         {"network", network_signature<Backbone>()},
                         {"distance", std::string(Distance::name)}};
        store_parameters(model_, file, "model.");
        detail::enrolled_people::of(gallery_).store(file, Backbone::embedding_size);
        file.save(path);
    }

    /// Reads what `save` wrote; nothing changes unless all of it is good.
    ///
    /// @throws io_error      when the file cannot be read
    /// @throws format_error  when it is damaged, or of another network or distance
    void load(std::filesystem::path const& path) {
        auto const file = io::safetensors::load(path);
        auto const where = path.string();
        require<format_error>(file.metadata.contains("format") && file.text_of("format") == "trine recognizer 1", where,
                              ": is not a saved recognizer");
        require<format_error>(file.text_of("network") == network_signature<Backbone>(), where,
                              ": is of another network; it has ", file.text_of("network"), ", this one ",
                              network_signature<Backbone>());
        require<format_error>(file.text_of("distance") == Distance::name, where, ": was made with the distance ",
                              file.text_of("distance"), ", not ", Distance::name);
        gallery_type fresh(memory_identity());
        detail::enrolled_people::read(file, where, Backbone::embedding_size).add_to(fresh);
        load_parameters(model_, file, "model.");
        gallery_ = std::move(fresh);
    }

    Distance distance{};

private:
    // Whoever sees a gallery in memory knows where it came from.
    static neighbors::gallery_identity memory_identity() {
        return {"", std::string(Distance::name), Backbone::embedding_size};
    }

    model_type model_;
    gallery_type gallery_{memory_identity()};
    neighbors::gallery_search<Neighbors, Distance> search_{distance};
};

} // namespace trine
