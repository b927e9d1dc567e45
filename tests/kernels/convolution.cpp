#include <trine/kernels/convolution.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <trine/kernels/winograd_gradient.hpp>

#include "support/any_convolution.hpp"
#include "support/catch.hpp"
#include "support/guarded.hpp"
#include "support/plain_convolution.hpp"
#include "support/random_values.hpp"

using namespace trine;
using kernels::convolution_algorithm;
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
results<T> run(convolution_algorithm algorithm, convolution_shape const& s, std::vector<T> const& x,
               std::vector<T> const& w, std::vector<T> const& bias, std::vector<T> const& dy) {
    plain_convolution const plain{s};
    any_convolution<T> const c(s, algorithm);
    // What a kernel forgets to write stays NaN.
    T const nan = std::numeric_limits<T>::quiet_NaN();
    results<T> r{std::vector<T>(plain.y_size(), nan), std::vector<T>(plain.x_size(), nan),
                 std::vector<T>(plain.w_size(), T(0))};
    std::vector<T> prepared(c.weights_size(), nan), scratch(c.forward_scratch(), nan);
    // Nobody reads beyond these.
    guarded<T> const inputs(x), weights(w), biases(bias), gradients(dy);
    c.prepare(weights.data(), prepared.data());
    c.forward(inputs.data(), prepared.data(), bias.empty() ? nullptr : biases.data(), r.y.data(), scratch.data());
    scratch.assign(c.gradient_data_scratch(), nan);
    c.gradient_data(gradients.data(), weights.data(), r.dx.data(), scratch.data());
    scratch.assign(c.gradient_weights_scratch(), nan);
    c.gradient_weights(inputs.data(), gradients.data(), r.dw.data(), scratch.data());
    return r;
}

// y of weights that are not prepared, and what the sink was told of it.
template <class T>
std::pair<std::vector<T>, std::vector<T>> run_once(convolution_algorithm algorithm, convolution_shape const& s,
                                                   std::vector<T> const& x, std::vector<T> const& w,
                                                   std::vector<T> const& bias) {
    any_convolution<T> const c(s, algorithm);
    T const nan = std::numeric_limits<T>::quiet_NaN();
    std::size_t const row = s.out_width() * s.outputs;
    std::vector<T> y(s.batch * s.out_height() * row, nan), seen(y.size(), nan), scratch(c.forward_once_scratch(), nan);
    auto take = [&](std::size_t first, std::size_t rows, T const* values) {
        std::copy_n(values, rows * row, seen.begin() + static_cast<std::ptrdiff_t>(first * row));
    };
    c.forward_once(x.data(), w.data(), bias.data(), y.data(), scratch.data(),
                   {[](void* to, std::size_t, std::size_t first, std::size_t rows, T* values) {
                        (*static_cast<decltype(take)*>(to))(first, rows, values);
                    },
                    &take});
    return {y, seen};
}

template <class T>
void check(convolution_algorithm algorithm, convolution_shape const& s, double tolerance) {
    plain_convolution const plain{s};
    CAPTURE(kernels::name_of(algorithm), s.batch, s.height, s.width, s.channels, s.outputs, s.kernel_height,
            s.kernel_width, s.stride, s.padding, s.groups);
    auto const x = random_values<T>(plain.x_size(), 1), w = random_values<T>(plain.w_size(), 2),
               dy = random_values<T>(plain.y_size(), 3), bias = random_values<T>(s.outputs, 4);
    auto const got = run<T>(algorithm, s, x, w, bias, dy);
    CHECK(difference(got.y, plain.forward(x, w, bias)) < tolerance);
    CHECK(run_once<T>(algorithm, s, x, w, bias) == std::pair{got.y, got.y});
    CHECK(difference(got.dx, plain.gradient_data(dy, w)) < tolerance);
    CHECK(difference(got.dw, plain.gradient_weights(x, dy)) < tolerance);
    CHECK(difference(run<T>(algorithm, s, x, w, {}, dy).y, plain.forward(x, w, {})) < tolerance);
}

