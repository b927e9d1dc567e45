// Mining, loss and gradient of one batch: D = 128, four photos a person, random unit vectors.
//
//   build/release/benchmarks/objective
//   benchmarks/peers/compare_objectives.py --build build/release      beside PyTorch, interleaved

#include <trine/losses/pair.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/objective.hpp>

#include "support/benchmark_program.hpp"

using namespace trine;

namespace {

template <class Miner, class Loss, class Distance>
void run(benchmark::State& state, Miner miner, Loss loss, Distance distance) {
    auto const n = static_cast<std::size_t>(state.range(0));
    constexpr std::size_t d = 128;
    buffer<float> e(n * d), gradient(n * d);
    std::vector<label> labels(n);
    for (std::size_t i = 0; i < n; ++i) {
        random_stream stream(1, purpose::user, 0, static_cast<std::uint32_t>(i)),
            person(2, purpose::user, 0, static_cast<std::uint32_t>(i / 4));
        labels[i] = static_cast<label>(i / 4);
        double squares = 0;
        for (std::size_t k = 0; k < d; ++k) { // half of a person, half of chance
            e[i * d + k] = static_cast<float>(person.normal() + stream.normal());
            squares += static_cast<double>(e[i * d + k]) * static_cast<double>(e[i * d + k]);
        }
        for (std::size_t k = 0; k < d; ++k)
            e[i * d + k] /= static_cast<float>(std::sqrt(squares));
    }
    objective<Miner, Loss, Distance> o(miner, loss, distance);
    std::size_t chosen = o({e.data(), n, d}, labels, {gradient.data(), n, d}).triplets; // and memory is there
    for (auto _ : state)
        program::timed([&] { chosen = o({e.data(), n, d}, labels, {gradient.data(), n, d}).triplets; });
    state.counters["chosen"] = static_cast<double>(chosen);
    state.counters["MB"] = (program::memory().peak - program::memory_at_start) / 1e6;
}

template <class... Parts>
void add(std::string const& name, std::initializer_list<std::int64_t> sizes, Parts... parts) {
    auto* b = benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { run(state, parts...); });
    for (auto n : sizes)
        b->Arg(n);
    b->Unit(benchmark::kMillisecond)->UseRealTime();
}

} // namespace

int main(int argc, char** argv) {
    return program::run(argc, argv, [] {
        distances::squared_euclidean const distance;
        losses::triplet_margin const margin{.margin = 0.2};
        add("batch_hard", {256, 1024, 4096}, miners::batch_hard{}, margin, distance);
        add("batch_all", {256, 512, 1024, 4096}, miners::all{}, margin, distance);
        add("batch_all_active", {256, 1024, 4096}, miners::all{}, losses::triplet_margin{.margin = 5},
            distance); // every triplet, and so a dense gradient
        add("semi_hard", {256, 512, 1024, 4096}, miners::semi_hard{.margin = 0.2}, margin, distance);
        add("multi_similarity", {256, 512, 1024, 4096}, miners::multi_similarity{}, losses::multi_similarity{},
            distances::cosine{});
        add("soft_margin_all", {256, 512}, miners::all{}, losses::soft_margin{}, distance);
        add("nt_xent", {256, 512}, miners::all{}, losses::nt_xent{}, distances::cosine{});
    });
}
