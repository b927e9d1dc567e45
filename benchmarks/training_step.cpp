// How long does a whole training step take, and inference?
//
//   training_step                                      all networks
//   training_step --benchmark_filter='step/compact.*'  some of them
//   training_step --threads 1
//
// A step is forward, batch-hard triplets, backward, and SGD with momentum. compact is four 3×3 convolutions of 32, 64,
// 128 and 128 channels, each with batch normalisation and rectifier, 2×2 maxima after the first three, then global
// average, a linear layer of 128, and length 1.

#include <memory>

#include <trine/backbones/mobile_face_net.hpp>
#include <trine/backbones/resnet.hpp>
#include <trine/core/random.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/nn/model.hpp>
#include <trine/nn/optimizers.hpp>
#include <trine/objectives/objective.hpp>

#include "support/benchmark_program.hpp"

using namespace trine;

namespace {

template <std::size_t Out>
using block = nn::sequential<nn::conv2d<Out, 3>, nn::batch_norm, nn::relu>;
template <class In>
using compact =
    nn::network<In, nn::sequential<block<32>, nn::max_pool<2>, block<64>, nn::max_pool<2>, block<128>, nn::max_pool<2>,
                                   block<128>, nn::global_average_pool, nn::linear<128>, nn::l2_normalize>>;

template <class In>
buffer<float> images(std::size_t batch) {
    buffer<float> b(batch * In::size);
    random_stream stream(1, purpose::user);
    for (auto& v : b.span())
        v = static_cast<float>(stream.uniform(-1, 1));
    return b;
}

template <class Network>
void step(benchmark::State& state, std::size_t batch) {
    program::forget_peak();
    double const before = program::memory().now;
    auto const x = images<typename Network::input>(batch);
    std::vector<label> labels(batch);
    for (std::size_t i = 0; i < batch; ++i)
        labels[i] = static_cast<label>(i / 4);
    nn::model<Network> model(1);
    objective<miners::batch_hard, losses::triplet_margin, distances::squared_euclidean> loss;
    nn::sgd const optimizer{};
    buffer<float> kept(Network::parameters), gradient(batch * Network::embedding_size);
    std::uint32_t number = 0;
    auto const once = [&] {
        auto const e = model.forward(x.data(), batch, number);
        matrix_view<float> const g(gradient.data(), batch, Network::embedding_size);
        benchmark::DoNotOptimize(loss(e, labels, g, 1, number));
        model.backward(g);
        optimizer.step<float>(model.parameters(), model.gradients(), kept.span(), 1e-3, ++number, true);
    };
    once(); // the first step lays out all memory
    for (auto _ : state)
        program::timed(once);
    state.counters["images/s"] =
        benchmark::Counter(static_cast<double>(batch), benchmark::Counter::kIsIterationInvariantRate);
    state.counters["peak MB"] = (program::memory().peak - before) / 1e6;
    state.counters["kept MB"] = static_cast<double>(Network::activations(batch) * sizeof(float)) / 1e6;
    state.counters["passes MB"] = static_cast<double>(Network::memory(batch) * sizeof(float)) / 1e6;
    program::report_flops(state, 6.0 * static_cast<double>(batch * Network::multiply_adds));
}

template <class Network>
void infer(benchmark::State& state, std::size_t batch) {
    auto const x = images<typename Network::input>(batch);
    nn::model<Network> model(1);
    buffer<float> out(batch * Network::embedding_size);
    model.embed(x.data(), batch, out.data());
    for (auto _ : state) {
        program::timed([&] { model.embed(x.data(), batch, out.data()); });
        benchmark::ClobberMemory();
    }
    state.counters["images/s"] =
        benchmark::Counter(static_cast<double>(batch), benchmark::Counter::kIsIterationInvariantRate);
    program::report_flops(state, 2.0 * static_cast<double>(batch * Network::multiply_adds));
}

template <class Body>
void add_benchmark(std::string const& name, Body body) {
    benchmark::RegisterBenchmark(name.c_str(), body)->Unit(benchmark::kMillisecond)->UseRealTime();
}
template <class Network>
void add_inference(std::string const& name) {
    for (std::size_t b : {1, 32})
        add_benchmark("inference/" + name + "/b" + std::to_string(b),
                      [=](benchmark::State& s) { infer<Network>(s, b); });
}
template <class Network>
void add_step(std::string const& name, std::size_t batch) {
    add_benchmark("step/" + name + "/b" + std::to_string(batch), [=](benchmark::State& s) { step<Network>(s, batch); });
}
template <class Network>
void add_network(std::string const& name, std::size_t batch) {
    add_step<Network>(name, batch);
    add_inference<Network>(name);
}

void add() {
    add_network<compact<nn::shape<1, 112, 92>>>("compact_1x112x92", 64);
    add_network<compact<nn::shape<3, 96, 96>>>("compact_3x96x96", 64);
    add_network<backbones::resnet_18<nn::shape<3, 112, 112>>>("resnet18_3x112x112", 32);
    add_step<backbones::resnet_18<nn::shape<3, 112, 112>, 128, 64, nn::keep_maps>>("resnet18_3x112x112_keeping_maps",
                                                                                   32);
    add_inference<backbones::mobile_face_net<>>("mobile_face_net");
}

} // namespace

int main(int argc, char** argv) { return program::run(argc, argv, add); }
