#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>

#include "../core/error.hpp"
#include "onnx.hpp"
#include "tensor_order.hpp"

namespace trine::nn {

namespace detail {

inline std::int64_t onnx_size(std::size_t size) { return static_cast<std::int64_t>(size); }
inline std::vector<std::int64_t> both(std::size_t size) { return {onnx_size(size), onnx_size(size)}; }

// A layer's place without the dot at its end.
inline std::string onnx_name(std::string const& prefix) {
    return prefix.empty() ? "network" : prefix.substr(0, prefix.size() - 1);
}

// Normalisation behind a convolution or a linear layer becomes part of it: w·γ/√(σ²+ε), and β + (b − μ)·γ/√(σ²+ε).
inline void fold_normalizations(io::onnx_model& model) {
    std::map<std::string, std::size_t> takers, made; // by name of a value
    for (auto const& node : model.nodes)
        for (auto const& input : node.inputs)
            ++takers[input];
    for (std::size_t i = 0; i < model.nodes.size(); ++i)
        made[model.nodes[i].output] = i;
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < model.tensors.size(); ++i)
        places[model.tensors[i].name] = i;
    auto const values = [&](std::string const& name) -> std::vector<float>& {
        return model.tensors[places.at(name)].values;
    };
    std::set<std::string> gone;
    for (auto& norm : model.nodes) {
        if (norm.op != "BatchNormalization" || !made.contains(norm.inputs[0]) || takers[norm.inputs[0]] != 1)
            continue;
        auto& before = model.nodes[made[norm.inputs[0]]];
        if (before.op != "Conv" && before.op != "Gemm")
            continue;
        if (before.inputs.size() == 2) {
            std::size_t const outputs = values(norm.inputs[1]).size();
            std::string name = before.inputs[1];
            name.replace(name.rfind("weight"), 6, "bias");
            places[name] = model.tensors.size();
            model.tensors.push_back({name, {onnx_size(outputs)}, std::vector<float>(outputs), {}});
            before.inputs.push_back(name);
        }
        auto &weights = values(before.inputs[1]), &bias = values(before.inputs[2]);
        auto const &scales = values(norm.inputs[1]), &shifts = values(norm.inputs[2]), &means = values(norm.inputs[3]),
                   &variances = values(norm.inputs[4]);
        std::size_t const share = weights.size() / bias.size();
        double const epsilon = norm.attributes.front().real;
        for (std::size_t o = 0; o < bias.size(); ++o) {
            double const scale = scales[o] / std::sqrt(variances[o] + epsilon);
            for (std::size_t i = o * share; i < (o + 1) * share; ++i)
                weights[i] = static_cast<float>(weights[i] * scale);
            bias[o] = static_cast<float>(shifts[o] + (static_cast<double>(bias[o]) - means[o]) * scale);
        }
        gone.insert(norm.inputs.begin() + 1, norm.inputs.end());
        before.output = norm.output;
        made[norm.output] = made[norm.inputs[0]];
        norm.op.clear();
    }
    std::erase_if(model.nodes, [](auto const& node) { return node.op.empty(); });
    std::erase_if(model.tensors, [&](auto const& tensor) { return gone.contains(tensor.name); });
}

} // namespace detail

template <class T>
onnx_graph::onnx_graph(model_values<T const> values, std::size_t channels, std::size_t height, std::size_t width)
    : channels_(channels), height_(height), width_(width) {
    for (auto const& info : values.tensors) {
        source s{info.name, {}, std::vector<float>(info.size())};
        for (std::size_t extent : info.shape)
            s.shape.push_back(detail::onnx_size(extent));
        auto const from = values.of(info);
        for (std::size_t i = 0; i < s.values.size(); ++i)
            s.values[i] = static_cast<float>(from[trine::detail::memory_place(info, i)]);
        sources_.push_back(std::move(s));
    }
}

TRINE_INLINE onnx_place onnx_graph::input() const { return {"", channels_, height_, width_, false}; }