template <class T>
void check_all(std::vector<convolution_algorithm> const& algorithms, std::vector<convolution_shape> const& shapes,
               double float_tolerance) {
    for (auto algorithm : algorithms)
        for (auto const& s : shapes)
            if (kernels::fits(algorithm, s))
                check<T>(algorithm, s, std::is_same_v<T, float> ? float_tolerance : 1e-13);
}

std::vector<convolution_shape> const direct_shapes{
    {2, 7, 9, 3, 5, 3, 3, 1, 1},    // fewer outputs than a vector
    {1, 5, 5, 1, 1, 1, 1, 1, 0},    // the smallest
    {3, 11, 8, 4, 37, 3, 3, 2, 1},  // strided, ragged outputs
    {5, 14, 15, 9, 40, 3, 3, 2, 1}, // a phase of one tap
    {2, 12, 13, 2, 33, 5, 5, 2, 2},   {2, 9, 9, 3, 16, 7, 7, 2, 3},
    {2, 8, 8, 6, 8, 1, 1, 2, 0},     // a phase that no tap reaches
    {3, 7, 7, 40, 70, 1, 1, 1, 0},   // rows run on into each other
    {17, 6, 31, 8, 32, 3, 3, 1, 1},  // batch of whole images an item
    {2, 10, 10, 5, 20, 3, 3, 1, 0},  // no padding: read in place
    {1, 10, 7, 3, 4, 2, 4, 3, 1},    // uneven kernel, stride over it
    {1, 3, 3, 2, 3, 3, 3, 1, 2},     // more padding than image
    {1, 120, 90, 40, 9, 3, 3, 1, 1}, // strips that do not fit the cache
    {2, 9, 8, 12, 20, 3, 3, 1, 1, 4}, {2, 9, 8, 12, 6, 3, 3, 2, 1, 2},
    {2, 6, 6, 10, 30, 1, 1, 1, 0, 5},
};
std::vector<convolution_shape> const winograd_shapes{
    {1, 4, 4, 16, 16, 3, 3, 1, 1}, // one tile
    {1, 3, 5, 1, 1, 3, 3, 1, 1},   // less than a tile, less than a vector
    {2, 7, 9, 17, 33, 3, 3, 1, 1}, // ragged everything
    {3, 10, 6, 20, 40, 3, 3, 1, 0},   {2, 6, 7, 5, 18, 3, 3, 1, 2},
    {40, 5, 5, 8, 70, 3, 3, 1, 1},   // several images a block
    {2, 60, 30, 24, 36, 3, 3, 1, 1}, // several blocks an image
    {1, 9, 9, 256, 40, 3, 3, 1, 1},  // padded rows
    {2, 8, 8, 6, 20, 5, 5, 1, 2},     {1, 9, 7, 17, 5, 5, 5, 1, 0},
    {13, 28, 28, 16, 32, 5, 5, 1, 2},
};
std::vector<convolution_shape> const depthwise_shapes{
    {2, 9, 10, 16, 16, 3, 3, 1, 1, 16}, {1, 6, 5, 7, 7, 3, 3, 1, 1, 7},      {3, 8, 9, 35, 35, 3, 3, 2, 1, 35},
    {2, 4, 4, 32, 32, 4, 4, 1, 0, 32},  {1, 12, 9, 20, 20, 5, 5, 1, 2, 20},  {2, 7, 7, 24, 24, 7, 7, 1, 0, 24},
    {1, 3, 2, 5, 5, 3, 3, 1, 2, 5},     {2, 14, 15, 64, 64, 5, 5, 2, 2, 64}, {20, 30, 30, 8, 8, 3, 3, 1, 1, 8},
    {2, 7, 4, 33, 33, 3, 3, 1, 1, 33},  {3, 9, 6, 16, 16, 3, 3, 1, 0, 16},   {2, 2, 5, 48, 48, 3, 3, 1, 1, 48},
    {1, 1, 7, 16, 16, 3, 3, 1, 1, 16},  {1, 5, 6, 20, 20, 3, 3, 1, 0, 20},   {9, 14, 13, 40, 40, 3, 3, 1, 1, 40},
};

} // namespace

