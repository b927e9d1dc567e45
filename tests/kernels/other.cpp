#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <trine/kernels/code_tile.hpp>
#include <trine/kernels/elementwise.hpp>
#include <trine/kernels/fused_norm.hpp>
#include <trine/kernels/gemm.hpp>
#include <trine/kernels/int8.hpp>
#include <trine/kernels/pairwise.hpp>
#include <trine/kernels/patch_moments.hpp>
#include <trine/kernels/pooling.hpp>
#include <trine/kernels/candidate_pool.hpp>

#include "support/catch.hpp"
#include "support/plain_convolution.hpp"
#include "support/random_values.hpp"

using namespace trine;

TEST_CASE("gemm multiplies, for every way the matrices lie", "[kernels]") {
    std::size_t const m = 70, n = 41, k = 13;
    using kernels::transposed;
    for (auto ta : {transposed::no, transposed::yes})
        for (auto tb : {transposed::no, transposed::yes})
            for (bool wide : {false, true}) {
                std::size_t const rows = wide ? n : m, cols = wide ? m : n;
                auto const a = random_values<double>(rows * k, 1), b = random_values<double>(k * cols, 2),
                           c = random_values<double>(rows * cols, 3);
                auto got = c;
                matrix_view<double const> const av = ta == transposed::yes
                                                         ? matrix_view<double const>(a.data(), k, rows)
                                                         : matrix_view<double const>(a.data(), rows, k);
                matrix_view<double const> const bv = tb == transposed::yes
                                                         ? matrix_view<double const>(b.data(), cols, k)
                                                         : matrix_view<double const>(b.data(), k, cols);
                kernels::gemm(ta, tb, 2.0, av, bv, 0.5, matrix_view<double>(got.data(), rows, cols));
                double worst = 0;
                for (std::size_t i = 0; i < rows; ++i)
                    for (std::size_t j = 0; j < cols; ++j) {
                        double sum = 0;
                        for (std::size_t l = 0; l < k; ++l)
                            sum += (ta == transposed::yes ? av(l, i) : av(i, l)) *
                                   (tb == transposed::yes ? bv(j, l) : bv(l, j));
                        worst = std::max(worst, std::abs(got[i * cols + j] - (2 * sum + 0.5 * c[i * cols + j])));
                    }
                CHECK(worst < 1e-13);
            }
}

TEST_CASE("pairwise squared differences are exact between equal rows, symmetric, and follow a permutation",
          "[kernels]") {
    std::size_t const n = 67, d = 19;
    auto e = random_values<float>(n * d, 5);
    std::copy_n(e.begin() + 3 * d, d, e.begin() + 40 * d);
    std::vector<float> out(n * n);
    matrix_view<float const> const view(e.data(), n, d);
    kernels::pairwise<kernels::add_squared_difference>(view, view, matrix_view<float>(out.data(), n, n));
    for (std::size_t i = 0; i < n; ++i) {
        CHECK(out[i * n + i] == 0);
        for (std::size_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::size_t k = 0; k < d; ++k)
                sum += std::pow(static_cast<double>(e[i * d + k]) - static_cast<double>(e[j * d + k]), 2);
            REQUIRE(out[i * n + j] == Approx(sum).epsilon(1e-6));
            REQUIRE(out[i * n + j] == out[j * n + i]);
        }
    }
    CHECK(out[3 * n + 40] == 0);
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    random_stream(1, purpose::user).shuffle(std::span(order));
    std::vector<float> permuted(n * d), permuted_out(n * n);
    for (std::size_t i = 0; i < n; ++i)
        std::copy_n(e.begin() + static_cast<std::ptrdiff_t>(order[i] * d), d,
                    permuted.begin() + static_cast<std::ptrdiff_t>(i * d));
    matrix_view<float const> const permuted_view(permuted.data(), n, d);
    kernels::pairwise<kernels::add_squared_difference>(permuted_view, permuted_view,
                                                       matrix_view<float>(permuted_out.data(), n, n));
    bool same = true;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            same = same && permuted_out[i * n + j] == out[order[i] * n + order[j]];
    CHECK(same);
}

TEST_CASE("a pool keeps the k nearest by their true values, though it sees bounds only", "[kernels]") {
    std::vector<double> values(3000);
    random_stream stream(3, purpose::user);
    for (auto& v : values)
        v = static_cast<double>(stream.below(200)); // many ties
    values[17] = values[400] = NAN;
    auto const order_of = [&] {
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < values.size(); ++i)
            if (!std::isnan(values[i]))
                order.push_back(i);
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
        return order;
    };
    for (bool sorted : {false, true}) { // the worst order: ever nearer
        if (sorted)
            std::sort(values.begin(), values.end(),
                      [](double a, double b) { return std::isnan(b) ? !std::isnan(a) : a > b; });
        auto const order = order_of();
        for (double width : {0.0, 0.5, 30.0, 1e9})
            for (std::size_t k : {1, 7, 100, 2998, 5000}) {
                std::size_t asked = 0;
                auto const settle = [&](std::size_t i) { return ++asked, values[i]; };
                kernels::candidate_pool pool;
                pool.reset(k);
                for (std::size_t i = 0; i < values.size(); ++i) {
                    bool const known = !std::isnan(values[i]);
                    double const lower = known ? values[i] - width * stream.uniform() : -1e300,
                                 upper = known ? values[i] + width * stream.uniform() : 1e300;
                    if (lower <= pool.threshold())
                        pool.add({lower, upper, i}, settle);
                }
                auto const best = pool.finish(settle);
                REQUIRE(best.size() == std::min(k, order.size()));
                bool same = true;
                for (std::size_t i = 0; i < best.size(); ++i)
                    same = same && best[i].index == order[i] && best[i].is_settled();
                CHECK(same);
                if (width == 0)
                    CHECK(asked <= 2); // what is known needs no asking
            }
    }
}

