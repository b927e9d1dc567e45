// Lesson 11. How fast is a convolution, and what is the limit?
//
//   ./build/release/examples/how_fast
//   ./build/release/examples/how_fast --side 56
//
// Expected output: what this processor computes and reads at most, with one thread; then convolutions of more and more
// channels, in plain loops and by the library, beside what the roofline allows; and a picture, roofline.png.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <trine/core/parallel.hpp>
#include <trine/core/random.hpp>
#include <trine/data/image_io.hpp>
#include <trine/kernels/convolution.hpp>
#include <trine/visual/pictures.hpp>

#include "support/options.hpp"
#include "support/outputs.hpp"

using namespace trine;

namespace {

// Seconds of the fastest of several calls, for at least a tenth of a second.
template <class F>
double seconds(F&& call) {
    using clock = std::chrono::steady_clock;
    double best = 1e300, all = 0;
    for (int i = 0; i < 3 || (all < 0.1 && i < 1000); ++i) {
        auto const began = clock::now();
        call();
        double const took = std::chrono::duration<double>(clock::now() - began).count();
        best = std::min(best, took), all += took;
    }
    return best;
}

// 10⁹ operations a second of chains that wait for nothing but themselves: as many side by side as there are registers
// for, so that a multiply-add may begin in every cycle.
double peak() {
    constexpr std::size_t values = 160, steps = 100'000;
    alignas(64) float x[values];
    std::fill(std::begin(x), std::end(x), 1.0f);
    float volatile factor = 0.999f, term = 1e-3f;
    double const took = seconds([&] {
        float const a = factor, b = term;
        for (std::size_t step = 0; step < steps; ++step)
            for (std::size_t i = 0; i < values; ++i)
                x[i] = x[i] * a + b;
        factor = a + 0 * x[0]; // or nothing would be computed
    });
    return 2.0 * values * steps / took / 1e9;
}

// 10⁹ bytes a second that are read and written, of arrays that no cache holds.
double bandwidth() {
    std::vector<float> a(std::size_t{16} << 20, 1.0f), b(a.size(), 2.0f);
    double const took = seconds([&] {
        for (std::size_t i = 0; i < a.size(); ++i)
            a[i] = 0.5f * a[i] + b[i];
    });
    return 3.0 * sizeof(float) * static_cast<double>(a.size()) / took / 1e9;
}

// The loops of exercise 3, for what has no padding: an output row after the other.
void plain(kernels::convolution_shape const& s, float const* x, float const* w, float* y) {
    for (std::size_t n = 0; n < s.batch; ++n)
        for (std::size_t r = 0; r < s.out_height(); ++r)
            for (std::size_t q = 0; q < s.out_width(); ++q)
                for (std::size_t o = 0; o < s.outputs; ++o) {
                    float sum = 0;
                    for (std::size_t i = 0; i < s.kernel_height; ++i)
                        for (std::size_t j = 0; j < s.kernel_width; ++j)
                            for (std::size_t c = 0; c < s.channels; ++c)
                                sum += x[((n * s.height + r + i) * s.width + q + j) * s.channels + c] *
                                       w[((i * s.kernel_width + j) * s.channels + c) * s.outputs + o];
                    y[((n * s.out_height() + r) * s.out_width() + q) * s.outputs + o] = sum;
                }
}

template <class Method>
double seconds_of(Method const& method, float const* x, float const* w, float* y) {
    std::vector<float> weights(method.weights_size()), scratch(method.forward_scratch());
    method.prepare(w, weights.data());
    return seconds([&] { method.forward(x, weights.data(), nullptr, y, scratch.data()); });
}

} // namespace

int main(int argc, char** argv) {
    program::options app("how_fast", "Convolutions beside the limits of this processor, with one thread");
    std::size_t side = 30, images = 4;
    std::filesystem::path picture = "roofline.png";
    app.number("--side", side, program::range(4, 224), "rows and columns of the input");
    app.number("--images", images, program::range(1, 64), "in a batch");
    app.path("--picture", picture, "where to leave the picture");
    return app.run(argc, argv, [&]() -> int {
        program::require_output_file("--picture", picture, {});
        set_thread_count(1);
        double const most = peak(), stream = bandwidth();
        std::printf("this processor, one thread: %.0f GFLOP/s of multiply-adds, %.1f GB/s from memory\n", most, stream);
        std::printf(
            "what does fewer than %.0f operations a byte is limited by memory, if it comes from there; what does "
            "more by arithmetic\n\n",
            most / stream);
        std::printf("a 3×3 convolution of %zu images of %zu×%zu, in GFLOP/s\n\n", images, side, side);
        std::printf("channels  operations a byte    limit    plain   direct  Winograd\n");
        visual::series loops{"plain loops", {}}, library{"the library, direct", {}}, limit{"limit", {}};
        std::vector<std::string> places;
        random_stream random(1, purpose::user);
        for (std::size_t const channels : {2u, 4u, 8u, 16u, 32u, 64u}) {
            kernels::convolution_shape const s{images, side, side, channels, channels, 3, 3, 1, 0};
            std::vector<float> x(s.batch * s.height * s.width * s.channels), w(s.weights()),
                y(s.batch * s.out_height() * s.out_width() * s.outputs);
            for (auto* all : {&x, &w})
                for (float& v : *all)
                    v = static_cast<float>(random.normal());
            double const operations = 2.0 * static_cast<double>(y.size() * s.depth()),
                         bytes = 4.0 * static_cast<double>(x.size() + w.size() + y.size()),
                         roof = std::min(most, operations / bytes * stream);
            auto const speed = [&](double took) { return operations / took / 1e9; };
            double const by_loops = speed(seconds([&] { plain(s, x.data(), w.data(), y.data()); })),
                         direct = speed(seconds_of(kernels::direct_method<float>(s), x.data(), w.data(), y.data())),
                         winograd = speed(seconds_of(kernels::winograd_method<kernels::winograd<4, 3>, float>(s),
                                                     x.data(), w.data(), y.data()));
            std::printf("%8zu %18.1f %8.0f %8.1f %8.1f %9.1f\n", channels, operations / bytes, roof, by_loops, direct,
                        winograd);
            std::fflush(stdout);
            places.push_back(std::to_string(channels));
            loops.values.push_back(std::log10(by_loops)), library.values.push_back(std::log10(direct));
            limit.values.push_back(std::log10(roof));
        }
        std::printf("\nWinograd's counts the operations that plain loops would take: it does 2.25 multiplications in "
                    "place of 9, so it may pass the limit.\n");
        data::save_png(visual::line_chart("GFLOP/s of a 3x3 convolution, one thread", "channels",
                                          {loops, library, limit}, {places, true}),
                       picture);
        std::printf("picture: %s\n", picture.c_str());
        return 0;
    });
}
