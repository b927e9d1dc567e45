#include <trine/data/folder.hpp>

#include <trine/data/image_io.hpp>
#include <trine/io/file.hpp>

#include "support/catch.hpp"
#include "support/images.hpp"
#include "support/temporary_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

using namespace trine;
using Catch::Matchers::Contains;

TEST_CASE("a folder of people is read in natural order; what is left out is counted and named", "[data]") {
    temporary_folder const folder;
    for (char const* person : {"p10", "p2"}) {
        std::filesystem::create_directory(folder / person);
        for (int i : {1, 2, 10})
            data::save_png(gradient_image(i == 2 ? 3 : 1, 20 + static_cast<std::size_t>(i), 30),
                           folder / person / (std::to_string(i) + ".png"));
    }
    io::write_file(folder / "p2" / "3.jpg", "\xff\xd8\xff broken");
    io::write_file(folder / "p2" / "notes.txt", "ignored");
    std::filesystem::create_directory(folder / "nobody");
    data::load_report report;
    auto const d = data::load_folder(folder.path(), 1, 24, 24, {}, &report);
    CHECK(d.people == std::vector<std::string>{"p2", "p10"});
    CHECK(d.labels == std::vector<label>{0, 0, 0, 1, 1, 1});
    CHECK(d.sources[2] == (folder / "p2" / "10.png").string());
    CHECK(report.ignored == 1);
    REQUIRE(report.skipped.size() == 1);
    CHECK_THAT(report.skipped[0], Contains("3.jpg: damaged JPEG"));
    CHECK_THROWS_WITH(data::load_folder(folder.path(), 1, 24, 24, {.strict = true}), Contains("3.jpg"));
    CHECK_THROWS_WITH(data::load_folder(folder / "none", 1, 24, 24), Contains("there is no such folder"));
    CHECK_THROWS_WITH(data::load_folder(folder / "nobody", 1, 24, 24), Contains("has no sub-folders"));
    CHECK_THROWS_WITH(data::load_folder(folder / "p2" / "1.png", 1, 24, 24), Contains("is not a folder"));
    temporary_folder const empty;
    std::filesystem::create_directory(empty / "a");
    CHECK_THROWS_WITH(data::load_folder(empty.path(), 1, 24, 24), Contains("has no photo that can be used"));
}

TEST_CASE("what cannot be looked at is left out and named, and the rest is read", "[data]") {
    temporary_folder const folder;
    auto const ada = folder / "Ada", eve = folder / "Eve";
    std::filesystem::create_directory(ada);
    std::filesystem::create_directory(eve);
    data::save_png(gradient_image(1, 20, 30), ada / "1.png");
    data::save_png(gradient_image(1, 20, 30), eve / "1.png");
    std::filesystem::create_symlink("loop", folder / "loop");
    std::filesystem::create_symlink("loop.jpg", ada / "loop.jpg");
    std::filesystem::create_symlink("nowhere", ada / "gone.jpg");
    std::filesystem::create_symlink("/dev/zero", ada / "zero.jpg");
    REQUIRE(::mkfifo((ada / "pipe.png").c_str(), 0600) == 0);
    io::write_file(ada / "a.heic", "ftyp");
    io::write_file(ada / "b.AVIF", "ftyp");
    io::write_file(ada / "notes.txt", "ignored");
    std::filesystem::create_directory(ada / "folder.jpg");
    std::vector<std::string> const left_out{"a.heic: a photo of kind HEIC, which is not read",
                                            "b.AVIF: a photo of kind AVIF, which is not read",
                                            "gone.jpg: leads to nothing",
                                            "loop.jpg: cannot be looked at: Too many levels of symbolic links",
                                            "pipe.png: is a pipe or a device",
                                            "zero.jpg: is a pipe or a device"};
    data::load_report report;
    auto const d = data::load_folder(folder.path(), 1, 24, 24, {}, &report);
    CHECK(d.people == std::vector<std::string>{"Ada", "Eve"});
    CHECK(d.size() == 2);
    CHECK(report.ignored == 1);
    REQUIRE(report.skipped.size() == 1 + left_out.size());
    CHECK_THAT(report.skipped[0], Contains((folder / "loop").string() + ": cannot be looked at"));
    for (std::size_t i = 0; i < left_out.size(); ++i)
        CHECK_THAT(report.skipped[i + 1], Contains((ada / "").string() + left_out[i]));
    CHECK_THROWS_AS(data::load_folder(folder.path(), 1, 24, 24, {.strict = true}), error);

    report = {};
    auto const photos = data::photos_below(folder.path(), report);
    CHECK(photos == std::vector<std::filesystem::path>{ada / "1.png", eve / "1.png"});
    CHECK(report.skipped.size() == 1 + left_out.size());
    CHECK(report.ignored == 1);

    // A folder that nobody may read; whoever runs this as root may.
    std::filesystem::permissions(eve, std::filesystem::perms::none);
    if (::access(eve.c_str(), R_OK) != 0) {
        report = {};
        CHECK(data::load_folder(folder.path(), 1, 24, 24, {}, &report).people == std::vector<std::string>{"Ada"});
        CHECK_THAT(report.skipped.back(), Contains((eve).string() + ": cannot be read"));
        report = {};
        CHECK(data::photos_below(folder.path(), report).size() == 1);
        CHECK_THROWS_AS(data::load_folder(folder.path(), 1, 24, 24, {.strict = true}), error);
    }
    std::filesystem::permissions(eve, std::filesystem::perms::owner_all);
    auto const long_name = folder / std::string(300, 'a');
    CHECK_THROWS_WITH(data::load_folder(long_name, 1, 24, 24), Contains("cannot be read: File name too long"));
    CHECK_THROWS_AS(data::photos_below(long_name, report), io_error);
    CHECK_THROWS_AS(data::load_folder(folder / "loop", 1, 24, 24), io_error);
    CHECK_THROWS_WITH(data::photos_below(folder / "none", report), Contains("there is no such folder"));
    CHECK_THROWS_WITH(data::photos_below(ada / "1.png", report), Contains("is not a folder"));
    CHECK_THROWS_AS(data::fitted_photo(long_name, 1, 24, 24, {}), io_error);
}

