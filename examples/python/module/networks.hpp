#pragma once

// Trained networks, of the kinds that the programs have.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "../../support/networks.hpp"

namespace program {

/// A network with its values; a thread at a time uses it.
class network_object {
public:
    /// Reads what train_faces or fine_tune saved, or MobileFaceNet's published weights.
    ///
    /// @throws trine::argument_error  when there is no such backbone
    /// @throws trine::io_error, trine::format_error  when the file cannot be read, or is of another network
    network_object(std::filesystem::path const& file, std::string const& backbone);

    /// @param images  N×C×H×W
    /// @param to      N×D
    void embed(float const* images, std::size_t count, float* to);

    std::unique_ptr<any_network> network;
    std::string fingerprint;

private:
    std::mutex busy_;
};

} // namespace program
