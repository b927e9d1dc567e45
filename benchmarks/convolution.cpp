// How fast is each direction of a single convolution, and how near the machine's limit?
//
//   convolution                                       all layers
//   convolution --benchmark_filter='.*k3.*forward'    some of them
//   convolution --threads 1 --algorithm direct        one thread, one algorithm
//
// Names are channels × height × width -> outputs, kernel, stride, groups; the batch is 32.

#include <cstring>
#include <vector>

#include <trine/core/random.hpp>
#include <trine/kernels/convolution.hpp>
#include <trine/kernels/patch_moments.hpp>
#include <trine/kernels/register_tile.hpp>

#include "support/benchmark_program.hpp"

using namespace trine;
using kernels::convolution_algorithm;
using kernels::convolution_shape;

namespace {

auto wanted = convolution_algorithm::automatic;

buffer<float> values(std::size_t size, std::uint32_t seed) {
    buffer<float> b(size);
    parallel_blocks(size, 1 << 16, [&](std::size_t first, std::size_t last) {
        random_stream stream(seed, purpose::user, 0, static_cast<std::uint32_t>(first >> 16));
        for (std::size_t i = first; i < last; ++i)
            b[i] = static_cast<float>(stream.uniform(-1, 1));
    });
    return b;
}

template <class Method>
void layer(benchmark::State& state, convolution_shape const& s, convolution_algorithm algorithm, int direction) {
    Method const c(s);
    auto const x = values(s.batch * s.height * s.width * s.channels, 1), w = values(s.weights(), 2),
               dy = values(s.batch * s.out_height() * s.out_width() * s.outputs, 3);
    buffer<float> prepared(c.weights_size()), out(direction == 0 ? dy.size() : direction == 1 ? x.size() : w.size());
    buffer<float> scratch(std::max({c.forward_scratch(), c.gradient_data_scratch(), c.gradient_weights_scratch()}));
    for (auto _ : state) {
        if (direction == 0) {
            c.prepare(w.data(), prepared.data()); // a training step has new weights every time
            c.forward(x.data(), prepared.data(), nullptr, out.data(), scratch.data());
        } else if (direction == 1)
            c.gradient_data(dy.data(), w.data(), out.data(), scratch.data());
        else
            c.gradient_weights(x.data(), dy.data(), out.data(), scratch.data());
        benchmark::ClobberMemory();
    }
    program::report_flops(state, 2.0 * static_cast<double>(s.batch * s.out_height() * s.out_width() * s.weights()));
    state.SetLabel(std::string(kernels::name_of(algorithm)));
}

void layer(benchmark::State& state, convolution_shape const& s, int direction) {
    bool const chosen = wanted != convolution_algorithm::automatic && kernels::fits(wanted, s);
    auto const algorithm = chosen ? wanted : kernels::choose_algorithm<float>(s);
    if (algorithm == convolution_algorithm::depthwise)
        layer<kernels::depthwise_method<float>>(state, s, algorithm, direction);
    else if (algorithm == convolution_algorithm::direct)
        layer<kernels::direct_method<float>>(state, s, algorithm, direction);
    else if (s.kernel_height == 3)
        layer<kernels::winograd_method<kernels::winograd<4, 3>, float>>(state, s, algorithm, direction);
    else
        layer<kernels::winograd_method<kernels::winograd<2, 5>, float>>(state, s, algorithm, direction);
}

// What a first layer's statistics are taken from in training, in place of its output.
void patch_moments(benchmark::State& state, convolution_shape s) {
    auto const x = values(s.batch * s.height * s.width * s.channels, 1);
    std::vector<double> mean(s.depth()), covariance(s.depth() * s.depth());
    buffer<float> scratch(kernels::patch_moments_scratch<float>(s, thread_count()));
    for (auto _ : state) {
        kernels::patch_moments(s, x.data(), mean.data(), covariance.data(), scratch.data());
        benchmark::DoNotOptimize(covariance.data());
    }
}

// The inner loop that all others come down to, on data that stays in the first cache.
void register_tile(benchmark::State& state) {
    constexpr std::size_t depth = 128, columns = kernels::panel_width<float>(64);
    auto const left = values(kernels::tile_rows * depth, 1), panel = values(depth * columns, 2);
    buffer<float> out(thread_count() * kernels::tile_rows * columns);
    constexpr std::size_t repeats = 1000;
    for (auto _ : state) {
        parallel_for(thread_count(), [&](std::size_t i) {
            kernels::tile_operand<float> const rows{left.data(), depth, 0, 1, depth};
            for (std::size_t r = 0; r < repeats; ++r)
                kernels::compute_tile<kernels::multiply_add>(
                    kernels::tile_rows, 2, rows, panel.data(), static_cast<float const*>(nullptr),
                    out.data() + i * kernels::tile_rows * columns, columns, columns);
        });
        benchmark::ClobberMemory();
    }
    program::report_flops(state,
                          2.0 * static_cast<double>(thread_count() * repeats * kernels::tile_rows * depth * columns));
}

void add() {
    benchmark::RegisterBenchmark("register_tile", register_tile)->Unit(benchmark::kMillisecond)->UseRealTime();
    convolution_shape const shapes[] = {
        {32, 96, 96, 3, 32, 3, 3, 1, 1},  {32, 112, 92, 1, 32, 3, 3, 1, 1},    {32, 96, 96, 32, 32, 3, 3, 1, 1},
        {32, 48, 48, 64, 64, 3, 3, 1, 1}, {32, 24, 24, 128, 128, 3, 3, 1, 1},  {32, 12, 12, 256, 256, 3, 3, 1, 1},
        {32, 56, 56, 64, 64, 1, 1, 1, 0}, {32, 14, 14, 256, 1024, 1, 1, 1, 0}, {32, 56, 56, 64, 128, 3, 3, 2, 1},
        {32, 96, 96, 3, 64, 7, 7, 2, 3},  {32, 28, 28, 32, 64, 5, 5, 1, 2},    {32, 48, 48, 64, 64, 3, 3, 1, 1, 64},
    };
    for (auto const& s : {shapes[0], shapes[1]})
        benchmark::RegisterBenchmark(("patch_moments/" + std::to_string(s.channels) + "x" + std::to_string(s.height) +
                                      "x" + std::to_string(s.width) + "_k3")
                                         .c_str(),
                                     [=](benchmark::State& state) { patch_moments(state, s); })
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime();
    for (auto const& s : shapes)
        for (int direction = 0; direction < 3; ++direction) {
            if (direction == 1 && s.channels < 8)
                continue; // a first layer's gradient of data is never computed
            char const* const names[] = {"forward", "gradient_data", "gradient_weights"};
            std::string name = std::to_string(s.channels) + "x" + std::to_string(s.height) + "x" +
                               std::to_string(s.width) + "->" + std::to_string(s.outputs) + "_k" +
                               std::to_string(s.kernel_height) + "_s" + std::to_string(s.stride) + "_g" +
                               std::to_string(s.groups) + "/" + names[direction];
            benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { layer(state, s, direction); })
                ->Unit(benchmark::kMillisecond)
                ->UseRealTime();
        }
}

} // namespace

int main(int argc, char** argv) {
    std::vector<char*> rest;
    for (int i = 0; i < argc; ++i) {
        if (std::strcmp(argv[i], "--algorithm") == 0 && i + 1 < argc) {
            ++i;
            for (auto a :
                 {convolution_algorithm::direct, convolution_algorithm::winograd_4, convolution_algorithm::depthwise})
                if (kernels::name_of(a) == argv[i])
                    wanted = a;
        } else
            rest.push_back(argv[i]);
    }
    return program::run(static_cast<int>(rest.size()), rest.data(), add);
}
