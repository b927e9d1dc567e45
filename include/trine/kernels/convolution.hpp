#pragma once

/// Convolution of channels-last images, by the algorithm that suits its shape.

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "convolution_shape.hpp"
#include "convolution_weights.hpp"
#include "depthwise.hpp"
#include "direct_convolution.hpp"
#include "winograd_convolution.hpp"
#include "winograd_gradient.hpp"

namespace trine::kernels {

/// Whether an algorithm can compute a convolution of this shape.
constexpr bool fits(convolution_algorithm a, convolution_shape const& s) {
    bool const plain = s.stride == 1 && s.groups == 1 && s.kernel_height == s.kernel_width && s.padding < s.kernel_height;
    switch (a) {
    case convolution_algorithm::winograd_2: return plain && s.kernel_height == 3;
    case convolution_algorithm::winograd_4: return plain && (s.kernel_height == 3 || s.kernel_height == 5);
    case convolution_algorithm::depthwise: return s.is_depthwise();
    default: return true;
    }
}

/// The algorithm that `automatic` stands for. It does not depend on the batch, so that neither does the embedding of an image.
///
/// Winograd's transforms pay from 16 channels on either side: they cost in proportion to C + O, and save in proportion to C·O. On an output of less than
/// four tiles, most of a tile is wasted.
template <class T>
constexpr convolution_algorithm choose_algorithm(convolution_shape const& s) {
    if (s.is_depthwise())
        return convolution_algorithm::depthwise;
    if (!fits(convolution_algorithm::winograd_4, s) || s.channels < 16 || s.outputs < 16)
        return convolution_algorithm::direct;
    std::size_t const m = s.kernel_height == 3 ? 4 : 2, tiles = ((s.out_height() + m - 1) / m) * ((s.out_width() + m - 1) / m);
    return tiles >= 4 ? convolution_algorithm::winograd_4 : convolution_algorithm::direct;
}

/// A convolution of known sizes: its three directions, the scratch they need, and its weights in the form that the algorithm reads.
///
/// Weights are KH×KW×(C/groups)×O. The result does not depend on the number of threads.
template <class T>
class convolution {
public:
    using shape = convolution_shape;

    explicit convolution(shape const& s, convolution_algorithm a = convolution_algorithm::automatic)
        : s_(s), algorithm_(a == convolution_algorithm::automatic ? choose_algorithm<T>(s) : a) {
        assert(fits(algorithm_, s));
    }
    convolution_algorithm algorithm() const { return algorithm_; }

    /// Scalars of prepared weights.
    std::size_t weights_size() const {
        if (algorithm_ == convolution_algorithm::depthwise)
            return s_.weights();
        if (algorithm_ == convolution_algorithm::direct)
            return direct_weights_size<T>(s_);
        return with_winograd([&]<class W>() { return plan<W>().template weights_size<T>(); });
    }
    /// Brings weights into the form that `forward` reads.
    void prepare(T const* w, T* prepared) const {
        if (algorithm_ == convolution_algorithm::depthwise)
            std::copy_n(w, s_.weights(), prepared);
        else if (algorithm_ == convolution_algorithm::direct)
            direct_weights(s_, w, prepared);
        else
            with_winograd([&]<class W>() {
                winograd_weights<W>(s_.channels, s_.outputs, w, false, prepared);
                return std::size_t{0};
            });
    }

    /// Blocks of rows in which the output is finished, and the most rows that one has.
    std::size_t blocks() const {
        if (algorithm_ == convolution_algorithm::direct || algorithm_ == convolution_algorithm::depthwise)
            return s_.batch * ((s_.out_height() + rows_per_block() - 1) / rows_per_block());
        return with_winograd([&]<class W>() { return plan<W>().blocks; });
    }
    std::size_t rows_per_block() const {
        if (algorithm_ == convolution_algorithm::direct)
            return detail::forward_plan(s_).rows_per_item(sizeof(T), s_.batch, s_.outputs);
        if (algorithm_ == convolution_algorithm::depthwise)
            return detail::depthwise_rows(s_, sizeof(T));
        return with_winograd([&]<class W>() { return plan<W>().rows_of_block(); });
    }

