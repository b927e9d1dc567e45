#include "../../examples/support/outputs.hpp"

#include <fstream>
#include <iterator>

#include <trine/core/error.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace fs = std::filesystem;

namespace {

void write(fs::path const& file, std::string const& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
}
std::string text_of(fs::path const& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}
std::size_t entries(fs::path const& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

} // namespace

TEST_CASE("no output is an input, nor lies among the inputs") {
    temporary_folder const folder;
    fs::path const root = folder.path();
    write(root / "in/Ada/1.png", "one");
    write(root / "model", "net");
    fs::create_directory_symlink(root / "in", root / "link");
    fs::create_symlink(root / "model", root / "other name");
    program::inputs const read{root / "in", root / "model", ""};
    for (char const* wrong : {"in", "in/", "in/faces", "in/Ada/deeper/still", "link", "link/faces", "./in/../in/x"})
        CHECK_THROWS_AS(program::require_output_folder("--output", root / wrong, read), trine::argument_error);
    CHECK(!fs::exists(root / "in/faces"));
    for (char const* wrong : {"model", "other name", "in/x.png", "link/Ada/1.png"})
        CHECK_THROWS_AS(program::require_output_file("--picture", root / wrong, read), trine::argument_error);
    CHECK_THROWS_WITH(program::require_output_file("--picture", root / "none/x.png", read),
                      Catch::Contains("there is no folder"));
    CHECK_THROWS_WITH(program::require_output_file("--picture", root, read),
                      Catch::Contains("is a folder, not a file"));
    CHECK_THROWS_WITH(program::require_output_folder("--output", root / "model/x", {}), Catch::Contains("--output: "));
    CHECK_NOTHROW(program::require_output_folder("--output", root / "in faces", read)); // begins alike
    CHECK_NOTHROW(program::require_output_file("--picture", root / "x.png", read));
}

TEST_CASE("an output folder's files stay inside it, and are none that is read") {
    temporary_folder const folder;
    fs::path const root = folder.path();
    write(root / "in/1.png", "one");
    write(root / "elsewhere/x", "");
    fs::create_directories(root / "out");
    fs::create_directory_symlink(root / "elsewhere", root / "out/away");
    fs::create_symlink(root / "in/1.png", root / "out/1.png");
    fs::create_hard_link(root / "in/1.png", root / "out/2.png");
    program::output_folder out("--output", root / "out", {root / "in"});
    out.reads(root / "in/1.png");
    for (char const* wrong : {"../x.png", "a/../../x.png", "/etc/x.png", ".", "", "away/x.png", "1.png", "2.png"}) {
        INFO(wrong);
        CHECK_THROWS_AS(out.place(wrong), trine::io_error);
    }
    CHECK(out.place("a/b.png") == root / "out/a/b.png");
    CHECK(out.place("a/b.png") == root / "out/a/b_2.png");
    CHECK(out.place("a/b_2.png") == root / "out/a/b_2_2.png");
    CHECK(out.place("..x.png") == root / "out/..x.png"); // a name, not a way out
    CHECK(fs::is_directory(root / "out/a"));
    CHECK(text_of(root / "in/1.png") == "one");
}

TEST_CASE("a folder is written whole, replaces its own, and touches nobody else's") {
    temporary_folder const folder;
    fs::path const root = folder.path();
    write(root / "in/a/x.png", "a");
    write(root / "in/a_x.png", "b");
    auto const run = [&](std::string const& group, bool commits = true) {
        program::whole_folder out("--output", root / "out", "groups", {root / "in"});
        out.copy(root / "in/a/x.png", group + "/a_x.png");
        out.copy(root / "in/a_x.png", group + "/a_x.png");
        if (commits)
            out.commit();
    };
    run("group 0");
    CHECK(text_of(root / "out/group 0/a_x.png") == "a");
    CHECK(text_of(root / "out/group 0/a_x_2.png") == "b");
    run("group 1"); // nothing is left of the first
    CHECK(!fs::exists(root / "out/group 0"));
    CHECK(entries(root / "out/group 1") == 2);
    run("group 2", false); // ended before its end
    CHECK(fs::exists(root / "out/group 1/a_x.png"));
    CHECK(!fs::exists(root / "out/group 2"));
    CHECK(entries(root) == 2);
    {
        program::whole_folder out("--output", root / "out", "groups", {root / "in"});
        CHECK_THROWS_AS(out.copy(root / "in/none.png", "x.png"), trine::io_error);
    }
    CHECK(entries(root) == 2);
    write(root / "out/group 1/mine.txt", "mine");
    CHECK_THROWS_WITH(run("group 3"), Catch::Contains("holds other files already (group 1/mine.txt)"));
    CHECK(text_of(root / "out/group 1/mine.txt") == "mine");
    for (char const* wrong : {"in", "in/sorted", "."})
        CHECK_THROWS_AS(program::whole_folder("--output", root / wrong, "groups", {root / "in"}),
                        trine::argument_error);
    fs::create_directories(root / "empty");
    program::whole_folder("--output", root / "empty", "groups", {root / "in"}).commit();
    CHECK(entries(root / "empty") == 1);
}

TEST_CASE("no output is another one of the same program") {
    temporary_folder const folder;
    fs::path const root = folder.path();
    write(root / "out/model", "net");
    fs::create_directory_symlink(root / "out", root / "link");
    std::vector<fs::path> const written{root / "out/model", root / "out/log", ""};
    for (char const* wrong : {"out/model", "out/log", "link/model", "out/./log", "link/../out/log"})
        CHECK_THROWS_AS(program::require_other_file("--onnx", root / wrong, written), trine::argument_error);
    CHECK_NOTHROW(program::require_other_file("--onnx", root / "out/other", written));
    CHECK_NOTHROW(program::require_other_file("--onnx", "", written));
}
