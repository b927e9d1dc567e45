#pragma once

/// Included by objective.hpp.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "../core/random.hpp"
#include "../distances/cosine.hpp"
#include "../distances/row_products.hpp"
#include "../losses/concepts.hpp"
#include "loss_memory.hpp"
#include "objective.hpp"

namespace trine {

/// Photos against class weights that are learnt along with the network: softmax, ArcFace, proxies. Nothing is mined.
///
/// Labels are classes, 0 … C−1. Weights are (C·centers)×D, each class's centres one behind the other, then C biases
/// where the loss has them. Memory is that of the weights and their gradient, and of B·C·centers similarities and their
/// gradient: it grows with the number of people.
template <class Loss, class Distance, class T>
    requires losses::proxy_loss<Loss>
class objective<miners::none, Loss, Distance, T> {
    static_assert(!Loss::normalized || std::is_same_v<Distance, distances::cosine>,
                  "this proxy loss works on cosines: use distances::cosine with it");
    static_assert(Loss::normalized || std::is_same_v<Distance, distances::dot_product>,
                  "a plain softmax works on inner products: use distances::dot_product with it");

    static_assert(
        !requires(Loss const& l) { l.weight_of(label{}); },
        "class_weighted weighs an anchor's terms: use it with a loss of triplets or of pairs");

public:
    /// @throws argument_error  when the loss has a value that makes no sense
    explicit objective(miners::none = {}, Loss l = {}, Distance d = {}) : loss_(l), distance_(d) {
        check_values(loss_);
    }

    identity identity_of() const {
        return identity("objective").with("miner", miners::none{}).with("loss", loss_).with("distance", distance_);
    }

    /// Draws weights for so many classes: directions at random, as long as makes their products with unit vectors of
    /// variance 1/D.
    ///
    /// @throws argument_error  when there is no class
    void start(std::size_t classes, std::size_t dimensions, std::uint64_t seed) {
        require<argument_error>(classes > 0 && dimensions > 0, "a proxy loss for ", classes, " classes of ", dimensions,
                                " dimensions");
        classes_ = classes, dimensions_ = dimensions;
        parameters_.assign(rows() * dimensions + (with_bias ? classes : 0), T(0));
        gradients_.assign(parameters_.size(), T(0));
        memory_.start(loss_, classes);
        random_stream stream(seed, purpose::initialization, 0xFFFFFFFFu);
        for (std::size_t i = 0; i < rows() * dimensions; ++i)
            parameters_[i] = static_cast<T>(stream.normal() / std::sqrt(static_cast<double>(dimensions)));
    }
    std::size_t classes() const { return classes_; }

    /// As `objective` for miners; what it "chose" are the photos, and the positive and negative distances are those to
    /// the own class and to the nearest other.
    ///
    /// @throws argument_error  when `start` was not called, or a label is no class
    objective_result operator()(matrix_view<T const> e, std::span<label const> labels, matrix_view<T> gradient,
                                std::uint64_t seed = 0, std::uint32_t step = 0) {
        detail::check_batch(e, labels, gradient);
        require<argument_error>(
            classes_ > 0, "this loss owns class weights: call start(classes, dimensions, seed) before the first batch");
        require<shape_error>(e.cols() == dimensions_, "embeddings of ", e.cols(), " dimensions for class weights of ",
                             dimensions_);
        std::size_t const n = e.rows();
        own_classes_.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            require<argument_error>(labels[i] >= 0 && static_cast<std::size_t>(labels[i]) < classes_, "label ",
                                    labels[i], " where there are classes 0 … ", classes_ - 1);
            own_classes_[i] = static_cast<std::size_t>(labels[i]);
        }
        if constexpr (unit_weights)
            bring_weights_to_length_1();
        matrix_view<T const> const weights = draw_classes(seed, step);
        std::size_t const columns = weights.rows();
        similarities_.reserve_discarding(n * columns), by_similarities_.reserve_discarding(n * columns);
        by_norms_.assign(n, T(0)), by_class_norms_.assign(columns, T(0));
        matrix_view<T> const s(similarities_.data(), n, columns), by(by_similarities_.data(), n, columns);
        products_.multiply(e, weights, s);
        if constexpr (with_bias)
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j < columns; ++j)
                    s(i, j) += parameters_[columns * dimensions_ + j];
        ones_.assign(Loss::normalized ? 0 : n, T(1));
        std::span<T const> const norms = Loss::normalized ? products_.left_norms() : std::span<T const>(ones_);
        objective_result total;
        if (n > 0)
            total.loss = loss_.evaluate(
                losses::proxy_view<T>{own_classes_, norms, s, by, by_norms_, columns / loss_.centers, loss_.centers,
                                      products_.right_norms(), by_class_norms_, memory_.values(), drawn_, seed, step});
        count(s, total);
        std::fill(gradients_.begin(), gradients_.end(), T(0));
        if (n == 0)
            return total;
        by_weights(by, columns);
        if constexpr (with_bias)
            products_.add_column_sums(by, gradients_.data() + columns * dimensions_);
        if constexpr (requires { loss_.regularizer; })
            total.loss += loss_.regularizer_weight *
                          loss_.regularizer.add(this->weights(), matrix_view<T>(gradients_.data(), rows(), dimensions_),
                                                loss_.regularizer_weight);
        if (gradient.rows() > 0)
            products_.gradient_of_left(by, by_norms_, gradient);
        return total;
    }

    /// The classes that the last batch was compared with, where the loss draws some of them; else none.
    std::span<std::size_t const> drawn_classes() const { return drawn_; }

    /// Class weights and their gradients.
    std::span<T> parameters() { return parameters_; }
    std::span<T const> parameter_gradients() const { return gradients_; }
    template <class F>
    void each_parameter(F&& f) {
        f(std::span<T>(parameters_), std::span<T const>(gradients_));
    }

    /// The class weights and what the loss remembers, to be carried over a stop.
    trine::state state() const {
        trine::state all;
        all.add("class_weights", parameters_);
        memory_.add_to(all);
        return all;
    }
    /// @throws format_error  when these are not as many as there are
    void restore(trine::state const& all) {
        auto const& values = all.get<T>("class_weights");
        require<format_error>(values.size() == parameters_.size(), "the state has ", values.size(),
                              " class weights, not ", parameters_.size());
        memory_.restore(all);
        parameters_ = values;
    }

    Loss const& loss() const { return loss_; }
    Distance const& distance() const { return distance_; }

