#pragma once

/// Convolution of channels-last images, by the algorithm that suits its shape.

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <variant>

#include "convolution_shape.hpp"
#include "convolution_weights.hpp"
#include "depthwise.hpp"
#include "depthwise_gradient.hpp"
#include "direct_convolution.hpp"
#include "winograd_convolution.hpp"
#include "winograd_gradient.hpp"

namespace trine::kernels {

/// Whether an algorithm can compute a convolution of this shape.
constexpr bool fits(convolution_algorithm a, convolution_shape const& s) {
    bool const plain =
        s.stride == 1 && s.groups == 1 && s.kernel_height == s.kernel_width && s.padding < s.kernel_height;
    switch (a) {
    case convolution_algorithm::winograd_2:
        return plain && s.kernel_height == 3;
    case convolution_algorithm::winograd_4:
        return plain && (s.kernel_height == 3 || s.kernel_height == 5);
    case convolution_algorithm::depthwise:
        return s.is_depthwise();
    default:
        return true;
    }
}

/// The algorithm that `automatic` stands for. It does not depend on the batch, so that neither does the embedding of an
/// image.
///
/// Winograd's transforms pay from 16 channels on either side: they cost in proportion to C + O, and save in proportion
/// to C·O. On an output of less than four tiles, most of a tile is wasted.
template <class T>
constexpr convolution_algorithm choose_algorithm(convolution_shape const& s) {
    if (s.is_depthwise())
        return convolution_algorithm::depthwise;
    if (!fits(convolution_algorithm::winograd_4, s) || s.channels < 16 || s.outputs < 16)
        return convolution_algorithm::direct;
    std::size_t const m = s.kernel_height == 3 ? 4 : 2,
                      tiles = ((s.out_height() + m - 1) / m) * ((s.out_width() + m - 1) / m);
    return tiles >= 4 ? convolution_algorithm::winograd_4 : convolution_algorithm::direct;
}

// Each method is a convolution of known sizes by one algorithm. They share one interface, that of `convolution`, where
// it is documented; a network, whose sizes are types, compiles the methods that it uses and no others.

// `forward_once` of methods whose prepared weights take little memory.
template <class Method, class T>
struct prepares_all {
    std::size_t forward_once_scratch() const { return method().weights_size() + method().forward_scratch(); }
    void forward_once(T const* x, T const* w, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) const {
        method().prepare(w, scratch);
        method().forward(x, scratch, bias, y, scratch + method().weights_size(), sink);
    }

private:
    Method const& method() const { return static_cast<Method const&>(*this); }
};

/// Implicit matrix product in register tiles; fits every shape.
template <class T>
class direct_method : public prepares_all<direct_method<T>, T> {
public:
    explicit direct_method(convolution_shape const& s) : s_(s) {}

    std::size_t weights_size() const { return direct_weights_size<T>(s_); }
    void prepare(T const* w, T* prepared) const { direct_weights(s_, w, prepared); }
    std::size_t blocks() const { return s_.batch * ((s_.out_height() + rows_per_block() - 1) / rows_per_block()); }
    std::size_t rows_per_block() const {
        return detail::forward_plan(s_).rows_per_item(sizeof(T), s_.batch, s_.outputs);
    }
    std::size_t forward_scratch(bool sink_only = false) const {
        return direct_forward_scratch<T>(s_, thread_count(), sink_only);
    }
    void forward(T const* x, T const* prepared, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) const {
        direct_forward(s_, x, prepared, bias, y, scratch, sink);
    }
    std::size_t gradient_data_scratch() const { return direct_gradient_data_scratch<T>(s_, thread_count()); }
    void gradient_data(T const* dy, T const* w, T* dx, T* scratch) const {
        direct_gradient_data(s_, dy, w, dx, scratch);
    }
    std::size_t gradient_weights_scratch() const { return direct_gradient_weights_scratch<T>(s_, thread_count()); }
    void gradient_weights(T const* x, T const* dy, T* dw, T* scratch) const {
        direct_gradient_weights(s_, x, dy, dw, scratch);
    }
    /// Scratch of `direct_gradient_weights` for an output that is computed again.
    std::size_t recomputed_gradient_scratch() const {
        return direct_gradient_weights_scratch<T>(s_, thread_count(), true);
    }

private:
    convolution_shape s_;
};

/// A channel at a time; groups = channels = outputs.
template <class T>
class depthwise_method : public prepares_all<depthwise_method<T>, T> {
public:
    explicit depthwise_method(convolution_shape const& s) : s_(s) {}

