#pragma once

#include <cstddef>
#include <cstdint>

namespace trine::nn {

/// Whom a backward pass tells which gradients are done, so that these can be sent on while others are being computed.
template <class T>
class gradient_watch {
public:
    /// No later layer adds to the gradient at `first`, nor to those behind it.
    virtual void done_from(T const* first) = 0;

protected:
    ~gradient_watch() = default;
};

/// What a layer works with besides activations: its part of the model's memory, and where in training it is.
template <class T>
struct layer_context {
    std::size_t batch;
    std::uint64_t seed;
    std::uint32_t step;
    std::uint32_t layer; ///< number of the layer in the network
    T const* parameters; ///< the layer's own
    T* gradients;        ///< the same places, to be added to; null in a forward pass
    T* state;            ///< the layer's own
    T* workspace;
    T const* prepared = nullptr; ///< the layer's own; null in training
    bool recomputing = false;    ///< this step's forward pass is done once more: running statistics have moved already
    bool rectify_dx = false;     ///< dx is x, which comes from a rectifier: dx is to be 0 where that was
    bool rectified_dy = false;   ///< that has been done for dy
    std::uint32_t first_image = 0; ///< place of these images' first in the batch that they are a part of
    gradient_watch<T>* watch =
        nullptr; ///< of the network's outermost chain alone, whose layers' gradients lie in order

    /// The context of a layer inside this one.
    layer_context inside(std::size_t layers, std::size_t parameter_offset, std::size_t state_offset,
                         std::size_t workspace_offset = 0, std::size_t prepared_offset = 0) const {
        layer_context own = *this;
        own.watch = nullptr;
        own.layer += static_cast<std::uint32_t>(layers);
        own.parameters += parameter_offset;
        if (own.gradients)
            own.gradients += parameter_offset;
        own.state += state_offset;
        own.workspace += workspace_offset;
        if (own.prepared)
            own.prepared += prepared_offset;
        return own;
    }
    /// The same with scratch elsewhere.
    layer_context with_workspace(T* scratch) const {
        layer_context own = *this;
        own.workspace = scratch;
        return own;
    }
};

} // namespace trine::nn
