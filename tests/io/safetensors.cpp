#include <trine/io/safetensors.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

TEST_CASE("safetensors come back as they were written", "[io]") {
    temporary_folder const folder;
    io::safetensors file;
    file.metadata["network"] = "a \"quoted\" name";
    std::vector<float> const a{1.5f, -2, 3, 4, 5, 6};
    std::vector<std::int64_t> const b{-7};
    file.add<float>("a", {2, 3}, a);
    file.add<std::int64_t>("b", {}, b);
    file.add<float>("empty", {0, 3}, {});
    file.save(folder / "x.safetensors");
    auto const back = io::safetensors::load(folder / "x.safetensors");
    CHECK(back.get<float>("a", {2, 3}) == a);
    CHECK(back.get<std::int64_t>("b", {}) == b);
    CHECK(back.get<float>("empty", {0, 3}).empty());
    CHECK(back.text_of("network") == "a \"quoted\" name");
    CHECK_THROWS_WITH(back.get<float>("a", {3, 2}), Contains("tensor \"a\" has shape [2, 3], not [3, 2]"));
    CHECK_THROWS_WITH(back.get<double>("a", {2, 3}), Contains("holds F32, not F64"));
    CHECK_THROWS_WITH(back.get<float>("c", {1}), Contains("has no tensor \"c\""));
    auto const bytes = file.serialize();
    for (std::size_t length = 0; length < bytes.size(); ++length)
        CHECK_THROWS_AS(io::safetensors::parse(bytes.substr(0, length), "cut"), format_error);
}

TEST_CASE("hostile safetensors are refused before anything is believed", "[io]") {
    auto const parse = [](std::string header, std::size_t data) {
        std::uint64_t const length = header.size();
        return io::safetensors::parse(
            std::string(reinterpret_cast<char const*>(&length), 8) + header + std::string(data, '\1'), "file");
    };
    CHECK(parse(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4).contains("a"));
    std::string const lying(8, '\xff');
    CHECK_THROWS_WITH(io::safetensors::parse(lying + "{}", "file"),
                      Contains("its header claims 18446744073709551615 bytes of the 2"));
    CHECK_THROWS_WITH(parse("[]", 0), Contains("not a JSON object"));
    CHECK_THROWS_WITH(parse("{", 0), Contains("not a JSON object"));
    CHECK_THROWS_WITH(parse(R"({"a":{"dtype":"F32","shape":[1]}})", 4), Contains("lacks dtype"));
    CHECK_THROWS_WITH(parse(R"({"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}})", 4),
                      Contains("unknown dtype F33"));
    CHECK_THROWS_WITH(parse(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4),
                      Contains("not made of sizes"));
    CHECK_THROWS_WITH(parse(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", 4),
                      Contains("larger than the file"));
    for (char const* shape : {"0,4611686018427387904", "0,4611686018427387905", "0,4294967296,4294967296"})
        CHECK_THROWS_WITH(
            parse(R"({"a":{"dtype":"F32","shape":[)" + std::string(shape) + R"(],"data_offsets":[0,0]}})", 0),
            Contains("extents too large to count"));
    CHECK_THROWS_WITH(parse(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4),
                      Contains("larger than the file") || Contains("bytes for"));
    CHECK_THROWS_WITH(parse(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 4),
                      Contains("lies at 4 to 8 of 4"));
    CHECK_THROWS_WITH(parse(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4),
                      Contains("lies at 4 to 0"));
    CHECK_THROWS_WITH(parse(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                            R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                            4),
                      Contains("overlap"));
    CHECK_THROWS_WITH(parse(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8),
                      Contains("belong to no tensor"));
    CHECK_THROWS_WITH(parse(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5),
                      Contains("1 bytes behind the last tensor"));
    CHECK_THROWS_WITH(parse(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                            R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                            4),
                      Contains("byte 54: the key \"a\" is there twice"));
    CHECK_THROWS_WITH(parse(R"({"__metadata__":{"a":"b","a":"c"}})", 0), Contains("the key \"a\" is there twice"));
    CHECK_THROWS_WITH(parse(R"({"__metadata__":{"a":1}})", 0), Contains("__metadata__ \"a\" is not a text"));
    CHECK_THROWS_WITH(parse(std::string(1000, '['), 0), Contains("nested deeper than"));
}

TEST_CASE("safetensors that could not be read are not written", "[io]") {
    std::vector<float> const one{1};
    io::safetensors file;
    file.add<float>("a", {1}, one);
    CHECK_THROWS_WITH(file.add<float>("a", {1}, one), "there is a tensor \"a\" already");
    CHECK_THROWS_WITH(file.add<float>("b", {2, 3}, one), "tensor \"b\": 1 values for a shape of [2, 3]");
    std::size_t const half = std::size_t{1} << 32;
    CHECK_THROWS_WITH(file.add<float>("b", {half, half}, {}), Contains("is too large"));
    CHECK(io::safetensors::parse(file.serialize(), "file").get<float>("a", {1}) == one);
    file.metadata["name"] = "Zo\xe9";
    CHECK_THROWS_WITH(file.serialize(), Contains("is not UTF-8"));
    file.metadata["name"] = std::string(io::safetensors_header::longest, 'x');
    CHECK_THROWS_WITH(file.serialize(), Contains("bytes, where 100000000 are read"));
    io::safetensors reserved;
    reserved.add<float>("__metadata__", {1}, one);
    CHECK_THROWS_WITH(reserved.serialize(), Contains("no tensor can be called \"__metadata__\""));
    io::safetensors_header header;
    header.entries["a"] = {"F32", {1}, 0, 4};
    header.entries["b"] = {"F32", {1}, 8, 4};
    CHECK_THROWS_WITH(header.serialize(), Contains("bytes belong to no tensor before byte 8"));
    header.entries["b"] = {"F32", {2}, 4, 4};
    CHECK_THROWS_WITH(header.serialize(), Contains("4 bytes for 2 scalars of 4"));
    header.entries["b"] = {"F32", {1}, 4, 4};
    CHECK_THROWS_WITH(header.serialize(64), Contains("does not fit into 64"));
    CHECK(header.serialize(1024).size() == 1024);
}
