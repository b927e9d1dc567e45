#include "networks.hpp"

namespace program {

network_object::network_object(std::filesystem::path const& file, std::string const& backbone)
    : network(make_network(backbone)) {
    network->load_values(file);
    fingerprint = network->fingerprint();
}

void network_object::embed(float const* images, std::size_t count, float* to) {
    std::lock_guard const alone(busy_);
    network->embed(images, count, to);
}

} // namespace program
