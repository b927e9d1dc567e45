// Exact search, its storages, and hnsw beside hnswlib itself: D = 128, random points.
//
//   build/release/benchmarks/neighbors
//   benchmarks/peers/compare_neighbors.py --build build/release      beside Faiss, interleaved

#include <array>
#include <optional>

#include <malloc.h>

#include <trine/kernels/register_tile.hpp>
#include <trine/kernels/code_tile.hpp>
#include <trine/core/random.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/neighbors/exact.hpp>
#ifdef TRINE_HAS_HNSWLIB
#include <trine/neighbors/hnsw.hpp>
#endif

#include "support/benchmark_program.hpp"

using namespace trine;
using distances::squared_euclidean;
namespace storage = neighbors::storage;

namespace {

constexpr std::size_t d = 128, most = 1'000'000, most_queries = 1000;

// Normal values, the same in every run.
std::vector<float> values(std::size_t rows, std::uint64_t seed) {
    std::vector<float> all(rows * d);
    parallel_blocks(rows, 4096, [&](std::size_t first, std::size_t last) {
        random_stream stream(seed, purpose::user, 0, static_cast<std::uint32_t>(first));
        for (std::size_t i = first * d; i < last * d; ++i)
            all[i] = static_cast<float>(stream.normal());
    });
    return all;
}
matrix_view<float const> points(std::size_t n) {
    static buffer<float> const all = [] {
        buffer<float> b(most * d);
        auto const v = values(most, 1);
        std::copy(v.begin(), v.end(), b.data());
        return b;
    }();
    return {all.data(), n, d};
}
matrix_view<float const> queries(std::size_t n) {
    static auto const all = values(most_queries, 2);
    return {all.data(), n, d};
}

void report(benchmark::State& state, std::size_t n, std::size_t q, std::size_t bytes) {
    if (q < 16) {
        double const moved = static_cast<double>(n * bytes);
        static double const bandwidth = program::read_bandwidth();
        state.counters["GB/s"] = benchmark::Counter(moved / 1e9, benchmark::Counter::kIsIterationInvariantRate);
        state.counters["of_reading"] =
            benchmark::Counter(moved / bandwidth, benchmark::Counter::kIsIterationInvariantRate);
    } else
        program::report_flops(state, 2.0 * static_cast<double>(n * q * d));
}

// The memory that one search takes at its peak, beyond what is there before and beyond its result.
void memory(benchmark::State& state, std::size_t n, std::size_t q, std::size_t k) {
    auto const asked = values(q, 3);
    points(n);
    for (auto _ : state) {
        ::malloc_trim(0); // what others gave back counts as not there
        program::forget_peak();
        auto const before = program::memory();
        auto const found =
            neighbors::exact{}.search(squared_euclidean{}, matrix_view<float const>(asked.data(), q, d), points(n), k);
        benchmark::DoNotOptimize(found);
        state.counters["MiB"] = std::max(0.0, (program::memory().peak - before.now) / 1048576 -
                                                  static_cast<double>(q * k * sizeof(neighbors::neighbor)) / 1048576);
    }
}

// The most that searches of many queries could reach: one tile of codes in the first cache, over and over.
void code_tile(benchmark::State& state) {
    constexpr std::size_t lanes = kernels::code_sums::size, repeats = 20'000;
    buffer<std::int16_t> rows(kernels::tile_rows * d), panel(2 * lanes * d);
    buffer<std::int32_t> products(thread_count() * kernels::tile_rows * 2 * lanes);
    std::fill_n(rows.data(), rows.size(), std::int16_t{3}), std::fill_n(panel.data(), panel.size(), std::int16_t{-2});
    for (auto _ : state) {
        parallel_for(thread_count(), [&](std::size_t i) {
            for (std::size_t r = 0; r < repeats; ++r)
                kernels::multiply_codes<2>({rows.data(), d, kernels::code_pairs(d), panel.data()},
                                           products.data() + i * kernels::tile_rows * 2 * lanes);
        });
        benchmark::ClobberMemory();
    }
    program::report_flops(state,
                          2.0 * static_cast<double>(thread_count() * repeats * kernels::tile_rows * 2 * lanes * d));
}

// A hundred people whose thousand photos each lie within some 3 % of one another: codes cannot separate them, and all
// of a person's are settled.
void alike(benchmark::State& state, std::size_t q) {
    constexpr std::size_t people = 100, photos = 1000;
    static auto const around = [](matrix_view<float const> noise) {
        auto const centers = values(people, 4);
        std::vector<float> all(noise.rows() * d);
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i] = centers[i / d % people * d + i % d] + 0.03f * noise.data()[i];
        return all;
    };
    static auto const gallery = around(points(people * photos));
    auto const asked = around(queries(q));
    for (auto _ : state)
        benchmark::DoNotOptimize(
            neighbors::exact{}.search(squared_euclidean{}, matrix_view<float const>(asked.data(), q, d),
                                      matrix_view<float const>(gallery.data(), people * photos, d), 10));
    report(state, people * photos, q, d * sizeof(float));
}

template <class Distance>
void exact(benchmark::State& state, std::size_t n, std::size_t q, std::size_t k) {
    auto const search = [&] { return neighbors::exact{}.search(Distance{}, queries(q), points(n), k); };
    for (auto _ : state)
        program::timed([&] { benchmark::DoNotOptimize(search()); });
    report(state, n, q, d * sizeof(float));
}

