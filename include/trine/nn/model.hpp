#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/error.hpp"
#include "../arrays/tensor.hpp"
#include "../kernels/elementwise.hpp"
#include "network.hpp"

namespace trine::nn {

/// A model's tensors and their values, whatever its network is.
template <class T>
struct model_values {
    std::span<tensor_info const> tensors;
    std::span<T> parameters, state;

    std::span<T> of(tensor_info const& info) const {
        return (info.learnt ? parameters : state).subspan(info.offset, info.size());
    }
};

namespace detail {

// He initialisation: every tensor from a random stream of its own.
template <class T>
void initialize(model_values<T> const& model, std::uint64_t seed) {
    for (std::size_t i = 0; i < model.tensors.size(); ++i) {
        auto const& info = model.tensors[i];
        random_stream stream(seed, purpose::initialization, 0, static_cast<std::uint32_t>(i));
        double const deviation = std::sqrt(2.0 / static_cast<double>(info.fan_in));
        for (T& v : model.of(info))
            v = info.start == initial_value::he_normal ? static_cast<T>(deviation * stream.normal())
                : info.start == initial_value::one     ? T(1)
                : info.start == initial_value::quarter ? T(0.25)
                                                       : T(0);
    }
}

} // namespace detail

/// A network with values: parameters, their gradients, running statistics, and the memory that passes through it need.
///
/// Memory grows to the largest batch seen and is then reused. A model is used by one thread at a time; it is parallel
/// inside.
template <class Network, class T = float>
class model {
    using body = typename Network::body;

public:
    using network_type = Network;
    using scalar = T;
    using input = typename Network::input;
    static constexpr std::size_t embedding_size = Network::embedding_size;

    /// He initialisation from the seed: every tensor from a random stream of its own.
    explicit model(std::uint64_t seed = 1)
        : tensors_(tensors_of<Network>().tensors),
          parameters_(Network::parameters),
          gradients_(Network::parameters),
          state_(Network::state) {
        detail::initialize(values(), seed);
    }

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
    std::size_t freeze(std::string const& prefix) {
        std::size_t count = 0;
        for (auto& info : tensors_)
            if (info.learnt && info.name.starts_with(prefix))
                info.frozen = true, ++count;
        require<argument_error>(count > 0, "no parameter of the network has a name that begins with \"", prefix, "\"");
        return count;
    }

    /// Embeddings of a batch, for inference: running statistics, no dropout. Done in portions, so any number of images
    /// will do.
    ///
    /// @param images  N×C×H×W
    /// @return N×D
    /// @throws shape_error  when the images do not have the network's shape
    tensor<T, 2> embed(tensor<T, 4> const& images) {
        check_shape(images.shape(1), images.shape(2), images.shape(3));
        auto out = make_tensor<T>(images.shape(0), embedding_size);
        embed(images.data(), images.shape(0), out.data());
        return out;
    }
    /// Sum of each image's embedding and its mirror image's, brought to length 1: twice the work, and steadier for
    /// small networks.
    ///
    /// @param images  N×C×H×W
    /// @return N×D
    /// @throws shape_error  when the images do not have the network's shape
    tensor<T, 2> embed_mirrored(tensor<T, 4> const& images) {
        auto mirrored = images;
        for (std::size_t row = 0; row < images.size() / input::width; ++row)
            std::reverse_copy(images.data() + row * input::width, images.data() + (row + 1) * input::width,
                              mirrored.data() + row * input::width);
        auto out = embed(images);
        auto const other = embed(mirrored);
        for (std::size_t i = 0; i < out.size(); ++i)
            out.data()[i] += other.data()[i];
        std::vector<T> norms(out.shape(0));
        kernels::normalize_rows(out.shape(0), embedding_size, static_cast<T const*>(out.data()), out.data(),
                                norms.data());
        return out;
    }
    /// The same as `embed` for raw memory, N×C×H×W in and N×D out.
    void embed(T const* images, std::size_t count, T* out) {
        if (count == 0)
            return;
        prepare();
        // As few images at once as make their activations weigh what the weights do: more, and maps leave the cache;
        // fewer, and weights are read too often.
        std::size_t const few =
            std::clamp<std::size_t>(body::template prepared<T>() / inference_memory(1), 1, most_at_once);
        bool const apart = count >= few * thread_count(); // a thread for each portion, or all threads for one
        std::size_t const portion = apart ? few : most_at_once;
        // The last portion may be smaller, and kernels that cut it otherwise may want more.
        std::size_t const rest = count % portion, each = std::max(inference_memory(std::min(portion, count)),
                                                                  rest > 0 ? inference_memory(rest) : 0);
        inference_.reserve_discarding(each * (apart ? thread_count() : 1));
        auto const infer = [&](std::size_t first, T* memory) {
            std::size_t const n = std::min(portion, count - first);
            auto p = make_pass(n, 0);
            p.workspace = memory + extent::round(n * input::size);
            p.prepared = prepared_.data();
            to_channels_last(images + first * input::size, n, memory);
            body::infer(p, static_cast<T const*>(memory), out + first * embedding_size);
        };
        std::size_t const portions = (count + portion - 1) / portion;
        if (apart && portions > 1)
            parallel_for(portions,
                         [&](std::size_t i) { infer(i * portion, inference_.data() + thread_index() * each); });
        else
            for (std::size_t i = 0; i < portions; ++i)
                infer(i * portion, inference_.data());
    }

