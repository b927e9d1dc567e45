#pragma once

#include <string_view>

#include "../core/error.hpp"
#include "file.hpp"
#include "onnx.hpp"
#include "protobuf.hpp"

namespace trine::io {

namespace detail {

// Numbers of fields and kinds are those of onnx.proto.
enum onnx_type : std::int64_t { onnx_float = 1, onnx_int64 = 7 };

inline protobuf_message onnx_message_of(onnx_value const& value) {
    protobuf_message shape, dimension, tensor, type, info;
    dimension.text(2, "N");
    shape.message(1, dimension);
    for (std::int64_t extent : value.shape) {
        protobuf_message fixed;
        fixed.integer(1, extent);
        shape.message(1, fixed);
    }
    tensor.integer(1, onnx_float);
    tensor.message(2, shape);
    type.message(1, tensor);
    info.text(1, value.name);
    info.message(2, type);
    return info;
}

inline protobuf_message onnx_message_of(onnx_attribute const& attribute) {
    protobuf_message m;
    m.text(1, attribute.name);
    switch (attribute.holds) {
    case onnx_attribute::kind::real:
        m.real(2, attribute.real);
        m.integer(20, 1);
        break;
    case onnx_attribute::kind::integer:
        m.integer(3, attribute.integers.front());
        m.integer(20, 2);
        break;
    case onnx_attribute::kind::text:
        m.text(4, attribute.text);
        m.integer(20, 3);
        break;
    case onnx_attribute::kind::integers:
        m.integers(8, attribute.integers);
        m.integer(20, 7);
    }
    return m;
}

inline protobuf_message onnx_message_of(onnx_node const& node) {
    protobuf_message m;
    for (auto const& input : node.inputs)
        m.text(1, input);
    m.text(2, node.output);
    m.text(3, node.name);
    m.text(4, node.op);
    for (auto const& attribute : node.attributes)
        m.message(5, onnx_message_of(attribute));
    return m;
}

// Straight into the graph: a network's weights may be most of what there is memory for.
inline void append_onnx_tensor(protobuf_message& graph, onnx_tensor const& tensor) {
    bool const real = tensor.integers.empty();
    std::string_view const values = real ? std::string_view(reinterpret_cast<char const*>(tensor.values.data()),
                                                            tensor.values.size() * sizeof(float))
                                         : std::string_view(reinterpret_cast<char const*>(tensor.integers.data()),
                                                            tensor.integers.size() * sizeof(std::int64_t));
    protobuf_message head;
    head.integers(1, tensor.shape);
    head.integer(2, real ? onnx_float : onnx_int64);
    head.text(8, tensor.name);
    graph.open(5, head.bytes().size() + protobuf_message::text_size(9, values.size()));
    graph.append(head);
    graph.text(9, values);
}

inline protobuf_message onnx_graph_of(onnx_model const& model) {
    protobuf_message graph;
    for (auto const& node : model.nodes)
        graph.message(1, onnx_message_of(node));
    graph.text(2, model.name);
    for (auto const& tensor : model.tensors)
        append_onnx_tensor(graph, tensor);
    graph.message(11, onnx_message_of(model.input));
    graph.message(12, onnx_message_of(model.output));
    return graph;
}

// All of a model but its graph's bytes, which come last.
inline protobuf_message onnx_head_of(onnx_model const& model, std::size_t graph) {
    protobuf_message head, operators;
    head.integer(1, onnx_model::ir_version);
    head.text(2, "trine");
    if (!model.description.empty())
        head.text(6, model.description);
    operators.text(1, "");
    operators.integer(2, onnx_model::opset);
    head.message(8, operators);
    for (auto const& [key, text] : model.metadata) {
        protobuf_message entry;
        entry.text(1, key);
        entry.text(2, text);
        head.message(14, entry);
    }
    head.open(7, graph);
    require<argument_error>(head.bytes().size() + graph < (std::size_t{1} << 31),
                            "an ONNX model has less than 2 GB, "
                            "and this one ",
                            head.bytes().size() + graph, " bytes");
    return head;
}

} // namespace detail

TRINE_INLINE std::string onnx_model::serialize() const {
    auto const graph = detail::onnx_graph_of(*this);
    return detail::onnx_head_of(*this, graph.bytes().size()).bytes() + graph.bytes();
}

TRINE_INLINE void onnx_model::save(std::filesystem::path const& path) const {
    auto const graph = detail::onnx_graph_of(*this);
    auto const head = detail::onnx_head_of(*this, graph.bytes().size());
    file_writer file(path);
    file.write(head.bytes());
    file.write(graph.bytes());
    file.commit();
}

} // namespace trine::io
