#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "../arrays/tensor.hpp"
#include "../core/buffer.hpp"
#include "../core/config.hpp"
#include "../core/view.hpp"
#include "images_view.hpp"
#include "network.hpp"

namespace trine::nn {

/// Some images of a training step's batch that pass through the network on their own: layers see no others.
struct batch_part {
    std::size_t number = 0; ///< among those whose passes are kept at once, from 0
    std::size_t first = 0;  ///< place of its first image in the batch, by which random masks are drawn
};

namespace detail {

/// The sizes of a network that a model depends on.
struct network_sizes {
    std::size_t channels, height, width, embedding, parameters, state;
    std::size_t (*tape_of)(std::size_t batch);

    std::size_t pixels() const { return height * width; }
    std::size_t image() const { return channels * height * width; }
};

/// A model without its network's type: values, memory, and passes over tables of functions.
template <class T>
class model_base {
public:
    /// All that is learnt. Inference keeps weights in a form of its own, made anew after this was called: to change
    /// parameters after an `embed`, call it again.
    std::span<T> parameters() {
        is_prepared_ = false;
        return parameters_.span();
    }
    std::span<T const> parameters() const { return parameters_.span(); }
    std::span<T> gradients() { return gradients_.span(); }
    /// All that is kept track of; the same holds as for `parameters`.
    std::span<T> state() {
        is_prepared_ = false;
        return state_.span();
    }
    std::span<T const> state() const { return state_.span(); }
    /// Names, shapes and places of all tensors.
    std::vector<tensor_info> const& tensors() const { return tensors_; }
    /// All tensors with their values; the same holds as for `parameters`.
    model_values<T> values() { return {tensors_, parameters(), state()}; }
    model_values<T const> values() const { return {tensors_, parameters(), state()}; }
    std::span<T> values_of(tensor_info const& info) { return values().of(info); }
    std::span<T const> values_of(tensor_info const& info) const { return values().of(info); }
    /// Keeps training from changing the parameters whose names begin so. Running statistics still follow the batches,
    /// as in PyTorch; `nn::frozen` holds these too, and saves the time and memory of the backward pass.
    ///
    /// @return how many tensors that are
    /// @throws argument_error  when there is none
    std::size_t freeze(std::string const& prefix);

protected:
    model_base(network_sizes const& sizes, inventory all, std::uint64_t seed);

    void embed(network_sizes const& sizes, inference_functions<T> const& body, T const* images, std::size_t count,
               T* out);
    void embed_mirrored(network_sizes const& sizes, inference_functions<T> const& body, T const* images,
                        std::size_t count, T* out);
    void forward(network_sizes const& sizes, training_functions<T> const& body, T const* images, std::size_t count,
                 std::uint32_t step, std::uint64_t seed, batch_part const& part);
    void backward(network_sizes const& sizes, training_functions<T> const& body, T* embedding_gradient,
                  T* image_gradient, std::size_t part, gradient_watch<T>* watch);
    T const* output(std::size_t part) const { return passes_[part].output.data(); }
    std::size_t batch(std::size_t part) const { return part < passes_.size() ? passes_[part].batch : 0; }

private:
    // A forward pass and all that its backward pass needs.
    struct pass {
        buffer<T> input, output, memory;
        std::size_t batch = 0, first = 0;
        std::uint32_t step = 0;
        std::uint64_t seed = 0;
    };

    layer_context<T> context_of(std::size_t batch);
    layer_context<T> training_context(network_sizes const& sizes, pass& p);

