#include <algorithm>
#include <cmath>
#include <ratio>

#include <trine/backbones/compact.hpp>
#include <trine/backbones/resnet.hpp>
#include <trine/nn/concat.hpp>
#include <trine/nn/frozen.hpp>
#include <trine/nn/model.hpp>
#include <trine/nn/recomputed.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;
using namespace trine::nn;

namespace {

// Compares all gradients of Σ weights·output with central differences, in double and in training mode.
template <class In, class... Layers>
void check_gradients() {
    using net = network<In, sequential<Layers...>>;
    std::size_t const batch = 3;
    model<net, double> m(5);
    auto x = random_values<double>(batch * In::size, 1);
    auto const weights = random_values<double>(batch * net::embedding_size, 2);
    for (auto& p : m.parameters())
        p += 0.1 *
             std::sin(static_cast<double>(&p - m.parameters().data())); // so that no bias or scale is a special value
    auto const loss = [&] {
        auto const y = m.forward(x.data(), batch, 7);
        double sum = 0;
        for (std::size_t i = 0; i < weights.size(); ++i)
            sum += weights[i] * y.data()[i];
        return sum;
    };
    loss();
    auto dy = weights;
    std::vector<double> dx(x.size());
    m.backward({dy.data(), batch, net::embedding_size}, dx.data());
    std::vector<double> const gradients(m.gradients().begin(), m.gradients().end());
    auto const check = [&](double& value, double expected, char const* what, std::size_t index) {
        double const h = 1e-5, before = value;
        value = before + h;
        double const above = loss();
        value = before - h;
        double const below = loss();
        value = before;
        CAPTURE(what, index);
        REQUIRE(expected == Approx((above - below) / (2 * h)).epsilon(1e-5).margin(1e-7));
    };
    for (std::size_t i = 0; i < x.size(); ++i)
        check(x[i], dx[i], "image", i);
    for (std::size_t i = 0; i < gradients.size(); ++i)
        check(m.parameters()[i], gradients[i], "parameter", i);
}

} // namespace

