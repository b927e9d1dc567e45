#pragma once

// What the Google Benchmark programs share: this machine's limits, measured in the same run, and a mode in which a
// driver asks for one measurement at a time.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <limits>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <omp.h>

#include <trine/core/buffer.hpp>
#include <trine/core/parallel.hpp>
#include <trine/kernels/simd.hpp>

#include "measure.hpp"

namespace program {

/// Floating-point operations a second of all threads: independent multiply-adds that stay in registers. The best of
/// five trials.
inline double peak_flops() {
    using V = trine::kernels::simd<float>;
    constexpr std::size_t chains = 12, rounds = 2'000'000;
    double best = 0;
    for (int trial = 0; trial < 5; ++trial) {
        auto const start = std::chrono::steady_clock::now();
        trine::parallel_for(trine::thread_count(), [&](std::size_t i) {
            V acc[chains];
            TRINE_UNROLL
            for (std::size_t c = 0; c < chains; ++c)
                acc[c] = V(static_cast<float>(i));
            V const x(1.0f), y(1e-9f);
            for (std::size_t r = 0; r < rounds; ++r) {
                TRINE_UNROLL
                for (std::size_t c = 0; c < chains; ++c) {
                    acc[c] = trine::kernels::fma(acc[c], x, y);
                    asm volatile("" : "+v"(acc[c].native)); // or the compiler folds the chain
                }
            }
            TRINE_UNROLL
            for (std::size_t c = 0; c < chains; ++c)
                asm volatile("" : : "v"(acc[c].native));
        });
        best = std::max(best, 2.0 * V::size * chains * rounds * static_cast<double>(trine::thread_count()) /
                                  seconds_since(start));
    }
    return best;
}

/// Bytes a second that all threads together read from memory. The best of five trials.
inline double read_bandwidth() {
    using V = trine::kernels::simd<float>;
    static trine::buffer<float> const memory(std::size_t{64} << 20);
    double best = 0;
    for (int trial = 0; trial < 5; ++trial) {
        auto const start = std::chrono::steady_clock::now();
        trine::parallel_blocks(memory.size(), 1 << 20, [&](std::size_t first, std::size_t last) {
            V acc[8]{};
            for (std::size_t i = first; i < last; i += 8 * V::size)
                for (std::size_t c = 0; c < 8; ++c)
                    acc[c] += V::load_aligned(memory.data() + i + c * V::size);
            for (auto& a : acc)
                benchmark::DoNotOptimize(a);
        });
        best = std::max(best, static_cast<double>(memory.size() * sizeof(float)) / seconds_since(start));
    }
    return best;
}

/// Seconds in which one thread sees what another wrote: some 30 ns where their cores share a cache, 170 ns and more
/// where they do not. A virtual machine's cores may be moved from one to the other while it runs. The best of five
/// trials; 0 with one thread.
inline double exchange_seconds() {
    if (trine::thread_count() < 2)
        return 0;
    constexpr int rounds = 20'000, trials = 5;
    alignas(128) std::atomic<int> turn{0};
    double best = std::numeric_limits<double>::infinity();
#pragma omp parallel num_threads(2)
    if (omp_get_num_threads() == 2)
        for (int trial = 0; trial < trials; ++trial) {
            int const own = omp_get_thread_num(), first = 2 * rounds * trial;
            auto const start = std::chrono::steady_clock::now();
            for (int i = 0; i < rounds; ++i) {
                while (turn.load(std::memory_order_acquire) != first + 2 * i + own)
                    ;
                turn.store(first + 2 * i + own + 1, std::memory_order_release);
            }
            if (own == 0)
                best = std::min(best, seconds_since(start));
        }
    return std::isinf(best) ? 0 : best / (2 * rounds);
}

/// Reports floating-point operations a second, and their share of the peak measured at the start.
inline double measured_peak = 0, memory_at_start = 0;
inline void report_flops(benchmark::State& state, double flops) {
    state.counters["GFLOP/s"] = benchmark::Counter(flops / 1e9, benchmark::Counter::kIsIterationInvariantRate);
    state.counters["of_peak"] =
        benchmark::Counter(flops / measured_peak, benchmark::Counter::kIsIterationInvariantRate);
}

/// Calls f, and keeps how long it took where somebody asked for the times of single calls.
inline std::vector<double>* call_times = nullptr;
template <class F>
void timed(F const& f) {
    if (!call_times)
        return f();
    auto const start = std::chrono::steady_clock::now();
    f();
    call_times->push_back(1e3 * seconds_since(start));
}

// Prints the median of a few repetitions: "name milliseconds".
class line_reporter : public benchmark::BenchmarkReporter {
public:
    bool ReportContext(Context const&) override { return true; }
    void ReportRuns(std::vector<Run> const& runs) override {
        for (auto const& r : runs)
            if (r.run_type == Run::RT_Iteration)
                std::printf("%s %.6f\n", r.run_name.str().c_str(), r.GetAdjustedRealTime());
        std::fflush(stdout);
    }
};

// Runs a benchmark that times its calls, and prints "name calls mean 99th-percentile median", in milliseconds.
inline void serve_calls(std::string const& name) {
    std::vector<double> times;
    call_times = &times;
    class : public benchmark::BenchmarkReporter {
        bool ReportContext(Context const&) override { return true; }
        void ReportRuns(std::vector<Run> const&) override {}
    } silent;
    benchmark::RunSpecifiedBenchmarks(&silent, nullptr, "^" + name + "/real_time$");
    call_times = nullptr;
    if (times.empty()) {
        std::printf("%s none\n", name.c_str());
        return;
    }
    double sum = 0;
    for (double t : times)
        sum += t;
    std::sort(times.begin(), times.end());
    std::printf("%s %zu %.6f %.6f %.6f\n", name.c_str(), times.size(), sum / static_cast<double>(times.size()),
                times[(times.size() - 1) * 99 / 100], times[times.size() / 2]);
}

/// main() of a benchmark program. With `--serve` it reads the name of a benchmark a line and answers "name
/// milliseconds", and after "calls" as `serve_calls` does; with `--threads N`, N threads.
inline int run(int argc, char** argv, void (*add)()) {
    bool serve = false;
    std::vector<char*> rest;
    for (int i = 0; i < argc; ++i) {
        if (std::strcmp(argv[i], "--serve") == 0)
            serve = true;
        else if (std::strcmp(argv[i], "--threads") == 0 && i + 1 < argc)
            trine::set_thread_count(static_cast<std::size_t>(std::atoi(argv[++i])));
        else
            rest.push_back(argv[i]);
    }
    int count = static_cast<int>(rest.size());
    benchmark::Initialize(&count, rest.data());
    if (benchmark::ReportUnrecognizedArguments(count, rest.data()))
        return 2;
    memory_at_start = memory().now;
    measured_peak = peak_flops();
    add();
    if (!serve) {
        benchmark::AddCustomContext("threads", std::to_string(trine::thread_count()));
        benchmark::AddCustomContext("peak GFLOP/s", std::to_string(measured_peak / 1e9));
        benchmark::AddCustomContext("read GB/s", std::to_string(read_bandwidth() / 1e9));
        benchmark::AddCustomContext("ns from thread to thread", std::to_string(exchange_seconds() * 1e9));
        benchmark::RunSpecifiedBenchmarks();
        return 0;
    }
    line_reporter reporter;
    for (std::string line; std::getline(std::cin, line);) {
        if (line == "peak")
            std::printf("peak %.3f\n", peak_flops() / 1e9);
        else if (line == "bandwidth")
            std::printf("bandwidth %.3f\n", read_bandwidth() / 1e9);
        else if (line == "exchange")
            std::printf("exchange %.3f\n", exchange_seconds() * 1e9);
        else if (line == "memory")
            std::printf("memory %.3f\n", (memory().peak - memory_at_start) / 1e6);
        else if (line.rfind("calls ", 0) == 0)
            serve_calls(line.substr(6));
        else if (benchmark::RunSpecifiedBenchmarks(&reporter, nullptr, "^" + line + "/real_time$") == 0)
            std::printf("%s none\n", line.c_str());
        std::fflush(stdout);
    }
    return 0;
}

} // namespace program
