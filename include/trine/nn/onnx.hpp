#pragma once

/// A network as an ONNX model, which other libraries run.
///
/// Import is not offered: weights travel as safetensors, in whatever framework the network was trained
/// (`load_weights`).

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "../io/onnx.hpp"
#include "concat.hpp"
#include "convolution.hpp"
#include "frozen.hpp"
#include "layers.hpp"
#include "model.hpp"
#include "network.hpp"
#include "recomputed.hpp"
#include "residual.hpp"
#include "sequential.hpp"

namespace trine::nn {

/// What is computed at a place of a graph, one a photo: a map of N×C×H×W, or, `flat`, a vector of N×C.
struct onnx_place {
    std::string name;
    std::size_t channels, height, width;
    bool flat;
};

/// An ONNX model that grows layer by layer. Layers of one's own say with it how they are computed elsewhere: with a
/// static `to_onnx(graph, prefix, x)` in their `at<In>`, which returns the `onnx_place` of their output.
class onnx_graph {
public:
    template <class T>
    onnx_graph(model_values<T const> values, std::size_t channels, std::size_t height, std::size_t width);

    /// Appends an operator and returns its output, a map or a vector as `like` is.
    ///
    /// @param prefix  of the layer, "0.3."
    /// @param part    what it is of the layer, where that takes more than one; it keeps names apart
    onnx_place add(char const* op, std::string const& prefix, char const* part, std::vector<std::string> inputs,
                   onnx_place const& like, std::vector<io::onnx_attribute> attributes = {});
    /// Names a tensor of the network, by its own name, so that an operator can take it. `shape`, where it is given, is
    /// another one of as many values.
    ///
    /// @throws argument_error  when the network has no such tensor, or of another size
    std::string tensor(std::string const& name, std::vector<std::int64_t> shape = {});
    /// Names constants.
    std::string constant(std::string const& prefix, char const* part, std::vector<std::int64_t> shape,
                         std::vector<float> values);
    std::string constant(std::string const& prefix, char const* part, std::vector<std::int64_t> integers);
    /// The shape of a value for each channel, such that it goes with all of x.
    static std::vector<std::int64_t> per_channel(onnx_place const& x);
    /// x as a vector, or as a map, whichever it is.
    onnx_place as_vector(onnx_place x);
    onnx_place as_map(onnx_place x);

    /// The library's own layers.
    onnx_place convolution(std::string const& prefix, onnx_place x, kernels::convolution_shape const& s, bool bias);
    onnx_place pooling(char const* op, std::string const& prefix, onnx_place x, kernels::pooling_shape const& s,
                       bool count_padding);
    onnx_place batch_norm(std::string const& prefix, onnx_place const& x, double epsilon);
    onnx_place response_norm(std::string const& prefix, onnx_place x, kernels::response_norm_shape const& s);
    onnx_place l2_normalize(std::string const& prefix, onnx_place x);
    onnx_place linear(std::string const& prefix, onnx_place x, std::size_t outputs);
    onnx_place border(std::string const& prefix, onnx_place x, std::size_t before, std::size_t after);
    onnx_place scale_shift(std::string const& prefix, onnx_place const& x, std::string const& scale,
                           std::string const& shift);
    onnx_place sum(std::string const& prefix, onnx_place x, onnx_place y);
    onnx_place concat(std::string const& prefix, std::vector<onnx_place> parts);

    /// The input.
    onnx_place input() const;
    /// The whole, once its last place is known. With `fold`, normalisations that follow a convolution or a linear layer
    /// become part of it, whose output nobody else takes.
    io::onnx_model finish(onnx_place last, bool fold, std::string const& input, std::string const& output) &&;

private:
    bool is_there(std::string const& output) const;

    struct source {
        std::string name;
        std::vector<std::int64_t> shape;
        std::vector<float> values;
    };
    std::vector<source> sources_;
    io::onnx_model model_;
    std::size_t channels_, height_, width_;
};

namespace detail {

/// How a layer is written; by default as it says itself.
template <class Layer>
struct onnx_layer {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
        using at = bound<Layer, In>;
        static_assert(
            requires {
                { at::to_onnx(graph, prefix, x) } -> std::same_as<onnx_place>;
            },
            "this layer does not say how it is written as ONNX: it needs a static to_onnx(graph, prefix, x); see "
            "nn/onnx.hpp");
        return at::to_onnx(graph, prefix, x);
    }
};

template <>
struct onnx_layer<relu> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
        return graph.add("Relu", prefix, "", {x.name}, x);
    }
};
template <>
struct onnx_layer<sigmoid> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
        return graph.add("Sigmoid", prefix, "", {x.name}, x);
    }
};

