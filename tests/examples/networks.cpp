#include "../../examples/support/networks.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

#include <trine/core/error.hpp>
#include <trine/data/synthetic.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

TEST_CASE("every network by name embeds photos of its size") {
    auto const list = program::list_networks();
    for (auto const& name : program::network_names()) {
        CAPTURE(name);
        auto const network = program::make_network(name);
        CHECK(network->backbone == name);
        CHECK(network->table().find("multiply-adds") != std::string::npos);
        CHECK(list.find("    " + name + ": ") != std::string::npos);
        std::vector<float> image(network->channels * network->height * network->width, 0.5f),
            point(network->embedding_size);
        image[7] = -1;
        network->embed(image.data(), 1, point.data());
        double squares = 0;
        for (float v : point)
            squares += static_cast<double>(v) * static_cast<double>(v);
        CHECK(squares > 0);
        CHECK((network->ends_in_length_1 ? squares == Approx(1).epsilon(1e-4) : std::isfinite(squares)));
        CHECK(network->ends_in_length_1 == (name != "conv_4"));
    }
    CHECK_THROWS_WITH(program::make_network("grey65"), Contains("backbone: there is no \"grey65\", but grey64, "));
    CHECK_THROWS_AS(program::make_network("grey64")->embed(make_tensor<float>(1, 3, 64, 64)), shape_error);
}

TEST_CASE("a model of one network is read by no other, which says whose it is") {
    temporary_folder const folder;
    auto const first = program::make_network("conv_4", 3);
    auto const photos = data::synthetic_faces{1, 64, 64, 1}.make(2, 2);
    first->enroll(photos);
    first->save(folder / "model.safetensors");
    auto const second = program::make_network("conv_4", 4);
    CHECK(second->fingerprint() != first->fingerprint());
    second->load_values(folder / "model.safetensors");
    CHECK(second->fingerprint() == first->fingerprint());
    CHECK(second->gallery().size() == 0);
    second->load(folder / "model.safetensors");
    CHECK(second->identify(photos.tensors(), {.k = 1}).back().name == photos.people.back());
    auto const other = program::make_network("grey64");
    CHECK_THROWS_WITH(other->load(folder / "model.safetensors"),
                      Contains("model.safetensors: is of another network than grey64: it is of conv_4"));
    CHECK_THROWS_WITH(other->load_values(folder / "model.safetensors"), Contains("it is of conv_4"));
}
