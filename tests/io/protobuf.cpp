#include <trine/io/protobuf.hpp>

#include <array>
#include <limits>

#include "support/catch.hpp"
#include "support/protobuf.hpp"

using trine::io::protobuf_message;

TEST_CASE("messages are the bytes that the format's description shows", "[io]") {
    using namespace std::string_literals;
    SECTION("an integer") {
        protobuf_message m;
        m.integer(1, 150);
        CHECK(m.bytes() == "\x08\x96\x01"s);
    }
    SECTION("a text") {
        protobuf_message m;
        m.text(2, "testing");
        CHECK(m.bytes() == "\x12\x07testing"s);
    }
    SECTION("a message within") {
        protobuf_message inner, m;
        inner.integer(1, 150);
        m.message(3, inner);
        CHECK(m.bytes() == "\x1a\x03\x08\x96\x01"s);
    }
    SECTION("packed integers") {
        protobuf_message m;
        std::array<std::int64_t, 3> const values{3, 270, 86942};
        m.integers(6, values);
        CHECK(m.bytes() == "\x32\x06\x03\x8e\x02\x9e\xa7\x05"s);
    }
    SECTION("a negative integer takes ten bytes") {
        protobuf_message m;
        m.integer(1, -2);
        CHECK(m.bytes() == "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);
    }
    SECTION("real numbers are little-endian") {
        protobuf_message m;
        m.real(2, 1.0f);
        m.real(1, -2.0);
        CHECK(m.bytes() == "\x15\x00\x00\x80\x3f\x09\x00\x00\x00\x00\x00\x00\x00\xc0"s);
    }
}

TEST_CASE("a message is read as it was written", "[io]") {
    protobuf_message m, inner;
    std::int64_t const values[]{
        0, 1, 127, 128, -1, std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
    m.integers(5, values);
    for (std::int64_t v : values)
        m.integer(7, v);
    m.text(2000, std::string(300, 'x'));
    std::array<double, 2> const reals{0.5, -3};
    m.reals(8, reals);
    inner.text(1, "within");
    m.open(9, inner.bytes().size());
    m.append(inner);

    protobuf_reader const r(m.bytes());
    CHECK(r.integers(5) == std::vector<std::int64_t>(std::begin(values), std::end(values)));
    auto const single = r.all(7);
    REQUIRE(single.size() == std::size(values));
    for (std::size_t i = 0; i < single.size(); ++i)
        CHECK(static_cast<std::int64_t>(single[i].integer) == values[i]);
    CHECK(r.one(2000).text() == std::string(300, 'x'));
    CHECK(r.one(8).bytes.size() == 16);
    CHECK(r.inside(9).one(1).text() == "within");

    protobuf_message text;
    text.text(9, std::string(200, ' '));
    CHECK(protobuf_message::text_size(9, 200) == text.bytes().size());
}
