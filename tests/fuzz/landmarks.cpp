// Lists of landmarks, and what is aligned by them: a wild landmark must not lead outside a photo.

#include <trine/faces/alignment.hpp>

#include "reading.hpp"

using namespace trine;

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const path = fuzz::put("landmarks.csv", fuzz::text(data, size));
    fuzz::accepts([&] {
        static data::image const photo(3, 5, 7);
        for (auto const& [name, face] : faces::read_landmarks(path))
            fuzz::accepts([&, &face = face] { (void)faces::aligned(photo, face, 16); });
    });
    return 0;
}
