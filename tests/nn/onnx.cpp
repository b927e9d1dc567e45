#include <trine/nn/onnx.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <trine/core/error.hpp>
#include <trine/nn/parameters_file.hpp>

#include "support/catch.hpp"

using namespace trine;
using namespace trine::nn;

namespace {

std::vector<std::string> operators_of(io::onnx_model const& m) {
    std::vector<std::string> ops;
    for (auto const& node : m.nodes)
        ops.push_back(node.op);
    return ops;
}
io::onnx_tensor const& tensor_of(io::onnx_model const& m, std::string const& name) {
    auto const at = std::find_if(m.tensors.begin(), m.tensors.end(), [&](auto const& t) { return t.name == name; });
    REQUIRE(at != m.tensors.end());
    return *at;
}
/// Every input of a node is there before it, nothing is made twice, and every tensor is of use.
void check_wiring(io::onnx_model const& m) {
    std::set<std::string> made{m.input.name}, taken, names;
    for (auto const& tensor : m.tensors) {
        CHECK(made.insert(tensor.name).second);
        std::int64_t size = 1;
        for (auto extent : tensor.shape)
            size *= extent;
        CHECK(static_cast<std::size_t>(size) == std::max(tensor.values.size(), tensor.integers.size()));
    }
    for (auto const& node : m.nodes) {
        INFO(node.op << " " << node.name);
        for (auto const& input : node.inputs) {
            CHECK(made.contains(input));
            taken.insert(input);
        }
        CHECK(made.insert(node.output).second);
        CHECK(names.insert(node.name).second);
    }
    CHECK(made.contains(m.output.name));
    for (auto const& tensor : m.tensors)
        CHECK(taken.contains(tensor.name));
}

using block = sequential<conv2d<4, 3>, batch_norm, relu>;
using small = network<shape<2, 8, 6>, sequential<block, max_pool<2>, flatten, linear<3>, batch_norm, l2_normalize>>;

/// A layer of somebody's own.
template <bool Exported>
struct doubled {
    template <class In>
    struct at : layer_shapes<In> {
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            for (std::size_t i = 0; i < context.batch * In::size; ++i)
                y[i] = 2 * x[i];
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const*, T const* dy, T* dx) {
            for (std::size_t i = 0; i < context.batch * In::size; ++i)
                dx[i] = 2 * dy[i];
        }
        static onnx_place to_onnx(onnx_graph& graph, std::string const& prefix, onnx_place const& x) requires Exported {
            return graph.add("Mul", prefix, "", {x.name, graph.constant(prefix, "two", {}, {2.0f})}, x);
        }
    };
};

} // namespace

TEST_CASE("an exported network has its layers as operators and its tensors by their names", "[nn]") {
    model<small> const m(3);
    auto const plain = to_onnx(m, {.fold_normalization = false});
    check_wiring(plain);
    CHECK(operators_of(plain) == std::vector<std::string>{"Conv", "BatchNormalization", "Relu", "MaxPool", "Flatten",
                                                          "Gemm", "BatchNormalization", "ReduceL2", "Max", "Div"});
    CHECK(plain.input.name == "images");
    CHECK(plain.input.shape == std::vector<std::int64_t>{2, 8, 6});
    CHECK(plain.output.name == "embeddings");
    CHECK(plain.output.shape == std::vector<std::int64_t>{3});
    // What safetensors hold, value for value.
    io::safetensors file;
    store_parameters(m, file);
    for (auto const& info : m.tensors()) {
        auto const& tensor = tensor_of(plain, info.name);
        CHECK(std::equal(tensor.shape.begin(), tensor.shape.end(), info.shape.begin(), info.shape.end(),
                         [](auto a, auto b) { return a == static_cast<std::int64_t>(b); }));
        CHECK(tensor.values == file.get<float>(info.name, info.shape));
    }
}

