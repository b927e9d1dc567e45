#pragma once

/// A convolution and the neighbours that are computed with it; fusion.hpp finds them.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "activations.hpp"
#include "convolution.hpp"
#include "fused_passes.hpp"
#include "layer.hpp"
#include "layer_functions.hpp"
#include "normalization.hpp"
#include "pooling.hpp"

namespace trine::nn::detail {

template <class Map, bool Pooled>
struct pool_output {
    using type = Map;
};
template <class Map>
struct pool_output<Map, true> {
    using type = typename max_pool<2>::template at<Map>::output;
};

/// Convolution, batch normalisation and, where they follow, rectifier and 2×2 maximum. Training keeps the convolution's
/// output alone; in inference the normalisation is folded into the weights, and the rest is done on rows that are still
/// in cache.
template <class In, class Convolution, class Norm, bool Rectified, bool Pooled>
struct fused_convolution {
    using conv = typename Convolution::template at<In>;
    using map = typename conv::output;
    using norm = typename Norm::template at<map>;
    using input = In;
    using output = typename pool_output<map, Pooled>::type;

    static constexpr bool streamed =
        Convolution::options.groups == 1 && conv::sizes(1).depth() <= fused_plan::most_depth &&
        (Convolution::options.algorithm == kernels::convolution_algorithm::direct ||
         (Convolution::options.algorithm == kernels::convolution_algorithm::automatic && In::channels < 16));
    static constexpr bool recomputed = Convolution::options.recompute && !streamed;
    static constexpr fused_plan plan{conv::sizes(1), Convolution::options.bias, Rectified, Pooled, streamed, recomputed,
                                     norm::epsilon};
    template <class T>
    using passes = fused_passes<T, typename conv::template method<T>>;

    static constexpr std::size_t parameters = conv::parameters + norm::parameters, state = norm::state,
                                 layers = 2 + (Rectified ? 1 : 0) + (Pooled ? 1 : 0),
                                 multiply_adds = conv::multiply_adds;
    static constexpr bool keeps_gradient = true, needs_output = false, dx_over_x = true, dx_over_dy = !streamed;

    static constexpr std::size_t tape_of(std::size_t batch) { return plan.tape_of(batch); }
    template <class T>
    static std::size_t workspace(std::size_t batch) {
        return passes<T>::workspace(plan, batch);
    }
    template <class T>
    static void forward_tape(layer_context<T> const& context, T const* x, T* tape) {
        passes<T>::forward_tape(plan, context, x, tape);
    }
    template <class T>
    static void forward(layer_context<T> const& context, T const* x, T* y, T* tape) {
        passes<T>::forward(plan, context, x, y, tape);
    }
    // A pass over the convolution's output is cheaper than as much memory. (A pooled output is a quarter of that: it is
    // kept.)
    template <class T>
        requires(!streamed && !recomputed && !Pooled)
    static void restore(layer_context<T> const& context, T const* tape, T* y) {
        passes<T>::restore(plan, context, tape, y);
    }
    template <class T>
    static std::size_t restore_first_workspace(std::size_t batch) {
        return passes<T>::restore_first_workspace(plan, batch);
    }
    template <class T>
        requires(recomputed && !Pooled)
    static void restore_first(layer_context<T> const& context, T const* x, T const* tape, T* y) {
        passes<T>::restore_first(plan, context, x, tape, y);
    }
    template <class T>
    static void backward(layer_context<T> const& context, T const* x, T const*, T* dy, T* dx, T* tape) {
        passes<T>::backward(plan, context, x, dy, dx, tape);
    }

    template <class T>
    static std::size_t prepared() {
        return passes<T>::prepared(plan);
    }
    template <class T>
    static void prepare(layer_context<T> const& context, T* to) {
        passes<T>::prepare(plan, context, to);
    }
    template <class T>
    static std::size_t inference_workspace(std::size_t batch) {
        return passes<T>::inference_workspace(plan, batch);
    }
    template <class T>
    static void infer(layer_context<T> const& context, T const* x, T* y) {
        passes<T>::infer(plan, context, x, y);
    }

