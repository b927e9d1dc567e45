#include <trine/core/crc.hpp>

#include <string>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("cyclic redundancy checks are the published ones", "[core]") {
    // The check values of the catalogue of parametrised CRC algorithms.
    CHECK(crc32("123456789") == 0xCBF43926u);
    CHECK(crc32c("123456789") == 0xE3069283u);
    // RFC 3720, appendix B.4.
    std::string rising, falling;
    for (int i = 0; i < 32; ++i)
        rising += static_cast<char>(i), falling += static_cast<char>(31 - i);
    CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AAu);
    CHECK(crc32c(std::string(32, '\xff')) == 0x62A8AB43u);
    CHECK(crc32c(rising) == 0x46DD794Eu);
    CHECK(crc32c(falling) == 0x113FDB5Cu);
    CHECK(crc32("") == 0);
    CHECK(crc32c("") == 0);
}
