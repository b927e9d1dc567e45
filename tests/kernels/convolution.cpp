#include <trine/kernels/convolution.hpp>
#include <trine/kernels/convolution_weights.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/plain_convolution.hpp"
#include "support/random_values.hpp"

using namespace trine;
using kernels::convolution_shape;

namespace {

// Largest difference, relative to the largest value expected.
template <class T>
double difference(std::vector<T> const& got, std::vector<double> const& expected) {
    REQUIRE(got.size() == expected.size());
    double largest = 1e-30, worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        largest = std::max(largest, std::abs(expected[i]));
        double const d = std::abs(static_cast<double>(got[i]) - expected[i]);
        worst = d <= worst ? worst : d;
    }
    return worst / largest;
}

template <class T>
struct results {
    std::vector<T> y, dx, dw;
};

template <class T>
results<T> run(convolution_shape const& s, std::vector<T> const& x, std::vector<T> const& w, std::vector<T> const& bias, std::vector<T> const& dy) {
    plain_convolution const plain{s};
    // What a kernel forgets to write stays NaN.
    results<T> r{std::vector<T>(plain.y_size(), std::numeric_limits<T>::quiet_NaN()),
                 std::vector<T>(plain.x_size(), std::numeric_limits<T>::quiet_NaN()), std::vector<T>(plain.w_size(), T(0))};
    auto const threads = thread_count();
    std::vector<T> scratch(kernels::convolution_forward_scratch<T>(s, threads));
    kernels::convolution_forward(s, x.data(), w.data(), bias.empty() ? nullptr : bias.data(), r.y.data(), scratch.data());
    scratch.assign(kernels::convolution_gradient_data_scratch<T>(s, threads), T(0));
    kernels::convolution_gradient_data(s, dy.data(), w.data(), r.dx.data(), scratch.data());
    scratch.assign(kernels::convolution_gradient_weights_scratch<T>(s, threads), T(0));
    kernels::convolution_gradient_weights(s, x.data(), dy.data(), r.dw.data(), scratch.data());
    return r;
}

} // namespace

TEMPLATE_TEST_CASE("convolution agrees with the plain loops in all three directions", "[kernels]", float, double) {
    convolution_shape const shapes[] = {
        {2, 7, 9, 3, 5, 3, 3, 1, 1},     // fewer outputs than a vector
        {1, 5, 5, 1, 1, 1, 1, 1, 0},     // the smallest
        {3, 11, 8, 4, 37, 3, 3, 2, 1},   // strided, ragged outputs
        {2, 12, 13, 2, 33, 5, 5, 2, 2},
        {2, 9, 9, 3, 16, 7, 7, 2, 3},
        {2, 8, 8, 6, 8, 1, 1, 2, 0},     // a phase that no tap reaches
        {17, 6, 31, 8, 32, 3, 3, 1, 1},  // batch of whole images an item
        {2, 10, 10, 5, 20, 3, 3, 1, 0},  // no padding: read in place
        {1, 10, 7, 3, 4, 2, 4, 3, 1},    // uneven kernel, stride over it
        {1, 3, 3, 2, 3, 3, 3, 1, 2},     // more padding than image
        {1, 120, 90, 40, 9, 3, 3, 1, 1}, // strips that do not fit the cache
    };
    double const tolerance = std::is_same_v<TestType, float> ? 2e-6 : 1e-14;
    for (auto const& s : shapes) {
        plain_convolution const plain{s};
        CAPTURE(s.batch, s.height, s.width, s.channels, s.outputs, s.kernel_height, s.kernel_width, s.stride, s.padding);
        auto const x = random_values<TestType>(plain.x_size(), 1), w = random_values<TestType>(plain.w_size(), 2),
                   dy = random_values<TestType>(plain.y_size(), 3), bias = random_values<TestType>(s.outputs, 4);
        auto const got = run<TestType>(s, x, w, bias, dy);
        CHECK(difference(got.y, plain.forward(x, w, bias)) < tolerance);
        CHECK(difference(got.dx, plain.gradient_data(dy, w)) < tolerance);
        CHECK(difference(got.dw, plain.gradient_weights(x, dy)) < tolerance);
        CHECK(difference(run<TestType>(s, x, w, {}, dy).y, plain.forward(x, w, {})) < tolerance);
    }
}

TEST_CASE("convolution gives the same bits with any number of threads", "[kernels]") {
    convolution_shape const s{5, 14, 15, 9, 40, 3, 3, 2, 1};
    plain_convolution const plain{s};
    auto const x = random_values<float>(plain.x_size(), 1), w = random_values<float>(plain.w_size(), 2), dy = random_values<float>(plain.y_size(), 3);
    results<float> expected;
    for (std::size_t threads : {1, 2, 4}) {
        with_threads const scope(threads);
        auto const got = run<float>(s, x, w, {}, dy);
        if (threads == 1)
            expected = got;
        CHECK(got.y == expected.y);
        CHECK(got.dx == expected.dx);
        CHECK(got.dw == expected.dw);
    }
}
