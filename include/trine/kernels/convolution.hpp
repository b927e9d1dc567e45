#pragma once

/// Convolution of channels-last images, by the algorithm that suits its shape.

#include <algorithm>
#include <cstddef>

#include "../core/parallel.hpp"
#include "convolution_shape.hpp"
#include "convolution_weights.hpp"
#include "depthwise.hpp"
#include "depthwise_gradient.hpp"
#include "direct_convolution.hpp"
#include "winograd_method.hpp"

namespace trine::kernels {

/// Whether an algorithm can compute a convolution of this shape.
constexpr bool fits(convolution_algorithm a, convolution_shape const& s) {
    bool const plain =
        s.stride == 1 && s.groups == 1 && s.kernel_height == s.kernel_width && s.padding < s.kernel_height;
    switch (a) {
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

// Each method is a convolution of known sizes by one algorithm: its three directions, the scratch they need, and its
// weights in the form that the algorithm reads. They share the interface of `direct_method`. Weights are
// KH×KW×(C/groups)×O; results do not depend on the number of threads. A network, whose sizes are types, compiles the
// methods that it uses and no others.

/// `forward_once` is `forward` with weights as they are, for weights that are used once; y is not null. This one is of
/// methods whose prepared weights take little memory.
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

    /// Scalars of prepared weights.
    std::size_t weights_size() const { return direct_weights_size<T>(s_); }
    /// Brings weights into the form that `forward` reads.
    void prepare(T const* w, T* prepared) const { direct_weights(s_, w, prepared); }
    /// Blocks of rows in which the output is finished, and the most rows that one has.
    std::size_t blocks() const { return s_.batch * ((s_.out_height() + rows_per_block() - 1) / rows_per_block()); }
    std::size_t rows_per_block() const { return direct_rows_per_block<T>(s_); }
    /// Scalars of scratch for all threads together.
    std::size_t forward_scratch(bool sink_only = false) const {
        return direct_forward_scratch<T>(s_, thread_count(), sink_only);
    }
    /// y = x ∗ w + bias.
    ///
    /// @param x         N×H×W×C
    /// @param prepared  of `prepare`
    /// @param bias      O, or null
    /// @param y         N×OH×OW×O; may be null when the sink takes all
    /// @param sink      told of every finished block
    void forward(T const* x, T const* prepared, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) const {
        direct_forward(s_, x, prepared, bias, y, scratch, sink);
    }
    std::size_t gradient_data_scratch() const { return direct_gradient_data_scratch<T>(s_, thread_count()); }
    /// dx = dy ∗ᵀ w: what the loss changes by, for a change of the input.
    ///
    /// @param dy  N×OH×OW×O
    /// @param w   as they are, not prepared
    /// @param dx  N×H×W×C, overwritten
    void gradient_data(T const* dy, T const* w, T* dx, T* scratch) const {
        direct_gradient_data(s_, dy, w, dx, scratch);
    }
    std::size_t gradient_weights_scratch() const { return direct_gradient_weights_scratch<T>(s_, thread_count()); }
    /// dw += Σ over the batch and its pixels of x ⊗ dy.
    ///
    /// @param x   N×H×W×C
    /// @param dy  N×OH×OW×O
    /// @param dw  as the weights, added to
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
    std::size_t rows_per_block() const { return depthwise_rows_per_block<T>(s_); }
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
struct method_of<T, convolution_algorithm::winograd_4, 3> {
    using type = winograd_method<winograd<4, 3>, T>;
};
template <class T>
struct method_of<T, convolution_algorithm::winograd_4, 5> {
    using type = winograd_method<winograd<2, 5>, T>;
};

} // namespace trine::kernels
