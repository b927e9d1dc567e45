#include <trine/neighbors/gallery_search.hpp>

#include <trine/core/random.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/distances/lp.hpp>
#include <trine/neighbors/exact.hpp>

#include "support/catch.hpp"
#include "support/galleries.hpp"
#include "support/random_values.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using neighbors::access;
using neighbors::gallery;
namespace storage = neighbors::storage;
using Catch::Matchers::Contains;

TEMPLATE_TEST_CASE("adding and removing gives what a gallery built anew would be", "[gallery]", storage::float32,
                   storage::float16, storage::int8) {
    temporary_folder const folder;
    auto const path = folder / "people.gallery";
    auto g = gallery<TestType>::create(path, of_tests);
    using distance = distances::euclidean;
    neighbors::gallery_search<neighbors::exact_in<TestType>, distance, TestType> search;
    std::vector<std::pair<std::string, std::size_t>> model; // person, number of the point; in the order of places
    random_stream stream(4, purpose::user);
    auto const queries = random_values<float>(30, 77);
    for (std::size_t step = 0; step < 300; ++step) {
        auto const draw = [&](std::size_t n) {
            return static_cast<std::size_t>(stream.below(static_cast<std::uint32_t>(n)));
        };
        auto const somebody = [&] { return model[draw(model.size())].first; };
        std::size_t const what = draw(20);
        if (what < 10 || model.empty()) {
            std::string const name = "person " + std::to_string(draw(8));
            g.add(name, std::to_string(step), point(step));
            model.emplace_back(name, step);
        } else if (what < 14) {
            std::size_t const i = draw(model.size());
            std::size_t place = 0;
            while (g.is_removed(place) || g.source(place) != std::to_string(model[i].second))
                ++place;
            g.remove({&place, 1});
            model.erase(model.begin() + static_cast<std::ptrdiff_t>(i));
        } else if (what < 16) {
            auto const from = somebody(), to = "renamed " + std::to_string(step);
            g.rename(from, to);
            for (auto& m : model)
                if (m.first == from)
                    m.first = to;
        } else if (what < 18) {
            auto const from = somebody(), into = somebody();
            if (from != into) {
                g.merge(from, into);
                for (auto& m : model)
                    if (m.first == from)
                        m.first = into;
            }
        } else if (what == 18) {
            auto const who = somebody();
            g.remove(who);
            std::erase_if(model, [&](auto const& m) { return m.first == who; });
        } else
            g.compact();
        if (step % 10 != 9 || model.empty())
            continue;
        gallery<TestType> fresh(of_tests);
        for (auto const& [name, number] : model)
            fresh.add(name, std::to_string(number), point(number));
        REQUIRE(contents(g) == contents(fresh));
        REQUIRE(g.people() == fresh.people());
        REQUIRE(contents(gallery<TestType>::open(path)) == contents(fresh));
        // And the nearest are the same photos.
        neighbors::gallery_search<neighbors::exact_in<TestType>, distance, TestType> anew;
        std::size_t const k = std::min<std::size_t>(7, model.size());
        matrix_view<float const> const q(queries.data(), 5, 6);
        auto const a = search.search(g, q, k), b = anew.search(fresh, q, k);
        bool same = true;
        for (std::size_t i = 0; i < 5; ++i)
            for (std::size_t j = 0; j < k; ++j)
                same = same && g.source(a[i][j].index) == fresh.source(b[i][j].index) &&
                       std::abs(a[i][j].distance - b[i][j].distance) <= 1e-6f * b[i][j].distance;
        CHECK(same);
    }
}

TEST_CASE("a search refuses a gallery of another distance, or of other values", "[gallery]") {
    auto const p = point(1);
    matrix_view<float const> const query(p.data(), 1, 6);
    gallery<> g(neighbors::gallery_identity::of("a network", distances::lp{.p = 3}, 6));
    g.add("Ada", "a.jpg", p);
    neighbors::gallery_search<neighbors::exact, distances::lp> three(distances::lp{.p = 3}), two;
    CHECK(three.search(g, query, 1)[0][0].index == 0);
    CHECK_THROWS_WITH(two.search(g, query, 1), "the gallery: was made for the distance lp (p 3), not lp (p 2)");
    neighbors::gallery_search<neighbors::exact, distances::euclidean> other;
    CHECK_THROWS_WITH(other.search(g, query, 1), "the gallery: was made for the distance lp (p 3), not euclidean");
    // What it was made with can be looked at, and not changed.
    STATIC_REQUIRE(std::is_same_v<decltype(three.distance()), distances::lp const&>);
    CHECK(three.distance().p == 3);
    CHECK(three.index().distance().p == 3);
}

TEST_CASE("a search takes galleries one after the other", "[gallery]") {
    auto const a = point(1), b = point(2);
    gallery<> first(of_tests), second(of_tests);
    first.add("Ada", "a.jpg", a);
    second.add("Grace", "g.jpg", a), second.add("Mary", "m.jpg", b);
    neighbors::gallery_search<neighbors::exact, distances::euclidean> search;
    matrix_view<float const> const query(b.data(), 1, 6);
    CHECK(search.search(first, query, 1)[0][0].index == 0);
    CHECK(search.search(second, query, 1)[0][0].index == 1);
    CHECK(search.search(first, query, 1)[0][0].index == 0);
}
