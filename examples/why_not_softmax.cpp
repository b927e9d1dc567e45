// Why not a softmax over people? Its last layer has a weight for every feature of every person, and a new person means
// a new network.
//
//   ./build/release/examples/why_not_softmax                    measured as far as 4 GB of memory go, computed beyond
//   ./build/release/examples/why_not_softmax --features 1024 --memory 16
//
// Expected output: a table of what one training step needs, of memory and time, in a softmax head beside a triplet
// head, for a thousand people and ten times as many in every row, up to ten million people with 1024 features: ten
// billion weights. And a picture, why_not_softmax.png.

#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <string>

#include <unistd.h>

#include <trine/objectives/objective.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/core/random.hpp>
#include <trine/data/image_io.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/nn/optimizers.hpp>
#include <trine/visual/pictures.hpp>

#include "support/options.hpp"
#include "support/outputs.hpp"

using namespace trine;

namespace {

struct batch {
    std::size_t rows, features;
    std::vector<float> embeddings, gradient;
    std::vector<label> labels;

    batch(std::size_t photos, std::size_t dimensions, std::size_t people)
        : rows(photos), features(dimensions), embeddings(rows * features), gradient(rows * features), labels(rows) {
        random_stream stream(1, purpose::user);
        for (float& v : embeddings)
            v = static_cast<float>(stream.normal() / std::sqrt(static_cast<double>(features)));
        for (std::size_t i = 0; i < rows; ++i)
            labels[i] = static_cast<label>(i / 4 % people);
    }
};

// Median milliseconds of a few steps.
template <class Step>
double milliseconds(Step&& step) {
    std::vector<double> times;
    step();
    for (int i = 0; i < 3; ++i) {
        auto const start = std::chrono::steady_clock::now();
        step();
        times.push_back(1000 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    return times[1];
}

// Bytes of this process that are in memory.
double resident() {
    std::ifstream file("/proc/self/statm");
    double all = 0, pages = 0;
    file >> all >> pages;
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

struct cost {
    double milliseconds, bytes;
};

cost softmax_step(std::size_t people, batch& b) {
    double const before = resident();
    objective<miners::none, losses::softmax, distances::dot_product> head;
    head.start(people, b.features, 1);
    nn::adamw const optimizer;
    buffer<float> kept(nn::adamw::slots * head.parameters().size());
    std::size_t number = 0;
    double const ms = milliseconds([&] {
        head({b.embeddings.data(), b.rows, b.features}, b.labels, {b.gradient.data(), b.rows, b.features});
        optimizer.step<float>(head.parameters(), head.parameter_gradients(), kept.span(), 1e-3, ++number, false);
    });
    return {ms, resident() - before};
}

double triplet_step(batch& b) {
    objective<miners::all, losses::triplet_margin, distances::squared_euclidean> head;
    return milliseconds([&] {
        head({b.embeddings.data(), b.rows, b.features}, b.labels, {b.gradient.data(), b.rows, b.features});
    });
}

// Weights and biases with gradient and the optimiser's two values for each, and logits with their gradient.
double softmax_bytes(double people, double features, double rows) {
    return 4 * (people * (features + 1) * 4 + 2 * rows * people);
}
double triplet_bytes(double features, double rows) { return 4 * (2 * rows * rows + rows * features); }

std::string amount(double bytes) {
    char out[32];
    std::snprintf(out, sizeof out, bytes < 1e9 ? "%.3g MB" : "%.3g GB", bytes < 1e9 ? bytes / 1e6 : bytes / 1e9);
    return out;
}

} // namespace

int main(int argc, char** argv) {
    program::options app("why_not_softmax",
                         "Memory and time of a training step: a softmax over people beside triplets");
    std::size_t features = 128, rows = 64;
    double limit = 4;
    std::filesystem::path picture = "why_not_softmax.png";
    app.number("--features", features, program::range(1, 8192), "dimensions of the embedding");
    app.number("--batch", rows, program::range(2, 8192), "photos in a batch");
    app.number("--memory", limit, program::range(0.0, 1e6), "gigabytes up to which steps are measured, not computed");
    app.path("--picture", picture, "where to leave the picture");
    return app.run(argc, argv, [&]() -> int {
        program::require_output_file("--picture", picture, {});
        std::printf("batch of %zu photos, %zu features; times of one step of the head alone, Adam included\n\n", rows,
                    features);
        std::printf("| people | softmax: weights | memory | ms | | triplets: weights | memory | ms "
                    "|\n|---|---|---|---|---|---|---|---|\n");
        batch b(rows, features, 1000);
        double const triplet_time = triplet_step(b), r = static_cast<double>(rows);
        visual::series softmax{"softmax over people", {}}, triplets{"triplets", {}};
        double each = 0; // milliseconds a person, of the largest that was measured
        auto const row = [&](double people, double dimensions, bool measure) {
            double bytes = softmax_bytes(people, dimensions, r), ms = each * people * dimensions;
            bool const measured = measure && bytes <= limit * 1e9;
            if (measured) {
                auto const c = softmax_step(static_cast<std::size_t>(people), b);
                ms = c.milliseconds, bytes = c.bytes;
                each = ms / people / dimensions;
            }
            std::printf("| %.0f | %.3g | %s | %.3g | %s | 0 | %s | %.2g |\n", people, people * (dimensions + 1),
                        amount(bytes).c_str(), ms, measured ? "measured" : "computed",
                        amount(triplet_bytes(dimensions, r)).c_str(),
                        triplet_time * dimensions / static_cast<double>(features));
            std::fflush(stdout);
            return bytes;
        };
        for (double people : {1e3, 1e4, 1e5, 1e6}) {
            softmax.values.push_back(std::log10(row(people, static_cast<double>(features), true) / 1e6));
            triplets.values.push_back(std::log10(triplet_bytes(static_cast<double>(features), r) / 1e6));
        }
        double const story = row(1e7, 1024, false);
        std::printf(
            "\nTen million people with 1024 features are %.3g weights: %s to train, before the network itself, and "
            "none of it helps with person 10,000,001.\n",
            1e7 * 1025, amount(story).c_str());
        data::save_png(visual::line_chart("Memory of a training step's head, in MB", "people", {softmax, triplets},
                                          {{"1000", "10 000", "100 000", "1 000 000"}, true}),
                       picture);
        std::printf("picture: %s\n", picture.c_str());
        return 0;
    });
}
