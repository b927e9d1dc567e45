#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/random.hpp"
#include "../kernels/gemm.hpp"
#include "../nn/optimizers.hpp"
#include "../nn/schedules.hpp"
#include "head_subject.hpp"

namespace trine::experiments {

namespace detail {

// y = Wx/‖Wx‖ and its gradient.
class linear_head {
public:
    linear_head(std::size_t inputs, std::size_t outputs, std::uint64_t seed)
        : inputs_(inputs),
          outputs_(outputs),
          weights_(inputs * outputs),
          gradient_(inputs * outputs),
          kept_(nn::adamw::slots * inputs * outputs) {
        random_stream stream(seed, purpose::initialization);
        double const deviation = 1 / std::sqrt(static_cast<double>(inputs));
        for (float& w : weights_)
            w = static_cast<float>(deviation * stream.normal());
    }

    // B×D to B×E.
    matrix_view<float const> forward(matrix_view<float const> x) {
        std::size_t const n = x.rows();
        points_.resize(n * outputs_), lengths_.resize(n);
        matrix_view<float> const y(points_.data(), n, outputs_);
        kernels::gemm<float>(kernels::transposed::no, kernels::transposed::yes, 1, x, weights(), 0, y);
        for (std::size_t i = 0; i < n; ++i) {
            double squares = 0;
            for (float v : y.row(i))
                squares += static_cast<double>(v) * static_cast<double>(v);
            lengths_[i] = static_cast<float>(std::max(std::sqrt(squares), 1e-12));
            for (float& v : y.row(i))
                v /= lengths_[i];
        }
        return y;
    }
    // What ∂loss/∂y, which is written over, makes of the weights' gradient.
    void backward(matrix_view<float const> x, matrix_view<float> g) {
        for (std::size_t i = 0; i < x.rows(); ++i) {
            auto const y = std::span<float const>(points_).subspan(i * outputs_, outputs_);
            double along = 0;
            for (std::size_t k = 0; k < outputs_; ++k)
                along += static_cast<double>(y[k]) * static_cast<double>(g.row(i)[k]);
            for (std::size_t k = 0; k < outputs_; ++k)
                g.row(i)[k] = (g.row(i)[k] - static_cast<float>(along) * y[k]) / lengths_[i];
        }
        kernels::gemm<float>(kernels::transposed::yes, kernels::transposed::no, 1, g, x, 0,
                             matrix_view<float>(gradient_.data(), outputs_, inputs_));
    }
    void step(double rate, std::size_t number) {
        nn::adamw().step<float>(weights_, gradient_, kept_, rate, number, true);
    }

private:
    matrix_view<float const> weights() const { return {weights_.data(), outputs_, inputs_}; }

    std::size_t inputs_, outputs_;
    std::vector<float> weights_, gradient_, kept_, points_, lengths_;
};

} // namespace detail

TRINE_INLINE head_subject::head_subject(matrix_view<float const> embeddings, std::vector<label> labels,
                                        head_options how)
    : size_(embeddings.cols()), labels_(std::move(labels)), how_(how) {
    require<shape_error>(embeddings.rows() == labels_.size(), labels_.size(), " labels for ", embeddings.rows(),
                         " embeddings");
    require<argument_error>(how_.dimensions > 0 && how_.budget.epochs > 0, "a head of ", how_.dimensions,
                            " dimensions and ", how_.budget.epochs, " epochs: it takes one of each");
    for (std::size_t i = 0; i < embeddings.rows(); ++i) {
        auto const row = embeddings.row(i);
        for (float v : row)
            require<numeric_error>(std::isfinite(v), "embedding ", i, " is not finite");
        embeddings_.insert(embeddings_.end(), row.begin(), row.end());
    }
}

TRINE_INLINE identity head_subject::identity_of() const {
    return identity("head_subject").with("embeddings", embeddings_).with("labels", labels_).with("head", how_);
}

TRINE_INLINE std::optional<outcome> head_subject::run(training const& how) const {
    auto const labels = detail::compact_labels(labels_, how.learn);
    auto const sampler = detail::sampler_of(how, how_.budget, labels);
    std::size_t const per_epoch = sampler.batches_per_epoch(), steps = how_.budget.epochs * per_epoch,
                      classes = static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end())) + 1;
    auto const objective = how.objective(steps);
    objective.start(classes, how_.dimensions, how.seed);
    std::vector<std::vector<float>> kept; // for what the objective learns
    objective.each_parameter(
        [&](std::span<float> values, std::span<float const>) { kept.emplace_back(nn::adamw::slots * values.size()); });
    nn::warm_up<> const schedule;
    detail::linear_head head(size_, how_.dimensions, how.seed);
    auto const gathered = [&](std::span<std::size_t const> places, std::vector<float>& to) {
        to.clear();
        for (std::size_t i : places)
            to.insert(to.end(), embeddings_.begin() + static_cast<std::ptrdiff_t>(i * size_),
                      embeddings_.begin() + static_cast<std::ptrdiff_t>((i + 1) * size_));
        return matrix_view<float const>(to.data(), places.size(), size_);
    };
    std::vector<float> rows, gradient;
    std::vector<double> losses, actives;
    auto const began = std::chrono::steady_clock::now();
    double loss = 0, active = 0, terms = 0;
    for (std::size_t step = 0; step < steps; ++step) {
        if (how.stop && how.stop())
            return {};
        auto const drawn = sampler.batch(step);
        std::vector<std::size_t> places;
        std::vector<label> who;
        for (std::size_t i : drawn)
            places.push_back(how.learn[i]), who.push_back(labels[i]);
        auto const x = gathered(places, rows);
        auto const y = head.forward(x);
        gradient.assign(places.size() * how_.dimensions, 0);
        matrix_view<float> const g(gradient.data(), places.size(), how_.dimensions);
        auto const result = objective(y, who, g, how.seed, static_cast<std::uint32_t>(step));
        require<numeric_error>(std::isfinite(result.loss), "the loss became ", result.loss, " in step ", step);
        head.backward(x, g);
        double const rate = how.learning_rate * schedule(step, steps);
        std::size_t part = 0;
        objective.each_parameter([&](std::span<float> values, std::span<float const> by) {
            nn::adamw().step<float>(values, by, kept[part++], rate * how.objective_rate, step + 1, false);
        });
        head.step(rate, step + 1);
        loss += result.loss / static_cast<double>(per_epoch);
        active += static_cast<double>(result.active), terms += static_cast<double>(result.terms);
        if ((step + 1) % per_epoch == 0) {
            losses.push_back(loss), actives.push_back(terms > 0 ? active / terms : 0);
            loss = active = terms = 0;
        }
    }
    double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::vector<label> others;
    for (std::size_t i : how.judge)
        others.push_back(labels_[i]);
    auto result = judge(head.forward(gathered(how.judge, rows)), others);
    result.loss = std::move(losses), result.active = std::move(actives);
    result.steps = steps, result.seconds = seconds;
    return result;
}

} // namespace trine::experiments