TEST_CASE("gradients of every layer agree with central differences", "[nn]") {
    using in = shape<3, 6, 5>;
    SECTION("conv2d") { check_gradients<in, conv2d<4, 3>, flatten>(); }
    SECTION("conv2d, strided, with bias") {
        check_gradients<in, conv2d<4, 3, stride<2>, with_bias, padding<0>>, flatten>();
    }
    SECTION("batch_norm") { check_gradients<in, batch_norm, flatten>(); }
    SECTION("batch_norm with another epsilon") {
        check_gradients<in, conv2d<4, 3>, batch_norm_with<1000>, relu, batch_norm_with<10>, flatten>();
    }
    SECTION("prelu") { check_gradients<in, conv2d<4, 3>, prelu, flatten>(); }
    SECTION("prelu first, and behind batch_norm") {
        check_gradients<in, prelu, conv2d<4, 3>, batch_norm, prelu, flatten, linear<3>>();
    }
    SECTION("leaky_relu") { check_gradients<in, conv2d<4, 3>, leaky_relu<20>, flatten, linear<3>>(); }
    SECTION("sigmoid") { check_gradients<in, conv2d<4, 3>, sigmoid, flatten, linear<3>>(); }
    SECTION("repeated") {
        check_gradients<in, conv2d<4, 3>, repeat<3, residual<sequential<conv2d<4, 1>, batch_norm, prelu>>>, flatten>();
    }
    SECTION("relu behind batch_norm") { check_gradients<in, conv2d<4, 3>, batch_norm, relu, flatten, linear<3>>(); }
    SECTION("max_pool") { check_gradients<in, conv2d<2, 3>, max_pool<2>, flatten>(); }
    SECTION("max_pool, overlapping") { check_gradients<in, max_pool<3, 1>, flatten>(); }
    SECTION("average_pool") { check_gradients<in, average_pool<2>, flatten>(); }
    SECTION("global_average_pool") { check_gradients<in, global_average_pool, linear<4>>(); }
    SECTION("dropout") { check_gradients<in, flatten, linear<6>, relu, dropout<40>, linear<2>>(); }
    SECTION("l2_normalize") { check_gradients<in, flatten, linear<4>, l2_normalize>(); }
    SECTION("convolution in groups") {
        check_gradients<in, conv2d<6, 3, groups<3>>, conv2d<4, 1, groups<2>, with_bias>, flatten>();
    }
    SECTION("depthwise convolution") { check_gradients<in, conv2d<3, 3, groups<3>, stride<2>>, flatten>(); }
    SECTION("convolution by Winograd's transforms") {
        using kernels::convolution_algorithm;
        check_gradients<in, conv2d<4, 3, algorithm<convolution_algorithm::winograd_4>>,
                        conv2d<3, 5, algorithm<convolution_algorithm::winograd_4>, with_bias>, flatten>();
    }
    SECTION("fused: convolution, batch_norm") {
        check_gradients<in, conv2d<4, 3, with_bias>, batch_norm, flatten, linear<3>>();
    }
    SECTION("fused: convolution, batch_norm, relu, max_pool of an odd map") {
        check_gradients<shape<2, 7, 5>, sequential<conv2d<4, 3>, batch_norm, relu>, max_pool<2>, flatten, linear<3>>();
    }
    SECTION("fused: residual and relu, with blocks inside") {
        check_gradients<in,
                        residual<sequential<conv2d<4, 3, stride<2>>, batch_norm, relu, conv2d<4, 3>, batch_norm>,
                                 sequential<conv2d<4, 1, stride<2>>, batch_norm>>,
                        relu, residual<sequential<conv2d<4, 3>, batch_norm, relu>>, relu,
                        residual<sequential<conv2d<4, 3>, relu>>, flatten, linear<2>>();
    }
    SECTION("fused, their outputs made again: narrow, wide, narrow") {
        check_gradients<in, conv2d<3, 3>, batch_norm, relu, conv2d<9, 1>, batch_norm, relu, conv2d<2, 3, stride<2>>,
                        batch_norm, conv2d<7, 1>, batch_norm, relu, flatten, linear<2>>();
    }
    SECTION("fused, their outputs made again for branches and blocks") {
        check_gradients<in, conv2d<3, 1>, batch_norm, relu,
                        concat<sequential<conv2d<2, 3>, batch_norm, relu, conv2d<3, 1>, batch_norm>, conv2d<1, 1>,
                               sequential<conv2d<2, 1>, batch_norm, relu>>,
                        conv2d<4, 3>, batch_norm, relu,
                        residual<sequential<conv2d<5, 1>, batch_norm, relu, conv2d<4, 3>, batch_norm>>, relu,
                        residual<sequential<conv2d<2, 1>, batch_norm, relu, conv2d<3, 3, stride<2>>, batch_norm>,
                                 sequential<conv2d<3, 1, stride<2>>, batch_norm>>,
                        relu, flatten, linear<2>>();
    }
    SECTION("gradients in their inputs' places: a rectified sum, a shortcut, a rectifier in place between") {
        using block = sequential<residual<sequential<conv2d<3, 1>, batch_norm, relu, conv2d<3, 3>, batch_norm>>, relu>;
        check_gradients<in, conv2d<3, 3>, relu, block, block, conv2d<3, 1>, relu,
                        residual<sequential<conv2d<4, 3, stride<2>>, relu, conv2d<4, 1>>, conv2d<4, 1, stride<2>>>,
                        relu, flatten, linear<2>>();
    }
    SECTION("recomputed: convolutions, behind a first one that is recomputed too") {
        check_gradients<in, conv2d<4, 5, recompute>, batch_norm, relu,
                        recomputed<conv2d<3, 3>, batch_norm, relu, conv2d<5, 1>, batch_norm, relu>,
                        conv2d<2, 3, recompute>, batch_norm, relu, max_pool<2>, flatten, linear<2>>();
    }
    SECTION("recomputed: blocks, and a block in a block") {
        using body = sequential<conv2d<3, 3>, batch_norm, relu, conv2d<3, 3>, batch_norm>;
        check_gradients<in, recomputed<residual<concat<conv2d<2, 1>, conv2d<1, 1>>>, relu>, residual<body>, relu,
                        flatten, linear<2>>(); // needs its output to make its tape
        check_gradients<in, conv2d<3, 3>, recomputed<residual<body>, relu>,
                        recomputed<residual<recomputed<body>>, relu>,
                        recomputed<recomputed<residual<sequential<conv2d<4, 3, stride<2>>, batch_norm>,
                                                       sequential<conv2d<4, 1, stride<2>>, batch_norm>>,
                                              relu>>,
                        flatten, linear<2>>();
    }
    SECTION("recomputed: layers that need their output, draw masks or follow statistics of their own") {
        check_gradients<in, recomputed<conv2d<3, 3>, prelu, batch_norm>, recomputed<conv2d<4, 1>, batch_norm, prelu>,
                        residual<recomputed<conv2d<4, 1>, relu>>, recomputed<dropout<30>, sigmoid>,
                        recomputed<concat<conv2d<2, 1>, sequential<conv2d<2, 1>, batch_norm, relu>>>, relu, flatten,
                        recomputed<linear<3>, l2_normalize>>();
    }
    SECTION("max_pool with padding, rounding up") {
        check_gradients<in, max_pool<3, 2, padding<1>, round_up>, flatten>();
    }
    SECTION("average_pool with padding, rounding up") {
        check_gradients<in, average_pool<3, 2, padding<1>, round_up>, flatten>();
    }
    SECTION("average_pool counting its padding") {
        check_gradients<in, average_pool<3, 1, padding<1>, count_padding>, flatten, linear<3>>();
    }
    SECTION("l2_pool") { check_gradients<in, l2_pool<3, 2, padding<1>>, flatten, linear<3>>(); }
    SECTION("zero_padding") { check_gradients<in, zero_padding<2>, conv2d<2, 3>, flatten, linear<3>>(); }
    SECTION("local_response_norm") {
        check_gradients<shape<7, 3, 2>, local_response_norm<5, std::ratio<1, 2>>, flatten, linear<3>>();
    }
    SECTION("local_response_norm, even, another exponent, many channels") {
        check_gradients<shape<70, 1, 2>, local_response_norm<4, std::ratio<1>, std::ratio<2, 3>, std::ratio<2>>,
                        flatten, linear<3>>();
    }
    SECTION("softmax") { check_gradients<in, conv2d<4, 1>, softmax, flatten, linear<3>>(); }
    SECTION("scale_shift and constant_scale") {
        check_gradients<in, scale_shift, constant_scale<std::ratio<3, 10>, std::ratio<-1>>, flatten, linear<3>>();
    }
    SECTION("identity") { check_gradients<in, concat<identity, conv2d<2, 1>>, identity, flatten, linear<3>>(); }
    SECTION("concat") {
        check_gradients<in, conv2d<4, 3>,
                        concat<sequential<conv2d<2, 1>, batch_norm, relu>, conv2d<3, 3>,
                               sequential<max_pool<3, 1, padding<1>>, sigmoid>>,
                        flatten, linear<3>>();
    }
    SECTION("concat inside concat, behind a rectifier, in a residual") {
        check_gradients<
            in, residual<concat<sequential<conv2d<1, 3>, relu>, concat<conv2d<1, 1>, sequential<conv2d<1, 3>, prelu>>>>,
            relu, global_average_pool>();
    }
    SECTION("residual, plain") {
        check_gradients<in, residual<sequential<conv2d<3, 3>, batch_norm, relu>>, flatten, linear<2>>();
    }
    SECTION("residual with shortcut, nested") {
        check_gradients<
            in, conv2d<3, 3>,
            residual<sequential<conv2d<4, 3, stride<2>>, relu, residual<conv2d<4, 3>>>, conv2d<4, 1, stride<2>>>, relu,
            global_average_pool>();
    }
}