TRINE_INLINE onnx_place onnx_graph::add(char const* op, std::string const& prefix, char const* part,
                                        std::vector<std::string> inputs, onnx_place const& like,
                                        std::vector<io::onnx_attribute> attributes) {
    std::string name = detail::onnx_name(prefix);
    if (*part)
        name.append("/").append(part);
    model_.nodes.push_back({op, name, std::move(inputs), name, std::move(attributes)});
    return {name, like.channels, like.height, like.width, like.flat};
}

TRINE_INLINE std::string onnx_graph::tensor(std::string const& name, std::vector<std::int64_t> shape) {
    auto const at = std::find_if(sources_.begin(), sources_.end(), [&](auto const& s) { return s.name == name; });
    require<argument_error>(at != sources_.end(), "ONNX: the network has no tensor \"", name,
                            "\", or it was taken before");
    std::int64_t size = 1;
    for (std::int64_t extent : shape)
        size *= extent;
    require<argument_error>(shape.empty() || size == detail::onnx_size(at->values.size()), "ONNX: tensor \"", name,
                            "\" has ", at->values.size(), " values, not ", size);
    model_.tensors.push_back(
        {name, shape.empty() ? std::move(at->shape) : std::move(shape), std::move(at->values), {}});
    sources_.erase(at);
    return name;
}

TRINE_INLINE std::string onnx_graph::constant(std::string const& prefix, char const* part,
                                              std::vector<std::int64_t> shape, std::vector<float> values) {
    model_.tensors.push_back({detail::onnx_name(prefix) + "/" + part, std::move(shape), std::move(values), {}});
    return model_.tensors.back().name;
}

TRINE_INLINE std::string onnx_graph::constant(std::string const& prefix, char const* part,
                                              std::vector<std::int64_t> integers) {
    std::vector<std::int64_t> shape{detail::onnx_size(integers.size())};
    model_.tensors.push_back({detail::onnx_name(prefix) + "/" + part, std::move(shape), {}, std::move(integers)});
    return model_.tensors.back().name;
}

TRINE_INLINE std::vector<std::int64_t> onnx_graph::per_channel(onnx_place const& x) {
    auto const channels = detail::onnx_size(x.channels);
    return x.flat ? std::vector<std::int64_t>{channels} : std::vector<std::int64_t>{channels, 1, 1};
}

TRINE_INLINE bool onnx_graph::is_there(std::string const& output) const {
    return std::any_of(model_.nodes.begin(), model_.nodes.end(),
                       [&](auto const& node) { return node.output == output; });
}

TRINE_INLINE onnx_place onnx_graph::as_vector(onnx_place x) {
    if (x.flat)
        return x;
    onnx_place vector{(x.name.empty() ? "input" : x.name) + "/flat", x.channels * x.height * x.width, 1, 1, true};
    return is_there(vector.name) ? vector
                                 : add("Flatten", vector.name + ".", "", {x.name}, vector, {{"axis", std::int64_t{1}}});
}

TRINE_INLINE onnx_place onnx_graph::as_map(onnx_place x) {
    if (!x.flat)
        return x;
    onnx_place map{x.name + "/map", x.channels, 1, 1, false};
    if (is_there(map.name)) // branches take the same map
        return map;
    auto const axes = constant(map.name + ".", "axes", {2, 3});
    return add("Unsqueeze", map.name + ".", "", {x.name, axes}, map);
}

TRINE_INLINE onnx_place onnx_graph::convolution(std::string const& prefix, onnx_place x,
                                                kernels::convolution_shape const& s, bool bias) {
    x = as_map(std::move(x));
    std::vector<std::string> inputs{x.name, tensor(prefix + "weight")};
    if (bias)
        inputs.push_back(tensor(prefix + "bias"));
    auto const padding = detail::onnx_size(s.padding);
    return add("Conv", prefix, "", std::move(inputs), {"", s.outputs, s.out_height(), s.out_width(), false},
               {{"kernel_shape", std::vector{detail::onnx_size(s.kernel_height), detail::onnx_size(s.kernel_width)}},
                {"strides", detail::both(s.stride)},
                {"pads", std::vector{padding, padding, padding, padding}},
                {"group", detail::onnx_size(s.groups)}});
}

