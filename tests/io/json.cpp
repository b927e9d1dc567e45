#include <trine/io/json.hpp>

#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include <trine/core/random.hpp>

#include "support/catch.hpp"

using namespace trine;
using Catch::Matchers::Contains;

TEST_CASE("JSON comes back as it was written", "[io]") {
    io::json const all(io::json::object{
        {"text", "quotes \" and \\, a line\nand a tab\t, \x01, Zoë, 面, 🙂"},
        {"largest", std::numeric_limits<std::uint64_t>::max()},
        {"below", -3},
        {"half", 0.5},
        {"yes", true},
        {"nothing", io::json()},
        {"", io::json::list{io::json::list{}, io::json::object{}, 7u, std::string("a\0b", 3)}},
    });
    auto const text = all.dump();
    auto const back = io::json::parse(text);
    CHECK(*back.find("text")->text() == *all.find("text")->text());
    CHECK(*back.find("largest")->size() == std::numeric_limits<std::uint64_t>::max());
    CHECK(back.find("below")->number() == -3);
    CHECK(*back.find("yes")->truth());
    CHECK(back.find("nothing")->is_null());
    CHECK(back.find("none") == nullptr);
    CHECK(back == all);
    CHECK(back.dump() == text);
    CHECK_THROWS_AS(back.find("text")->number(), format_error);
    // Others read it too, and write the same, but for the order of keys.
    auto const other = nlohmann::json::parse(text);
    CHECK(other["text"] == *all.find("text")->text());
    CHECK(other["largest"] == std::numeric_limits<std::uint64_t>::max());
    CHECK(other["text"].dump() == all.find("text")->dump());
}

TEST_CASE("numbers of JSON have the fewest digits that give them back", "[io]") {
    for (double v : {0.0, -0.0, 1.0, 10.0, 0.1, 0.3, 1e-4, 1.5e-5, 123456.789, 1e14, 999999999999999.0, 1e15, 1e16,
                     -2.5e300, 5e-324, 1.7976931348623157e308, 1.0 / 3}) {
        CAPTURE(v);
        auto const text = io::json(v).dump();
        CHECK(text == nlohmann::json(v).dump());
        CHECK(std::signbit(io::json::parse(text).number()) == std::signbit(v));
        CHECK(io::json::parse(text).number() == v);
    }
    random_stream random(1, purpose::user);
    for (int i = 0; i < 2000; ++i) {
        double const v = random.normal() * std::pow(10.0, random.uniform(-30, 30));
        REQUIRE(io::json::parse(io::json(v).dump()).number() == v);
    }
    CHECK(io::json(std::nan("")).dump() == "null");
    CHECK(io::json(std::numeric_limits<double>::infinity()).dump() == "null");
    CHECK(*io::json::parse("18446744073709551615").size() == std::numeric_limits<std::uint64_t>::max());
    CHECK(io::json::parse("1e2").size() == nullptr); // not written as a size
}

TEST_CASE("escapes of JSON stand for characters", "[io]") {
    auto const text = [](char const* json) { return *io::json::parse(json).text(); };
    CHECK(text(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
    CHECK(text(R"("\u00e9\u9762\ud83d\ude42\u0000")") == std::string("é面🙂\0", 10));
    CHECK(text(" \t\r\n\"a\" ") == "a");
}

TEST_CASE("what is not JSON is refused at the byte where it is not", "[io]") {
    auto const refused = [](std::string const& text, char const* message) {
        CAPTURE(text);
        CHECK_THROWS_WITH(io::json::parse(text), Contains(message));
        CHECK_THROWS_AS(io::json::parse(text), format_error);
    };
    refused("", "byte 0: a value is missing");
    refused("[1, 2", "byte 5: a list goes on with , or ends with ]");
    refused("[1 2]", "byte 3: a list goes on");
    refused("[1,]", "byte 3: no value begins so");
    refused("{\"a\":1,}", "byte 7: a key is a text");
    refused("{\"a\" 1}", "byte 5: a : follows a key");
    refused("{\"a\":1", "byte 6: an object goes on");
    refused("{a:1}", "byte 1: a key is a text");
    refused("{} x", "byte 3: something follows the value");
    refused("nul", "byte 0: no value begins so");
    refused("\"abc", "byte 0: a text that does not end");
    refused("\"a\nb\"", "byte 2: a control character in a text");
    refused(R"("\x")", "byte 1: no such escape");
    refused("\"\\", "byte 1: no such escape");
    refused(R"("\u12g4")", "byte 1: \\u without four digits");
    refused(R"("\u12)", "byte 1: \\u without four digits");
    refused(R"("\u-123")", "byte 1: \\u without four digits");
    refused(R"("\ud83d")", "byte 1: half of a surrogate pair");
    refused(R"("\ud83d\u0041")", "byte 1: half of a surrogate pair");
    refused(R"("\ude42")", "byte 1: half of a surrogate pair");
    refused("01", "byte 0: a number with a leading zero");
    refused("-", "byte 1: a digit is missing");
    refused("1.", "byte 2: a digit is missing");
    refused("1e+", "byte 3: a digit is missing");
    refused("[18446744073709551616]", "byte 1: a number beyond 64 bits");
    refused("1e999", "byte 0: a number beyond a double");
    refused("\xef\xbb\xbf{}", "byte 0: no value begins so");
    refused(R"({"a":1,"b":2,"a":3})", "byte 13: the key \"a\" is there twice");
    refused(R"({"a":1,"\u0061":3})", "byte 7: the key \"a\" is there twice");
    // Overlong, a surrogate, beyond the last character, cut off, and a byte that begins none.
    for (char const* bytes : {"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                              "\xe9", "\xe9\x9d", "\xf0\x9f\x99", "\x80", "\xff"}) {
        refused(std::string("\"x") + bytes + "\"", "byte 2: not UTF-8");
        CHECK_THROWS_WITH(io::json(std::string("x") + bytes).dump(), Contains("is not UTF-8"));
    }
    CHECK(io::json("a\xe9z").dump(io::invalid_utf8::replace) == "\"a\xef\xbf\xbdz\"");
    auto const nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(io::json::parse(nested(io::json::deepest)).dump() == nested(io::json::deepest));
    refused(nested(io::json::deepest + 1), "byte 32: nested deeper than 32");
    refused(std::string(1'000'000, '['), "byte 32: nested deeper than 32");
    io::json deep(1);
    for (std::size_t i = 0; i <= io::json::deepest; ++i)
        deep = io::json::list{deep};
    CHECK_THROWS_AS(deep.dump(), argument_error);
    CHECK_THROWS_WITH(io::json(io::json::object{{"a", 1}, {"a", 2}}).dump(), "the key \"a\" is there twice");
}