TEST_CASE("frozen layers compute as in inference, and nothing about them changes", "[nn]") {
    using in = shape<2, 9, 8>;
    using front = sequential<conv2d<8, 3>, batch_norm, relu, max_pool<2>>;
    using net = network<in, sequential<frozen<front>, conv2d<4, 3>, flatten, linear<3>>>;
    using whole = network<in, sequential<front, conv2d<4, 3>, flatten, linear<3>>>;
    STATIC_REQUIRE(net::parameters == whole::parameters);
    STATIC_REQUIRE(net::activations(4) < whole::activations(4));
    model<net, double> m(3);
    model<whole, double> w(3);
    for (std::size_t i = 0; i < 8; ++i) // running means and variances that are not those of a new network
        m.state()[i] = w.state()[i] = 0.1 * static_cast<double>(i),
        m.state()[8 + i] = w.state()[8 + i] = 0.5 + 0.3 * static_cast<double>(i);
    auto const x = random_values<double>(5 * in::size, 4);
    std::vector<double> expected(15);
    w.embed(x.data(), 5, expected.data());
    auto const state = std::vector<double>(m.state().begin(), m.state().end());
    auto const y = m.forward(x.data(), 5, 0);
    for (std::size_t i = 0; i < 15; ++i)
        CHECK(y.data()[i] == Approx(expected[i]).epsilon(1e-12));
    CHECK(std::equal(state.begin(), state.end(), m.state().begin()));
    auto dy = random_values<double>(15, 5);
    auto const dy_before = dy;
    m.backward({dy.data(), 5, 3});
    std::size_t const frozen_parameters = 8 * 2 * 9 + 16;
    CHECK(
        std::all_of(m.gradients().begin(), m.gradients().begin() + frozen_parameters, [](double g) { return g == 0; }));
    // What is behind them has the gradient that it would have.
    double const h = 1e-5;
    auto const loss = [&] {
        auto const out = m.forward(x.data(), 5, 0);
        double sum = 0;
        for (std::size_t i = 0; i < 15; ++i)
            sum += dy_before[i] * out.data()[i];
        return sum;
    };
    auto const gradients = std::vector<double>(m.gradients().begin(), m.gradients().end());
    for (std::size_t i = frozen_parameters; i < gradients.size(); i += 7) {
        double const before = m.parameters()[i];
        m.parameters()[i] = before + h;
        double const above = loss();
        m.parameters()[i] = before - h;
        double const below = loss();
        m.parameters()[i] = before;
        CHECK(gradients[i] == Approx((above - below) / (2 * h)).epsilon(1e-6).margin(1e-8));
    }
    std::vector<double> dx(x.size());
    CHECK_THROWS_WITH(m.backward({dy.data(), 5, 3}, dx.data()),
                      Catch::Matchers::Contains("frozen layers compute no gradient of their input"));
    CHECK(describe<net>().find("batch_norm, frozen") != std::string::npos);
    CHECK(m.tensors()[0].frozen);
    CHECK(!m.tensors().back().frozen);
}

