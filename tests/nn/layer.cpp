#include <trine/nn/layer.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <trine/nn/concat.hpp>
#include <trine/nn/frozen.hpp>
#include <trine/nn/layers.hpp>
#include <trine/nn/recomputed.hpp>

#include "support/catch.hpp"
#include "support/check_gradients.hpp"

using namespace trine;
using namespace trine::nn;

namespace {

/// Each channel times a factor that is learnt, at first 1: the layer of docs/architecture.md.
struct channel_scale {
    template <class In>
    struct at : nn::layer_shapes<In> {
        static constexpr std::size_t parameters = In::channels;
        template <class T>
        static void forward(nn::layer_context<T> const& context, T const* x, T* y) {
            for (std::size_t i = 0; i < context.batch * In::size; ++i)
                y[i] = x[i] * context.parameters[i % In::channels];
        }
        template <class T>
        static void backward(nn::layer_context<T> const& context, T const* x, T const*, T const* dy, T* dx) {
            for (std::size_t i = 0; i < context.batch * In::size; ++i) {
                dx[i] = dy[i] * context.parameters[i % In::channels];
                context.gradients[i % In::channels] += dy[i] * x[i];
            }
        }
        static void list(nn::inventory& all, std::string const& prefix) {
            all.add({prefix + "weight", {In::channels}, nn::memory_layout::plain, nn::initial_value::one});
        }
    };
};

/// x + x²/8, which reads both its input and its output again, and spoils dy: a layer that says nothing may.
struct square {
    template <class In>
    struct at : layer_shapes<In> {
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            for (std::size_t i = 0; i < context.batch * In::size; ++i)
                y[i] = x[i] + x[i] * x[i] / 8;
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const* x, T const* y, T* dy, T* dx) {
            for (std::size_t i = 0; i < context.batch * In::size; ++i) {
                dx[i] = dy[i] * (y[i] / x[i] + x[i] / 8);
                dy[i] = 1e6;
            }
        }
    };
};

/// −x in the place of its input.
struct negation {
    template <class In>
    struct at : layer_shapes<In> {
        static constexpr bool in_place = true, needs_input = false, needs_output = false;
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            for (std::size_t i = 0; i < context.batch * In::size; ++i)
                y[i] = -x[i];
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const*, T const* dy, T* dx) {
            for (std::size_t i = 0; i < context.batch * In::size; ++i)
                dx[i] = -dy[i];
        }
    };
};

/// One that has more than it lists.
struct forgetful {
    template <class In>
    struct at : channel_scale::at<In> {
        static constexpr std::size_t parameters = In::channels + 1;
    };
};

using in = shape<3, 6, 5>;
static_assert(layer<channel_scale, in> && layer<square, in> && layer<negation, in> && layer<relu, in> &&
              layer<conv2d<4, 3>, in> && layer<sequential<relu>, in>);
static_assert(!layer<int, in> && !layer<in, in>);

} // namespace

TEST_CASE("what a layer does not say is safe", "[nn]") {
    constexpr auto silent = nn::detail::facts_of<square::at<in>>;
    STATIC_REQUIRE((silent.needs_input && silent.needs_output && !silent.in_place && !silent.keeps_gradient));
    STATIC_REQUIRE((!silent.dx_over_x && !silent.dx_over_dy && !silent.takes_rectified_dy && !silent.restores));
    STATIC_REQUIRE((silent.parameters == 0 && silent.layers == 1 && silent.tape_of(7) == 0));
    // A backward pass that is shown a constant dy keeps it.
    STATIC_REQUIRE(nn::detail::facts_of<channel_scale::at<in>>.keeps_gradient);
}

TEST_CASE("gradients of a layer of one's own agree with central differences wherever it stands", "[nn]") {
    SECTION("first and last") { check_gradients<in, channel_scale, flatten, square>(); }
    SECTION("between layers in place") {
        check_gradients<in, conv2d<4, 3>, relu, channel_scale, relu, square, sigmoid, channel_scale, flatten,
                        linear<3>>();
    }
    SECTION("between fused convolutions, whose outputs are made again") {
        check_gradients<in, conv2d<4, 3>, batch_norm, relu, channel_scale, conv2d<4, 3>, batch_norm, relu, square,
                        conv2d<3, 1>, batch_norm, channel_scale, batch_norm, flatten, linear<2>>();
    }
    SECTION("in a residual, and behind one that is rectified") {
        check_gradients<in, residual<square>, relu, channel_scale, residual<sequential<conv2d<3, 3>, square>>,
                        residual<channel_scale, square>, relu, square, flatten, linear<2>>();
    }
    SECTION("in branches") {
        check_gradients<in, concat<square, channel_scale, sequential<conv2d<2, 1>, square>>, flatten, linear<2>>();
    }
    SECTION("recomputed") {
        check_gradients<in, conv2d<3, 3>, recomputed<square, channel_scale>, recomputed<channel_scale>, flatten,
                        linear<2>>();
    }
    SECTION("in place") {
        check_gradients<in, negation, conv2d<4, 3>, negation, relu, negation, square, negation, batch_norm, negation,
                        residual<negation>, flatten, linear<2>>();
    }
}

TEST_CASE("a layer of one's own is named, listed and frozen as others are", "[nn]") {
    using net = network<in, sequential<frozen<conv2d<4, 3>, channel_scale>, channel_scale, flatten, linear<2>>>;
    model<net, double> m(1);
    std::vector<std::string> names;
    for (auto const& t : m.tensors())
        names.push_back(t.name);
    CHECK(names == std::vector<std::string>{"0.0.weight", "0.1.weight", "1.weight", "3.weight", "3.bias"});
    CHECK((m.tensors()[1].frozen && !m.tensors()[2].frozen));
    CHECK(m.values_of(m.tensors()[2])[3] == 1);
    CHECK(describe<net>().find("layer, frozen") != std::string::npos);
    // Inference is the forward pass where nothing else is said, and dx is not asked for where nobody needs it.
    auto const x = random_values<double>(2 * in::size, 1);
    std::vector<double> y(4);
    m.embed(x.data(), 2, y.data());
    auto const trained = m.forward(x.data(), 2, 0);
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(y[i] == Approx(trained.data()[i]).epsilon(1e-12));
    using plain = network<in, sequential<channel_scale, flatten, linear<2>>>;
    model<plain, double> first(1);
    std::vector<double> dy(4, 1), again(4, 1), dx(x.size());
    first.forward(x.data(), 2, 0);
    first.backward({dy.data(), 2, 2}, dx.data());
    std::vector<double> const gradients(first.gradients().begin(), first.gradients().end());
    first.backward({again.data(), 2, 2});
    CHECK(std::equal(gradients.begin(), gradients.end(), first.gradients().begin()));
}

TEST_CASE("a layer that lists other tensors than it has is refused", "[nn]") {
    using net = network<in, sequential<forgetful, flatten>>;
    CHECK_THROWS_WITH(model<net>(), "the layers of a network have 4 parameters and 0 scalars of state, and list "
                                    "tensors of 3 and 0");
}