TEMPLATE_TEST_CASE("convolution by every algorithm agrees with the plain loops in all three directions", "[kernels]",
                   float, double) {
    using enum convolution_algorithm;
    check_all<TestType>({automatic, direct}, direct_shapes, 2e-6);
    check_all<TestType>({direct}, winograd_shapes, 4e-6);
    check_all<TestType>({automatic, winograd_4}, winograd_shapes, 2e-5);
    check_all<TestType>({automatic, direct, depthwise}, depthwise_shapes, 4e-6);
}

TEMPLATE_TEST_CASE("Winograd's convolution rectifies and pools on the way what it gives without", "[kernels]", float,
                   double) {
    using T = TestType;
    auto const check = [](auto const& method, convolution_shape const& s) {
        CAPTURE(s.batch, s.height, s.width, s.channels, s.outputs, s.kernel_height, s.padding);
        plain_convolution const plain{s};
        auto const x = random_values<T>(plain.x_size(), 1), w = random_values<T>(plain.w_size(), 2),
                   bias = random_values<T>(s.outputs, 3);
        T const nan = std::numeric_limits<T>::quiet_NaN();
        std::vector<T> prepared(method.weights_size(), nan), scratch(method.forward_scratch(), nan),
            y(plain.y_size(), nan);
        method.prepare(w.data(), prepared.data());
        method.forward(x.data(), prepared.data(), bias.data(), y.data(), scratch.data());
        for (bool pooled : {false, true}) {
            std::size_t const pool = pooled ? 2 : 1, height = s.out_height() / pool, width = s.out_width() / pool;
            std::vector<T> expected(s.batch * height * width * s.outputs, T(0)), got(expected.size(), nan);
            for (std::size_t i = 0; i < expected.size(); ++i) {
                std::size_t const o = i % s.outputs, q = i / s.outputs % width, r = i / s.outputs / width % height,
                                  n = i / s.outputs / width / height;
                for (std::size_t k = 0; k < pool * pool; ++k)
                    expected[i] =
                        std::max(expected[i],
                                 y[((n * s.out_height() + pool * r + k / pool) * s.out_width() + pool * q + k % pool) *
                                       s.outputs +
                                   o]);
            }
            scratch.assign(scratch.size(), nan);
            method.forward_rectified(x.data(), prepared.data(), bias.data(), pooled, got.data(), scratch.data());
            // Compilers may round the two differently, where multiplications and additions are joined.
            CHECK(difference(got, std::vector<double>(expected.begin(), expected.end())) <
                  16 * static_cast<double>(std::numeric_limits<T>::epsilon()));
        }
    };
    // One image in blocks that several items share, images that share blocks, and odd sizes whose last rows belong to
    // no window.
    for (convolution_shape const& s :
         {convolution_shape{1, 48, 48, 32, 64, 3, 3, 1, 1}, convolution_shape{1, 13, 11, 20, 70, 3, 3, 1, 1},
          convolution_shape{9, 7, 5, 17, 33, 3, 3, 1, 0}, convolution_shape{20, 12, 12, 16, 16, 3, 3, 1, 1},
          convolution_shape{2, 31, 29, 16, 40, 3, 3, 1, 2}})
        check(kernels::winograd_method<kernels::winograd<4, 3>, T>(s), s);
    for (convolution_shape const& s :
         {convolution_shape{1, 28, 28, 32, 64, 5, 5, 1, 2}, convolution_shape{3, 11, 13, 18, 20, 5, 5, 1, 0}})
        check(kernels::winograd_method<kernels::winograd<2, 5>, T>(s), s);
}