TRINE_INLINE onnx_place onnx_graph::border(std::string const& prefix, onnx_place x, std::size_t before,
                                           std::size_t after) {
    x = as_map(std::move(x));
    auto const b = detail::onnx_size(before), a = detail::onnx_size(after);
    auto const pads = constant(prefix, "pads", {0, 0, b, b, 0, 0, a, a});
    return add("Pad", prefix, "border", {x.name, pads},
               {"", x.channels, x.height + before + after, x.width + before + after, false});
}

TRINE_INLINE onnx_place onnx_graph::pooling(char const* op, std::string const& prefix, onnx_place x,
                                            kernels::pooling_shape const& s, bool count_padding) {
    x = as_map(std::move(x));
    auto shape = s;
    // Operators disagree about what a window counts that reaches beyond the padding: here zeros of the padding are part
    // of the map, and nothing else counts.
    if (count_padding && s.padding > 0) {
        x = border(prefix, std::move(x), s.padding, s.padding);
        shape.height = x.height, shape.width = x.width, shape.padding = 0;
    }
    // The last window's end is said outright: `ceil_mode` is not the same everywhere.
    auto const end = [&](std::size_t size, std::size_t windows) {
        std::size_t const last = (windows - 1) * s.stride + s.kernel, seen = size + shape.padding;
        return detail::onnx_size(std::max(shape.padding, last > seen ? last - seen : 0));
    };
    auto const begin = detail::onnx_size(shape.padding);
    std::vector<io::onnx_attribute> attributes{
        {"kernel_shape", detail::both(s.kernel)},
        {"strides", detail::both(s.stride)},
        {"pads", std::vector{begin, begin, end(shape.height, s.out_height()), end(shape.width, s.out_width())}}};
    if (std::string_view(op) == "LpPool")
        attributes.emplace_back("p", std::int64_t{2});
    return add(op, prefix, "", {x.name}, {"", x.channels, s.out_height(), s.out_width(), false}, std::move(attributes));
}

TRINE_INLINE onnx_place onnx_graph::batch_norm(std::string const& prefix, onnx_place const& x, double epsilon) {
    std::vector<std::string> inputs{x.name};
    for (char const* name : {"weight", "bias", "running_mean", "running_var"})
        inputs.push_back(tensor(prefix + name));
    return add("BatchNormalization", prefix, "", std::move(inputs), x, {{"epsilon", static_cast<float>(epsilon)}});
}

TRINE_INLINE onnx_place onnx_graph::response_norm(std::string const& prefix, onnx_place x,
                                                  kernels::response_norm_shape const& s) {
    x = as_map(std::move(x));
    if (s.neighbours % 2 == 1)
        return add("LRN", prefix, "", {x.name}, x,
                   {{"size", detail::onnx_size(s.neighbours)},
                    {"alpha", static_cast<float>(s.alpha)},
                    {"beta", static_cast<float>(s.beta)},
                    {"bias", static_cast<float>(s.k)}});
    // An even number of neighbours lies to one side, and not everywhere to the same: the sum is a convolution with a
    // band.
    std::size_t const channels = x.channels, before = s.neighbours / 2;
    std::vector<float> band(channels * channels),
        squared_share(1, static_cast<float>(s.alpha / static_cast<double>(s.neighbours)));
    for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t other = c < before ? 0 : c - before; other < std::min(channels, c + s.neighbours - before);
             ++other)
            band[c * channels + other] = squared_share.front();
    auto const size = detail::onnx_size(channels);
    auto const squares = add("Mul", prefix, "squares", {x.name, x.name}, x),
               sums = add("Conv", prefix, "sums",
                          {squares.name, constant(prefix, "band", {size, size, 1, 1}, std::move(band)),
                           constant(prefix, "k", {size}, std::vector<float>(channels, static_cast<float>(s.k)))},
                          x),
               powers = add("Pow", prefix, "powers",
                            {sums.name, constant(prefix, "beta", {}, {static_cast<float>(s.beta)})}, x);
    return add("Div", prefix, "", {x.name, powers.name}, x);
}