struct onnx_nothing {
    template <class In>
    static onnx_place write(onnx_graph&, std::string const&, onnx_place x) {
        return x;
    }
};
template <>
struct onnx_layer<identity> : onnx_nothing {};
template <std::size_t Percent>
struct onnx_layer<dropout<Percent>> : onnx_nothing {};

template <std::size_t Out, std::size_t Kernel, class... Options>
struct onnx_layer<conv2d<Out, Kernel, Options...>> {
    using layer = conv2d<Out, Kernel, Options...>;
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place x) {
        return graph.convolution(prefix, std::move(x), layer::template at<In>::sizes(1), layer::options.bias);
    }
};

template <class Layer>
struct onnx_pooling {
    template <class In>
    static onnx_place pool(char const* op, onnx_graph& graph, std::string const& prefix, onnx_place x) {
        using at = bound<Layer, In>;
        return graph.pooling(op, prefix, std::move(x), at::sizes(1), at::options.count_padding);
    }
};
template <std::size_t Kernel, std::size_t Stride, class... Options>
struct onnx_layer<max_pool<Kernel, Stride, Options...>> : onnx_pooling<max_pool<Kernel, Stride, Options...>> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place x) {
        return onnx_layer::template pool<In>("MaxPool", graph, prefix, std::move(x));
    }
};
template <std::size_t Kernel, std::size_t Stride, class... Options>
struct onnx_layer<average_pool<Kernel, Stride, Options...>> : onnx_pooling<average_pool<Kernel, Stride, Options...>> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place x) {
        return onnx_layer::template pool<In>("AveragePool", graph, prefix, std::move(x));
    }
};
template <std::size_t Kernel, std::size_t Stride, class... Options>
struct onnx_layer<l2_pool<Kernel, Stride, Options...>> : onnx_pooling<l2_pool<Kernel, Stride, Options...>> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place x) {
        return onnx_layer::template pool<In>("LpPool", graph, prefix, std::move(x));
    }
};
template <>
struct onnx_layer<global_average_pool> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place x) {
        x = graph.as_map(std::move(x));
        auto const shape = onnx_place{"", x.channels, 1, 1, false};
        return graph.as_vector(graph.add("GlobalAveragePool", prefix, "mean", {x.name}, shape));
    }
};
template <std::size_t Before, std::size_t After>
struct onnx_layer<zero_padding<Before, After>> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place x) {
        return graph.border(prefix, std::move(x), Before, After);
    }
};

template <>
struct onnx_layer<prelu> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
        return graph.add("PRelu", prefix, "", {x.name, graph.tensor(prefix + "weight", graph.per_channel(x))}, x);
    }
};
template <std::size_t Percent>
struct onnx_layer<leaky_relu<Percent>> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
        return graph.add("LeakyRelu", prefix, "", {x.name}, x, {{"alpha", static_cast<float>(Percent / 100.0)}});
    }
};
template <>
struct onnx_layer<softmax> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
        return graph.add("Softmax", prefix, "", {x.name}, x, {{"axis", std::int64_t{1}}});
    }
};

template <std::size_t E>
struct onnx_layer<batch_norm_with<E>> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
        return graph.batch_norm(prefix, x, 1.0 / E);
    }
};
template <>
struct onnx_layer<l2_normalize> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place x) {
        return graph.l2_normalize(prefix, std::move(x));
    }
};
template <std::size_t Neighbours, class Alpha, class Beta, class K>
struct onnx_layer<local_response_norm<Neighbours, Alpha, Beta, K>> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place x) {
        return graph.response_norm(prefix, std::move(x),
                                   local_response_norm<Neighbours, Alpha, Beta, K>::template at<In>::sizes(1));
    }
};
template <>
struct onnx_layer<nn::scale_shift> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
        return graph.scale_shift(prefix, x, graph.tensor(prefix + "weight", graph.per_channel(x)),
                                 graph.tensor(prefix + "bias", graph.per_channel(x)));
    }
};
template <class Scale, class Shift>
struct onnx_layer<constant_scale<Scale, Shift>> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
        using at = typename constant_scale<Scale, Shift>::template at<In>;
        return graph.scale_shift(prefix, x, graph.constant(prefix, "scale", {}, {at::template scale<float>}),
                                 graph.constant(prefix, "shift", {}, {at::template shift<float>}));
    }
};