TEST_CASE("poolings round and pad by the known conventions", "[nn]") {
    // Values of PyTorch 1.13 for x = 0 … 24, 5×5.
    auto const values = []<class Layer>(Layer) {
        using net = network<shape<1, 5, 5>, sequential<Layer, flatten>>;
        model<net, double> m;
        std::vector<double> x(25), y(net::embedding_size);
        for (std::size_t i = 0; i < 25; ++i)
            x[i] = static_cast<double>(i);
        m.embed(x.data(), 1, y.data());
        for (double& v : y)
            v = std::round(v * 1e4) / 1e4;
        return y;
    };
    CHECK(values(max_pool<3, 2, padding<1>>{}) == std::vector<double>{6, 8, 9, 16, 18, 19, 21, 23, 24});
    CHECK(values(max_pool<2, 2, round_up>{}) == std::vector<double>{6, 8, 9, 16, 18, 19, 21, 23, 24});
    CHECK(values(average_pool<2, 2, round_up>{}) == std::vector<double>{3, 5, 6.5, 13, 15, 16.5, 20.5, 22.5, 24});
    CHECK(values(average_pool<3, 2, padding<1>>{}) == std::vector<double>{3, 4.5, 6, 10.5, 12, 13.5, 18, 19.5, 21});
    CHECK(values(average_pool<3, 2, padding<1>, count_padding>{}) ==
          std::vector<double>{1.3333, 3, 2.6667, 7, 12, 9, 8, 13, 9.3333});
    CHECK(values(average_pool<4, 3, padding<1>, round_up, count_padding>{}) ==
          std::vector<double>{3.375, 4.5, 9, 10.125});
    CHECK(values(l2_pool<3, 2>{}) == std::vector<double>{21.9089, 27.0555, 49.5984, 55.4256});
    // A window that would begin in the padding behind the image is left out.
    STATIC_REQUIRE(std::is_same_v<max_pool<2, 2, padding<1>, round_up>::at<shape<1, 5, 4>>::output, shape<1, 3, 3>>);
    STATIC_REQUIRE(std::is_same_v<max_pool<3, 2, round_up>::at<shape<28, 22, 22>>::output, shape<28, 11, 11>>);
    STATIC_REQUIRE(std::is_same_v<max_pool<3, 2>::at<shape<28, 22, 22>>::output, shape<28, 10, 10>>);
}