TEST_CASE("hidden names are passed over, and links are what they lead to", "[data]") {
    temporary_folder const folder, elsewhere;
    auto const ada = folder / "Ada";
    for (auto const& where : {ada, folder / "__MACOSX", folder / ".git", ada / "deep" / "er", elsewhere / "Bob"}) {
        std::filesystem::create_directories(where);
        data::save_png(gradient_image(1, 20, 30), where / "1.png");
    }
    for (char const* hidden : {"._1.png", ".DS_Store", "Thumbs.db", "desktop.ini"})
        io::write_file(ada / hidden, "not a photo");
    std::filesystem::create_directory_symlink(elsewhere / "Bob", folder / "A linked Bob");
    std::filesystem::create_symlink(elsewhere / "Bob" / "1.png", ada / "2.png");
    // Round and round.
    std::filesystem::create_directory_symlink("..", ada / "deep" / "back");
    std::filesystem::create_directory_symlink(folder.path(), elsewhere / "Bob" / "back");
    std::filesystem::create_directory_symlink("Ada", folder / "A linked Ada");

    data::load_report report;
    auto const d = data::load_folder(folder.path(), 1, 24, 24, {}, &report);
    CHECK(d.people == std::vector<std::string>{"A linked Ada", "A linked Bob", "Ada"});
    CHECK(d.size() == 5);
    CHECK((report.skipped.empty() && report.ignored == 0));

    // Everything once, by its own name.
    std::vector<std::filesystem::path> const all{folder / "A linked Bob" / "1.png", ada / "1.png", ada / "2.png",
                                                 ada / "deep" / "er" / "1.png"};
    CHECK(data::photos_below(folder.path(), report) == all);
    CHECK((report.skipped.empty() && report.ignored == 0));
    CHECK(data::photos_below(folder.path(), report, ada / "deep").size() == 3);
    CHECK(data::photos_below(folder.path(), report, folder / "none").size() == 4);
    CHECK(data::photos_below(folder / "__MACOSX", report).size() == 1); // who names it means it

    auto const seen = data::list_folder(ada, report);
    CHECK(seen.folders == std::vector<std::string>{"deep"});
    CHECK(seen.photos == std::vector<std::string>{"1.png", "2.png"});
    CHECK((data::is_hidden_name("__MACOSX") && data::is_hidden_name("thumbs.DB") && !data::is_hidden_name("a.b")));
}

TEST_CASE("a photo that is too large, or cannot be brought to size, is left out with its name", "[data]") {
    temporary_folder const folder;
    std::filesystem::create_directory(folder / "Ada");
    data::save_png(gradient_image(1, 20, 30), folder / "Ada" / "1.png");
    data::save_png(gradient_image(1, 20, 31), folder / "Ada" / "2.png");
    data::load_report report;
    CHECK(data::load_folder(folder.path(), 1, 24, 24, {.most_pixels = 600}, &report).size() == 1);
    REQUIRE(report.skipped.size() == 1);
    CHECK_THAT(report.skipped[0], Contains("2.png: says that it has 31×20 pixels"));
    auto const nothing = [](data::image const&) { return data::image(1, 0, 0); };
    CHECK_THROWS_WITH(data::fitted_photo(folder / "Ada" / "1.png", 1, 24, 24, {.prepare = nothing}),
                      Contains("1.png: a photo of 0×0 pixels"));
    auto const no_memory = [](data::image const&) -> data::image { throw std::bad_alloc(); };
    CHECK_THROWS_WITH(data::fitted_photo(folder / "Ada" / "1.png", 1, 24, 24, {.prepare = no_memory}),
                      Contains("1.png: there is no memory"));
}
