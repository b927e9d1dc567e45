#include "networks.hpp"

#include <algorithm>
#include <mutex>

#include "../../program.hpp"
#include "../../support/policies.hpp"

namespace program {

namespace {

template <class Backbone>
class network_of final : public any_network {
public:
    explicit network_of(trine::nn::model<Backbone> m) : model_(std::move(m)) {
        using in = typename Backbone::input;
        channels = in::channels, height = in::height, width = in::width, embedding_size = Backbone::embedding_size;
        fingerprint = trine::model_fingerprint(model_);
    }
    void embed(float const* images, std::size_t count, float* to) override {
        std::lock_guard const alone(busy_); // a model is used by one thread at a time
        model_.embed(images, count, to);
    }

private:
    std::mutex busy_;
    trine::nn::model<Backbone> model_;
};

} // namespace

std::vector<std::string> const& network_names() { return backbone_names; }

std::unique_ptr<any_network> load_network(std::filesystem::path const& file, std::string const& backbone) {
    auto const& names = network_names();
    trine::require<trine::argument_error>(std::find(names.begin(), names.end(), backbone) != names.end(),
                                          "backbone: there is no \"", backbone, "\", but ", one_of(names));
    auto network = with_backbone(backbone, [&]<class Backbone>() -> std::unique_ptr<any_network> {
        return std::make_unique<network_of<Backbone>>(load_model<Backbone>(file));
    });
    network->backbone = backbone;
    return network;
}

} // namespace program
