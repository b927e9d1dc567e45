#pragma once

// Trained networks, of the kinds that the programs have.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace program {

/// A network with its values.
class any_network {
public:
    virtual ~any_network() = default;
    /// @param images  N×C×H×W
    /// @param to      N×D
    virtual void embed(float const* images, std::size_t count, float* to) = 0;

    std::string backbone, fingerprint;
    std::size_t channels = 0, height = 0, width = 0, embedding_size = 0;
};

/// Reads what train_faces or fine_tune saved, or MobileFaceNet's published weights.
///
/// @throws trine::argument_error  when there is no such backbone
/// @throws trine::io_error, trine::format_error  when the file cannot be read, or is of another network
std::unique_ptr<any_network> load_network(std::filesystem::path const& file, std::string const& backbone);

std::vector<std::string> const& network_names();

} // namespace program
