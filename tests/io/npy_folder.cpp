#include <trine/io/npy_folder.hpp>

#include <trine/io/file.hpp>
#include <trine/io/npy.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

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
