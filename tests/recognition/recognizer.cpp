#include <trine/backbones/compact.hpp>
#include <trine/recognition/recognizer.hpp>

#include <algorithm>

#include <trine/data/synthetic.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/distances/lp.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

TEST_CASE("a recognizer learns, enrols, names, verifies, and comes back from its file", "[recognition]") {
    temporary_folder const folder;
    using faces = recognizer<backbones::compact<nn::shape<1, 32, 32>, 32, 8>, miners::all>;
    faces who, same;
    data::synthetic_faces const draw{.height = 32, .width = 32};
    auto const rank_1 = [&](faces& f) {
        auto const strangers = draw.make(12, 6, 500);
        auto const [known, fresh] = data::split_by_photo(strangers, 3);
        f.clear();
        f.enroll(strangers.subset(known));
        auto const tested = strangers.subset(fresh);
        auto const found = f.identify(tested.tensors(), 1);
        double right = 0;
        for (std::size_t i = 0; i < found.size(); ++i)
            right += found[i].name == tested.people[static_cast<std::size_t>(tested.labels[i])];
        return right / static_cast<double>(found.size());
    };
    double const untrained = rank_1(who);
    who.fit(draw.make(40, 10), {.epochs = 25});
    CHECK(who.gallery_size() == 0);
    double const trained = rank_1(who);
    INFO("rank-1 of people never seen: " << untrained << " untrained, " << trained << " trained");
    CHECK(trained > untrained + 0.15);

    auto const tested = draw.make(3, 2, 700).tensors();
    who.save(folder / "model.safetensors");
    same.load(folder / "model.safetensors");
    CHECK(same.gallery_size() == 36);
    auto const a = who.identify(tested, 5), b = same.identify(tested, 5);
    for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK(a[i].name == b[i].name);
        CHECK(a[i].distance == b[i].distance);
        CHECK(a[i].votes == b[i].votes);
    }
    auto const p = data::to_tensor(draw.draw(700, 0));
    CHECK(who.verify(p, p) == 0);
    CHECK(who.verify(p, data::to_tensor(draw.draw(701, 0))) > 0);
    // A gallery in a file gives the same names, knows whose it is, and can say that somebody is unknown.
    temporary_folder const files;
    auto const in_memory = who.identify(tested, 5);
    {
        auto other = faces(3);
        other.load(folder / "model.safetensors");
        other.create_gallery(files / "people.gallery");
        CHECK(other.gallery_size() == 0);
        for (std::size_t place = 0; place < who.gallery().places(); ++place)
            other.gallery().add(who.gallery().name(place), who.gallery().source(place), who.gallery().point(place));
        auto const in_file = other.identify(tested, 5);
        for (std::size_t i = 0; i < in_file.size(); ++i) {
            CHECK(in_file[i].name == in_memory[i].name);
            CHECK(in_file[i].nearest == in_memory[i].nearest);
            CHECK((in_file[i].margin == in_memory[i].margin &&
                   in_file[i].confidence == Approx(static_cast<double>(in_file[i].votes) / 5)));
        }
        auto const strict = other.identify(tested, decision_rule{.k = 5, .weighted = true, .threshold = -1});
        CHECK(std::none_of(strict.begin(), strict.end(), [](auto const& f) { return f.known; }));
        CHECK_THROWS_WITH(other.identify(tested, decision_rule{.threshold = std::nan("")}),
                          "a threshold that is not a number");
    }
    auto reader = faces(3);
    CHECK_THROWS_WITH(reader.open_gallery(files / "people.gallery"),
                      Contains("was made with the network \"1×32×32 to 32, parameters ") &&
                          Contains("\", not with \"1×32×32 to 32, parameters "));
    reader.load(folder / "model.safetensors");
    reader.open_gallery(files / "people.gallery");
    CHECK(reader.identify(tested, 5)[0].nearest == in_memory[0].nearest);
    CHECK_THROWS_WITH(who.identify(tested, 37), Contains("k = 37 nearest neighbours of a gallery of 36 photos"));

    recognizer<backbones::compact<nn::shape<1, 32, 32>, 16, 8>> other_network;
    CHECK_THROWS_WITH(other_network.load(folder / "model.safetensors"), Contains("is of another network: its "));
    recognizer<backbones::compact<nn::shape<1, 32, 32>, 32, 8>, miners::all, losses::triplet_margin, distances::cosine>
        other_distance;
    CHECK_THROWS_WITH(other_distance.load(folder / "model.safetensors"),
                      Contains("was made with another distance: name is cosine here, squared_euclidean in the file"));
}