    std::size_t weights_size() const { return s_.weights(); }
    void prepare(T const* w, T* prepared) const { std::copy_n(w, s_.weights(), prepared); }
    std::size_t blocks() const { return s_.batch * ((s_.out_height() + rows_per_block() - 1) / rows_per_block()); }
    std::size_t rows_per_block() const { return detail::depthwise_rows(s_, sizeof(T)); }
    std::size_t forward_scratch(bool sink_only = false) const {
        return sink_only ? thread_count() * rows_per_block() * s_.out_width() * s_.outputs : 0;
    }
    void forward(T const* x, T const* prepared, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) const {
        depthwise_forward(s_, x, prepared, bias, y, scratch, sink);
    }
    std::size_t gradient_data_scratch() const { return s_.weights(); }
    void gradient_data(T const* dy, T const* w, T* dx, T* scratch) const {
        depthwise_gradient_data(s_, dy, w, dx, scratch);
    }
    std::size_t gradient_weights_scratch() const { return depthwise_gradient_weights_scratch<T>(s_); }
    void gradient_weights(T const* x, T const* dy, T* dw, T* scratch) const {
        depthwise_gradient_weights(s_, x, dy, dw, scratch);
    }

private:
    convolution_shape s_;
};

/// Winograd's transforms W; its kernel, stride 1, one group.
template <class W, class T>
class winograd_method {
public:
    explicit winograd_method(convolution_shape const& s) : s_(s) {}

    std::size_t weights_size() const { return plan().template weights_size<T>(); }
    void prepare(T const* w, T* prepared) const {
        auto const p = plan();
        winograd_weights<W>(p, w, 0, s_.outputs, false, prepared, p.template all_panels<T>());
    }
    std::size_t blocks() const { return plan().blocks; }
    std::size_t rows_per_block() const { return plan().rows_of_block(); }
    std::size_t forward_scratch(bool sink_only = false) const {
        return winograd_scratch<T>(plan(), thread_count(), sink_only);
    }
    void forward(T const* x, T const* prepared, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) const {
        winograd_convolution<W>(plan(), x, prepared, bias, y, scratch, sink);
    }
    /// y = max(x ∗ w + bias, 0), or the largest of each 2×2 of that: what follows in inference, without another pass.
    /// Scratch as for `forward`.
    void forward_rectified(T const* x, T const* prepared, T const* bias, bool pooled, T* y, T* scratch) const {
        auto const p = plan();
        winograd_convolution<W, T>(p, x, prepared, bias, y, scratch, {}, p.template all_panels<T>(), nullptr,
                                   pooled ? output_finish::rectified_and_pooled : output_finish::rectified);
    }
    std::size_t forward_once_scratch() const { return winograd_once_scratch<T>(plan(), thread_count()); }
    void forward_once(T const* x, T const* w, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) const {
        auto const p = plan();
        winograd_convolution_once<W>(
            p, x, [&](panel_range const& some, T* to) { winograd_weights<W>(p, w, 0, s_.outputs, false, to, some); },
            bias, y, scratch, sink);
    }
    std::size_t gradient_data_scratch() const {
        auto const p = backward_plan();
        return exchanged_size(p) + winograd_once_scratch<T>(p, thread_count());
    }
    void gradient_data(T const* dy, T const* w, T* dx, T* scratch) const {
        // The adjoint of a convolution of stride 1 is one with the kernel turned around and its sides exchanged.
        auto const p = backward_plan();
        auto const transform = [&](panel_range const& some, T* to) {
            auto const [first, last] = p.template outputs_of<T>(some);
            exchange_sides(s_, first, last, w, scratch);
            winograd_weights<W, T>(p, scratch, first, last - first, true, to, some);
        };
        winograd_convolution_once<W, T>(p, dy, transform, nullptr, dx, scratch + exchanged_size(p));
    }
    std::size_t gradient_weights_scratch() const { return winograd_gradient_weights_scratch<W, T>(s_, thread_count()); }
    void gradient_weights(T const* x, T const* dy, T* dw, T* scratch) const {
        winograd_gradient_weights<W>(s_, x, dy, dw, scratch);
    }

private:
    winograd_plan plan() const {
        return winograd_plan::make<W, T>(s_.batch, s_.height, s_.width, s_.channels, s_.outputs, s_.padding);
    }
    static std::size_t exchanged_size(winograd_plan const& p) {
        auto const [first, last] = p.outputs_of<T>(p.largest_part<T>());
        return W::kernel * W::kernel * p.channels * (last - first);
    }
    winograd_plan backward_plan() const {
        return winograd_plan::make<W, T>(s_.batch, s_.out_height(), s_.out_width(), s_.outputs, s_.channels,
                                         W::kernel - 1 - s_.padding);
    }