    /// Forward pass of a training step; what `backward` needs is kept.
    ///
    /// @param images  N×C×H×W
    /// @param step    number of the training step; with the seed, it decides random masks
    /// @return N×D, valid until the next pass
    matrix_view<T const> forward(T const* images, std::size_t count, std::uint32_t step, std::uint64_t seed = 0) {
        seed_ = seed;
        batch_ = count;
        step_ = step;
        is_prepared_ = false; // running statistics move
        input_.reserve_discarding(count * input::size);
        output_.reserve_discarding(count * embedding_size);
        memory_.reserve_discarding(Network::template memory<T>(count));
        to_channels_last(images, count, input_.data());
        body::forward(training_pass(), static_cast<T const*>(input_.data()), output_.data(), memory_.data());
        return {output_.data(), count, embedding_size};
    }

    /// Gradients of the parameters (written to `gradients()`) for the batch of the last `forward`.
    ///
    /// @param embedding_gradient  N×D, ∂loss/∂embedding; overwritten
    /// @param image_gradient      N×C×H×W, or null: ∂loss/∂image
    /// @throws argument_error  when there are more threads than in that `forward`, for which there is no memory
    void backward(matrix_view<T> embedding_gradient, T* image_gradient = nullptr) {
        assert(embedding_gradient.rows() == batch_ && embedding_gradient.is_contiguous());
        require<argument_error>(Network::template memory<T>(batch_) <= memory_.size(), "a backward pass with ",
                                thread_count(), " threads needs more memory than the forward pass took with fewer");
        std::fill_n(gradients_.data(), gradients_.size(), T(0));
        auto p = training_pass();
        p.gradients = gradients_.data();
        T* dx = nullptr;
        if (image_gradient) {
            image_gradient_.reserve_discarding(batch_ * input::size);
            dx = image_gradient_.data();
        }
        body::backward(p, static_cast<T const*>(input_.data()), static_cast<T const*>(output_.data()),
                       embedding_gradient.data(), dx, memory_.data());
        if (image_gradient)
            for (std::size_t n = 0; n < batch_; ++n)
                for (std::size_t c = 0; c < input::channels; ++c)
                    for (std::size_t i = 0; i < input::pixels; ++i)
                        image_gradient[(n * input::channels + c) * input::pixels + i] =
                            dx[(n * input::pixels + i) * input::channels + c];
    }

    /// @throws shape_error  unless the sizes are those of the network's input
    static void check_shape(std::size_t channels, std::size_t height, std::size_t width) {
        require<shape_error>(channels == input::channels && height == input::height && width == input::width,
                             "images of ", channels, "×", height, "×", width, " given to a network for ",
                             input::text());
    }

private:
    static constexpr std::size_t most_at_once = 32;
    static std::size_t inference_memory(std::size_t batch) {
        return extent::round(batch * input::size) + extent::round(body::template inference_workspace<T>(batch));
    }
    pass<T> make_pass(std::size_t batch, std::uint32_t step) {
        return {batch, seed_, step, 0, parameters_.data(), nullptr, state_.data(), nullptr};
    }
    pass<T> training_pass() { return make_pass(batch_, step_).template training<body>(0, 0, 0, memory_.data()); }
    // The border: images come N×C×H×W, and inside they are N×H×W×C.
    static void to_channels_last(T const* images, std::size_t count, T* to) {
        constexpr std::size_t rows = (input::height + 7) / 8,
                              pieces =
                                  (input::height + rows - 1) / rows; // of an image, so that threads share a single one
        parallel_for(count * pieces, [&](std::size_t item) {
            std::size_t const n = item / pieces, first = item % pieces * rows * input::width,
                              last = std::min(first + rows * input::width, input::pixels);
            for (std::size_t c = 0; c < input::channels; ++c)
                for (std::size_t i = first; i < last; ++i)
                    to[(n * input::pixels + i) * input::channels + c] =
                        images[(n * input::channels + c) * input::pixels + i];
        });
    }
    void prepare() {
        if (is_prepared_)
            return;
        prepared_.reserve_discarding(body::template prepared<T>());
        body::prepare(make_pass(1, 0), prepared_.data());
        is_prepared_ = true;
    }

    std::vector<tensor_info> tensors_;
    buffer<T> parameters_, gradients_, state_, input_, output_, memory_, image_gradient_;
    buffer<T> prepared_, inference_;
    bool is_prepared_ = false;
    std::size_t batch_ = 0;
    std::uint32_t step_ = 0;
    std::uint64_t seed_ = 0;
};

} // namespace trine::nn
