#pragma once

/// A model's tensors in safetensors files: ours, and those that others wrote.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "../core/config.hpp"
#include "../io/safetensors.hpp"
#include "model.hpp"
#include "weights.hpp"

namespace trine {

/// Adds a model's parameters and running statistics, by name and in the shapes that PyTorch gives them.
template <class T>
void store_parameters(nn::model_values<T const> model, io::safetensors& file, std::string const& prefix = "");
template <class Network, class T>
void store_parameters(nn::model<Network, T> const& model, io::safetensors& file, std::string const& prefix = "") {
    store_parameters(model.values(), file, prefix);
}

/// Sets a model's parameters and running statistics. All are checked before any is changed.
///
/// @throws format_error   when one is missing, or of another shape or scalar
/// @throws numeric_error  when one holds NaN or infinity
template <class T>
void load_parameters(nn::model_values<T> model, io::safetensors const& file, std::string const& prefix = "");
template <class Network, class T>
void load_parameters(nn::model<Network, T>& model, io::safetensors const& file, std::string const& prefix = "") {
    load_parameters(model.values(), file, prefix);
}

/// What came of reading weights that others wrote.
struct weight_report {
    std::vector<std::string> loaded;      ///< our names
    std::vector<std::string> missing;     ///< ours, whose source is not in the file
    std::vector<std::string> other_shape; ///< ours, with both shapes
    std::vector<std::string> unused;      ///< theirs, that nothing was read from
};

/// Whether all tensors have to be found, or some may keep the values they have, as for fine-tuning.
enum class weight_match { all, partial };

/// Sets a model's tensors from a file of other names. All are checked before any is changed.
///
/// @param sources  where each comes from; tensors that it does not list keep their values
/// @throws format_error    when one is missing or of another shape, unless `partial`; when one holds other scalars
/// @throws numeric_error   when one holds NaN or infinity
/// @throws argument_error  when the model has no tensor of a name
template <class T>
weight_report load_weights(nn::model_values<T> model, io::safetensors const& file,
                           std::vector<nn::weight_source> const& sources, weight_match match = weight_match::all);
template <class Network, class T>
weight_report load_weights(nn::model<Network, T>& model, io::safetensors const& file,
                           std::vector<nn::weight_source> const& sources, weight_match match = weight_match::all) {
    return load_weights(model.values(), file, sources, match);
}

namespace detail {

std::string signature_of(std::string input, std::span<nn::tensor_info const> tensors);
template <class T>
std::string fingerprint_of(std::string const& input, std::size_t embedding_size, nn::model_values<T const> model);

} // namespace detail

/// A text by which networks are told from each other: their input and every tensor's name and shape.
template <class Network>
std::string network_signature() {
    return detail::signature_of(Network::input::text(), nn::tensors_of<Network>().tensors);
}

/// A text that tells a model from others of another shape or with other parameters.
template <class Network, class T>
std::string model_fingerprint(nn::model<Network, T> const& model) {
    return detail::fingerprint_of(Network::input::text(), Network::embedding_size, model.values());
}

} // namespace trine

#ifdef TRINE_HEADER_ONLY
#include "parameters_file_impl.hpp"
#endif