TEST_CASE("an identifier names people with a recognizer's file, and names no miner and no loss", "[recognition]") {
    temporary_folder const folder;
    using net = backbones::compact<nn::shape<1, 32, 32>, 16, 8>;
    recognizer<net, miners::all> who(5);
    data::synthetic_faces const draw{.height = 32, .width = 32};
    auto how = who.trainer({.epochs = 2});
    how.sampler = {.people = 4, .photos = 3};
    CHECK(who.fit(draw.make(8, 4), how).epochs.size() == 2);
    who.enroll(draw.make(5, 3));
    who.save(folder / "model.safetensors");
    identifier<net> names;
    names.load(folder / "model.safetensors");
    auto const photos = draw.make(5, 2).tensors();
    auto const a = who.identify(photos, 3), b = names.identify(photos, 3);
    REQUIRE(a.size() == 10);
    for (std::size_t i = 0; i < a.size(); ++i)
        CHECK((a[i].name == b[i].name && a[i].distance == b[i].distance));
    CHECK(names.gallery_identity().network == who.gallery_identity().network);
}

TEST_CASE("a recognizer's gallery in memory becomes a file that it can open", "[recognition]") {
    temporary_folder const folder;
    using net = backbones::compact<nn::shape<1, 32, 32>, 16, 8>;
    identifier<net> who(5);
    data::synthetic_faces const draw{.height = 32, .width = 32};
    who.enroll(draw.make(5, 3));
    who.gallery().save_as(folder / "a");
    CHECK_NOTHROW(identifier<net>(5).open_gallery(folder / "a"));
    CHECK_THROWS_WITH(identifier<net>(6).open_gallery(folder / "a"), Contains("was made with the network"));
    // Also after it has been in a recognizer's file, and when photos are added by hand.
    who.save(folder / "model");
    identifier<net> loaded(6);
    loaded.gallery(); // of another network, and empty
    loaded.load(folder / "model");
    loaded.gallery().save_as(folder / "b");
    CHECK_NOTHROW(who.open_gallery(folder / "b"));
    CHECK(who.gallery_size() == 15);
    loaded.clear();
    loaded.gallery().add("Ada", "a.jpg", std::vector<float>(net::embedding_size, 1.0f));
    loaded.gallery().save_as(folder / "c");
    CHECK_NOTHROW(who.open_gallery(folder / "c"));
    CHECK_THROWS_WITH(who.gallery().set_network("another"), Contains("cannot be changed"));
}

TEST_CASE("a recognizer's file made with another value of its distance is refused by both values", "[recognition]") {
    temporary_folder const folder;
    using net = backbones::compact<nn::shape<1, 32, 32>, 16, 8>;
    using faces = identifier<net, distances::lp>;
    faces const three(1, distances::lp{.p = 3});
    three.save(folder / "model.safetensors");
    faces four(1, distances::lp{.p = 4});
    CHECK_THROWS_WITH(four.load(folder / "model.safetensors"),
                      Contains("was made with another distance: p is 4 here, 3 in the file"));
    CHECK(four.distance().p == 4);
    faces same(2, distances::lp{.p = 3});
    same.load(folder / "model.safetensors");
    CHECK(std::equal(same.model().parameters().begin(), same.model().parameters().end(),
                     three.model().parameters().begin()));
}
