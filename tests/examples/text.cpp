#include "../../examples/support/text.hpp"

#include "support/catch.hpp"

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
