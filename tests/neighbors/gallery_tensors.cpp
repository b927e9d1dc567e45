#include <trine/io/safetensors.hpp>
#include <trine/neighbors/gallery_tensors.hpp>

#include <limits>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;
using neighbors::gallery;
namespace storage = neighbors::storage;
using Catch::Matchers::Contains;

TEMPLATE_TEST_CASE("a gallery among other tensors comes back bit for bit", "[gallery]", storage::float32,
                   storage::float16, storage::int8) {
    gallery<TestType> from({"a network", "euclidean", 6});
    std::vector<std::string> const names{"Ada", std::string("\xff\0\"\\\n", 5), "Grace", "Ada", "gone"},
        sources{"a.jpg", std::string("\x80\0", 2), "", "b.jpg", "c.jpg"};
    auto const points = random_values<float>(30, 1);
    from.add(names, sources, {points.data(), 5, 6});
    from.remove("gone");
    from.rename("Grace", "Grace Hopper");
    io::safetensors file;
    file.add<float>("other", {30}, points);
    neighbors::store_gallery(from, file, "people.");
    auto const read = io::safetensors::parse(file.serialize(), "a file");
    auto const to = neighbors::load_gallery<TestType>(read, "people.", {"a network", "euclidean", 6});
    REQUIRE(to.size() == 4);
    REQUIRE(to.places() == 4);
    CHECK(to.people() == from.people());
    for (std::size_t place = 0; place < 4; ++place) {
        CHECK(to.name(place) == from.name(place));
        CHECK(to.source(place) == sources[place]);
        CHECK(to.point(place) == from.point(place));
    }
    CHECK(to.identity().network == "a network");
    CHECK(read.get<float>("other", {30}) == points);
    // An empty one too.
    io::safetensors none;
    neighbors::store_gallery(gallery<TestType>({"a network", "euclidean", 6}), none);
    CHECK(neighbors::load_gallery<TestType>(io::safetensors::parse(none.serialize(), "a file")).size() == 0);
}

TEST_CASE("what is not a whole gallery is refused", "[gallery]") {
    gallery<> from({"a network", "euclidean", 2});
    std::vector<std::string> const names{"Ada", "Grace"}, sources{"a.jpg", "g.jpg"};
    std::vector<float> const points{1, 2, 3, 4};
    from.add(names, sources, {points.data(), 2, 2});
    // The file with one of its tensors replaced.
    auto const with = [&](std::string const& name, auto const& shape, auto const& values) {
        io::safetensors good, bad;
        neighbors::store_gallery(from, good);
        bad.metadata = good.metadata;
        for (auto const& [key, entry] : good.entries()) {
            if (key == name)
                continue;
            if (entry.dtype == "F32")
                bad.add<float>(key, entry.shape, good.get<float>(key, entry.shape));
            else if (entry.dtype == "I64")
                bad.add<std::int64_t>(key, entry.shape, good.get<std::int64_t>(key, entry.shape));
            else
                bad.add<std::uint8_t>(key, entry.shape, good.get<std::uint8_t>(key, entry.shape));
        }
        using scalar = typename std::decay_t<decltype(values)>::value_type;
        if (!values.empty())
            bad.add<scalar>(name, shape, std::span<scalar const>(values));
        return io::safetensors::parse(bad.serialize(), "a file");
    };
    using shape = std::vector<std::size_t>;
    using numbers = std::vector<std::int64_t>;
    auto const load = [](io::safetensors const& file) { return neighbors::load_gallery(file); };
    CHECK(load(with("gallery.labels", shape{2}, numbers{0, 1})).size() == 2);
    CHECK_THROWS_WITH(load(with("gallery.labels", shape{2}, numbers{0, 2})), "a file: a photo of person 2 of 2");
    CHECK_THROWS_WITH(load(with("gallery.labels", shape{2}, numbers{0, -1})), "a file: a photo of person -1 of 2");
    CHECK_THROWS_WITH(load(with("gallery.labels", shape{2}, numbers{})), "a file: has no tensor \"gallery.labels\"");
    for (auto const& ends : {numbers{3, 9}, numbers{3, 7}, numbers{9, 8}, numbers{-1, 8}})
        CHECK_THROWS_WITH(load(with("gallery.name_ends", shape{2}, ends)),
                          "a file: the texts of \"gallery.names\" do not end where they should");
    CHECK_THROWS_WITH(load(with("gallery.name_ends", shape{2}, numbers{0, 8})), "a file: a person needs a name");
    CHECK_THROWS_WITH(load(with("gallery.name_ends", shape{1, 2}, numbers{3, 8})),
                      "a file: tensor \"gallery.name_ends\" has 2 dimensions, not one");
    CHECK_THROWS_WITH(load(with("gallery.source_ends", shape{1}, numbers{10})), "a file: 1 sources for 2 photos");
    CHECK_THROWS_WITH(
        load(with("gallery.points", shape{2, 2}, std::vector<float>{1, 2, std::numeric_limits<float>::quiet_NaN(), 4})),
        "a file: embedding 1 of those to be added is not finite");
    CHECK_THROWS_AS(load(with("gallery.points", shape{2, 0}, std::vector<float>{})), format_error);
    io::safetensors good;
    neighbors::store_gallery(from, good);
    CHECK_THROWS_WITH(neighbors::load_gallery<storage::int8>(good), Contains("stored as float32, not int8"));
    CHECK_THROWS_WITH(neighbors::load_gallery(good, "gallery.", {"a network", "cosine", 2}),
                      Contains("was made for the distance euclidean, not cosine"));
}
