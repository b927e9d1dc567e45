// Every figure of an evaluation over many embeddings: how long each takes, and how much memory beyond the embeddings.
//
//   build/release/benchmarks/evaluation                     100 000 embeddings of 10 000 people, five thousand million
//   pairs build/release/benchmarks/evaluation --photos 20000
//
// Expected output: the figures of random points around a centre for each person, and for each the seconds and the
// memory.

#include <chrono>
#include <cstdio>
#include <vector>

#include <trine/core/parallel.hpp>
#include <trine/core/random.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/evaluation/bootstrap.hpp>
#include <trine/evaluation/identification.hpp>
#include <trine/evaluation/retrieval.hpp>
#include <trine/evaluation/verification.hpp>

#include "support/measure.hpp"
#include "../examples/support/options.hpp"

using namespace trine;

namespace {

// Calls f, then prints its time, and how far memory rose above what was held before.
template <class F>
auto measured(char const* what, F&& f) {
    program::forget_peak();
    double const before = program::memory().now;
    auto const start = std::chrono::steady_clock::now();
    auto result = f();
    double const seconds = program::seconds_since(start);
    std::printf("%-28s %8.1f s %8.0f MiB\n", what, seconds, (program::memory().peak - before) / (1 << 20));
    std::fflush(stdout);
    return result;
}

} // namespace

int main(int argc, char** argv) {
    std::size_t photos = 100000, each = 10, dimensions = 128;
    double spread = 0.9;
    program::options app("evaluation", "Times the evaluation of many embeddings");
    app.number("--photos", photos, program::range(100, 10'000'000), "how many");
    app.number("--photos-per-person", each, program::range(2, 1000), "so many of each person");
    app.number("--dimensions", dimensions, program::range(2, 4096), "of an embedding");
    app.number("--spread", spread, program::range(0.0, 1000.0), "how far photos lie from their person's centre");
    app.check(
        [&] { program::require_product("--photos", photos, "--dimensions", dimensions, 4'000'000'000, "values"); });
    return app.run(argc, argv, [&]() -> int {
        std::vector<float> points(photos * dimensions);
        std::vector<label> people(photos);
        parallel_for(photos, [&](std::size_t i) {
            people[i] = static_cast<label>(i / each);
            random_stream center(1, purpose::user, 0, static_cast<std::uint32_t>(people[i])),
                own(1, purpose::user, 1, static_cast<std::uint32_t>(i));
            for (std::size_t k = 0; k < dimensions; ++k)
                points[i * dimensions + k] = static_cast<float>(center.normal() + spread * own.normal());
        });
        matrix_view<float const> const all(points.data(), photos, dimensions);
        std::span<label const> const who(people);
        distances::squared_euclidean const distance;
        std::printf("%zu embeddings of %zu values, %zu people, %zu threads\n\n", photos, dimensions, photos / each,
                    thread_count());

        auto const curve =
            measured("verification, all pairs", [&] { return evaluation::verification_curve(distance, all, who); });
        auto const retrieval =
            measured("retrieval", [&] { return evaluation::evaluate_retrieval(distance, all, who, all, who, true); });
        // One photo of each person is known, all others are looked for.
        std::vector<float> gallery, probes;
        std::vector<label> gallery_people, probe_people;
        for (std::size_t i = 0; i < photos; ++i) {
            auto& to = i % each == 0 ? gallery : probes;
            to.insert(to.end(), points.begin() + static_cast<std::ptrdiff_t>(i * dimensions),
                      points.begin() + static_cast<std::ptrdiff_t>((i + 1) * dimensions));
            (i % each == 0 ? gallery_people : probe_people).push_back(people[i]);
        }
        auto const found = measured("identification", [&] {
            matrix_view<float const> const asked(probes.data(), probe_people.size(), dimensions),
                known(gallery.data(), gallery_people.size(), dimensions);
            return evaluation::evaluate_identification(distance, asked, std::span<label const>(probe_people), known,
                                                       std::span<label const>(gallery_people));
        });
        std::vector<double> right(photos);
        for (std::size_t i = 0; i < photos; ++i)
            right[i] = i % 3 != 0;
        auto const interval =
            measured("bootstrap, 2000 resamples", [&] { return evaluation::bootstrap_mean(right, who); });

        std::printf(
            "\n%.4g pairs: AUC %.6f, equal error rate %.4f %%, accepted at a false-accept rate of 1e-6 %.2f %%\n",
            static_cast<double>(curve.same() + curve.different()), curve.auc(),
            100 * curve.equal_error().false_accept_rate, 100 * curve.at_false_accept_rate(1e-6).true_accept_rate);
        std::printf("precision@1 %.3f %%, MAP@R %.3f %%; rank-1 among %zu people %.3f %%; an interval of width %.4f\n",
                    100 * retrieval.precision_at_1, 100 * retrieval.mean_average_precision_at_r, found.people,
                    100 * found.rank(1), interval.high - interval.low);
        return 0;
    });
}