TEST_CASE("normalisations behind convolutions and linear layers are folded into them", "[nn]") {
    model<small> m(3);
    auto const values = m.values();
    for (auto const& info : values.tensors) {
        float next = 0.5f;
        for (float& v : values.of(info))
            v = next += 0.25f;
    }
    auto const plain = to_onnx(m, {.fold_normalization = false}), folded = to_onnx(m);
    check_wiring(folded);
    CHECK(operators_of(folded) ==
          std::vector<std::string>{"Conv", "Relu", "MaxPool", "Flatten", "Gemm", "ReduceL2", "Max", "Div"});
    auto const check = [&](std::string const& layer, std::string const& norm, bool had_bias) {
        auto const of = [&](std::string const& name) { return tensor_of(plain, name).values; };
        auto const weight = of(layer + "weight"), gamma = of(norm + "weight"), beta = of(norm + "bias"),
                   mean = of(norm + "running_mean"), variance = of(norm + "running_var");
        auto const &w = tensor_of(folded, layer + "weight").values, &b = tensor_of(folded, layer + "bias").values;
        REQUIRE((w.size() == weight.size() && b.size() == gamma.size()));
        for (std::size_t i = 0; i < w.size(); ++i) {
            std::size_t const o = i / (w.size() / b.size());
            CHECK(w[i] == Approx(weight[i] * gamma[o] / std::sqrt(variance[o] + 1e-5)));
        }
        for (std::size_t o = 0; o < b.size(); ++o)
            CHECK(b[o] == Approx(beta[o] + ((had_bias ? of(layer + "bias")[o] : 0) - mean[o]) * gamma[o] /
                                               std::sqrt(variance[o] + 1e-5)));
    };
    check("0.0.", "0.1.", false);
    check("3.", "4.", true);
}

TEST_CASE("a normalisation whose input others take stays one", "[nn]") {
    using net =
        network<shape<2, 4, 4>,
                sequential<conv2d<2, 3>, residual<sequential<batch_norm, conv2d<2, 3>, relu>>, batch_norm, flatten>>;
    auto const m = to_onnx(model<net>(1));
    check_wiring(m);
    CHECK(operators_of(m) == std::vector<std::string>{"Conv", "BatchNormalization", "Conv", "Relu", "Add",
                                                      "BatchNormalization", "Flatten"});
}

TEST_CASE("branches that bring a map to a vector do so once", "[nn]") {
    using net = network<shape<6>, sequential<residual<linear<4>, sequential<linear<4>, sigmoid>>,
                                             concat<conv2d<2, 1>, conv2d<3, 1>, linear<2>>>>;
    auto const m = to_onnx(model<net>(1));
    check_wiring(m);
    CHECK(std::count_if(m.nodes.begin(), m.nodes.end(), [](auto const& n) { return n.op == "Unsqueeze"; }) == 1);
    CHECK(m.output.shape == std::vector<std::int64_t>{7});
}

TEST_CASE("frozen and recomputed layers are written as the layers that they are", "[nn]") {
    using plain = network<shape<3, 8, 8>, sequential<block, block, flatten>>;
    using wrapped = network<shape<3, 8, 8>, sequential<frozen<block>, recomputed<block>, flatten>>;
    CHECK(to_onnx(model<plain>(5)).serialize() == to_onnx(model<wrapped>(5)).serialize());
}

TEST_CASE("a network in double is exported as floats", "[nn]") {
    model<small, double> wide(3);
    model<small> const narrow(3);
    auto const a = to_onnx(wide, {.fold_normalization = false}), b = to_onnx(narrow, {.fold_normalization = false});
    REQUIRE(a.tensors.size() == b.tensors.size());
    for (std::size_t i = 0; i < a.tensors.size(); ++i)
        CHECK(a.tensors[i].values == b.tensors[i].values);
}

TEST_CASE("a layer of one's own says how it is exported", "[nn]") {
    using net = network<shape<4>, sequential<doubled<true>, linear<2>>>;
    auto const m = to_onnx(model<net>(1));
    check_wiring(m);
    CHECK(operators_of(m) == std::vector<std::string>{"Mul", "Flatten", "Gemm"});
    CHECK(tensor_of(m, "0/two").values == std::vector<float>{2});
}

TEST_CASE("the names of input and output are one's own, and different", "[nn]") {
    model<small> const m(1);
    auto const named = to_onnx(m, {.input = "x", .output = "y", .description = "what for"});
    check_wiring(named);
    CHECK((named.input.name == "x" && named.output.name == "y" && named.description == "what for"));
    CHECK_THROWS_AS(to_onnx(m, {.input = "x", .output = "x"}), argument_error);
    CHECK_THROWS_AS(to_onnx(m, {.input = ""}), argument_error);
    CHECK_THROWS_AS(to_onnx(m, {.input = "3.weight"}), argument_error);
    CHECK_THROWS_AS(to_onnx(m, {.output = "0.2"}), argument_error);
}
