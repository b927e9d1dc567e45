#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "../core/identity.hpp"
#include "../data/dataset.hpp"
#include "../distances/euclidean.hpp"
#include "../io/safetensors.hpp"
#include "../neighbors/exact.hpp"
#include "../neighbors/gallery_search.hpp"
#include "../neighbors/gallery_tensors.hpp"
#include "../nn/model.hpp"
#include "../nn/network_difference.hpp"
#include "../nn/parameters_file.hpp"
#include "identification.hpp"

namespace trine {

/// Names the people on photos: a network embeds them, and their nearest in a gallery vote. It learns nothing; see
/// `trainer` and `recognizer`.
///
/// Photos are N×C×H×W with values from −1 to 1 (see `data::dataset::tensors`).
template <class Backbone, class Distance = distances::squared_euclidean, class Neighbors = neighbors::exact>
class identifier {
public:
    using backbone = Backbone;
    using model_type = nn::model<Backbone>;
    using gallery_type = neighbors::gallery<>;

    /// A network with values drawn from the seed, and an empty gallery in memory.
    explicit identifier(std::uint64_t seed = 1, Distance distance = {})
        : distance_(distance), model_(seed), gallery_(memory_identity()), search_(distance) {}

    /// Adds photos to the gallery; people of equal names are one.
    ///
    /// @throws shape_error  when the photos do not have the network's shape
    /// @throws io_error     when the gallery is in a file that cannot be written to
    void enroll(data::dataset const& photos) {
        auto const points = model_.embed(photos.tensors());
        std::vector<std::string> names;
        for (label who : photos.labels)
            names.push_back(photos.people[static_cast<std::size_t>(who)]);
        know_network();
        gallery_.add(names, photos.sources, points);
    }
    /// Forgets the gallery, and begins an empty one in memory.
    void clear() { gallery_ = gallery_type(memory_identity()); }
    /// Known people and photos: to list, remove, rename, merge, or to save as a file that `open_gallery` opens.
    gallery_type& gallery() {
        know_network();
        return gallery_;
    }
    gallery_type const& gallery() const { return gallery_; }
    std::size_t gallery_size() const { return gallery_.size(); }

    /// What tells a gallery of this very network from others: its shape and a checksum of its parameters, and the
    /// distance with its values.
    neighbors::gallery_identity gallery_identity() const {
        return neighbors::gallery_identity::of(model_fingerprint(model_), distance_, Backbone::embedding_size);
    }
    /// Goes over to a new, empty gallery in a file.
    ///
    /// @throws io_error  when there is a file already, or it cannot be written
    void create_gallery(std::filesystem::path const& path) {
        gallery_ = gallery_type::create(path, gallery_identity());
    }
    /// Goes over to a gallery in a file.
    ///
    /// @throws io_error      when it cannot be read, or another program is writing to it
    /// @throws format_error  when it is damaged, or of another network or distance; the gallery so far stays
    void open_gallery(std::filesystem::path const& path, neighbors::access mode = neighbors::access::read) {
        gallery_ = gallery_type::open(path, gallery_identity(), mode);
    }

    /// Names photos by the votes of their nearest in the gallery.
    ///
    /// @throws argument_error  when k is 0 or larger than the gallery
    /// @throws shape_error     when the photos do not have the network's shape
    std::vector<identification> identify(tensor<float, 4> const& photos, decision_rule const& rule) {
        auto const points = model_.embed(photos);
        return identify(matrix_view<float const>(points), rule);
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
        auto all = trine::identify(gallery_, search_.search(gallery_, points, rule.k), rule);
        for (std::size_t i = 0; i < all.size(); ++i) {
            double squares = 0;
            for (float v : points.row(i))
                squares += static_cast<double>(v) * static_cast<double>(v);
            all[i].quality = std::sqrt(squares);
        }
        return all;
    }

    /// Distance between the persons on two photos (1×C×H×W each): small for one person.
    float verify(tensor<float, 4> const& a, tensor<float, 4> const& b) {
        auto const pa = model_.embed(a), pb = model_.embed(b);
        float d = 0;
        distance_.cross(matrix_view<float const>(pa).slice(0, 1), matrix_view<float const>(pb).slice(0, 1),
                        matrix_view<float>(&d, 1, 1));
        return d;
    }

    model_type& model() { return model_; }
    model_type const& model() const { return model_; }
    Distance const& distance() const { return distance_; }

    /// Writes network and gallery as one safetensors file.
    ///
    /// @throws io_error  when it cannot be written; an old file is kept
    void save(std::filesystem::path const& path) const {
        io::safetensors file;
        file.metadata = {{"format", format},
                         {"network", network_signature<Backbone>()},
                         {"distance", identity_of(distance_).lines()}};
        store_parameters(model_, file, "model.");
        neighbors::store_gallery(gallery_, file);
        file.save(path);
    }

    /// Reads what `save` wrote; nothing changes unless all of it is good.
    ///
    /// @throws io_error      when the file cannot be read
    /// @throws format_error  when it is damaged, or of another network or distance
    void load(std::filesystem::path const& path) {
        auto const file = io::safetensors::load(path);
        auto const where = path.string();
        require<format_error>(file.metadata.contains("format"), where, ": is not a saved recognizer");
        auto const found = file.text_of("format");
        require<format_error>(found == format, where, ": its format is \"", found, "\", not \"", format, "\"");
        require<format_error>(
            file.text_of("network") == network_signature<Backbone>(), where,
            ": is of another network: ", network_difference(file.text_of("network"), network_signature<Backbone>()));
        auto const other =
            identity::difference(identity_of(distance_).lines(), file.text_of("distance"), "here", "in the file");
        require<format_error>(other.empty(), where, ": was made with another distance: ", other);
        auto expected = memory_identity();
        expected.network = file.text_of("gallery.network"); // the points may be older than the parameters
        auto fresh = neighbors::load_gallery(file, "gallery.", expected);
        load_parameters(model_, file, "model.");
        gallery_ = std::move(fresh);
        know_network();
    }

private:
    static constexpr char const* format = "trine recognizer 2";

    // What is not known before the first photo: the network may be trained until then.
    void know_network() {
        bool const is_open = gallery_.identity().network.empty() || gallery_.places() == 0;
        if (gallery_.path().empty() && is_open)
            gallery_.set_network(model_fingerprint(model_));
    }
    neighbors::gallery_identity memory_identity() const {
        return neighbors::gallery_identity::of("", distance_, Backbone::embedding_size);
    }

    Distance distance_;
    model_type model_;
    gallery_type gallery_;
    neighbors::gallery_search<Neighbors, Distance> search_;
};

} // namespace trine
