#include "../../examples/support/text.hpp"

#include "../../examples/support/json_line.hpp"

#include <trine/faces/alignment.hpp>
#include <trine/io/file.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

TEST_CASE("a name is printed on one line and steers no terminal") {
    CHECK(program::printable("Ada Lovelace.png") == "Ada Lovelace.png");
    CHECK(program::printable("Jörg 李 🙂") == "Jörg 李 🙂");
    CHECK(program::printable("a\nb\r\tc") == "a\\nb\\r\\tc");
    CHECK(program::printable("\x1b[2J\x7f") == "\\x1b[2J\\x7f");
    CHECK(program::printable("J\xf6rg") == "J\\xf6rg"); // Latin-1
    CHECK(program::printable("\xc2\x9b"
                             "1m") == "\\xc2\\x9b1m"); // a control character in UTF-8
    CHECK(program::printable("\xe2\x80\xae"
                             "gnp.exe") == "\\xe2\\x80\\xaegnp.exe"); // writes backwards
    CHECK(program::printable("\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80") ==
          "\\xc0\\xaf\\xed\\xa0\\x80\\xf5\\x80\\x80\\x80"); // overlong, a surrogate, beyond Unicode
    CHECK(program::printable("\xe6\x9d") == "\\xe6\\x9d");  // cut short
}

TEST_CASE("a field of a CSV file is quoted where it has to be") {
    CHECK(program::csv_field("plain name.png") == "plain name.png");
    CHECK(program::csv_field("Doe, J") == "\"Doe, J\"");
    CHECK(program::csv_field("a \"b\"") == "\"a \"\"b\"\"\"");
    CHECK(program::csv_field("two\nlines") == "\"two\nlines\"");
}

TEST_CASE("a table of landmarks is read as it was written, whatever the files' names", "[faces]") {
    temporary_folder const folder;
    std::vector<std::string> const names{"plain.png",  "Doe, J/1.png", "a \"b\"/1.png", "\"",    "two\nlines.png",
                                         "a\r\nb.png", " spaces ",     "J\xf6rg.png",   "ends\r"};
    std::string table = "file,p\n";
    for (std::size_t i = 0; i < names.size(); ++i)
        table += program::csv_field(names[i]) + ",0.9,1,2,3,4,5,6,7,8,9," + std::to_string(i) + "\n";
    trine::io::write_file(folder / "list", table);
    auto const all = trine::faces::read_landmarks(folder / "list");
    CHECK(all.size() == names.size());
    for (std::size_t i = 0; i < names.size(); ++i) {
        INFO(names[i]);
        CHECK(all.at(names[i])[4].y == static_cast<double>(i));
    }
    trine::io::write_file(folder / "list", "file\n\"two\nlines\",0.9,1,2,3,4,5,6,7,8,9,10\r\nA,1\n");
    CHECK_THROWS_WITH(trine::faces::read_landmarks(folder / "list"), Catch::Contains("line 4 does not hold a file"));
}

TEST_CASE("JSON of names that are not UTF-8 is valid, and two names stay two") {
    CHECK(
        program::json_text(
            {{"name", "Jörg \"x\"\n"}, {"n", 3}, {"list", {1.5, nullptr, true}}, {"none", nlohmann::json::array()}}) ==
        "{\"list\":[1.5,null,true],\"n\":3,\"name\":\"Jörg \\\"x\\\"\\n\",\"none\":[]}");
    CHECK(program::json_text("J\xf6rg") == "\"J\\udcf6rg\"");
    CHECK(program::json_text("J\xe4rg") == "\"J\\udce4rg\"");
    CHECK(program::json_text({{"\xff", nlohmann::json::object()}}) == "{\"\\udcff\":{}}");
    CHECK(program::json_text("") == "\"\"");
}