TEST_CASE("local response normalisation gives PyTorch's values", "[nn]") {
    auto const values = []<class Layer>(Layer) {
        model<network<shape<6>, Layer>, double> m;
        std::vector<double> const x{1, -2, 3, 0.5, 2, -1.5};
        std::vector<double> y(6);
        m.embed(x.data(), 1, y.data());
        return y;
    };
    auto const close = [](std::vector<double> const& a, std::vector<double> const& b) {
        for (std::size_t i = 0; i < a.size(); ++i)
            CHECK(a[i] == Approx(b[i]).epsilon(1e-6));
    };
    close(values(local_response_norm<5, std::ratio<1, 2>>{}),
          {0.51861081, -1.02919149, 1.37675739, 0.22212810, 0.99111685, -1.03033464});
    close(values(local_response_norm<4, std::ratio<1, 2>, std::ratio<3, 5>, std::ratio<2>>{}),
          {0.56043134, -0.90492218, 1.35064128, 0.21269095, 0.87881539, -0.80655825});
}

TEST_CASE("a network's figures are constant expressions", "[nn]") {
    using net = network<shape<1, 28, 28>, sequential<conv2d<8, 3>, batch_norm, relu, max_pool<2>, flatten, linear<10>>>;
    STATIC_REQUIRE(net::parameters == 8 * 9 + 16 + 8 * 14 * 14 * 10 + 10);
    STATIC_REQUIRE(net::state == 16);
    STATIC_REQUIRE(net::multiply_adds == 28 * 28 * 8 * 9 + 8 * 14 * 14 * 10);
    STATIC_REQUIRE(net::embedding_size == 10);
    STATIC_REQUIRE(net::activations(2) > 0);
    STATIC_REQUIRE(std::is_same_v<conv2d<4, 3, stride<2>>::at<shape<3, 112, 92>>::output, shape<4, 56, 46>>);
    STATIC_REQUIRE(std::is_same_v<conv2d<4, 5, padding<0>>::at<shape<3, 9, 8>>::output, shape<4, 5, 4>>);
    auto const table = describe<net>();
    CHECK(table.find("8×28×28") != std::string::npos);
    CHECK(table.find("batch_norm") != std::string::npos);
    CHECK(table.find(std::to_string(net::parameters)) != std::string::npos);
    auto const all = tensors_of<net>();
    CHECK(all.parameters == net::parameters);
    CHECK(all.state == net::state);
    CHECK(all.tensors[0].name == "0.weight");
    CHECK(all.tensors[3].name == "1.running_mean");
}

