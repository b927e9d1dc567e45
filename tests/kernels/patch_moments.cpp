#include <trine/kernels/patch_moments.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/plain_convolution.hpp"
#include "support/random_values.hpp"

using namespace trine;

TEMPLATE_TEST_CASE("patches' mean and covariance give those of every output", "[kernels]", float, double) {
    using T = TestType;
    auto const before = thread_count();
    // Rows and columns that some taps do not meet, other strides, an image smaller than the kernel, more images than
    // chunks, and widths in whole vectors.
    for (kernels::convolution_shape const& s : {kernels::convolution_shape{3, 13, 17, 3, 5, 3, 3, 1, 1},
                                                {2, 30, 64, 1, 5, 5, 5, 1, 2},
                                                {5, 13, 18, 3, 4, 3, 3, 2, 1},
                                                {2, 2, 2, 3, 4, 3, 3, 1, 1},
                                                {70, 5, 6, 2, 3, 4, 3, 1, 0},
                                                {2, 5, 6, 30, 4, 1, 1, 1, 0},
                                                {1, 9, 9, 2, 3, 3, 4, 3, 2}}) {
        CAPTURE(s.batch, s.height, s.width, s.channels, s.kernel_height, s.kernel_width, s.stride, s.padding);
        plain_convolution const plain{s};
        std::size_t const depth = s.depth(), pixels = s.batch * s.out_height() * s.out_width();
        auto const x = random_values<T>(plain.x_size(), 1), bias = random_values<T>(s.outputs, 3);
        auto w = random_values<T>(plain.w_size(), 2);
        std::vector<double> mean(depth), covariance(depth * depth), mean_of_one(depth),
            covariance_of_one(depth * depth);
        for (std::size_t threads : {1, 3}) {
            set_thread_count(threads);
            std::vector<T> scratch(kernels::patch_moments_scratch<T>(s, threads), std::numeric_limits<T>::quiet_NaN());
            kernels::patch_moments(s, x.data(), mean.data(), covariance.data(), scratch.data());
            if (threads == 1)
                mean_of_one = mean, covariance_of_one = covariance;
        }
        CHECK(mean == mean_of_one);
        CHECK(covariance == covariance_of_one);
        std::vector<T> m(s.outputs), v(s.outputs);
        kernels::output_statistics(depth, s.outputs, w.data(), bias.data(), mean.data(), covariance.data(), m.data(),
                                   v.data());
        auto const y = plain.forward(x, w, bias);
        double const tolerance = 64 * static_cast<double>(std::numeric_limits<T>::epsilon());
        for (std::size_t o = 0; o < s.outputs; ++o) {
            double sum = 0, squares = 0;
            for (std::size_t p = 0; p < pixels; ++p)
                sum += y[p * s.outputs + o] / static_cast<double>(pixels);
            for (std::size_t p = 0; p < pixels; ++p)
                squares += std::pow(y[p * s.outputs + o] - sum, 2) / static_cast<double>(pixels);
            CHECK(static_cast<double>(m[o]) == Approx(sum).margin(tolerance));
            CHECK(static_cast<double>(v[o]) == Approx(squares).epsilon(tolerance));
        }
    }
    set_thread_count(before);
}

TEST_CASE("patches' covariance keeps what a filter of differences sees of smooth images", "[kernels]") {
    kernels::convolution_shape const s{4, 40, 37, 1, 2, 3, 3, 1, 0};
    plain_convolution const plain{s};
    std::vector<float> x(plain.x_size());
    auto const noise = random_values<float>(x.size(), 1);
    for (std::size_t i = 0; i < x.size(); ++i) // light from one side, and a tenth of a grey level of noise
        x[i] = 100 + static_cast<float>(i % s.width) + 0.1f * noise[i];
    // The slope along a row, and the Laplacian.
    std::vector<float> const w{0, 0, 0, 1, 0, 0, -1, 1, 0, -4, 1, 1, 0, 0, 0, 1, 0, 0};
    std::vector<float> mean(2), variance(2), scratch(kernels::patch_moments_scratch<float>(s, thread_count()));
    std::vector<double> patch_mean(9), covariance(81);
    kernels::patch_moments(s, x.data(), patch_mean.data(), covariance.data(), scratch.data());
    kernels::output_statistics<float>(9, 2, w.data(), nullptr, patch_mean.data(), covariance.data(), mean.data(),
                                      variance.data());
    auto const y = plain.forward(x, w, {});
    for (std::size_t o = 0; o < 2; ++o) {
        double m = 0, v = 0;
        for (std::size_t p = o; p < y.size(); p += 2)
            m += y[p] / static_cast<double>(y.size() / 2);
        for (std::size_t p = o; p < y.size(); p += 2)
            v += std::pow(y[p] - m, 2) / static_cast<double>(y.size() / 2);
        CHECK(static_cast<double>(mean[o]) == Approx(m).margin(1e-4));
        CHECK(static_cast<double>(variance[o]) == Approx(v).epsilon(0.005));
    }
}