// An index of floats, which keeps codes beside them.
template <class Distance>
void indexed(benchmark::State& state, std::size_t n, std::size_t q, std::size_t k) {
    using index_type = typename neighbors::exact::index<Distance>;
    static std::size_t held = 0;
    static std::optional<index_type> index;
    if (held != n) {
        index.emplace(d);
        index->add_kept(points(n));
        index->make_codes();
        held = n;
    }
    for (auto _ : state)
        program::timed([&] { benchmark::DoNotOptimize(index->search(queries(q), k)); });
    report(state, n, q, d);
}

// Codes, with the floats to settle by; recall against the floats alone.
template <class Storage>
void coded(benchmark::State& state, std::size_t n, std::size_t q, std::size_t k) {
    using index_type = typename neighbors::exact_in<Storage>::template index<squared_euclidean>;
    static std::size_t held = 0;
    static std::optional<index_type> index;
    if (held != n) {
        index.emplace(d);
        index->add_kept(points(n));
        held = n;
    }
    auto const found = index->search(queries(q), k),
               truth = neighbors::exact{}.search(squared_euclidean{}, queries(q), points(n), k);
    std::size_t hits = 0;
    for (std::size_t i = 0; i < q; ++i)
        for (auto const& t : truth[i])
            hits += std::any_of(found[i].begin(), found[i].end(), [&](auto const& f) { return f.index == t.index; });
    for (auto _ : state)
        benchmark::DoNotOptimize(index->search(queries(q), k));
    report(state, n, q, d * sizeof(typename Storage::scalar));
    state.counters["recall"] = static_cast<double>(hits) / static_cast<double>(q * k);
}

#ifdef TRINE_HAS_HNSWLIB
// One graph, walked by the library's index and by hnswlib alone where it lies: copies of it in other places of memory
// differ by up to a tenth.
constexpr std::size_t graph_points = 100'000;

struct walked {
    neighbors::hnsw::index<squared_euclidean> index{d};
    neighbors::neighbor_lists truth;

    walked() {
        index.add(points(graph_points));
        truth = neighbors::exact{}.search(squared_euclidean{}, queries(most_queries), points(graph_points), 10);
    }
    static walked& instance() {
        static walked g;
        return g;
    }
};

void hnsw(benchmark::State& state, std::size_t ef) {
    auto& g = walked::instance();
    g.index.set_ef(ef);
    auto const found = g.index.search(queries(most_queries), 10);
    std::size_t hits = 0;
    for (std::size_t q = 0; q < most_queries; ++q)
        for (auto const& t : g.truth[q])
            hits += std::any_of(found[q].begin(), found[q].end(), [&](auto const& f) { return f.index == t.index; });
    for (auto _ : state)
        benchmark::DoNotOptimize(g.index.search(queries(most_queries), 10));
    state.counters["recall"] = static_cast<double>(hits) / (10.0 * most_queries);
    state.counters["queries/s"] = benchmark::Counter(most_queries, benchmark::Counter::kIsIterationInvariantRate);
}
void hnswlib_alone(benchmark::State& state, std::size_t ef) {
    auto& g = walked::instance();
    g.index.set_ef(ef);
    std::vector<std::vector<std::pair<float, hnswlib::labeltype>>> found(most_queries);
    for (auto _ : state)
        parallel_for(most_queries, [&](std::size_t q) {
            auto heap = g.index.graph().searchKnn(queries(most_queries).row(q).data(), 10);
            found[q].resize(heap.size());
            for (std::size_t i = heap.size(); i-- > 0; heap.pop())
                found[q][i] = heap.top();
        });
    benchmark::DoNotOptimize(found);
    state.counters["queries/s"] = benchmark::Counter(most_queries, benchmark::Counter::kIsIterationInvariantRate);
}
#endif

template <class F, class... Arguments>
void add(std::string const& name, F f, Arguments... arguments) {
    benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { f(state, arguments...); })
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
}

} // namespace

int main(int argc, char** argv) {
    return program::run(argc, argv, [] {
        add("code_tile", code_tile);
        add("alike/n100000/q1000/k10", alike, 1000);
        for (std::size_t n : {10'000, 100'000, 1'000'000})
            for (std::size_t q : {1, 100, 1000})
                for (std::size_t k : {1, 10}) {
                    auto const size = "/n" + std::to_string(n) + "/q" + std::to_string(q) + "/k" + std::to_string(k);
                    add("l2" + size, exact<squared_euclidean>, n, q, k);
                    add("ip" + size, exact<distances::dot_product>, n, q, k);
                    if (k == 10) {
                        add("l2_index" + size, indexed<squared_euclidean>, n, q, k);
                        add("ip_index" + size, indexed<distances::dot_product>, n, q, k);
                        add("cosine" + size, exact<distances::cosine>, n, q, k);
                        add("float16" + size, coded<storage::float16>, n, q, k);
                        add("int8" + size, coded<storage::int8>, n, q, k);
                    }
                }
        for (auto const& [n, q, k] : {std::array<std::size_t, 3>{1'000'000, 1, 10},
                                      {1'000'000, 1000, 10},
                                      {10'000, 100'000, 10},
                                      {100'000, 10'000, 100},
                                      {1'000'000, 1, 100'000}})
            benchmark::RegisterBenchmark(
                ("memory/n" + std::to_string(n) + "/q" + std::to_string(q) + "/k" + std::to_string(k)).c_str(),
                [=](benchmark::State& s) { memory(s, n, q, k); })
                ->Unit(benchmark::kMillisecond)
                ->UseRealTime()
                ->Iterations(1);
#ifdef TRINE_HAS_HNSWLIB
        for (std::size_t ef : {16, 32, 64, 128}) {
            add("hnsw/ef" + std::to_string(ef), hnsw, ef);
            add("hnswlib/ef" + std::to_string(ef), hnswlib_alone, ef);
        }
#endif
    });
}