TEST_CASE("the memory of a training step is little more than what it has to keep", "[nn]") {
    using in = shape<3, 112, 112>;
    using keeping = backbones::resnet_18<in, 128, 64, keep_maps>;
    using recomputing = backbones::resnet_18<in>;
    // One convolution's output for each, and one for each block: what comes between is made again. On top of that the
    // fullest moment, of the last block, with its scratch.
    std::size_t const first = 64 * 56 * 56, of_stages = (5 + 2) * (first / 2 + first / 4 + first / 8);
    CHECK(keeping::activations(32) == Approx(32 * ((1 + 4 + 2) * first + of_stages)).epsilon(0.01));
    CHECK(keeping::memory(32) < 1.1 * static_cast<double>(keeping::activations(32)));
    CHECK(keeping::memory(64) < 2.1 * static_cast<double>(keeping::memory(32)));
    // Nothing of the first convolution, and the blocks' outputs alone of the first two stages.
    CHECK(recomputing::activations(32) ==
          Approx(32 * (2 * first + 2 * first / 2 + (5 + 2) * (first / 4 + first / 8))).epsilon(0.01));
    CHECK(recomputing::memory(32) < 0.5 * static_cast<double>(keeping::memory(32)));
    // A gradient lies where the input was: so a chain of convolutions needs a map for each, and two for what is made
    // again and for gradients.
    using chain = network<shape<8, 64, 64>,
                          sequential<conv2d<8, 3>, batch_norm, relu, conv2d<8, 3>, batch_norm, relu, conv2d<8, 3>,
                                     batch_norm, relu, conv2d<8, 3>, batch_norm, relu, global_average_pool>>;
    std::size_t const map = 16 * 8 * 64 * 64;
    set_thread_count(1);
    CHECK(static_cast<double>(chain::memory(16)) < 6.5 * static_cast<double>(map));
}

TEST_CASE("recomputing changes no bit of a training step", "[nn]") {
    using in = shape<3, 40, 33>;
    auto const step = []<class Network>(Network) {
        model<Network> m(3);
        std::size_t const batch = 9;
        auto const x = random_values<float>(batch * in::size, 1);
        for (std::uint32_t i = 0; i < 2; ++i) {
            auto dy = random_values<float>(batch * Network::embedding_size, 2);
            m.forward(x.data(), batch, i, 5);
            m.backward({dy.data(), batch, Network::embedding_size});
            for (std::size_t k = 0; k < m.parameters().size(); ++k)
                m.parameters()[k] -= 0.01f * m.gradients()[k];
        }
        auto all = std::vector<float>(m.parameters().begin(), m.parameters().end());
        all.insert(all.end(), m.state().begin(), m.state().end());
        return all;
    };
    CHECK(step(backbones::resnet_18<in, 8, 16>{}) == step(backbones::resnet_18<in, 8, 16, keep_maps>{}));
    CHECK(step(backbones::resnet_18<in, 8, 16, recompute_maps<4>>{}) ==
          step(backbones::resnet_18<in, 8, 16, keep_maps>{}));
    CHECK(step(backbones::ir_18<in, 8, 16, recompute_maps<4>>{}) == step(backbones::ir_18<in, 8, 16, keep_maps>{}));
    using layers =
        sequential<conv2d<16, 3>, batch_norm, relu, dropout<30>, prelu, batch_norm, flatten, linear<4>, l2_normalize>;
    CHECK(step(network<in, sequential<max_pool<2>, recomputed<layers>>>{}) ==
          step(network<in, sequential<max_pool<2>, layers>>{}));
    // Names and places of tensors are those of the layers.
    auto const names = [](inventory const& all) {
        std::vector<std::string> list;
        for (auto const& t : all.tensors)
            list.push_back(t.name);
        return list;
    };
    CHECK(names(tensors_of<backbones::resnet_50<in>>()) ==
          names(tensors_of<backbones::resnet_50<in, 128, 64, keep_maps>>()));
    CHECK(describe<backbones::resnet_18<in>>().find("conv2d 3×3, recomputed") != std::string::npos);
}

