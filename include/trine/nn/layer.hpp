#pragma once

/// What every layer is: a type such as `conv2d<32, 3>`, whose `at<shape>` is that layer bound to the shape of its
/// input.
///
/// A bound layer has
///   input, output                the shapes
///   parameters, state            how many scalars it learns, and how many it only keeps track of
///   multiply_adds                of one image's forward pass
///   layers                       how many layers it counts as, so that each has a number of its own
///   in_place                     whether y may be x and dx may be dy
///   keeps_gradient               whether the backward pass leaves dy as it was
///   needs_input, needs_output    whether the backward pass reads x, y
///   dx_over_x                    whether it may be given dx = x; like the next three, false where a layer does not say
///   dx_over_dy                   whether it reads dy no more once it writes dx, which may then lie anywhere over it
///   rectifies_dx                 whether it heeds pass.rectify_dx
///   takes_rectified_dy           whether it reads y no more where pass.rectified_dy is set
/// for training
///   tape_of(batch)               scalars that the forward pass leaves for the backward pass
///   workspace<T>(batch)          scalars of scratch for either, at pass.workspace
///   forward(pass, x, y, tape)    activations are N×H×W×C
///   backward(pass, x, y, dy, dx, tape)   may overwrite the tape; dx is null when nobody needs it; adds to
///   pass.gradients memory<T>(batch)             in place of workspace, for layers made of layers: scalars at `tape`
///   that either pass may use, the tape's among them restore(pass, tape, y)       only where it costs little: makes y
///   again from the tape, bit for bit, so that y need not be kept restore_first(pass, x, tape, y),
///   restore_first_workspace<T>(batch)   the same for a layer that comes first, with its input and scratch at hand
///   forward_tape(pass, x, tape)  only where it saves something: the forward pass once more in the same step, for the
///   tape alone (see `recomputed`)
/// for inference
///   prepared<T>()                scalars that depend on the parameters alone, made once for many images: packed and
///   folded weights prepare(pass, to)            makes them inference_workspace<T>(batch) infer(pass, x, y) reads
///   pass.prepared
/// and
///   list(inventory, prefix)      names its tensors, in the order in which they lie in memory
///   describe(rows, prefix)       a line for each layer
/// Layers without parameters, tape or scratch inherit most of it from `plain_layer`.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../core/random.hpp"
#include "shape.hpp"

namespace trine::nn {

/// What a forward or backward pass is given besides activations.
template <class T>
struct pass {
    std::size_t batch;
    std::uint64_t seed;
    std::uint32_t step;
    std::uint32_t layer; ///< number of the layer in the network
    T const* parameters; ///< the layer's own
    T* gradients;        ///< the same places; null in a forward pass
    T* state;            ///< the layer's own
    T* workspace;
    T const* prepared = nullptr; ///< the layer's own; null in training
    bool again =
        false; ///< the forward pass has been done in this step before: running statistics have followed already
    bool rectify_dx = false;   ///< dx is x, which comes from a rectifier: dx is to be 0 where that was
    bool rectified_dy = false; ///< that has been done for dy

