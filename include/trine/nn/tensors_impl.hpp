#pragma once

#include <cmath>
#include <utility>

#include "../core/error.hpp"
#include "../core/random.hpp"
#include "tensors.hpp"

namespace trine::nn {

TRINE_INLINE void inventory::add(tensor_info info) {
    std::size_t& end = info.learnt ? parameters : state;
    info.offset = end;
    end += info.size();
    tensors.push_back(std::move(info));
}

namespace detail {

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

TRINE_INLINE void check_inventory(inventory const& all, std::size_t parameters, std::size_t state) {
    require<argument_error>(all.parameters == parameters && all.state == state, "the layers of a network have ",
                            parameters, " parameters and ", state, " scalars of state, and list tensors of ",
                            all.parameters, " and ", all.state);
}

TRINE_INLINE void list_convolution(inventory& all, std::string const& prefix, std::size_t outputs, std::size_t channels,
                                   std::size_t kernel, bool bias) {
    all.add({prefix + "weight",
             {outputs, channels, kernel, kernel},
             memory_layout::kernel_last_outputs,
             initial_value::he_normal,
             channels * kernel * kernel,
             true,
             true});
    if (bias)
        all.add({prefix + "bias", {outputs}});
}

TRINE_INLINE void list_linear(inventory& all, std::string const& prefix, std::size_t outputs, std::size_t inputs) {
    all.add({prefix + "weight", {outputs, inputs}, memory_layout::plain, initial_value::he_normal, inputs, true, true});
    all.add({prefix + "bias", {outputs}});
}

TRINE_INLINE void list_scale_shift(inventory& all, std::string const& prefix, std::size_t channels) {
    all.add({prefix + "weight", {channels}, memory_layout::plain, initial_value::one});
    all.add({prefix + "bias", {channels}});
}

TRINE_INLINE void list_batch_norm(inventory& all, std::string const& prefix, std::size_t channels) {
    list_scale_shift(all, prefix, channels);
    all.add({prefix + "running_mean", {channels}, memory_layout::plain, initial_value::zero, 1, false});
    all.add({prefix + "running_var", {channels}, memory_layout::plain, initial_value::one, 1, false});
}

TRINE_INLINE void list_slopes(inventory& all, std::string const& prefix, std::size_t channels) {
    all.add({prefix + "weight", {channels}, memory_layout::plain, initial_value::quarter});
}

TRINE_INLINE void freeze_from(inventory& all, std::size_t first) {
    for (std::size_t i = first; i < all.tensors.size(); ++i)
        all.tensors[i].frozen = true;
}

#ifdef TRINE_COMPILED
template void initialize<float>(model_values<float> const&, std::uint64_t);
template void initialize<double>(model_values<double> const&, std::uint64_t);
#endif

} // namespace detail

} // namespace trine::nn
