#pragma once

/// Records of the catalogue's reference vectors, and how a loss is held against one.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <trine/core/label.hpp>
#include <trine/core/view.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/distances/lp.hpp>
#include <trine/distances/signal_to_noise.hpp>
#include <trine/io/file.hpp>
#include <trine/io/npy.hpp>

#include "catch.hpp"

namespace catalog {

using namespace trine;

inline constexpr double tolerance = 1e-8;

struct batch {
    std::size_t rows, cols;
    std::vector<double> embeddings;
    std::vector<label> labels;
    matrix_view<double const> view() const { return {embeddings.data(), rows, cols}; }
};

inline batch read_batch(std::filesystem::path const& folder, nlohmann::json const& record) {
    auto e = io::read_npy<double>(folder / record["embeddings"].get<std::string>());
    auto l = io::read_npy<std::int64_t>(folder / record["labels"].get<std::string>());
    return {e.shape[0], e.shape[1], std::move(e.values), std::move(l.values)};
}

// The largest difference relative to the largest expected value.
inline double difference(std::span<double const> got, std::span<double const> expected) {
    REQUIRE(got.size() == expected.size());
    double worst = 0, largest = 1e-300;
    for (std::size_t i = 0; i < got.size(); ++i) {
        largest = std::max(largest, std::abs(expected[i]));
        double const off = std::abs(got[i] - expected[i]);
        worst = std::isnan(off) ? INFINITY : std::max(worst, off);
    }
    return largest > 1e-12 ? worst / largest : worst;
}

template <class F>
void with_distance(std::string const& name, F&& f) {
    if (name == "euclidean")
        f(distances::euclidean{});
    else if (name == "squared_euclidean")
        f(distances::squared_euclidean{});
    else if (name == "euclidean_normalized")
        f(distances::normalized<distances::euclidean>{});
    else if (name == "squared_euclidean_normalized")
        f(distances::normalized<distances::squared_euclidean>{});
    else if (name == "cosine_similarity")
        f(distances::cosine{});
    else if (name == "manhattan")
        f(distances::manhattan{});
    else if (name == "dot_product")
        f(distances::dot_product{});
    else if (name == "snr")
        f(distances::signal_to_noise{});
    else
        FAIL("an unknown distance: " << name);
}

inline nlohmann::json manifest_of(std::filesystem::path const& folder) {
    return nlohmann::json::parse(io::read_file(folder / "manifest.json"));
}

// Class weights or their gradient, a row each.
inline std::vector<double> class_rows(std::filesystem::path const& folder, nlohmann::json const& record,
                                      std::string const& key) {
    auto w = io::read_npy<double>(folder / record[key].get<std::string>());
    if (record["weights_layout"] == "rows are classes")
        return w.values;
    std::vector<double> turned(w.values.size());
    for (std::size_t i = 0; i < w.shape[0]; ++i)
        for (std::size_t j = 0; j < w.shape[1]; ++j)
            turned[j * w.shape[0] + i] = w.values[i * w.shape[1] + j];
    return turned;
}

struct tally {
    std::map<std::string, std::size_t> seen;
    ~tally() {
        std::string text;
        for (auto const& [what, count] : seen)
            text += (text.empty() ? "" : ", ") + what + " " + std::to_string(count);
        WARN("checked " << text);
    }
};

template <class Objective>
void check_value_and_gradient(Objective&& o, batch const& b, nlohmann::json const& value,
                              std::vector<double> const& gradient) {
    if (value.is_null())
        return; // undefined there
    std::vector<double> out(b.embeddings.size(), NAN);
    auto const result = o(b.view(), b.labels, {out.data(), b.rows, b.cols});
    CHECK(result.loss == Approx(value.get<double>()).epsilon(tolerance).margin(1e-12));
    CHECK(difference(out, gradient) < tolerance);
}

// The same for a record, which may say nothing of a gradient where there is none.
template <class Objective>
void check_record(Objective&& o, batch const& b, std::filesystem::path const& folder, nlohmann::json const& record) {
    if (record.contains("gradient"))
        check_value_and_gradient(o, b, record["value"],
                                 io::read_npy<double>(folder / record["gradient"].template get<std::string>()).values);
    else
        CHECK(o(b.view(), b.labels, {}).loss ==
              Approx(record["value"].template get<double>()).epsilon(tolerance).margin(1e-12));
}

} // namespace catalog