    /// The pass of a layer inside this one.
    pass inside(std::size_t layers, std::size_t parameter_offset, std::size_t state_offset,
                std::size_t workspace_offset, std::size_t prepared_offset = 0) const {
        pass p = *this;
        p.layer += static_cast<std::uint32_t>(layers);
        p.parameters += parameter_offset;
        if (p.gradients)
            p.gradients += parameter_offset;
        p.state += state_offset;
        p.workspace += workspace_offset;
        if (p.prepared)
            p.prepared += prepared_offset;
        return p;
    }
    /// The same in training, where the layer's scratch lies behind its tape: over what later layers have not written
    /// yet, or need no more.
    template <class Layer>
    pass training(std::size_t layers, std::size_t parameter_offset, std::size_t state_offset, T* tape) const {
        pass p = inside(layers, parameter_offset, state_offset, 0);
        p.workspace = tape + Layer::tape_of(batch);
        return p;
    }
};

namespace detail {

/// Scalars at a layer's tape that its passes may use: what it keeps, and its scratch.
template <class T, class Layer>
std::size_t memory_of(std::size_t batch) {
    if constexpr (requires { Layer::template memory<T>(batch); })
        return extent::round(Layer::template memory<T>(batch));
    else
        return Layer::tape_of(batch) + extent::round(Layer::template workspace<T>(batch));
}

/// Whether a layer can make its output again.
template <class Layer>
inline constexpr bool restores = requires(pass<float> const& p, float* memory) {
    Layer::restore(p, memory, memory);
};
template <class Layer>
inline constexpr bool restores_first = requires(pass<float> const& p, float* memory) {
    Layer::restore_first(p, memory, memory, memory);
};

/// Scalars at a layer's tape that its backward pass may use and its dx, which lies at their end.
template <class T, class Layer>
std::size_t memory_with_dx_of(std::size_t batch) {
    if constexpr (requires { Layer::template memory_with_dx<T>(batch); })
        return extent::round(Layer::template memory_with_dx<T>(batch));
    else
        return memory_of<T, Layer>(batch) + extent::round(batch * Layer::input::size);
}
/// The backward pass in that memory, which ends at `end`.
template <class Layer, class T>
void backward_with_dx(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T* tape, T* end) {
    if constexpr (requires { Layer::template memory_with_dx<T>(p.batch); })
        Layer::backward_with_dx(p, x, y, dy, dx, tape, end);
    else
        Layer::backward(p, x, y, dy, dx, tape);
}

template <class Layer>
inline constexpr bool dx_over_x = requires {
    requires Layer::dx_over_x;
};
template <class Layer>
inline constexpr bool dx_over_dy = requires {
    requires Layer::dx_over_dy;
};
template <class Layer>
inline constexpr bool rectifies_dx = requires {
    requires Layer::rectifies_dx;
};
template <class Layer>
inline constexpr bool takes_rectified_dy = requires {
    requires Layer::takes_rectified_dy;
};

/// Whether a layer can make its tape again without its output.
template <class Layer>
inline constexpr bool makes_tape_alone = requires(pass<float> const& p, float* memory) {
    Layer::forward_tape(p, memory, memory);
};

} // namespace detail

/// How a tensor lies in the model's memory, when not as its shape says.
enum class memory_layout {
    plain,
    kernel_last_outputs, ///< shape O×C×KH×KW, in memory KH×KW×C×O
};

/// How a tensor starts.
enum class initial_value { zero, quarter, one, he_normal };

/// One named tensor of a network.
struct tensor_info {
    std::string name;
    std::vector<std::size_t> shape;
    memory_layout layout = memory_layout::plain;
    initial_value start = initial_value::zero;
    std::size_t fan_in = 1;
    bool learnt = true;  ///< else it is state, such as running statistics
    bool decays = false; ///< whether weight decay applies
    bool frozen = false; ///< whether training leaves it as it is
    std::size_t offset = 0;

    std::size_t size() const {
        std::size_t n = 1;
        for (auto s : shape)
            n *= s;
        return n;
    }
};

/// The tensors of a network, in memory order.
struct inventory {
    std::vector<tensor_info> tensors;
    std::size_t parameters = 0, state = 0;

    void add(tensor_info info) {
        std::size_t& end = info.learnt ? parameters : state;
        info.offset = end;
        end += info.size();
        tensors.push_back(std::move(info));
    }
};

/// What layers without parameters, tape or scratch have in common.
template <class In, class Out>
struct plain_layer {
    using input = In;
    using output = Out;
    static constexpr std::size_t parameters = 0, state = 0, layers = 1, multiply_adds = 0;
    static constexpr bool in_place = false, keeps_gradient = true, needs_input = false, needs_output = false;
    static constexpr std::size_t tape_of(std::size_t) { return 0; }
    template <class T>
    static std::size_t workspace(std::size_t) {
        return 0;
    }
    template <class T>
    static std::size_t inference_workspace(std::size_t) {
        return 0;
    }
    template <class T>
    static std::size_t prepared() {
        return 0;
    }
    template <class T>
    static void prepare(pass<T> const&, T*) {}
    static void list(inventory&, std::string const&) {}
};

/// One line of `describe`.
struct layer_row {
    std::string name, layer, output;
    std::size_t parameters, multiply_adds, activations;
};

namespace detail {

// `prefix` ends in a dot or is empty for tensors; for rows of a table it has no dot.
inline std::string row_name(std::string prefix, std::string const& own) {
    return prefix.empty() ? own : prefix.append(".").append(own);
}

} // namespace detail

} // namespace trine::nn
