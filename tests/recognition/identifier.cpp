#include <trine/recognition/identifier.hpp>

#include <cmath>

#include <trine/backbones/compact.hpp>
#include <trine/data/synthetic.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/losses/quality.hpp>
#include <trine/nn/residual.hpp>
#include <trine/recognition/recognizer.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("a photo's quality is the length of its embedding", "[recognition]") {
    using input = nn::shape<1, 32, 32>;
    data::synthetic_faces const draw{.height = 32, .width = 32};
    auto const photos = draw.make(6, 4);
    auto const check = [&](auto& who, bool of_length_1) {
        who.enroll(photos);
        auto const points = who.model().embed(photos.tensors());
        auto const found = who.identify(photos.tensors(), 1);
        for (std::size_t i = 0; i < found.size(); ++i) {
            double squares = 0;
            for (std::size_t k = 0; k < points.shape(1); ++k)
                squares += std::pow(static_cast<double>(points(i, k)), 2);
            CHECK(found[i].quality == Approx(std::sqrt(squares)));
            CHECK((std::abs(found[i].quality - 1) < 1e-5) == of_length_1);
        }
    };
    recognizer<backbones::compact<input, 16, 8, nn::identity>, miners::none, losses::magface, distances::cosine> free(
        1, {}, {.shortest = 1, .longest = 50, .scale = 16});
    free.fit(photos, {.epochs = 2});
    check(free, false);
    identifier<backbones::compact<input, 16, 8>> usual;
    check(usual, true);
}
