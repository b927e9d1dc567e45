#include <cmath>

#include <trine/backbones/compact.hpp>
#include <trine/backbones/conv_4.hpp>
#include <trine/backbones/inception.hpp>
#include <trine/backbones/resnet.hpp>
#include <trine/backbones/vgg.hpp>
#include <trine/nn/model.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;
using namespace trine::backbones;

namespace {

using face = nn::shape<3, 112, 112>;
constexpr std::size_t linear(std::size_t in, std::size_t out) { return in * out + out; }

// Published: torchvision's models without their last layer, the tables of OpenFace and of InsightFace.
static_assert(resnet_18<face>::parameters == 11'176'512 + linear(512, 128));
static_assert(resnet_34<face>::parameters == 21'284'672 + linear(512, 128));
static_assert(resnet_50<face>::parameters == 23'508'032 + linear(2048, 128));
static_assert(vgg_16<face>::parameters == 14'723'136 + linear(512 * 9, 128));
static_assert(nn4<>::parameters == 6'959'088 && nn4<>::embedding_size == 128);
static_assert(nn4_small2<>::parameters == 3'733'968 && nn4_small2<>::embedding_size == 128);
static_assert(ir_18<>::parameters == 24'025'600 && ir_18<>::embedding_size == 512);
static_assert(ir_50<>::parameters == 43'590'848);
static_assert(conv_4<>::parameters == 111'936 && conv_4<>::embedding_size == 64);
static_assert(compact<nn::shape<1, 112, 92>>::parameters == 339'552);
// Multiply-adds, of which the papers give the first digits.
static_assert(resnet_18<face>::multiply_adds == 1'725'116'416 && resnet_34<face>::multiply_adds == 3'574'804'480 &&
              resnet_50<face>::multiply_adds == 3'998'887'936);
static_assert(ir_18<>::multiply_adds == 2'609'954'816 && ir_50<>::multiply_adds == 6'309'330'944);
static_assert(nn4<>::multiply_adds == 273'590'272 && nn4_small2<>::multiply_adds == 200'118'272);
static_assert(vgg_16<face>::multiply_adds == 3'837'247'488 && conv_4<>::multiply_adds == 9'815'040 &&
              compact<nn::shape<1, 112, 92>>::multiply_adds == 30'544'384);
// Width and embedding are the user's.
static_assert(resnet_50<face, 64, 16>::embedding_size == 64 && ir_18<face, 256, 32>::embedding_size == 256);

// The derivative of a weighed sum of the outputs along a random direction in each tensor, beside central differences.
template <class Network>
void check_gradients() {
    constexpr std::size_t batch = 3;
    nn::model<Network, double> m(7);
    auto const x = random_values<double>(batch * Network::input::size, 1),
               weights = random_values<double>(batch * Network::embedding_size, 2);
    auto const loss = [&] {
        auto const y = m.forward(x.data(), batch, 3);
        double sum = 0;
        for (std::size_t i = 0; i < weights.size(); ++i)
            sum += weights[i] * y.data()[i];
        return sum;
    };
    loss();
    auto dy = weights;
    m.backward({dy.data(), batch, Network::embedding_size});
    auto const gradients = std::vector<double>(m.gradients().begin(), m.gradients().end()),
               before = std::vector<double>(m.parameters().begin(), m.parameters().end());
    double largest = 0;
    for (double g : gradients)
        largest = std::max(largest, std::abs(g));
    REQUIRE(largest > 1e-3);
    std::uint64_t seed = 10;
    for (auto const& info : m.tensors()) {
        if (!info.learnt)
            continue;
        auto const direction = random_values<double>(info.size(), ++seed);
        double expected = 0, size = 0;
        for (std::size_t i = 0; i < info.size(); ++i)
            expected += gradients[info.offset + i] * direction[i],
                size += std::abs(gradients[info.offset + i] * direction[i]);
        double const h = 1e-7;
        auto const moved = [&](double by) {
            for (std::size_t i = 0; i < info.size(); ++i)
                m.parameters()[info.offset + i] = before[info.offset + i] + by * direction[i];
            return loss();
        };
        double const above = moved(h), below = moved(-h);
        moved(0);
        CAPTURE(info.name);
        CHECK((above - below) / (2 * h) == Approx(expected).epsilon(1e-4).margin(1e-4 * size + 1e-6));
    }
}

} // namespace

TEST_CASE("gradients of the backbones agree with central differences", "[backbones]") {
    using small = nn::shape<3, 32, 32>;
    SECTION("compact") { check_gradients<compact<small, 8, 4>>(); }
    SECTION("compact, with its embeddings' length") { check_gradients<compact<small, 8, 4, nn::identity>>(); }
    SECTION("resnet_18") { check_gradients<resnet_18<small, 8, 4>>(); }
    SECTION("resnet_50's blocks") {
        check_gradients<resnet_parts::resnet<small, 8, 4, nn::recompute_maps<3>, nn::l2_normalize,
                                             resnet_parts::bottleneck, 1, 1, 2, 1>>();
    }
    SECTION("ir_18") { check_gradients<ir_18<small, 8, 4>>(); }
    SECTION("nn4_small2") { check_gradients<nn4_small2<8, 4>>(); }
    SECTION("vgg_16") { check_gradients<vgg_16<small, 8, 4>>(); }
    SECTION("conv_4") { check_gradients<conv_4<nn::shape<1, 16, 16>, 8>>(); }
}

TEST_CASE("a backbone that leaves embeddings their length is the same but for that", "[backbones]") {
    using small = nn::shape<3, 32, 32>;
    auto const check = []<class Usual, class Free>() {
        nn::model<Usual> usual(5);
        nn::model<Free> free(5);
        CHECK(usual.tensors().size() == free.tensors().size());
        CHECK(std::equal(usual.parameters().begin(), usual.parameters().end(), free.parameters().begin(),
                         free.parameters().end()));
        constexpr std::size_t count = 3, size = Usual::embedding_size;
        auto const x = random_values<float>(count * Usual::input::size, 1);
        std::vector<float> of_length_1(count * size), as_it_is(count * size);
        usual.embed(x.data(), count, of_length_1.data());
        free.embed(x.data(), count, as_it_is.data());
        for (std::size_t i = 0; i < count; ++i) {
            double squares = 0;
            for (std::size_t k = 0; k < size; ++k)
                squares += std::pow(as_it_is[i * size + k], 2);
            CHECK(std::abs(std::sqrt(squares) - 1) > 1e-3);
            for (std::size_t k = 0; k < size; ++k)
                CHECK(of_length_1[i * size + k] ==
                      Approx(as_it_is[i * size + k] / std::sqrt(squares)).epsilon(1e-4).margin(1e-6));
        }
    };
    check.operator()<compact<small, 8, 4>, compact<small, 8, 4, nn::identity>>();
    check.operator()<ir_18<small, 8, 4>, ir_18<small, 8, 4, nn::recompute_maps<2>, nn::identity>>();
    static_assert(resnet_18<face, 64, 16, nn::keep_maps, nn::identity>::embedding_size == 64);
    static_assert(vgg_16<small, 8, 4, nn::identity>::parameters == vgg_16<small, 8, 4>::parameters);
    static_assert(nn4<8, 4, nn::identity>::parameters == nn4<8, 4>::parameters &&
                  nn4_small2<8, 4, nn::identity>::parameters == nn4_small2<8, 4>::parameters);
}
