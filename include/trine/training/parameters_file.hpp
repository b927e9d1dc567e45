#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "../io/safetensors.hpp"
#include "../nn/model.hpp"

namespace trine {

namespace detail {

// Between the model's memory and the order that the tensor's shape says: the value at O×C×KH×KW place `i`.
inline std::size_t memory_place(nn::tensor_info const& info, std::size_t i) {
    if (info.layout == nn::memory_layout::plain)
        return i;
    std::size_t const taps = info.shape[2] * info.shape[3], channels = info.shape[1], outputs = info.shape[0];
    std::size_t const tap = i % taps, c = i / taps % channels, o = i / taps / channels;
    return (tap * channels + c) * outputs + o;
}

} // namespace detail

/// Adds a model's parameters and running statistics, by name and in the shapes that PyTorch gives them.
template <class Model>
void store_parameters(Model& model, io::safetensors& file, std::string const& prefix = "") {
    using T = typename Model::scalar;
    for (auto const& info : model.tensors()) {
        auto const values = model.values_of(info);
        std::vector<T> ordered(values.size());
        for (std::size_t i = 0; i < ordered.size(); ++i)
            ordered[i] = values[detail::memory_place(info, i)];
        file.add<T>(prefix + info.name, info.shape, ordered);
    }
}

/// Sets a model's parameters and running statistics. All are checked before any is changed.
///
/// @throws format_error   when one is missing, or of another shape or scalar
/// @throws numeric_error  when one holds NaN or infinity
template <class Model>
void load_parameters(Model& model, io::safetensors const& file, std::string const& prefix = "") {
    using T = typename Model::scalar;
    std::vector<std::vector<T>> all;
    for (auto const& info : model.tensors()) {
        all.push_back(file.get<T>(prefix + info.name, info.shape));
        for (T v : all.back())
            require<numeric_error>(std::isfinite(v), "tensor \"", prefix + info.name, "\" holds NaN or infinity");
    }
    for (std::size_t t = 0; t < all.size(); ++t) {
        auto const values = model.values_of(model.tensors()[t]);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[detail::memory_place(model.tensors()[t], i)] = all[t][i];
    }
}

/// A text that tells networks apart: their input and every tensor's name and shape.
template <class Network>
std::string network_signature() {
    std::string s = Network::input::text();
    for (auto const& info : nn::tensors_of<Network>().tensors) {
        s.append(" ").append(info.name);
        for (auto extent : info.shape)
            s.append(",").append(std::to_string(extent));
    }
    return s;
}

/// A text that tells a model from others of another shape or with other parameters.
template <class Model>
std::string model_fingerprint(Model& model) {
    std::uint64_t sum = io::checksum(network_signature<typename Model::network_type>());
    for (auto const& info : model.tensors()) {
        auto const values = model.values_of(info);
        sum = io::checksum({reinterpret_cast<char const*>(values.data()), values.size_bytes()}, sum);
    }
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(sum));
    return std::string(Model::network_type::input::text()) + " to " + std::to_string(Model::embedding_size) + ", parameters " + digits;
}

} // namespace trine