TEMPLATE_TEST_CASE("what is not a number comes out of Winograd's convolution, pooled or not", "[kernels]", float,
                   double) {
    using T = TestType;
    convolution_shape const s{1, 8, 8, 1, 16, 3, 3, 1, 1};
    kernels::winograd_method<kernels::winograd<4, 3>, T> const method(s);
    plain_convolution const plain{s};
    auto const w = random_values<T>(plain.w_size(), 2), bias = random_values<T>(s.outputs, 3);
    std::vector<T> prepared(method.weights_size()), scratch(method.forward_scratch());
    method.prepare(w.data(), prepared.data());
    for (std::size_t place = 0; place < 64; ++place)
        for (std::size_t pool : {1, 2}) {
            CAPTURE(place, pool);
            auto x = random_values<T>(plain.x_size(), 1);
            x[place] = std::numeric_limits<T>::quiet_NaN();
            std::vector<T> y(plain.y_size());
            method.forward_rectified(x.data(), prepared.data(), bias.data(), pool == 2, y.data(), scratch.data());
            for (std::size_t i = 0; i < 8; ++i) // every output that sees the place
                for (std::size_t j = 0; j < 8; ++j)
                    if (i + 1 >= place / 8 && i <= place / 8 + 1 && j + 1 >= place % 8 && j <= place % 8 + 1)
                        for (std::size_t o = 0; o < s.outputs; ++o)
                            REQUIRE(std::isnan(y[(i / pool * (8 / pool) + j / pool) * s.outputs + o]));
        }
}

TEST_CASE("very large kernels are convolved in parts", "[kernels]") {
    using enum convolution_algorithm;
    // Gradients of weights two rows of tile² at a time, and one of their sums, or both where there are chunks of tiles;
    // weights that are transformed in parts.
    check<float>(winograd_4, {2, 9, 9, 180, 170, 3, 3, 1, 1}, 2e-5);
    check<float>(winograd_4, {7, 5, 5, 370, 349, 3, 3, 1, 1}, 2e-5);
    check<float>(winograd_4, {1, 7, 6, 240, 230, 5, 5, 1, 2}, 2e-5);
    check<float>(winograd_4, {1, 4, 5, 530, 520, 3, 3, 1, 1}, 2e-5);
    check<float>(winograd_4, {1, 38, 39, 16, 1900, 3, 3, 1, 1}, 2e-5);
    kernels::detail::winograd_gradient_plan<kernels::winograd<4, 3>, float> const one({7, 5, 5, 370, 349, 3, 3, 1, 1}),
        both({1, 38, 39, 16, 1900, 3, 3, 1, 1});
    CHECK((one.rows == 2 && one.summed_rows == 1));
    CHECK((both.rows == 2 && both.summed_rows == 2 && both.tiles > both.chunk));
    auto const plan = kernels::winograd_plan::make<kernels::winograd<4, 3>, float>(7, 5, 5, 370, 349, 1);
    CHECK(plan.parts > 2);
    with_threads const few(2); // each has scratch of its own
    CHECK(any_convolution<float>({7, 5, 5, 370, 349, 3, 3, 1, 1}).forward_once_scratch() <
          plan.weights_size<float>() / 2);
}

TEST_CASE("convolution gives the same bits with any number of threads", "[kernels]") {
    using enum convolution_algorithm;
    for (auto const& [algorithm, s] : {std::pair{winograd_4, convolution_shape{7, 5, 5, 370, 349, 3, 3, 1, 1}},
                                       std::pair{direct, convolution_shape{5, 14, 15, 9, 40, 3, 3, 2, 1}},
                                       std::pair{winograd_4, convolution_shape{5, 30, 15, 20, 40, 3, 3, 1, 1}},
                                       std::pair{winograd_4, convolution_shape{5, 14, 15, 20, 40, 5, 5, 1, 2}},
                                       std::pair{depthwise, convolution_shape{5, 14, 15, 20, 20, 3, 3, 1, 1, 20}}}) {
        plain_convolution const plain{s};
        auto const x = random_values<float>(plain.x_size(), 1), w = random_values<float>(plain.w_size(), 2),
                   dy = random_values<float>(plain.y_size(), 3);
        results<float> expected;
        for (std::size_t threads : {1, 2, 4}) {
            with_threads const scope(threads);
            auto const got = run<float>(algorithm, s, x, w, {}, dy);
            if (threads == 1)
                expected = got;
            CHECK((got.y == expected.y));
            CHECK((got.dx == expected.dx));
            CHECK((got.dw == expected.dw));
        }
    }
}

