#include <trine/io/npy.hpp>
#include <trine/io/npy_folder.hpp>
#include <trine/io/safetensors.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

TEST_CASE("npy files come back as they were written", "[io]") {
    temporary_folder const folder;
    std::vector<float> const values{1, 2, 3, 4, 5, 6};
    for (auto const& shape : {std::vector<std::size_t>{6}, {2, 3}, {1, 2, 3}}) {
        io::write_npy<float>(folder / "a.npy", shape, values);
        auto const back = io::read_npy<float>(folder / "a.npy");
        CHECK(back.shape == shape);
        CHECK(back.values == values);
    }
    CHECK_THROWS_WITH(io::read_npy<double>(folder / "a.npy"), Contains("holds <f4, not <f8"));
    auto bytes = io::read_file(folder / "a.npy");
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        io::write_file(folder / "short.npy", std::string_view(bytes).substr(0, length));
        CHECK_THROWS_AS(io::read_npy<float>(folder / "short.npy"), format_error);
    }
    CHECK_THROWS_WITH(io::read_npy<float>(folder / "none.npy"), Contains("cannot be opened: No such file"));
}

TEST_CASE("tensors come back from a folder of npy files", "[io]") {
    temporary_folder const folder;
    io::safetensors file;
    std::vector<float> const a{1.5f, -2, 3, 4, 5, 6}, b{7};
    file.add<float>("conv.weight", {2, 3}, a);
    file.add<float>("conv.bias", {1}, b);
    io::save_npy_folder(file, folder / "weights");
    io::write_file(folder / "weights" / "readme.txt", "not a tensor");
    std::vector<std::int64_t> const step{-4};
    io::write_npy<std::int64_t>(folder / "weights" / "step.npy", {}, step);
    auto const back = io::load_npy_folder(folder / "weights");
    CHECK(back.entries().size() == 3);
    CHECK(back.get<float>("conv.weight", {2, 3}) == a);
    CHECK(back.get<float>("conv.bias", {1}) == b);
    CHECK(back.get<std::int64_t>("step", {}) == step);
    std::vector<std::uint16_t> const halves{1, 2};
    io::write_npy<std::uint16_t>(folder / "weights" / "half.npy", {2}, halves);
    CHECK_THROWS_WITH(io::load_npy_folder(folder / "weights"), Contains("half.npy: holds <u2, which is not supported"));
    CHECK_THROWS_WITH(io::load_npy_folder(folder / "nothing"), Contains("nothing: cannot be read: No such file"));
    std::filesystem::create_directory(folder / "empty");
    CHECK_THROWS_WITH(io::load_npy_folder(folder / "empty"), Contains("empty: has no .npy files"));
    io::safetensors bad;
    bad.add<float>("../outside", {1}, b);
    CHECK_THROWS_WITH(io::save_npy_folder(bad, folder / "weights"), Contains("\"../outside\" cannot be a file's name"));
}

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
}

TEST_CASE("a file that cannot be written leaves the old one", "[io]") {
    temporary_folder const folder;
    io::write_file(folder / "a", "old");
    CHECK_THROWS_WITH(io::write_file(folder / "none" / "a", "new"), Contains("cannot be created: No such file"));
    if (std::filesystem::exists("/dev/full")) {
        // A write through a link to the full device fails as on a full disk.
        auto const name = (folder / "b").string() + ".tmp" + std::to_string(::getpid());
        std::filesystem::create_symlink("/dev/full", name);
        CHECK_THROWS_WITH(io::write_file(folder / "b", "new"), Contains("cannot be written: No space left"));
        CHECK(!std::filesystem::exists(std::filesystem::symlink_status(name)));
    }
    CHECK(io::read_file(folder / "a") == "old");
}
