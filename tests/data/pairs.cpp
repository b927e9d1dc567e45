#include <trine/data/pairs.hpp>

#include <sys/stat.h>

#include <trine/core/error.hpp>
#include <trine/io/file.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

TEST_CASE("pairs are read, or said to be wrong", "[data]") {
    temporary_folder const folder;
    auto const path = folder / "pairs.txt";
    io::write_file(path, "2 1\nAda\t1\t12\nAda\t3\tBob\t4\nBob\t1\t2\nBob\t1\tAda\t2\n");
    auto const pairs = data::read_pairs(path);
    REQUIRE(pairs.size() == 4);
    CHECK((pairs[0].same && pairs[0].second == "Ada/Ada_0012.jpg" && pairs[0].fold == 0));
    CHECK((!pairs[3].same && pairs[3].first == "Bob/Bob_0001.jpg" && pairs[3].second == "Ada/Ada_0002.jpg" &&
           pairs[3].fold == 1));
    io::write_file(path, "2 1\nAda\t1\t12\nAda\t3\tBob\n");
    CHECK_THROWS_WITH(data::read_pairs(path), Contains("line 3 is not a pair of photos of two people"));
    // Numbers whose product is none, that are negative, or that promise more than there is: none is waited for.
    for (char const* first : {"18446744073709551615 9223372036854775808", "1 9223372036854775808", "-1 -1", "2 -3",
                              "0 1", "1 0", "99999999999999999999999 1", "1000000000 1000000000"}) {
        io::write_file(path, std::string(first) + "\n");
        CHECK_THROWS_AS(data::read_pairs(path), format_error);
    }
    io::write_file(path, "1 1\nAda\t-1\t2\nAda\t3\tBob\t4\n");
    CHECK_THROWS_WITH(data::read_pairs(path), Contains("line 2 is not a pair"));
    CHECK_THROWS_WITH(data::read_pairs(folder.path()), Contains("is a folder, not a file"));
    io::write_file(path, "Ada\n");
    CHECK_THROWS_WITH(data::read_pairs(path), Contains("its first line is not a number of folds and of pairs"));
}

TEST_CASE("a pipe in place of a list of pairs is refused, not waited for", "[data]") {
    temporary_folder const folder;
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK_THROWS_WITH(data::read_pairs(folder / "pipe"), Contains("is a pipe, not a file"));
}