    /// Scalars of scratch for all threads together.
    std::size_t forward_scratch(bool sink_only = false) const {
        if (algorithm_ == convolution_algorithm::depthwise)
            return sink_only ? thread_count() * rows_per_block() * s_.out_width() * s_.outputs : 0;
        if (algorithm_ == convolution_algorithm::direct)
            return direct_forward_scratch<T>(s_, thread_count(), sink_only);
        return with_winograd([&]<class W>() { return winograd_scratch<T>(plan<W>(), thread_count(), sink_only); });
    }
    /// y = x ∗ w + bias.
    ///
    /// @param x         N×H×W×C
    /// @param prepared  of `prepare`
    /// @param bias      O, or null
    /// @param y         N×OH×OW×O; may be null when the sink takes all
    /// @param sink      told of every finished block
    void forward(T const* x, T const* prepared, T const* bias, T* y, T* scratch, row_sink<T> const& sink = {}) const {
        if (algorithm_ == convolution_algorithm::depthwise)
            depthwise_forward(s_, x, prepared, bias, y, scratch, sink);
        else if (algorithm_ == convolution_algorithm::direct)
            direct_forward(s_, x, prepared, bias, y, scratch, sink);
        else
            with_winograd([&]<class W>() {
                winograd_convolution<W>(plan<W>(), x, prepared, bias, y, scratch, sink);
                return std::size_t{0};
            });
    }

    std::size_t gradient_data_scratch() const {
        if (algorithm_ == convolution_algorithm::depthwise)
            return s_.weights();
        if (algorithm_ == convolution_algorithm::direct)
            return direct_gradient_data_scratch<T>(s_, thread_count());
        return with_winograd([&]<class W>() {
            auto const back = backward_plan<W>();
            return s_.weights() + back.template weights_size<T>() + winograd_scratch<T>(back, thread_count(), false);
        });
    }
    /// dx = dy ∗ᵀ w: what the loss changes by, for a change of the input.
    ///
    /// @param dy  N×OH×OW×O
    /// @param w   as they are, not prepared
    /// @param dx  N×H×W×C, overwritten
    void gradient_data(T const* dy, T const* w, T* dx, T* scratch) const {
        if (algorithm_ == convolution_algorithm::depthwise)
            depthwise_gradient_data(s_, dy, w, dx, scratch);
        else if (algorithm_ == convolution_algorithm::direct)
            direct_gradient_data(s_, dy, w, dx, scratch);
        else
            with_winograd([&]<class W>() {
                auto const back = backward_plan<W>();
                // The adjoint of a convolution of stride 1 is one with the kernel turned around and its sides exchanged.
                T* const transformed = scratch + s_.weights();
                exchange_sides(s_, w, scratch);
                winograd_weights<W>(s_.outputs, s_.channels, static_cast<T const*>(scratch), true, transformed);
                winograd_convolution<W, T>(back, dy, transformed, nullptr, dx, transformed + back.template weights_size<T>());
                return std::size_t{0};
            });
    }

    std::size_t gradient_weights_scratch() const {
        if (algorithm_ == convolution_algorithm::depthwise)
            return depthwise_gradient_weights_scratch<T>(s_);
        if (algorithm_ == convolution_algorithm::direct)
            return direct_gradient_weights_scratch<T>(s_, thread_count());
        return with_winograd([&]<class W>() { return winograd_gradient_weights_scratch<W, T>(s_, thread_count()); });
    }
    /// The same for `direct_gradient_weights` with an output that is computed again.
    std::size_t recomputed_gradient_scratch() const { return direct_gradient_weights_scratch<T>(s_, thread_count(), true); }
    /// dw += Σ over the batch and its pixels of x ⊗ dy.
    ///
    /// @param x   N×H×W×C
    /// @param dy  N×OH×OW×O
    /// @param dw  as the weights, added to
    void gradient_weights(T const* x, T const* dy, T* dw, T* scratch) const {
        if (algorithm_ == convolution_algorithm::depthwise)
            depthwise_gradient_weights(s_, x, dy, dw, scratch);
        else if (algorithm_ == convolution_algorithm::direct)
            direct_gradient_weights(s_, x, dy, dw, scratch);
        else
            with_winograd([&]<class W>() {
                winograd_gradient_weights<W>(s_, x, dy, dw, scratch);
                return std::size_t{0};
            });
    }

private:
    template <class F>
    std::size_t with_winograd(F&& f) const {
        if (algorithm_ == convolution_algorithm::winograd_2)
            return f.template operator()<winograd<2, 3>>();
        return s_.kernel_height == 3 ? f.template operator()<winograd<4, 3>>() : f.template operator()<winograd<2, 5>>();
    }
    template <class W>
    winograd_plan plan() const { return winograd_plan::make<W, T>(s_.batch, s_.height, s_.width, s_.channels, s_.outputs, s_.padding); }
    template <class W>
    winograd_plan backward_plan() const {
        return winograd_plan::make<W, T>(s_.batch, s_.out_height(), s_.out_width(), s_.outputs, s_.channels, W::kernel - 1 - s_.padding);
    }

    shape s_;
    convolution_algorithm algorithm_;
};

} // namespace trine::kernels