TEST_CASE("a sink sees every finished row once, whether or not the output is kept", "[kernels]") {
    using enum convolution_algorithm;
    for (auto const& [algorithm, s] : {std::pair{direct, convolution_shape{3, 14, 15, 9, 40, 3, 3, 2, 1}},
                                       std::pair{winograd_4, convolution_shape{2, 30, 15, 20, 40, 3, 3, 1, 1}},
                                       std::pair{winograd_4, convolution_shape{30, 6, 6, 20, 40, 3, 3, 1, 1}},
                                       std::pair{winograd_4, convolution_shape{1, 6, 6, 20, 90, 3, 3, 1, 1}},
                                       std::pair{depthwise, convolution_shape{3, 14, 15, 20, 20, 3, 3, 1, 1, 20}}}) {
        plain_convolution const plain{s};
        auto const x = random_values<float>(plain.x_size(), 1), w = random_values<float>(plain.w_size(), 2);
        auto const expected = run<float>(algorithm, s, x, w, {}, random_values<float>(plain.y_size(), 3)).y;
        any_convolution<float> const c(s, algorithm);
        std::vector<float> prepared(c.weights_size());
        c.prepare(w.data(), prepared.data());
        for (bool only : {false, true}) {
            struct seen_rows {
                std::vector<float> values;
                std::vector<int> times, blocks;
                std::size_t row;
            } seen{std::vector<float>(plain.y_size()), std::vector<int>(s.batch * s.out_height()),
                   std::vector<int>(c.blocks()), s.out_width() * s.outputs};
            kernels::row_sink<float> const sink{
                [](void* context, std::size_t block, std::size_t first, std::size_t rows, float* values) {
                    auto& all = *static_cast<seen_rows*>(context);
                    std::copy_n(values, rows * all.row, all.values.data() + first * all.row);
                    ++all.blocks[block];
                    for (std::size_t r = first; r < first + rows; ++r)
                        ++all.times[r];
                },
                &seen, only};
            std::vector<float> scratch(c.forward_scratch(only)), y(only ? 0 : plain.y_size());
            c.forward(x.data(), prepared.data(), nullptr, only ? nullptr : y.data(), scratch.data(), sink);
            CHECK((seen.values == expected));
            CHECK(std::count(seen.times.begin(), seen.times.end(), 1) ==
                  static_cast<std::ptrdiff_t>(seen.times.size()));
            CHECK(std::count(seen.blocks.begin(), seen.blocks.end(), 1) ==
                  static_cast<std::ptrdiff_t>(seen.blocks.size()));
        }
    }
}

TEST_CASE("Winograd's transforms stay within 2e-5 of the largest value at the sizes of the benchmarks",
          "[kernels][slow]") {
    for (auto const& s :
         {convolution_shape{2, 96, 96, 32, 32, 3, 3, 1, 1}, convolution_shape{2, 48, 48, 64, 64, 3, 3, 1, 1},
          convolution_shape{2, 24, 24, 128, 128, 3, 3, 1, 1}, convolution_shape{2, 12, 12, 256, 256, 3, 3, 1, 1},
          convolution_shape{2, 28, 28, 32, 64, 5, 5, 1, 2}})
        check<float>(convolution_algorithm::winograd_4, s, 2e-5);
}