template <>
struct onnx_layer<flatten> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const&, onnx_place x) {
        return graph.as_vector(std::move(x));
    }
};
template <std::size_t Out>
struct onnx_layer<nn::linear<Out>> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place x) {
        return graph.linear(prefix, std::move(x), Out);
    }
};

template <class In, std::size_t I>
onnx_place write_onnx_chain(onnx_graph&, std::string const&, onnx_place x) {
    return x;
}
template <class In, std::size_t I, class First, class... Rest>
onnx_place write_onnx_chain(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
    auto const y = onnx_layer<First>::template write<In>(graph, prefix + std::to_string(I) + ".", x);
    return write_onnx_chain<typename bound<First, In>::output, I + 1, Rest...>(graph, prefix, y);
}
template <class... Layers>
struct onnx_layer<sequential<Layers...>> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
        return write_onnx_chain<In, 0, Layers...>(graph, prefix, x);
    }
};
template <class... Layers>
struct onnx_layer<recomputed<Layers...>> : onnx_layer<typename one_or_sequential<Layers...>::type> {};
template <class... Layers>
struct onnx_layer<frozen<Layers...>> : onnx_layer<typename one_or_sequential<Layers...>::type> {};
template <class Body, class Shortcut>
struct onnx_layer<residual<Body, Shortcut>> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
        auto body = onnx_layer<Body>::template write<In>(graph, prefix + "body.", x);
        return graph.sum(prefix, std::move(body),
                         onnx_layer<Shortcut>::template write<In>(graph, prefix + "shortcut.", x));
    }
};
template <class... Branches>
struct onnx_layer<nn::concat<Branches...>> {
    template <class In>
    static onnx_place write(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
        std::size_t i = 0;
        std::vector<onnx_place> parts;
        (parts.push_back(onnx_layer<Branches>::template write<In>(graph, prefix + detail::branch_name(i++) + ".", x)),
         ...);
        return graph.concat(prefix, std::move(parts));
    }
};

template <class Network>
struct onnx_network;
template <class In, class Layers>
struct onnx_network<network<In, Layers>> : onnx_layer<Layers> {};

} // namespace detail

} // namespace trine::nn

namespace trine {

/// What may be said of an ONNX model.
struct onnx_options {
    /// Batch normalisation behind a convolution or a linear layer becomes part of its weights, as it does in Trine's
    /// own inference; else the weights are those of the safetensors.
    bool fold_normalization = true;
    std::string input = "images", output = "embeddings"; ///< names of the two
    std::string description = {};                        ///< for people, such as how photos become the input
};

/// A network with its values as an ONNX model of opset 17 for inference, floats, the number of images free.
///
/// Images are N×C×H×W, embeddings N×D. Tensors have the names that they have in safetensors, and their shapes, except
/// that a value for each channel is C×1×1 where it meets a map; the bias of a convolution that had none and took in a
/// normalisation is beside its weight. `l2_normalize` divides by at least 1e-12. Names of operators are the layers'
/// places.
///
/// @throws argument_error  when the names of input and output are empty or the same
template <class Network, class T>
io::onnx_model to_onnx(nn::model<Network, T> const& model, onnx_options const& options = {}) {
    using in = typename Network::input;
    nn::onnx_graph graph(model.values(), in::channels, in::height, in::width);
    auto last = nn::detail::onnx_network<Network>::template write<in>(graph, "", graph.input());
    auto out = std::move(graph).finish(std::move(last), options.fold_normalization, options.input, options.output);
    out.description = options.description;
    return out;
}

/// Writes that file.
///
/// @throws as `to_onnx` and `io::onnx_model::save`
template <class Network, class T>
void save_onnx(std::filesystem::path const& path, nn::model<Network, T> const& model,
               onnx_options const& options = {}) {
    to_onnx(model, options).save(path);
}

} // namespace trine

#ifdef TRINE_HEADER_ONLY
#include "onnx_impl.hpp"
#endif
