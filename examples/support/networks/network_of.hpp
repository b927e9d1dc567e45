#pragma once

// A network of a type. Included by a source for each.

#include <memory>
#include <string>
#include <type_traits>

#include <trine/io/safetensors.hpp>
#include <trine/neighbors/exact.hpp>
#include <trine/nn/network_difference.hpp>
#include <trine/nn/parameters_file.hpp>
#include <trine/recognition/identifier.hpp>

#include "../networks.hpp"
#include "backbones.hpp"

namespace program {

/// What is known of a network before there is one.
struct network_row {
    char const* name;
    std::unique_ptr<any_network> (*make)(char const* name, std::uint64_t seed);
    std::string (*signature)();
    std::string input;
    std::size_t embedding_size, parameters, multiply_adds;
};

/// Whether a file is what train_faces saves: a network and its gallery.
bool is_recognizer(trine::io::safetensors const& file);

/// Refuses a model of another network, and says which it is of.
void require_network(trine::io::safetensors const& file, std::filesystem::path const& path, std::string const& backbone,
                     std::string const& signature);

template <class Backbone>
class network_of final : public any_network {
public:
    network_of(char const* name, std::uint64_t seed, bool has_length_1) : who_(seed) {
        using in = typename Backbone::input;
        backbone = name;
        channels = in::channels, height = in::height, width = in::width, embedding_size = Backbone::embedding_size;
        ends_in_length_1 = has_length_1;
    }
    trine::nn::model<Backbone>& model() { return who_.model(); }
    trine::nn::model<Backbone> const& model() const { return who_.model(); }

    std::string table() const override { return trine::nn::describe<Backbone>(); }
    std::string fingerprint() const override { return trine::model_fingerprint(who_.model()); }
    void load(std::filesystem::path const& path) override {
        auto const file = trine::io::safetensors::load(path);
        if (!is_recognizer(file))
            return read_values(file, path);
        require_network(file, path, backbone, trine::network_signature<Backbone>());
        who_.load(path);
    }
    void load_values(std::filesystem::path const& path) override {
        read_values(trine::io::safetensors::load(path), path);
    }
    void save(std::filesystem::path const& path) const override { who_.save(path); }
    void embed(float const* images, std::size_t count, float* to) override { who_.model().embed(images, count, to); }

    void enroll(trine::data::dataset const& photos) override { who_.enroll(photos); }
    void clear() override { who_.clear(); }
    trine::neighbors::gallery<>& gallery() override { return who_.gallery(); }
    trine::neighbors::gallery_identity gallery_identity() const override { return who_.gallery_identity(); }
    void open_gallery(std::filesystem::path const& path) override { who_.open_gallery(path); }
    std::vector<trine::identification> identify(trine::matrix_view<float const> points,
                                                trine::decision_rule const& rule) override {
        return who_.identify(points, rule);
    }

private:
    void read_values(trine::io::safetensors const& file, std::filesystem::path const& path) {
        bool const is_ours = is_recognizer(file);
        if (is_ours)
            require_network(file, path, backbone, trine::network_signature<Backbone>());
        if constexpr (std::is_same_v<Backbone, networks::mobile_face_net<trine::nn::l2_normalize>>)
            if (!is_ours) {
                trine::load_weights(who_.model(), file, trine::backbones::mobile_face_net_sources<Backbone>());
                return;
            }
        trine::load_parameters(who_.model(), file, "model.");
    }

    trine::identifier<Backbone, distance> who_;
};

template <template <class> class Backbone>
network_row network_row_of(char const* name) {
    using network = Backbone<trine::nn::l2_normalize>;
    static constexpr bool has_length_1 = !std::is_same_v<network, Backbone<trine::nn::identity>>;
    return {name,
            [](char const* own, std::uint64_t seed) -> std::unique_ptr<any_network> {
                return std::make_unique<network_of<network>>(own, seed, has_length_1);
            },
            &trine::network_signature<network>,
            network::input::text(),
            network::embedding_size,
            network::parameters,
            network::multiply_adds};
}

} // namespace program
