#include <trine/core/hash.hpp>

#include <iterator>
#include <set>
#include <string>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("a checksum changes with every bit, the order of bytes and their number", "[core]") {
    std::set<std::uint64_t> of_sizes;
    std::size_t const sizes[] = {0, 1, 7, 8, 9, 31, 32, 33, 100};
    for (std::size_t size : sizes) {
        std::string const zeros(size, '\0');
        of_sizes.insert(checksum(zeros));
        for (std::size_t at = 0; at < size; ++at)
            for (int bit = 0; bit < 8; ++bit) {
                auto bytes = zeros;
                bytes[at] = static_cast<char>(1 << bit);
                CHECK(checksum(bytes) != checksum(zeros));
            }
    }
    CHECK(of_sizes.size() == std::size(sizes));
    CHECK(checksum("b", checksum("a")) != checksum("a", checksum("b")));
    // Files hold it: it stays what it is.
    CHECK(checksum("") == 4355149894933508697u);
    CHECK(checksum("The quick brown fox jumps over the lazy dog") == 4143363909363864315u);
}