TEST_CASE("a backward pass with more threads than the forward pass is refused", "[nn]") {
    using net = network<shape<2, 8, 8>, sequential<conv2d<16, 3, stride<2>>, relu, conv2d<16, 3, stride<2>>, flatten>>;
    model<net> m;
    auto const x = random_values<float>(32 * 128, 1);
    auto dy = random_values<float>(32 * net::embedding_size, 2);
    auto const before = thread_count();
    set_thread_count(1);
    m.forward(x.data(), 32, 0);
    set_thread_count(64);
    CHECK_THROWS_WITH(m.backward({dy.data(), 32, net::embedding_size}),
                      Catch::Matchers::Contains("a backward pass with 64 threads needs more memory"));
    set_thread_count(1);
    CHECK_NOTHROW(m.backward({dy.data(), 32, net::embedding_size}));
    set_thread_count(before);
}

TEST_CASE("inference does not depend on the batch an image is in", "[nn]") {
    using net = backbones::compact<shape<1, 32, 32>, 16, 8>;
    model<net> m(3);
    auto const x = random_values<float>(40 * 32 * 32, 9);
    m.forward(x.data(), 40, 0); // moves the running statistics
    std::vector<float> all(40 * 16), one(16);
    m.embed(x.data(), 40, all.data());
    for (std::size_t n : {0, 13, 39}) {
        m.embed(x.data() + n * 32 * 32, 1, one.data());
        CHECK(std::equal(one.begin(), one.end(), all.begin() + static_cast<std::ptrdiff_t>(n * 16)));
    }
    auto images = make_tensor<float>(1, 1, 32, 32);
    std::copy_n(x.begin(), images.size(), images.data());
    auto mirrored = images;
    for (std::size_t y = 0; y < 32; ++y)
        for (std::size_t c = 0; c < 32; ++c)
            mirrored(0, 0, y, c) = images(0, 0, y, 31 - c);
    CHECK((m.embed_mirrored(images) == m.embed_mirrored(mirrored)));
    CHECK((m.embed(images) != m.embed(mirrored)));
    // Nor on the number of threads, though it decides in which portions images are taken.
    auto const before = thread_count();
    for (std::size_t threads : {1, 3, 7})
        for (std::size_t count : {1, 5, 33, 40}) {
            set_thread_count(threads);
            std::vector<float> some(count * 16);
            m.embed(x.data(), count, some.data());
            CHECK(std::equal(some.begin(), some.end(), all.begin()));
        }
    set_thread_count(before);
    CHECK(m.embed(make_tensor<float>(0, 1, 32, 32)).size() == 0);
    CHECK_THROWS_WITH(m.embed(make_tensor<float>(2, 1, 30, 32)), "images of 1×30×32 given to a network for 1×32×32");
}

TEST_CASE("a first layer's gradients in float are those in double", "[nn]") {
    // Its output's statistics, and half of its gradient, follow from the covariance of patches, where differences could
    // cancel.
    using in = shape<3, 40, 33>;
    using net = network<in, sequential<conv2d<32, 3>, batch_norm, relu, max_pool<2>, flatten, linear<4>>>;
    std::size_t const batch = 16;
    auto x = random_values<float>(batch * in::size, 1);
    for (auto& v : x)
        v = 0.2f + 0.3f * v;
    auto dy = random_values<float>(batch * 4, 2);
    std::vector<double> const wide_x(x.begin(), x.end());
    std::vector<double> wide_dy(dy.begin(), dy.end());
    model<net, float> narrow(3);
    model<net, double> wide(3);
    std::copy(narrow.parameters().begin(), narrow.parameters().end(), wide.parameters().begin());
    narrow.forward(x.data(), batch, 0);
    wide.forward(wide_x.data(), batch, 0);
    narrow.backward({dy.data(), batch, 4});
    wide.backward({wide_dy.data(), batch, 4});
    auto const difference = [](auto const& a, auto const& b, std::size_t first, std::size_t last) {
        double worst = 0, largest = 0;
        for (std::size_t i = first; i < last; ++i) {
            worst = std::max(worst, std::abs(static_cast<double>(a[i]) - b[i]));
            largest = std::max(largest, std::abs(b[i]));
        }
        return worst / largest;
    };
    std::size_t const weights = 27 * 32, norm = weights + 2 * 32;
    CHECK(difference(narrow.gradients(), wide.gradients(), 0, weights) < 5e-6);
    CHECK(difference(narrow.gradients(), wide.gradients(), weights, norm) < 5e-6);
    CHECK(difference(narrow.state(), wide.state(), 0, 2 * 32) < 1e-6);
}

