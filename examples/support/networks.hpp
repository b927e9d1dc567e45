#pragma once

// Networks by their names, their types forgotten: each is compiled once, and not with every program that reads a model.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <trine/arrays/tensor.hpp>
#include <trine/data/dataset.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/neighbors/gallery.hpp>
#include <trine/recognition/identification.hpp>

namespace program {

/// What programs compare embeddings by.
using distance = trine::distances::squared_euclidean;

/// A network with its values, and the gallery of people that it knows.
class any_network {
public:
    virtual ~any_network() = default;

    std::string backbone; ///< its name
    std::size_t channels = 0, height = 0, width = 0, embedding_size = 0;
    bool ends_in_length_1 = true;

    /// A table of its layers.
    virtual std::string table() const = 0;
    /// Its shape and a checksum of its values, by which galleries know it.
    virtual std::string fingerprint() const = 0;

    /// Reads a model that train_faces or fine_tune saved, with its gallery; or values alone, of MobileFaceNet also as
    /// they were published.
    ///
    /// @throws trine::io_error, trine::format_error  when the file cannot be read, or is of another network, saying
    /// which
    virtual void load(std::filesystem::path const& path) = 0;
    /// The same without the gallery.
    virtual void load_values(std::filesystem::path const& path) = 0;
    virtual void save(std::filesystem::path const& path) const = 0;

    /// @param to  N×D
    virtual void embed(float const* images, std::size_t count, float* to) = 0;
    trine::tensor<float, 2> embed(trine::tensor<float, 4> const& images);

    // As `trine::identifier` has them.
    virtual void enroll(trine::data::dataset const& photos) = 0;
    virtual void clear() = 0;
    virtual trine::neighbors::gallery<>& gallery() = 0;
    virtual trine::neighbors::gallery_identity gallery_identity() const = 0;
    virtual void open_gallery(std::filesystem::path const& path) = 0;
    virtual std::vector<trine::identification> identify(trine::matrix_view<float const> points,
                                                        trine::decision_rule const& rule) = 0;
    std::vector<trine::identification> identify(trine::tensor<float, 4> const& images,
                                                trine::decision_rule const& rule);
};

/// Names of networks.
std::vector<std::string> const& network_names();

/// A network with values drawn from a seed.
///
/// @throws trine::argument_error  when there is none of that name
std::unique_ptr<any_network> make_network(std::string const& backbone, std::uint64_t seed = 1);

/// The name of the network that a model is of, by the signature in its file; empty where it is none of ours.
std::string backbone_of(std::string const& signature);

/// A line for each: name, input, embedding, parameters and multiply-adds.
std::string list_networks();

} // namespace program
