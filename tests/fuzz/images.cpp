// Photos by their first bytes: PNG, JPEG with EXIF, BMP, PBM, PGM, PPM; WebP, GIF and TIFF where
// their libraries are there.

#include <trine/data/image_io.hpp>

#include "reading.hpp"

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    constexpr std::size_t most_pixels = 1 << 16;
    fuzz::accepts([&] {
        auto const photo = trine::data::decode_image(fuzz::text(data, size), "input", most_pixels);
        fuzz::hold(photo.height * photo.width <= most_pixels);
        fuzz::hold(photo.channels == 1 || photo.channels == 3);
        fuzz::hold(photo.samples.size() == photo.channels * photo.height * photo.width);
    });
    return 0;
}
