#include <trine/io/npz.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <trine/io/file.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

std::vector<float> const values{1, 2.5f, -3, 4, 5, 6};
std::vector<std::int64_t> const labels{1, 2, 3};

io::npz small() {
    io::npz file;
    file.add<float>("embeddings", {3, 2}, values);
    file.add<std::int64_t>("labels", {3}, labels);
    return file;
}

} // namespace

TEST_CASE("npz files come back as they were written", "[io]") {
    temporary_folder const folder;
    small().save(folder / "a.npz");
    auto const back = io::npz::load(folder / "a.npz");
    CHECK(back.names() == std::vector<std::string>{"embeddings", "labels"});
    CHECK(back.get<float>("embeddings").shape == std::vector<std::size_t>{3, 2});
    CHECK(back.get<float>("embeddings").values == values);
    CHECK(back.get<std::int64_t>("labels").values == labels);
    CHECK_THROWS_WITH(back.get<double>("embeddings"), Contains("a.npz: embeddings: holds <f4, not <f8"));
    CHECK_THROWS_WITH(back.get<float>("faces"), Contains("has no array \"faces\""));
    CHECK_THROWS_AS(io::npz::load(folder / "none.npz"), io_error);
    CHECK(io::npz::parse(io::npz().serialize(), "empty").names().empty());
}

TEST_CASE("an npz file that is cut short or changed is refused", "[io]") {
    auto const bytes = small().serialize();
    for (std::size_t length = 0; length < bytes.size(); ++length)
        CHECK_THROWS_AS(io::npz::parse(std::string_view(bytes).substr(0, length), "short"), format_error);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        auto changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 0x41);
        try { // some bytes say nothing: times, versions
            auto const back = io::npz::parse(changed, "changed");
            for (auto const& name : back.names())
                if (name == "embeddings")
                    CHECK(back.get<float>(name).values == values);
        } catch (format_error const&) {
        }
    }
    auto damaged = bytes;
    damaged[damaged.find("NUMPY") + 120 + 8] ^= 1; // a value
    CHECK_THROWS_WITH(io::npz::parse(damaged, "damaged"), Contains("is damaged: its check sum"));
}

TEST_CASE("arrays of an npz file have names of their own, and say their shape rightly", "[io]") {
    auto file = small();
    CHECK_THROWS_AS(file.add<float>("labels", {6}, values), argument_error);
    CHECK_THROWS_AS(file.add<float>("", {6}, values), argument_error);
    CHECK_THROWS_AS(file.add<float>("more", {7}, values), shape_error);
}

TEST_CASE("a compressed npz file is refused in words that help", "[io]") {
    auto bytes = small().serialize();
    for (std::size_t at = bytes.find("PK\x01\x02"); at != std::string::npos; at = bytes.find("PK\x01\x02", at + 1))
        bytes[at + 10] = 8; // deflated
    CHECK_THROWS_WITH(io::npz::parse(bytes, "x.npz"), Contains("is compressed") && Contains("numpy.savez"));
}

TEST_CASE("an npz file whose arrays are the same bytes is refused before it is read as many times", "[io]") {
    io::npz one;
    std::vector<float> const many(1000, 1.0f);
    one.add<float>("a0", {1000}, many);
    auto const bytes = one.serialize();
    std::size_t const list = bytes.find("PK\x01\x02"), end = bytes.find("PK\x05\x06");
    std::string entries;
    for (char digit = '0'; digit < '9'; ++digit) {
        auto entry = bytes.substr(list, end - list);
        entry[entry.size() - 5] = digit; // of its name
        entries += entry;
    }
    std::string tail = bytes.substr(end);
    tail[8] = tail[10] = 9;
    auto const size = static_cast<std::uint32_t>(entries.size());
    std::memcpy(tail.data() + 12, &size, 4);
    CHECK_THROWS_WITH(io::npz::parse(bytes.substr(0, list) + entries + tail, "bomb"),
                      Contains("its arrays lie in one another"));
}

TEST_CASE("a comment behind an npz file is no matter", "[io]") {
    auto bytes = small().serialize();
    bytes[bytes.size() - 2] = 5;
    CHECK(io::npz::parse(bytes + "hello", "x.npz").names().size() == 2);
    CHECK_THROWS_AS(io::npz::parse(bytes + "hell", "x.npz"), format_error);
}

TEST_CASE("an npz file that NumPy wrote is read", "[io]") {
    auto const file = io::npz::load(std::filesystem::path(TRINE_TEST_FIXTURES) / "numpy.npz");
    CHECK(file.get<float>("embeddings").shape == std::vector<std::size_t>{2, 3});
    CHECK(file.get<float>("embeddings").values == std::vector<float>{0, 0.25f, 0.5f, 0.75f, 1, 1.25f});
    CHECK(file.get<std::int64_t>("labels").values == std::vector<std::int64_t>{7, -1});
}
