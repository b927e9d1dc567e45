#include <optional>

#include <trine/backbones/mobile_face_net.hpp>
#include <trine/nn/concat.hpp>
#include <trine/nn/parameters_file.hpp>

#include <trine/io/npy.hpp>

#include "support/catch.hpp"
#include "support/reference_data.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

using features = backbones::mobile_face_net_features<>;
static_assert(features::embedding_size == 128 && features::parameters == 1'003'264 &&
              features::multiply_adds == 220'965'376);
static_assert(backbones::mobile_face_net<nn::shape<3, 96, 96>, 256>::embedding_size == 256);
static_assert(backbones::mobile_face_net_tuned<>::parameters == features::parameters);

// The largest difference between a network's embeddings of the published inputs and the published embeddings, relative
// to an embedding's length; nothing where these are not to be had.
template <class Network>
std::optional<double> difference_to_published() {
    auto const weights = reference_data("data/mobilefacenet/mobilefacenet.safetensors"),
               chips = reference_data("data/mobilefacenet/reference/chips.npy"),
               expected = reference_data("data/mobilefacenet/reference/embeddings.npy");
    if (!weights || !chips || !expected)
        return {};
    auto const file = io::safetensors::load(*weights);
    nn::model<Network> model;
    auto const report = load_weights(model, file, backbones::mobile_face_net_sources<Network>());
    CHECK(report.missing.empty());
    CHECK(report.other_shape.empty());
    CHECK(report.unused == std::vector<std::string>{"fc1_gamma"});
    std::size_t scalars = 0;
    for (auto const& [name, entry] : file.entries())
        scalars += name.find("moving") == std::string::npos ? entry.size / 4 : 0;
    CHECK(scalars == Network::parameters);

    auto const photos = io::read_npy<float>(*chips);
    auto const known = io::read_npy<float>(*expected);
    REQUIRE(photos.shape == std::vector<std::size_t>{16, 3, 112, 112});
    auto images = make_tensor<float>(16, 3, 112, 112);
    for (std::size_t i = 0; i < photos.values.size(); ++i)
        images.data()[i] = photos.values[i] / 127.5f - 1.0f; // as data::dataset::tensors does
    auto const found = model.embed(images);
    double worst = 0;
    for (std::size_t n = 0; n < 16; ++n) {
        double difference = 0, length = 0;
        for (std::size_t k = 0; k < 128; ++k) {
            double const a = static_cast<double>(found(n, k)), b = static_cast<double>(known.values[n * 128 + k]);
            difference += (a - b) * (a - b), length += b * b;
        }
        worst = std::max(worst, std::sqrt(difference / length));
    }
    return worst;
}

} // namespace

TEST_CASE("MobileFaceNet with its published weights gives the published embeddings", "[nn][photos]") {
    auto const check = [](std::optional<double> difference) {
        if (difference) {
            INFO("largest difference relative to an embedding's length: " << *difference);
            CHECK(*difference < 1e-4);
        }
    };
    using in = nn::shape<3, 112, 112>;
    SECTION("computed as the shapes say") { check(difference_to_published<features>()); }
    SECTION("all convolutions by the direct algorithm") {
        check(difference_to_published<
              backbones::mobile_face_net_features<in, 128, nn::algorithm<kernels::convolution_algorithm::direct>>>());
    }
}