    /// @param names  of the layers that it stands for, as many as there are
    template <std::size_t N>
    static void list(inventory& all, std::array<std::string, N> const& names) {
        conv::list(all, names[0]);
        norm::list(all, names[1]);
    }
    template <std::size_t N>
    static void describe(std::vector<layer_row>& rows, std::array<std::string, N> const& names) {
        describe_layer<conv>(rows, names[0]);
        if (plan.kept(1) == 0)
            rows.back().activations = 0;
        describe_layer<norm>(rows, names[1]);
        rows.back().activations = Pooled ? 0 : map::size;
        if constexpr (Rectified)
            describe_layer<typename relu::at<map>>(rows, names[2]);
        if constexpr (Pooled)
            describe_layer<typename max_pool<2>::at<map>>(rows, names[3]);
    }
};

/// A convolution with normalisation and the rectifier with learnt slopes that follows. In training they stay two: the
/// slopes' gradients need what comes between. In inference the rectifier works on rows that are still in cache.
template <class Fused>
struct sloped_convolution {
    using input = typename Fused::input;
    using output = typename Fused::output;
    using slopes = typename prelu::at<output>;
    static constexpr std::size_t parameters = Fused::parameters + slopes::parameters, state = Fused::state,
                                 layers = Fused::layers + 1, multiply_adds = Fused::multiply_adds;
    static constexpr bool keeps_gradient = false, needs_output = false, dx_over_x = Fused::dx_over_x,
                          dx_over_dy = Fused::dx_over_dy;

    static constexpr std::size_t between(std::size_t batch) { return whole_lines(batch * output::size); }
    static constexpr std::size_t tape_of(std::size_t batch) { return between(batch) + Fused::tape_of(batch); }
    template <class T>
    static std::size_t workspace(std::size_t batch) {
        return Fused::template workspace<T>(batch);
    }
    template <class T>
    static layer_context<T> behind(layer_context<T> const& context) {
        return context.inside(Fused::layers, Fused::parameters, Fused::state);
    }
    template <class T>
    static void forward(layer_context<T> const& context, T const* x, T* y, T* tape) {
        Fused::forward(context, x, tape, tape + between(context.batch));
        slopes::forward(behind(context), static_cast<T const*>(tape), y);
    }
    template <class T>
    static void forward_tape(layer_context<T> const& context, T const* x, T* tape) {
        Fused::forward(context, x, tape, tape + between(context.batch));
    }
    template <class T>
    static void backward(layer_context<T> const& context, T const* x, T const* y, T* dy, T* dx, T* tape) {
        slopes::backward(behind(context), static_cast<T const*>(tape), y, static_cast<T const*>(dy), dy);
        Fused::backward(context, x, static_cast<T const*>(tape), dy, dx, tape + between(context.batch));
    }

    template <class T>
    static std::size_t prepared() {
        return Fused::template prepared<T>();
    }
    template <class T>
    static void prepare(layer_context<T> const& context, T* to) {
        Fused::prepare(context, to);
    }
    template <class T>
    static std::size_t inference_workspace(std::size_t batch) {
        return Fused::template passes<T>::sloped_inference_workspace(Fused::plan, batch);
    }
    template <class T>
    static void infer(layer_context<T> const& context, T const* x, T* y) {
        Fused::template passes<T>::infer_sloped(Fused::plan, context, x, context.parameters + Fused::parameters, y);
    }

    template <std::size_t N>
    static void list(inventory& all, std::array<std::string, N> const& names) {
        Fused::list(all, names);
        slopes::list(all, names[2]);
    }
    template <std::size_t N>
    static void describe(std::vector<layer_row>& rows, std::array<std::string, N> const& names) {
        Fused::describe(rows, names);
        describe_layer<slopes>(rows, names[2]);
    }
};

} // namespace trine::nn::detail
