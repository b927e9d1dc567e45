#include <trine/data/folder.hpp>

#include <trine/data/image_io.hpp>
#include <trine/io/file.hpp>

#include "support/catch.hpp"
#include "support/images.hpp"
#include "support/temporary_folder.hpp"

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