TEST_CASE("fused neighbours compute what they compute apart", "[nn]") {
    // A dropout of nothing between two layers keeps them apart.
    using in = shape<3, 23, 18>;
    using fused = network<in, sequential<sequential<conv2d<17, 3>, batch_norm, relu>, max_pool<2>, conv2d<20, 3>,
                                         batch_norm, relu, conv2d<16, 3, with_bias>, batch_norm,
                                         residual<sequential<conv2d<16, 3>, batch_norm>>, relu, flatten, linear<4>>>;
    using apart =
        network<in, sequential<sequential<conv2d<17, 3>, dropout<0>, batch_norm, relu>, dropout<0>, max_pool<2>,
                               conv2d<20, 3>, dropout<0>, batch_norm, relu, conv2d<16, 3, with_bias>, dropout<0>,
                               batch_norm, residual<sequential<conv2d<16, 3>, dropout<0>, batch_norm>>, dropout<0>,
                               relu, flatten, linear<4>>>;
    STATIC_REQUIRE(fused::parameters == apart::parameters);
    STATIC_REQUIRE(fused::activations(8) < apart::activations(8));
    std::size_t const batch = 21;
    auto const x = random_values<double>(batch * in::size, 1), dy = random_values<double>(batch * 4, 2);
    model<fused, double> a(5);
    model<apart, double> b(6);
    std::copy(a.parameters().begin(), a.parameters().end(), b.parameters().begin());
    std::vector<double> dxa(x.size()), dxb(x.size()), ga = dy, gb = dy;
    auto const close = [](auto const& p, auto const& q) {
        double worst = 0;
        for (std::size_t i = 0; i < p.size(); ++i)
            worst = std::max(worst, std::abs(p[i] - q[i]));
        return worst < 1e-10;
    };
    auto const ya = a.forward(x.data(), batch, 0), yb = b.forward(x.data(), batch, 0);
    CHECK(close(std::vector<double>(ya.data(), ya.data() + batch * 4),
                std::vector<double>(yb.data(), yb.data() + batch * 4)));
    a.backward({ga.data(), batch, 4}, dxa.data());
    b.backward({gb.data(), batch, 4}, dxb.data());
    CHECK(close(dxa, dxb));
    CHECK(close(a.gradients(), b.gradients()));
    CHECK(close(a.state(), b.state()));
    std::vector<double> ea(batch * 4), eb(batch * 4);
    a.embed(x.data(), batch, ea.data());
    b.embed(x.data(), batch, eb.data());
    CHECK(close(ea, eb));
    // Prepared weights follow the parameters.
    for (auto& p : a.parameters())
        p *= 1.5;
    auto const before = ea;
    a.embed(x.data(), batch, ea.data());
    CHECK(!close(ea, before));
    std::vector<std::string> names;
    for (auto const& t : a.tensors())
        names.push_back(t.name);
    CHECK(names[0] == "0.0.weight");
    CHECK(names[1] == "0.1.weight");
    CHECK(std::find(names.begin(), names.end(), "7.body.1.running_var") != names.end());
    CHECK(describe<fused>().find("max_pool 2 /2") != std::string::npos);
}