    std::vector<tensor_info> tensors_;
    buffer<T> parameters_, gradients_, state_, image_gradient_;
    std::vector<pass> passes_; // by the part's number
    buffer<T> prepared_, inference_;
    bool is_prepared_ = false;
};

/// @throws shape_error  unless the sizes are those of a network's input
void check_images(network_sizes const& sizes, std::size_t channels, std::size_t height, std::size_t width);

} // namespace detail

/// A network with values: parameters, their gradients, running statistics, and the memory that passes through it need.
///
/// Memory grows to the largest batch seen and is then reused. A model is used by one thread at a time; it is parallel
/// inside.
template <class Network, class T = float>
class model : public detail::model_base<T> {
    using body = typename Network::body;
    using base = detail::model_base<T>;

public:
    using network_type = Network;
    using scalar = T;
    using input = typename Network::input;
    static constexpr std::size_t embedding_size = Network::embedding_size;

    /// He initialisation from the seed: every tensor from a random stream of its own.
    explicit model(std::uint64_t seed = 1) : base(sizes, tensors_of<Network>(), seed) {}

    /// Embeddings of a batch, for inference: running statistics, no dropout. Done in portions, so any number of images
    /// will do.
    ///
    /// @param images  N×C×H×W: raw memory, or any contiguous array
    /// @param out     N×D
    void embed(T const* images, std::size_t count, T* out) {
        base::embed(sizes, detail::inference_of<T, body>, images, count, out);
    }
    /// @return N×D
    /// @throws shape_error  when the images do not have the network's shape
    tensor<T, 2> embed(images_view<T> images) {
        check_shape(images.channels(), images.height(), images.width());
        auto out = make_tensor<T>(images.count(), embedding_size);
        embed(images.data(), images.count(), out.data());
        return out;
    }
    /// Sum of each image's embedding and its mirror image's, brought to length 1: twice the work, and steadier for
    /// small networks. The same parameters as of `embed`.
    void embed_mirrored(T const* images, std::size_t count, T* out) {
        base::embed_mirrored(sizes, detail::inference_of<T, body>, images, count, out);
    }
    tensor<T, 2> embed_mirrored(images_view<T> images) {
        check_shape(images.channels(), images.height(), images.width());
        auto out = make_tensor<T>(images.count(), embedding_size);
        embed_mirrored(images.data(), images.count(), out.data());
        return out;
    }

    /// Forward pass of a training step; what `backward` needs is kept.
    ///
    /// @param images  N×C×H×W
    /// @param step    number of the training step; with the seed, it decides random masks
    /// @param part    which part of a batch these are, where the passes of several are kept
    /// @return N×D, valid until the next pass of a part of that number
    matrix_view<T const> forward(T const* images, std::size_t count, std::uint32_t step, std::uint64_t seed = 0,
                                 batch_part const& part = {}) {
        base::forward(sizes, detail::training_of<T, body>, images, count, step, seed, part);
        return {base::output(part.number), count, embedding_size};
    }

    /// Gradients of the parameters (written to `gradients()`) for the batch of the last `forward`, or of its last for a
    /// part of that number.
    ///
    /// @param embedding_gradient  N×D, ∂loss/∂embedding; overwritten
    /// @param image_gradient      N×C×H×W, or null: ∂loss/∂image
    /// @param watch               told of gradients that are done while others are being computed, or null
    /// @throws argument_error  when there are more threads than in that `forward`, for which there is no memory
    void backward(matrix_view<T> embedding_gradient, T* image_gradient = nullptr, std::size_t part = 0,
                  gradient_watch<T>* watch = nullptr) {
        assert(embedding_gradient.rows() == base::batch(part) && embedding_gradient.is_contiguous());
        base::backward(sizes, detail::training_of<T, body>, embedding_gradient.data(), image_gradient, part, watch);
    }

    /// @throws shape_error  unless the sizes are those of the network's input
    static void check_shape(std::size_t channels, std::size_t height, std::size_t width) {
        detail::check_images(sizes, channels, height, width);
    }

private:
    static constexpr detail::network_sizes sizes{input::channels,
                                                 input::height,
                                                 input::width,
                                                 embedding_size,
                                                 Network::parameters,
                                                 Network::state,
                                                 detail::facts_of<body>.tape_of};
};

} // namespace trine::nn

#ifdef TRINE_HEADER_ONLY
#include "model_impl.hpp"
#endif
