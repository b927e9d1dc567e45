#include "../../examples/support/training_policies.hpp"

#include <vector>

#include <trine/core/error.hpp>
#include <trine/nn/schedules.hpp>

#include "support/catch.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

program::any_schedule schedule(std::string const& text) { return program::make_schedule(program::parse_choice(text)); }

} // namespace

TEST_CASE("schedules by name warm up, then follow another") {
    auto const steps = schedule("warm_up share=0.2 then=stepwise every=0.5 factor=0.1");
    nn::warm_up<nn::stepwise> const typed{.share = 0.2, .then = {.every = 0.5, .factor = 0.1}};
    CHECK(steps.identity_of() == identity_of(typed));
    for (std::size_t step = 0; step < 100; ++step)
        CHECK(steps(step, 100) == typed(step, 100));
    CHECK(schedule("warm_up then=constant").identity_of().text() == "warm_up (share 0.05, then constant)");
    CHECK(schedule("warm_up floor=0.1").identity_of().text() == "warm_up (share 0.05, then cosine (floor 0.1))");
    CHECK_THROWS_WITH(schedule("warm_up then=3"), Contains("warm_up: then is cosine, stepwise or constant"));
    CHECK_THROWS_WITH(schedule("warm_up floor=low"), Contains("floor is a number, not a text"));
}

TEST_CASE("samplers by name make batches of what was asked for") {
    std::vector<label> const labels{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3}, groups{5, 5, 8, 8};
    data::pk const batches{4, 3};
    auto const text = [&](std::string const& choice) {
        return program::make_sampler(program::parse_choice(choice), batches, groups)(labels, 7).identity_of().text();
    };
    CHECK(text("triplets") == "triplet_sampler (triplets 4, seed 7)");
    CHECK(text("hierarchical groups=2") == "hierarchical_sampler (groups 2, people 2, photos 3, seed 7)");
    CHECK(text("hierarchical groups=1") == "hierarchical_sampler (groups 1, people 4, photos 3, seed 7)");
    CHECK_THROWS_WITH(text("hierarchical groups=4"), Contains("there are 2 groups for batches of 4"));
    CHECK_THROWS_WITH(text("hierarchical groups=3"), Contains("--people 4 is not a multiple of groups=3"));
    CHECK_THROWS_WITH(text("hierarchical families=2"), Contains("there is no value \"families\", but groups"));
    CHECK_THROWS_WITH(text("triplets groups=2"), Contains("sampler: triplets takes no values"));
    CHECK_THROWS_WITH(text("pairs"), Contains("but pk, uniform, class_balanced, triplets or hierarchical"));
}
