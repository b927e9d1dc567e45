#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../core/config.hpp"

namespace trine::io {

/// A constant of an ONNX graph, of floats or of 64-bit integers.
struct onnx_tensor {
    std::string name;
    std::vector<std::int64_t> shape;
    std::vector<float> values;
    std::vector<std::int64_t> integers; ///< where there are no floats
};

/// A named property of a node: an integer, a real number, a text, or a list of integers.
struct onnx_attribute {
    enum class kind { integer, real, text, integers };

    onnx_attribute(std::string name_is, std::int64_t value)
        : name(std::move(name_is)), holds(kind::integer), integers{value} {}
    onnx_attribute(std::string name_is, float value) : name(std::move(name_is)), holds(kind::real), real(value) {}
    onnx_attribute(std::string name_is, std::string value)
        : name(std::move(name_is)), holds(kind::text), text(std::move(value)) {}
    onnx_attribute(std::string name_is, std::vector<std::int64_t> values)
        : name(std::move(name_is)), holds(kind::integers), integers(std::move(values)) {}

    std::string name;
    kind holds;
    std::vector<std::int64_t> integers;
    float real = 0;
    std::string text;
};

/// One operator of a graph, with one output. Inputs are names of outputs, of tensors, or the graph's input.
struct onnx_node {
    std::string op, name;
    std::vector<std::string> inputs;
    std::string output;
    std::vector<onnx_attribute> attributes;
};

/// What goes into a graph or comes out: floats. Its first dimension is free; the others are these.
struct onnx_value {
    std::string name;
    std::vector<std::int64_t> shape;
};

/// A model of the ONNX format: one graph in the operators of opset 17, for inference.
///
/// It is written by ourselves: the format is a message of protocol buffers (see protobuf.hpp), of which a graph needs
/// a dozen fields. ONNX's own library would bring protobuf with it, for everybody who compiles.
/// @see https://onnx.ai/onnx/repo-docs/IR.html
struct onnx_model {
    static constexpr std::int64_t opset = 17, ir_version = 8;

    std::string name = "network", description;
    std::map<std::string, std::string> metadata;
    onnx_value input, output;
    std::vector<onnx_node> nodes; ///< each behind those whose outputs it takes
    std::vector<onnx_tensor> tensors;

    /// @throws argument_error  when a model takes 2 GB or more, which the format does not allow
    std::string serialize() const;
    /// @throws argument_error  as above
    /// @throws io_error        when the file cannot be written; the old one is then untouched
    void save(std::filesystem::path const& path) const;
};

} // namespace trine::io

#ifdef TRINE_HEADER_ONLY
#include "onnx_impl.hpp"
#endif
