#pragma once

#include <algorithm>
#include <utility>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../kernels/elementwise.hpp"
#include "../kernels/layout.hpp"
#include "model.hpp"

namespace trine::nn::detail {

TRINE_INLINE void check_images(network_sizes const& sizes, std::size_t channels, std::size_t height,
                               std::size_t width) {
    require<shape_error>(channels == sizes.channels && height == sizes.height && width == sizes.width, "images of ",
                         channels, "×", height, "×", width, " given to a network for ",
                         shape_text(sizes.channels, sizes.height, sizes.width));
}

template <class T>
model_base<T>::model_base(network_sizes const& sizes, inventory all, std::uint64_t seed)
    : tensors_(std::move(all.tensors)),
      parameters_(sizes.parameters),
      gradients_(sizes.parameters),
      state_(sizes.state) {
    initialize(values(), seed);
}

template <class T>
std::size_t model_base<T>::freeze(std::string const& prefix) {
    std::size_t count = 0;
    for (auto& info : tensors_)
        if (info.learnt && info.name.starts_with(prefix))
            info.frozen = true, ++count;
    require<argument_error>(count > 0, "no parameter of the network has a name that begins with \"", prefix, "\"");
    return count;
}

template <class T>
layer_context<T> model_base<T>::context_of(std::size_t batch) {
    return {batch, 0, 0, 0, parameters_.data(), nullptr, state_.data(), nullptr};
}
template <class T>
layer_context<T> model_base<T>::training_context(network_sizes const& sizes, pass& p) {
    auto context = context_of(p.batch).with_workspace(p.memory.data() + sizes.tape_of(p.batch));
    context.seed = p.seed, context.step = p.step, context.first_image = static_cast<std::uint32_t>(p.first);
    return context;
}

template <class T>
void model_base<T>::embed(network_sizes const& sizes, inference_functions<T> const& body, T const* images,
                          std::size_t count, T* out) {
    if (count == 0)
        return;
    if (!is_prepared_) {
        prepared_.reserve_discarding(body.prepared());
        body.prepare(context_of(1), prepared_.data());
        is_prepared_ = true;
    }
    constexpr std::size_t most_at_once = 32;
    auto const memory = [&](std::size_t batch) {
        return whole_lines(batch * sizes.image()) + whole_lines(body.workspace(batch));
    };
    // As few images at once as make their activations weigh what the weights do: more, and maps leave the cache; fewer,
    // and weights are read too often.
    std::size_t const few = std::clamp<std::size_t>(body.prepared() / memory(1), 1, most_at_once);
    bool const one_thread_each = count >= few * thread_count(); // or all threads for one portion
    std::size_t const portion = one_thread_each ? few : most_at_once;
    // The last portion may be smaller, and kernels that cut it otherwise may want more.
    std::size_t const rest = count % portion,
                      each = std::max(memory(std::min(portion, count)), rest > 0 ? memory(rest) : 0);
    inference_.reserve_discarding(each * (one_thread_each ? thread_count() : 1));
    auto const infer = [&](std::size_t first, T* at) {
        std::size_t const n = std::min(portion, count - first);
        auto context = context_of(n).with_workspace(at + whole_lines(n * sizes.image()));
        context.prepared = prepared_.data();
        kernels::to_channels_last(n, sizes.channels, sizes.pixels(), images + first * sizes.image(), at);
        body.infer(context, at, out + first * sizes.embedding);
    };
    std::size_t const portions = (count + portion - 1) / portion;
    if (one_thread_each && portions > 1)
        parallel_for(portions, [&](std::size_t i) { infer(i * portion, inference_.data() + thread_index() * each); });
    else
        for (std::size_t i = 0; i < portions; ++i)
            infer(i * portion, inference_.data());
}

template <class T>
void model_base<T>::embed_mirrored(network_sizes const& sizes, inference_functions<T> const& body, T const* images,
                                   std::size_t count, T* out) {
    std::size_t const size = count * sizes.embedding;
    buffer<T> mirrored(count * sizes.image()), other(size), norms(count);
    kernels::mirror_rows(count * sizes.channels * sizes.height, sizes.width, images, mirrored.data());
    embed(sizes, body, images, count, out);
    embed(sizes, body, mirrored.data(), count, other.data());
    kernels::add(size, std::as_const(other).data(), out);
    kernels::normalize_rows(count, sizes.embedding, static_cast<T const*>(out), out, norms.data());
}

template <class T>
void model_base<T>::forward(network_sizes const& sizes, training_functions<T> const& body, T const* images,
                            std::size_t count, std::uint32_t step, std::uint64_t seed, batch_part const& part) {
    is_prepared_ = false; // running statistics move
    if (passes_.size() <= part.number)
        passes_.resize(part.number + 1);
    auto& p = passes_[part.number];
    p.batch = count, p.first = part.first, p.step = step, p.seed = seed;
    p.input.reserve_discarding(count * sizes.image());
    p.output.reserve_discarding(count * sizes.embedding);
    p.memory.reserve_discarding(body.memory(count));
    kernels::to_channels_last(count, sizes.channels, sizes.pixels(), images, p.input.data());
    body.forward(training_context(sizes, p), p.input.data(), p.output.data(), p.memory.data());
}

template <class T>
void model_base<T>::backward(network_sizes const& sizes, training_functions<T> const& body, T* embedding_gradient,
                             T* image_gradient, std::size_t part, gradient_watch<T>* watch) {
    require<argument_error>(part < passes_.size(), "a backward pass of part ", part,
                            " of a batch, of which there was no forward pass");
    auto& p = passes_[part];
    require<argument_error>(body.memory(p.batch) <= p.memory.size(), "a backward pass with ", thread_count(),
                            " threads needs more memory than the forward pass took with fewer");
    std::fill_n(gradients_.data(), gradients_.size(), T(0));
    auto context = training_context(sizes, p);
    context.gradients = gradients_.data();
    context.watch = watch;
    T* dx = nullptr;
    if (image_gradient) {
        image_gradient_.reserve_discarding(p.batch * sizes.image());
        dx = image_gradient_.data();
    }
    body.backward(context, p.input.data(), p.output.data(), embedding_gradient, dx, p.memory.data());
    if (image_gradient)
        kernels::to_channels_first(p.batch, sizes.channels, sizes.pixels(), static_cast<T const*>(dx), image_gradient);
}

#ifdef TRINE_COMPILED
template class model_base<float>;
template class model_base<double>;
#endif

} // namespace trine::nn::detail