TEST_CASE("a network that PyTorch trained loads here, and the reverse", "[nn]") {
    using namespace trine::nn;
    using net =
        network<shape<3, 11, 10>,
                sequential<conv2d<8, 3, with_bias>, batch_norm, prelu, max_pool<3, 2, round_up>,
                           residual<sequential<conv2d<12, 3, stride<2>>, batch_norm, relu, conv2d<12, 3, groups<12>>>,
                                    sequential<conv2d<12, 1, stride<2>>>>,
                           local_response_norm<5, std::ratio<1, 2>>,
                           concat<sequential<conv2d<4, 1, with_bias>, sigmoid>, conv2d<5, 5, with_bias>,
                                  average_pool<3, 1, padding<1>, count_padding>>,
                           leaky_relu<20>, flatten, linear<10>, softmax>>;
    auto const file = io::safetensors::load(TRINE_TEST_FIXTURES "/pytorch_sequential.safetensors");
    model<net, double> m(9);
    load_parameters(m, file);
    auto const x = file.get<double>("input", {2, 3, 11, 10}), expected = file.get<double>("output", {2, 10});
    std::vector<double> y(20);
    m.embed(x.data(), 2, y.data());
    for (std::size_t i = 0; i < y.size(); ++i)
        CHECK(y[i] == Approx(expected[i]).epsilon(1e-10));
    // All of PyTorch's tensors but the two that are no parameters, under its names, in its shapes and order.
    io::safetensors back;
    store_parameters(m, back);
    CHECK(back.entries().size() + 2 == file.entries().size());
    for (auto const& [name, entry] : back.entries()) {
        CAPTURE(name);
        REQUIRE(file.contains(name));
        CHECK(back.get<double>(name, entry.shape) == file.get<double>(name, entry.shape));
    }
}

TEST_CASE("a network with frozen layers is saved as the same network without", "[nn]") {
    CHECK(network_signature<backbones::mobile_face_net_tuned<>>() == network_signature<backbones::mobile_face_net<>>());
}

TEST_CASE("weights of other names are read whole, or not at all", "[nn]") {
    using net = nn::network<nn::shape<1, 4, 4>,
                            nn::sequential<nn::conv2d<2, 3>, nn::batch_norm, nn::prelu, nn::flatten, nn::linear<3>>>;
    nn::model<net> source(1), target(2);
    io::safetensors file;
    auto const sources = [&] {
        std::vector<std::string> names;
        for (auto const& info : source.tensors())
            names.push_back("theirs." + info.name);
        return nn::pair_in_order<net>(names);
    }();
    store_parameters(source, file, "theirs.");
    auto const before = std::vector<float>(target.parameters().begin(), target.parameters().end());
    auto const unchanged = [&] { return std::equal(before.begin(), before.end(), target.parameters().begin()); };
    auto without = sources;
    without[3].theirs = "nowhere";
    CHECK_THROWS_WITH(load_weights(target, file, without),
                      "safetensors: tensor \"nowhere\", for the network's \"1.running_mean\", is not in the file");
    CHECK(unchanged());
    auto swapped = sources;
    std::swap(swapped[0].theirs, swapped[1].theirs);
    CHECK_THROWS_WITH(load_weights(target, file, swapped),
                      "safetensors: tensor \"theirs.1.weight\" is 2, the network's \"0.weight\" 2×1×3×3");
    CHECK(unchanged());
    auto unknown = sources;
    unknown[0].ours = "9.weight";
    CHECK_THROWS_WITH(load_weights(target, file, unknown), "the network has no tensor \"9.weight\"");
    CHECK_THROWS_WITH(nn::pair_in_order<net>({"one"}), "1 names for the 8 tensors of a network");
    auto const report = load_weights(target, file, swapped, weight_match::partial);
    CHECK(report.loaded.size() == 6);
    CHECK(report.other_shape ==
          std::vector<std::string>{"0.weight: 2×1×3×3, in the file 2", "1.weight: 2, in the file 2×1×3×3"});
    CHECK(report.missing.empty());
    CHECK(std::equal(before.begin(), before.begin() + 18, target.parameters().begin())); // the convolution kept its own
    load_weights(target, file, sources);
    CHECK(std::equal(source.parameters().begin(), source.parameters().end(), target.parameters().begin()));
    auto scaled = sources;
    scaled[0].scale = 2;
    load_weights(target, file, scaled);
    CHECK(target.parameters()[5] == 2 * source.parameters()[5]);
    for (auto const& info : source.tensors())
        if (info.name == "1.bias")
            source.values_of(info)[1] = NAN;
    io::safetensors bad;
    store_parameters(source, bad, "theirs.");
    CHECK_THROWS_WITH(load_weights(target, bad, sources),
                      "safetensors: tensor \"theirs.1.bias\" holds NaN or infinity");
}
