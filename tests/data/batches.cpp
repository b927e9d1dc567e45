#include <trine/data/batches.hpp>

#include <trine/data/synthetic.hpp>

#include "support/catch.hpp"

using namespace trine;

TEST_CASE("batches made ahead are those of their steps, from whatever step on", "[data]") {
    auto const photos = data::synthetic_faces{.height = 16, .width = 16}.make(4, 3);
    data::pk_sampler const sampler(photos.labels, 2, 2, 5);
    data::augmentation const change;
    data::batch_source all(photos, sampler, change, 9, 0, 6), rest(photos, sampler, change, 9, 4, 6);
    data::batch made, again, expected;
    for (std::size_t step = 0; step < 6; ++step) {
        all.next(made);
        rest.make(step, expected);
        CHECK(made.images == expected.images);
        CHECK(made.labels == expected.labels);
        if (step >= 4) {
            rest.next(again);
            CHECK(again.images == made.images);
        }
    }
    CHECK(made.labels.size() == 4);
    CHECK(made.images.size() == 4 * 16 * 16);
    // One that is not used up ends too.
    data::batch_source const unused(photos, sampler, change, 9, 0, 1000);
}

namespace {

struct failing_sampler {
    static constexpr std::string_view name = "failing_sampler";
    std::size_t batch_size() const { return 1; }
    std::size_t batches_per_epoch() const { return 1; }
    std::vector<std::size_t> batch(std::size_t step) const {
        require<data_error>(step < 1, "no photos for step ", step);
        return {0};
    }
};

} // namespace

TEST_CASE("what goes wrong while a batch is made is thrown where it is asked for", "[data]") {
    auto const photos = data::synthetic_faces{.height = 16, .width = 16}.make(1, 1);
    data::batch_source source(photos, failing_sampler{}, data::augmentation::none(), 1, 0, 3);
    data::batch made;
    source.next(made);
    CHECK(made.labels == std::vector<label>{0});
    CHECK_THROWS_WITH(source.next(made), "no photos for step 1");
}

namespace {

struct wild_sampler {
    static constexpr std::string_view name = "wild_sampler";
    std::size_t batch_size() const { return 1; }
    std::size_t batches_per_epoch() const { return 1; }
    std::vector<std::size_t> batch(std::size_t) const { return {100}; }
};

} // namespace

TEST_CASE("steps and photos that are not there are refused, and waited for by nobody", "[data]") {
    auto const photos = data::synthetic_faces{.height = 16, .width = 16}.make(4, 3);
    data::pk_sampler const sampler(photos.labels, 2, 2, 5);
    data::batch made;
    data::batch_source two(photos, sampler, {}, 9, 0, 2);
    two.next(made), two.next(made);
    CHECK_THROWS_AS(two.next(made), argument_error);
    data::batch_source none(photos, sampler, {}, 9, 3, 3);
    CHECK_THROWS_AS(none.next(made), argument_error);
    CHECK_THROWS_AS(data::batch_source(photos, sampler, {}, 9, 4, 3), argument_error);
    CHECK_THROWS_AS(data::batch_source(photos, sampler, {.flip = -1}, 9, 0, 3), argument_error);
    data::batch_source wild(photos, wild_sampler{}, {}, 9, 0, 2);
    CHECK_THROWS_WITH(wild.next(made), Catch::Matchers::Contains("the sampler wild_sampler asks for photo 100 of 12"));
}
