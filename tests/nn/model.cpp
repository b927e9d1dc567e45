#include <trine/nn/model.hpp>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include <trine/backbones/compact.hpp>
#include <trine/backbones/resnet.hpp>
#include <trine/nn/concat.hpp>
#include <trine/nn/layers.hpp>
#include <trine/nn/recomputed.hpp>
#include <trine/nn/residual.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;
using namespace trine::nn;

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

TEMPLATE_TEST_CASE("a backward pass tells of gradients that it leaves alone from then on", "[nn]",
                   (backbones::compact<shape<1, 32, 32>, 16, 8>), (backbones::resnet_18<shape<3, 32, 32>, 16, 8>),
                   (network<shape<4, 1, 1>, residual<linear<4>, linear<4>>>),
                   (network<shape<1, 16, 16>,
                            sequential<concat<conv2d<2, 3>, conv2d<3, 3>>, recomputed<conv2d<4, 3>, relu>, flatten>>)) {
    model<TestType> m(3);
    auto const x = random_values<float>(4 * TestType::input::size, 1);
    auto dy = random_values<float>(4 * TestType::embedding_size, 2);
    m.forward(x.data(), 4, 0);
    struct witness final : gradient_watch<float> {
        std::span<float const> all;
        std::vector<std::pair<std::size_t, std::vector<float>>> told;
        void done_from(float const* first) override {
            auto const from = static_cast<std::size_t>(first - all.data());
            told.emplace_back(from, std::vector<float>(all.begin() + static_cast<std::ptrdiff_t>(from), all.end()));
        }
    } watch;
    watch.all = m.gradients();
    m.backward({dy.data(), 4, TestType::embedding_size}, nullptr, 0, &watch);
    std::size_t before = TestType::parameters;
    for (auto const& [from, values] : watch.told) {
        CHECK(from <= before);
        CHECK(std::equal(values.begin(), values.end(), watch.all.begin() + static_cast<std::ptrdiff_t>(from)));
        before = from;
    }
    // Nobody is told where layers' gradients do not lie in order.
    CHECK((watch.told.empty() || before == 0));
    CHECK(watch.told.empty() == (TestType::parameters == 40));
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