private:
    static constexpr bool with_bias = requires { requires Loss::with_bias; };
    static constexpr bool unit_weights = requires { requires Loss::unit_weights; };
    static constexpr bool draws_classes = requires(Loss const& l) { l.draw; };
    static_assert(!with_bias || !draws_classes, "a loss with biases is not known to draw classes");

    matrix_view<T const> weights() const { return {parameters_.data(), rows(), dimensions_}; }
    std::size_t rows() const { return classes_ * loss_.centers; }

    void bring_weights_to_length_1() {
        for (std::size_t j = 0; j < rows(); ++j) {
            auto const row = std::span(parameters_).subspan(j * dimensions_, dimensions_);
            double squares = 0;
            for (T v : row)
                squares += static_cast<double>(v) * static_cast<double>(v);
            for (T& v : row)
                v = squares > 0 ? static_cast<T>(static_cast<double>(v) / std::sqrt(squares)) : v;
        }
    }
    // The weights that the batch is compared with: all of them, or copies of those that the loss draws, in which case
    // photos' classes become places among these.
    matrix_view<T const> draw_classes(std::uint64_t seed, std::uint32_t step) {
        drawn_.clear();
        if constexpr (draws_classes) {
            drawn_ = loss_.draw(std::span<std::size_t const>(own_classes_), classes_, seed, step);
            std::size_t const part = loss_.centers * dimensions_;
            drawn_weights_.resize(drawn_.size() * part);
            for (std::size_t k = 0; k < drawn_.size(); ++k)
                std::copy_n(parameters_.begin() + static_cast<std::ptrdiff_t>(drawn_[k] * part), part,
                            drawn_weights_.begin() + static_cast<std::ptrdiff_t>(k * part));
            for (std::size_t& own : own_classes_)
                own = static_cast<std::size_t>(std::lower_bound(drawn_.begin(), drawn_.end(), own) - drawn_.begin());
            return {drawn_weights_.data(), drawn_.size() * loss_.centers, dimensions_};
        } else
            return weights();
    }
    void by_weights(matrix_view<T const> by, std::size_t columns) {
        drawn_gradients_.resize(draws_classes ? columns * dimensions_ : 0);
        matrix_view<T> const out(draws_classes ? drawn_gradients_.data() : gradients_.data(), columns, dimensions_);
        if constexpr (unit_weights)
            products_.gradient_of_right_directions(by, out);
        else
            products_.gradient_of_right(by, out);
        if constexpr (Loss::normalized)
            products_.add_gradient_of_right_norms(by_class_norms_, out);
        std::size_t const part = loss_.centers * dimensions_;
        for (std::size_t k = 0; k < drawn_.size(); ++k)
            std::copy_n(drawn_gradients_.begin() + static_cast<std::ptrdiff_t>(k * part), part,
                        gradients_.begin() + static_cast<std::ptrdiff_t>(drawn_[k] * part));
    }

    void count(matrix_view<T const> s, objective_result& total) const {
        total.triplets = total.terms = s.rows();
        double const offset = distances::similarity_offset<Distance>();
        for (std::size_t i = 0; i < s.rows(); ++i) {
            T own = -std::numeric_limits<T>::infinity(), other = own;
            for (std::size_t j = 0; j < s.cols(); ++j) {
                T& best = j / loss_.centers == own_classes_[i] ? own : other;
                best = std::max(best, s(i, j));
            }
            total.active += !(own > other);
            total.positive_distance += offset - static_cast<double>(own);
            total.negative_distance += s.cols() > loss_.centers ? offset - static_cast<double>(other) : 0;
        }
        if (s.rows() > 0)
            total.positive_distance /= static_cast<double>(s.rows()),
                total.negative_distance /= static_cast<double>(s.rows());
    }

    std::size_t classes_ = 0, dimensions_ = 0;
    std::vector<T> parameters_, gradients_, ones_, by_norms_, by_class_norms_, drawn_weights_, drawn_gradients_;
    std::vector<std::size_t> own_classes_, drawn_;
    detail::loss_memory<Loss> memory_;
    buffer<T> similarities_, by_similarities_;
    distances::row_products<Loss::normalized, T> products_;
    Loss loss_;
    Distance distance_;
};

} // namespace trine
