#pragma once

#include <cassert>
#include <cstddef>
#include <variant>

#include <trine/kernels/convolution.hpp>

/// A convolution of known sizes: its three directions, the scratch they need, and its weights in the form that the
/// algorithm reads.
///
/// Weights are KH×KW×(C/groups)×O. The result does not depend on the number of threads. Every
/// method is compiled, and one chosen at run time.
template <class T>
class any_convolution {
public:
    using shape = trine::kernels::convolution_shape;

    explicit any_convolution(shape const& s,
                             trine::kernels::convolution_algorithm a = trine::kernels::convolution_algorithm::automatic)
        : algorithm_(a == trine::kernels::convolution_algorithm::automatic ? trine::kernels::choose_algorithm<T>(s)
                                                                           : a),
          method_(make(s, algorithm_)) {}
    trine::kernels::convolution_algorithm algorithm() const { return algorithm_; }

    /// Scalars of prepared weights.
    std::size_t weights_size() const {
        return std::visit([](auto const& m) { return m.weights_size(); }, method_);
    }
    /// Brings weights into the form that `forward` reads.
    void prepare(T const* w, T* prepared) const {
        std::visit([&](auto const& m) { m.prepare(w, prepared); }, method_);
    }

    /// Blocks of rows in which the output is finished, and the most rows that one has.
    std::size_t blocks() const {
        return std::visit([](auto const& m) { return m.blocks(); }, method_);
    }
    std::size_t rows_per_block() const {
        return std::visit([](auto const& m) { return m.rows_per_block(); }, method_);
    }

    /// Scalars of scratch for all threads together.
    std::size_t forward_scratch(bool sink_only = false) const {
        return std::visit([&](auto const& m) { return m.forward_scratch(sink_only); }, method_);
    }
    /// y = x ∗ w + bias.
    ///
    /// @param x         N×H×W×C
    /// @param prepared  of `prepare`
    /// @param bias      O, or null
    /// @param y         N×OH×OW×O; may be null when the sink takes all
    /// @param sink      told of every finished block
    void forward(T const* x, T const* prepared, T const* bias, T* y, T* scratch,
                 trine::kernels::row_sink<T> const& sink = {}) const {
        std::visit([&](auto const& m) { m.forward(x, prepared, bias, y, scratch, sink); }, method_);
    }

    std::size_t forward_once_scratch() const {
        return std::visit([](auto const& m) { return m.forward_once_scratch(); }, method_);
    }
    /// The same with weights as they are, for weights that are used once: it takes less memory than all of them
    /// prepared.
    ///
    /// @param w  as they are
    /// @param y  not null
    void forward_once(T const* x, T const* w, T const* bias, T* y, T* scratch,
                      trine::kernels::row_sink<T> const& sink = {}) const {
        std::visit([&](auto const& m) { m.forward_once(x, w, bias, y, scratch, sink); }, method_);
    }

    std::size_t gradient_data_scratch() const {
        return std::visit([](auto const& m) { return m.gradient_data_scratch(); }, method_);
    }
    /// dx = dy ∗ᵀ w: what the loss changes by, for a change of the input.
    ///
    /// @param dy  N×OH×OW×O
    /// @param w   as they are, not prepared
    /// @param dx  N×H×W×C, overwritten
    void gradient_data(T const* dy, T const* w, T* dx, T* scratch) const {
        std::visit([&](auto const& m) { m.gradient_data(dy, w, dx, scratch); }, method_);
    }

    std::size_t gradient_weights_scratch() const {
        return std::visit([](auto const& m) { return m.gradient_weights_scratch(); }, method_);
    }
    /// dw += Σ over the batch and its pixels of x ⊗ dy.
    ///
    /// @param x   N×H×W×C
    /// @param dy  N×OH×OW×O
    /// @param dw  as the weights, added to
    void gradient_weights(T const* x, T const* dy, T* dw, T* scratch) const {
        std::visit([&](auto const& m) { m.gradient_weights(x, dy, dw, scratch); }, method_);
    }

private:
    using any_method = std::variant<trine::kernels::direct_method<T>, trine::kernels::depthwise_method<T>,
                                    trine::kernels::winograd_method<trine::kernels::winograd<4, 3>, T>,
                                    trine::kernels::winograd_method<trine::kernels::winograd<2, 5>, T>>;

    static any_method make(shape const& s, trine::kernels::convolution_algorithm a) {
        assert(trine::kernels::fits(a, s));
        switch (a) {
        case trine::kernels::convolution_algorithm::depthwise:
            return trine::kernels::depthwise_method<T>(s);
        case trine::kernels::convolution_algorithm::winograd_4:
            if (s.kernel_height == 3)
                return trine::kernels::winograd_method<trine::kernels::winograd<4, 3>, T>(s);
            return trine::kernels::winograd_method<trine::kernels::winograd<2, 5>, T>(s);
        default:
            return trine::kernels::direct_method<T>(s);
        }
    }

    trine::kernels::convolution_algorithm algorithm_;
    any_method method_;
};
