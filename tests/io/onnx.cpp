#include <trine/io/onnx.hpp>

#include <cstring>
#include <filesystem>

#include <trine/core/error.hpp>
#include <trine/io/file.hpp>

#include "support/catch.hpp"
#include "support/protobuf.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using namespace trine::io;

namespace {

onnx_model small() {
    onnx_model m;
    m.name = "small", m.description = "y = max(w·x, 0)", m.metadata = {{"key", "text"}};
    m.input = {"x", {3}}, m.output = {"y", {2}};
    m.tensors = {{"w", {2, 3}, {1, 2, 3, 4, 5, 6}, {}}, {"places", {2}, {}, {0, -1}}};
    m.nodes = {
        {"Gemm", "first", {"x", "w"}, "h", {{"transB", std::int64_t{1}}, {"alpha", 0.5f}}},
        {"Relu", "second", {"h"}, "y", {{"ints", std::vector<std::int64_t>{1, 2}}, {"mode", std::string("up")}}}};
    return m;
}

} // namespace

TEST_CASE("an ONNX model says its versions, its graph and its texts", "[io]") {
    auto const bytes = small().serialize();
    protobuf_reader const m(bytes);
    CHECK(m.one(1).integer == 8);
    CHECK(m.one(2).text() == "trine");
    CHECK(m.one(6).text() == "y = max(w·x, 0)");
    CHECK(m.inside(8).one(1).text().empty());
    CHECK(m.inside(8).one(2).integer == 17);
    CHECK(m.inside(14).one(1).text() == "key");
    CHECK(m.inside(14).one(2).text() == "text");

    auto const graph = m.inside(7);
    CHECK(graph.one(2).text() == "small");
    auto const input = graph.inside(11);
    CHECK(input.one(1).text() == "x");
    auto const type = input.inside(2).inside(1);
    CHECK(type.one(1).integer == 1); // float
    auto const dimensions = type.inside(2).all(1);
    REQUIRE(dimensions.size() == 2);
    CHECK(protobuf_reader(dimensions[0].bytes).one(2).text() == "N"); // free
    CHECK(protobuf_reader(dimensions[1].bytes).one(1).integer == 3);
    CHECK(graph.inside(12).one(1).text() == "y");

    auto const nodes = graph.all(1);
    REQUIRE(nodes.size() == 2);
    protobuf_reader const gemm(nodes[0].bytes), relu(nodes[1].bytes);
    CHECK(gemm.one(4).text() == "Gemm");
    CHECK(gemm.one(3).text() == "first");
    CHECK(gemm.all(1).at(0).text() == "x");
    CHECK(gemm.all(1).at(1).text() == "w");
    CHECK(gemm.one(2).text() == "h");
    protobuf_reader const transposed(gemm.all(5).at(0).bytes), alpha(gemm.all(5).at(1).bytes),
        ints(relu.all(5).at(0).bytes), mode(relu.all(5).at(1).bytes);
    CHECK((transposed.one(1).text() == "transB" && transposed.one(3).integer == 1 && transposed.one(20).integer == 2));
    CHECK((alpha.one(1).text() == "alpha" && alpha.one(2).real() == 0.5f && alpha.one(20).integer == 1));
    CHECK((ints.integers(8) == std::vector<std::int64_t>{1, 2} && ints.one(20).integer == 7));
    CHECK((mode.one(4).text() == "up" && mode.one(20).integer == 3));
}

TEST_CASE("an ONNX model's tensors are raw little-endian values", "[io]") {
    auto const bytes = small().serialize();
    auto const tensors = protobuf_reader(bytes).inside(7).all(5);
    REQUIRE(tensors.size() == 2);
    protobuf_reader const w(tensors[0].bytes), places(tensors[1].bytes);
    CHECK(w.integers(1) == std::vector<std::int64_t>{2, 3});
    CHECK(w.one(2).integer == 1);
    CHECK(w.one(8).text() == "w");
    float const expected[]{1, 2, 3, 4, 5, 6};
    REQUIRE(w.one(9).bytes.size() == sizeof expected);
    CHECK(std::memcmp(w.one(9).bytes.data(), expected, sizeof expected) == 0);
    CHECK(places.one(2).integer == 7);
    std::int64_t const integers[]{0, -1};
    REQUIRE(places.one(9).bytes.size() == sizeof integers);
    CHECK(std::memcmp(places.one(9).bytes.data(), integers, sizeof integers) == 0);
}

TEST_CASE("an ONNX file holds what serialize gives, and replaces a file as a whole", "[io]") {
    temporary_folder const folder;
    auto const path = folder / "model.onnx";
    small().save(path);
    CHECK(read_file(path) == small().serialize());
    CHECK_THROWS_AS(small().save(folder / "none/model.onnx"), io_error);
}

TEST_CASE("an ONNX model of 2 GB is refused", "[io]") {
    auto large = small();
    large.description.assign(std::size_t{1} << 31, ' ');
    CHECK_THROWS_AS(large.serialize(), argument_error);
}
