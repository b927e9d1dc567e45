#include <trine/io/embeddings.hpp>

#include <limits>
#include <string>
#include <vector>

#include <trine/core/error.hpp>
#include <trine/io/file.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

TEST_CASE("embeddings come back from a CSV bit for bit, with any label", "[io]") {
    temporary_folder const folder;
    auto values = random_values<float>(24, 1);
    values[0] = std::numeric_limits<float>::denorm_min(), values[1] = std::numeric_limits<float>::max(),
    values[2] = -0.0f;
    std::vector<std::string> const labels{"Ada", "Grace, \"the\" Hopper", "two\nlines", "", "Zoë", "\r"};
    io::write_embeddings_csv(folder / "a.csv", {values.data(), 6, 4}, labels);
    auto const back = io::read_embeddings_csv(folder / "a.csv");
    CHECK(back.labels == labels);
    CHECK(back.values == values);
    CHECK(back.dimensions == 4);
    CHECK(back.view().rows() == 6);
    CHECK_THROWS_AS(io::embeddings_csv({values.data(), 6, 4}, std::span(labels).first(5)), shape_error);
    values[7] = std::numeric_limits<float>::quiet_NaN(); // which would not be read again
    CHECK_THROWS_AS(io::embeddings_csv({values.data(), 6, 4}, labels), numeric_error);
}

TEST_CASE("a CSV of embeddings looks as spreadsheets write it", "[io]") {
    std::vector<float> const values{1, 0.5f, -2, 0.1f};
    std::vector<std::string> const labels{"a", "b,c"};
    CHECK(io::embeddings_csv({values.data(), 2, 2}, labels) == "label,0,1\na,1,0.5\n\"b,c\",-2,0.1\n");
    auto const back = io::parse_embeddings_csv("label,x,y\r\na,1,2\r\n\"b \"\"c\"\"\",3,4e1", "t.csv");
    CHECK(back.labels == std::vector<std::string>{"a", "b \"c\""});
    CHECK(back.values == std::vector<float>{1, 2, 3, 40});
}

TEST_CASE("what is wrong in a CSV of embeddings is said with its line", "[io]") {
    auto const parse = [](char const* text) { return io::parse_embeddings_csv(text, "t.csv"); };
    CHECK_THROWS_WITH(parse(""), Contains("t.csv, line 1: begins with \"\""));
    CHECK_THROWS_WITH(parse("name,0\na,1\n"), Contains("line 1: begins with \"name\""));
    CHECK_THROWS_WITH(parse("label\na\n"), Contains("line 1: there are no columns"));
    CHECK_THROWS_WITH(parse("label,0,1\na,1,2\nb,1\n"), Contains("line 3: 1 values, not 2"));
    CHECK_THROWS_WITH(parse("label,0\na,1,2\n"), Contains("line 2: 2 values, not 1"));
    CHECK_THROWS_WITH(parse("label,0\n\"a\nb\",x\n"), Contains("line 2: \"x\" is no finite number"));
    CHECK_THROWS_WITH(parse("label,0\na,1\n\"a\nb\",1\nc,nan\n"), Contains("line 5: \"nan\" is no finite number"));
    CHECK_THROWS_WITH(parse("label,0\na,\n"), Contains("line 2: \"\" is no finite number"));
    CHECK_THROWS_WITH(parse("label,0\n\"a,1\n"), Contains("line 2: a quote is not closed"));
    CHECK_THROWS_WITH(parse("label,0\n\"a\"b,1\n"), Contains("line 2: something follows"));
    CHECK_THROWS_WITH(parse("label,0\na,1 \n"), Contains("is no finite number"));
}

TEST_CASE("the projector's tables have tabs, and names where there are several columns", "[io]") {
    std::vector<float> const values{1, 0.5f, -2, 0.1f};
    CHECK(io::projector_vectors({values.data(), 2, 2}) == "1\t0.5\n-2\t0.1\n");
    std::vector<io::text_column> const one{{"person", {"Ada\tL.", "Grace\nH."}}};
    CHECK(io::projector_metadata(one) == "Ada L.\nGrace H.\n");
    std::vector<io::text_column> const two{{"person", {"Ada", "Grace"}}, {"photo", {"1.png", "2.png"}}};
    CHECK(io::projector_metadata(two) == "person\tphoto\nAda\t1.png\nGrace\t2.png\n");
    std::vector<io::text_column> const uneven{{"person", {"Ada"}}, {"photo", {}}};
    CHECK_THROWS_AS(io::projector_metadata(uneven), shape_error);
    CHECK_THROWS_AS(io::projector_metadata({}), shape_error);
}