TEST_CASE("batch statistics survive a large common offset", "[kernels]") {
    std::size_t const rows = 1500, channels = 7;
    auto x = random_values<float>(rows * channels, 8);
    for (auto& v : x)
        v = v * 0.01f + 1000;
    std::size_t const part = kernels::block_statistics_size(channels), cut = 321; // two blocks of unequal size
    std::vector<float> mean(channels), variance(channels), blocks(2 * part);
    kernels::block_statistics(cut, channels, x.data(), blocks.data());
    kernels::block_statistics(rows - cut, channels, x.data() + cut * channels, blocks.data() + part);
    kernels::combine_statistics(2, channels, blocks.data(), mean.data(), variance.data());
    for (std::size_t c = 0; c < channels; ++c) {
        double m = 0, v = 0;
        for (std::size_t r = 0; r < rows; ++r)
            m += static_cast<double>(x[r * channels + c]) / rows;
        for (std::size_t r = 0; r < rows; ++r)
            v += std::pow(static_cast<double>(x[r * channels + c]) - m, 2) / rows;
        CHECK(mean[c] == Approx(m).epsilon(1e-7));
        CHECK(variance[c] == Approx(v).epsilon(1e-4));
    }
}

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

TEST_CASE("products of codes are exact, and stand for those of the vectors", "[kernels]") {
    constexpr std::size_t rows = kernels::tile_rows, lanes = kernels::code_sums::size;
    for (std::size_t size : {1, 2, 31, 32, 77, 128, 1001}) {
        CAPTURE(size);
        std::size_t const pairs = kernels::code_pairs(size), columns = 2 * lanes;
        // Vectors of any direction, and of one value alone, whose code is the largest.
        auto a = random_values<float>(rows * size, size), b = random_values<float>(columns * size, size + 1);
        std::fill_n(a.begin(), size, 0.0f), a[size - 1] = -3e5f;
        std::fill_n(b.begin(), size, 0.0f), b[size - 1] = -1e-5f;
        auto const norm_of = [&](float const* v) {
            return std::sqrt(std::accumulate(v, v + size, 0.0, [](double sum, float x) {
                return sum + static_cast<double>(x) * static_cast<double>(x);
            }));
        };
        std::vector<std::int16_t> left(rows * 2 * pairs), right(columns * 2 * pairs);
        for (std::size_t r = 0; r < rows; ++r)
            kernels::encode_row(size, a.data() + r * size,
                                static_cast<float>(kernels::code_norm / norm_of(a.data() + r * size)),
                                left.data() + r * 2 * pairs);
        for (std::size_t c = 0; c < columns; ++c)
            kernels::encode_row(size, b.data() + c * size,
                                static_cast<float>(kernels::code_norm / norm_of(b.data() + c * size)),
                                right.data() + c * 2 * pairs);
        auto const check = [&]<std::size_t Vectors>(std::integral_constant<std::size_t, Vectors>) {
            buffer<std::int16_t> panel(2 * pairs * Vectors * lanes);
            for (std::size_t c = 0; c < Vectors * lanes; ++c)
                for (std::size_t k = 0; k < 2 * pairs; ++k)
                    panel[k / 2 * 2 * Vectors * lanes + 2 * c + k % 2] = right[c * 2 * pairs + k];
            buffer<std::int32_t> products(rows * Vectors * lanes);
            kernels::multiply_codes<Vectors>({left.data(), 2 * pairs, pairs, panel.data()}, products.data());
            std::size_t wrong = 0;
            double worst = 0;
            for (std::size_t r = 0; r < rows; ++r)
                for (std::size_t c = 0; c < Vectors * lanes; ++c) {
                    std::int64_t exact = 0;
                    double product = 0;
                    for (std::size_t k = 0; k < size; ++k) {
                        exact += std::int64_t{left[r * 2 * pairs + k]} * right[c * 2 * pairs + k];
                        product += static_cast<double>(a[r * size + k]) * static_cast<double>(b[c * size + k]);
                    }
                    wrong += products[r * Vectors * lanes + c] != exact;
                    double const scale =
                        static_cast<double>(kernels::code_norm) * static_cast<double>(kernels::code_norm);
                    worst = std::max(worst,
                                     std::abs(product / (norm_of(a.data() + r * size) * norm_of(b.data() + c * size)) -
                                              static_cast<double>(exact) / scale));
                }
            CHECK(wrong == 0);
            CHECK(worst < static_cast<double>(kernels::code_error(size)));
        };
        check(std::integral_constant<std::size_t, 1>{});
        check(std::integral_constant<std::size_t, 2>{});
    }
}

TEST_CASE("eight-bit codes widen, and their squares are summed", "[kernels]") {
    for (std::size_t size : {std::size_t{1}, std::size_t{64}, std::size_t{77}, kernels::most_widened}) {
        std::vector<std::int8_t> codes(size);
        for (std::size_t i = 0; i < size; ++i)
            codes[i] =
                static_cast<std::int8_t>(size == kernels::most_widened ? -128 : static_cast<int>(i * 37 % 255) - 127);
        std::vector<std::int16_t> wide(2 * kernels::code_pairs(size), 1);
        std::int64_t squares = 0;
        for (auto c : codes)
            squares += std::int64_t{c} * c;
        CHECK(kernels::widen_row(size, codes.data(), wide.data()) == squares);
        CHECK(std::equal(codes.begin(), codes.end(), wide.begin()));
        CHECK((size % 2 == 0 || wide.back() == 0));
    }
}