TRINE_INLINE onnx_place onnx_graph::l2_normalize(std::string const& prefix, onnx_place x) {
    x = as_vector(std::move(x));
    // LpNormalization does not say what becomes of the zero vector.
    auto const length = add("ReduceL2", prefix, "length", {x.name}, x, {{"axes", std::vector<std::int64_t>{1}}}),
               divisor = add("Max", prefix, "divisor", {length.name, constant(prefix, "least", {}, {1e-12f})}, x);
    return add("Div", prefix, "", {x.name, divisor.name}, x);
}

TRINE_INLINE onnx_place onnx_graph::linear(std::string const& prefix, onnx_place x, std::size_t outputs) {
    x = as_vector(std::move(x));
    return add("Gemm", prefix, "", {x.name, tensor(prefix + "weight"), tensor(prefix + "bias")},
               {"", outputs, 1, 1, true}, {{"transB", std::int64_t{1}}});
}

TRINE_INLINE onnx_place onnx_graph::scale_shift(std::string const& prefix, onnx_place const& x,
                                                std::string const& scale, std::string const& shift) {
    auto const scaled = add("Mul", prefix, "scaled", {x.name, scale}, x);
    return add("Add", prefix, "", {scaled.name, shift}, x);
}

TRINE_INLINE onnx_place onnx_graph::sum(std::string const& prefix, onnx_place x, onnx_place y) {
    if (x.flat != y.flat)
        x = as_vector(std::move(x)), y = as_vector(std::move(y));
    return add("Add", prefix, "", {x.name, y.name}, x);
}

TRINE_INLINE onnx_place onnx_graph::concat(std::string const& prefix, std::vector<onnx_place> parts) {
    bool const flat = std::any_of(parts.begin(), parts.end(), [](auto const& part) { return part.flat; });
    std::vector<std::string> inputs;
    onnx_place whole{"", 0, parts.front().height, parts.front().width, flat};
    for (auto& part : parts) {
        if (flat)
            part = as_vector(std::move(part));
        inputs.push_back(part.name);
        whole.channels += part.channels;
    }
    return add("Concat", prefix, "", std::move(inputs), whole, {{"axis", std::int64_t{1}}});
}

TRINE_INLINE io::onnx_model onnx_graph::finish(onnx_place last, bool fold, std::string const& input,
                                               std::string const& output) && {
    require<argument_error>(!input.empty() && !output.empty() && input != output,
                            "ONNX: input and output need names, and different ones: \"", input, "\" and \"", output,
                            "\"");
    last = as_vector(std::move(last));
    if (fold)
        detail::fold_normalizations(model_);
    for (auto& node : model_.nodes) {
        require<argument_error>(node.output != input && node.output != output, "ONNX: a layer's output is called \"",
                                node.output, "\", and so input and output cannot be");
        for (auto& name : node.inputs)
            if (name.empty()) // the network's input has no name before this
                name = input;
        if (node.output == last.name)
            node.output = output;
    }
    for (auto const& tensor : model_.tensors)
        require<argument_error>(tensor.name != input && tensor.name != output, "ONNX: a tensor is called \"",
                                tensor.name, "\", and so input and output cannot be");
    auto const size = [](std::size_t extent) { return detail::onnx_size(extent); };
    model_.input = {input, {size(channels_), size(height_), size(width_)}};
    model_.output = {output, {size(last.channels)}};
    return std::move(model_);
}

#ifdef TRINE_COMPILED
template onnx_graph::onnx_graph(model_values<float const>, std::size_t, std::size_t, std::size_t);
template onnx_graph::onnx_graph(model_values<double const>, std::size_t, std::size_t, std::size_t);
#endif

} // namespace trine::nn
