#include <trine/core/tunable.hpp>

#include <array>

#include "support/catch.hpp"

using namespace trine;

namespace {

struct inner {
    static constexpr std::string_view name = "inner";
    double width = 2;
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("width", self.width);
    }
};
struct outer {
    static constexpr std::string_view name = "outer";
    static constexpr std::array tunables{tunable{"margin", 0.1, 1, spacing::logarithmic}};
    float margin = 0.25f;
    std::size_t count = 3;
    bool flag = true;
    inner part{};
    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("margin", self.margin), visit("count", self.count), visit("flag", self.flag), visit("part", self.part);
    }
};
struct more : outer {
    static constexpr auto tunables = more_tunables<outer>(std::array{tunable{"count", 1, 9, spacing::linear, true}});
};

} // namespace

TEST_CASE("policies say what of them is tuned, and what they are made of first") {
    CHECK(tunables_of<inner>().empty());
    REQUIRE(tunables_of<more>().size() == 2);
    CHECK(tunables_of<more>()[0].key == "margin");
    CHECK(tunables_of<more>()[1].key == "count");
    CHECK(tunables_of<more>()[1].whole);
    static_assert(tunable_policy<outer> && !tunable_policy<inner>);
}

TEST_CASE("values are found and set by their keys") {
    outer o;
    CHECK(value_of(o, "margin") == 0.25);
    CHECK(value_of(o, "part.width") == 2);
    set_value(o, "margin", 0.5);
    set_value(o, "count", 6.7);
    set_value(o, "part.width", 4);
    CHECK(o.margin == 0.5f);
    CHECK(o.count == 7);
    CHECK(o.part.width == 4);
    CHECK_THROWS_WITH(set_value(o, "margins", 1), "outer has no number that is called margins");
    CHECK_THROWS_WITH(set_value(o, "flag", 1), "outer has no number that is called flag");
    CHECK_THROWS_WITH(value_of(o, "part"), "outer has no number that is called part");
    CHECK_THROWS_WITH(value_of(o, "part.depth"), "outer has no number that is called part.depth");
}