    convolution_shape s_;
};

/// The method of an algorithm other than `automatic`, for square kernels of this side.
template <class T, convolution_algorithm A, std::size_t Kernel>
struct method_of {
    static_assert(A == convolution_algorithm::direct);
    using type = direct_method<T>;
};
template <class T, std::size_t Kernel>
struct method_of<T, convolution_algorithm::depthwise, Kernel> {
    using type = depthwise_method<T>;
};
template <class T>
struct method_of<T, convolution_algorithm::winograd_2, 3> {
    using type = winograd_method<winograd<2, 3>, T>;
};
template <class T>
struct method_of<T, convolution_algorithm::winograd_4, 3> {
    using type = winograd_method<winograd<4, 3>, T>;
};
template <class T>
struct method_of<T, convolution_algorithm::winograd_4, 5> {
    using type = winograd_method<winograd<2, 5>, T>;
};

/// A convolution of known sizes: its three directions, the scratch they need, and its weights in the form that the
/// algorithm reads.
///
/// Weights are KH×KW×(C/groups)×O. The result does not depend on the number of threads. This class compiles every
/// method and chooses at run time.
template <class T>
class convolution {
public:
    using shape = convolution_shape;

    explicit convolution(shape const& s, convolution_algorithm a = convolution_algorithm::automatic)
        : algorithm_(a == convolution_algorithm::automatic ? choose_algorithm<T>(s) : a),
          method_(make(s, algorithm_)) {}
    convolution_algorithm algorithm() const { return algorithm_; }

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
    void forward(T const* x, T const* prepared, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) const {
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
    void forward_once(T const* x, T const* w, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) const {
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
    using any_method = std::variant<direct_method<T>, depthwise_method<T>, winograd_method<winograd<2, 3>, T>,
                                    winograd_method<winograd<4, 3>, T>, winograd_method<winograd<2, 5>, T>>;

    static any_method make(shape const& s, convolution_algorithm a) {
        assert(fits(a, s));
        switch (a) {
        case convolution_algorithm::depthwise:
            return depthwise_method<T>(s);
        case convolution_algorithm::winograd_2:
            return winograd_method<winograd<2, 3>, T>(s);
        case convolution_algorithm::winograd_4:
            if (s.kernel_height == 3)
                return winograd_method<winograd<4, 3>, T>(s);
            return winograd_method<winograd<2, 5>, T>(s);
        default:
            return direct_method<T>(s);
        }
    }

    convolution_algorithm algorithm_;
    any_method method_;
};

} // namespace trine::kernels
