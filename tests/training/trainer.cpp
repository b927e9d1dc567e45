#include <algorithm>
#include <csignal>

#include <trine/data/synthetic.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/nn/frozen.hpp>
#include <trine/training/cross_batch_memory.hpp>
#include <trine/training/proxy_objective.hpp>
#include <trine/training/recognizer.hpp>

#include "support/catch.hpp"
#include "support/random_values.hpp"
#include "support/reference_data.hpp"
#include "support/temporary_folder.hpp"

using namespace trine;
using Catch::Matchers::Contains;

namespace {

using backbone =
    nn::network<nn::shape<1, 32, 32>, nn::sequential<backbones::convolution_block<8, 3, nn::stride<2>>, nn::max_pool<2>,
                                                     nn::flatten, nn::dropout<20>, nn::linear<16>, nn::l2_normalize>>;
using trainer_type = trainer<backbone, miners::random, losses::triplet_margin, distances::squared_euclidean>;

data::dataset const& photos() {
    static auto const d = data::synthetic_faces{.height = 32, .width = 32}.make(10, 6);
    return d;
}

training_options options() {
    return {.epochs = 4, .people_per_batch = 5, .photos_per_person = 4, .learning_rate = 3e-3, .seed = 7};
}

std::vector<float> all_values(nn::model<backbone>& m) {
    std::vector<float> v(m.parameters().begin(), m.parameters().end());
    v.insert(v.end(), m.state().begin(), m.state().end());
    return v;
}

} // namespace

TEST_CASE("trained parameters are the same bits with 1, 2 and 4 threads", "[training]") {
    std::vector<float> first;
    for (std::size_t threads : {1, 2, 4}) {
        with_threads const scope(threads);
        nn::model<backbone> m(7);
        auto const before = all_values(m);
        trainer_type(options()).fit(m, photos());
        auto const after = all_values(m);
        CHECK((after != before));
        if (threads == 1)
            first = after;
        CHECK((after == first));
    }
}

TEST_CASE("what is frozen stays as it was while the rest learns", "[training]") {
    using front = backbones::convolution_block<8, 3, nn::stride<2>>;
    using whole = nn::network<nn::shape<1, 32, 32>,
                              nn::sequential<front, nn::max_pool<2>, nn::flatten, nn::linear<16>, nn::l2_normalize>>;
    using tuned =
        nn::network<nn::shape<1, 32, 32>,
                    nn::sequential<nn::frozen<front>, nn::max_pool<2>, nn::flatten, nn::linear<16>, nn::l2_normalize>>;
    CHECK(network_signature<whole>() == network_signature<tuned>());
    std::size_t const frozen = 8 * 9 + 16;
    auto const check = [&](auto& m) {
        std::vector<float> const before(m.parameters().begin(), m.parameters().end());
        using network = typename std::remove_reference_t<decltype(m)>::network_type;
        training_loop<network>(options(),
                               objective(miners::all{}, losses::triplet_margin{}, distances::squared_euclidean{}))
            .fit(m, photos());
        CHECK(std::equal(before.begin(), before.begin() + frozen, m.parameters().begin()));
        CHECK(!std::equal(before.begin() + frozen, before.end(), m.parameters().begin() + frozen));
    };
    SECTION("by its type: statistics too") {
        nn::model<tuned> m(3);
        std::vector<float> const state(m.state().begin(), m.state().end());
        check(m);
        CHECK(std::equal(state.begin(), state.end(), m.state().begin()));
    }
    SECTION("by its name: statistics follow") {
        nn::model<whole> m(3);
        CHECK(m.freeze("0.") == 3);
        std::vector<float> const state(m.state().begin(), m.state().end());
        check(m);
        CHECK(!std::equal(state.begin(), state.end(), m.state().begin()));
        CHECK_THROWS_WITH(m.freeze("7."), "no parameter of the network has a name that begins with \"7.\"");
    }
}

TEST_CASE("what a loss learns or remembers is resumed too", "[training]") {
    temporary_folder const folder;
    auto const check = [&](auto const& make) {
        auto o = options();
        nn::model<backbone> whole(7), part(7), rest(99);
        any_objective const objectives[] = {make(), make(), make()};
        training_loop<backbone>(o, objectives[0]).fit(whole, photos());
        o.checkpoint = folder / "checkpoint.safetensors";
        training_loop<backbone>(o, objectives[1]).fit(part, photos(), [](epoch_report const& e, auto&) {
            return e.epoch < 2;
        });
        CHECK((all_values(part) != all_values(whole)));
        o.resume = true;
        training_loop<backbone>(o, objectives[2]).fit(rest, photos());
        CHECK((all_values(rest) == all_values(whole)));
        std::vector<float> expected, got;
        objectives[0].each_parameter(
            [&](std::span<float> v, std::span<float const>) { expected.insert(expected.end(), v.begin(), v.end()); });
        objectives[2].each_parameter(
            [&](std::span<float> v, std::span<float const>) { got.insert(got.end(), v.begin(), v.end()); });
        CHECK((got == expected));
        CHECK((objectives[2].state() == objectives[0].state()));
        return expected.size() + objectives[0].state().size();
    };
    CHECK(check([] { return any_objective(objective(miners::none{}, losses::cosface{}, distances::cosine{})); }) ==
          10 * 16);
    CHECK(check([] {
              return any_objective(objective(miners::all{}, losses::margin{.classes = 10}, distances::euclidean{}));
          }) == 10);
    CHECK(check([] {
              return any_objective(cross_batch_memory<miners::all, losses::contrastive, distances::euclidean>(50));
          }) == 3 + 50 * 17);
}

TEST_CASE("a run that was stopped and resumed equals the one that was not", "[training]") {
    temporary_folder const folder;
    nn::model<backbone> whole(7);
    auto const expected = trainer_type(options()).fit(whole, photos());
    for (bool within_an_epoch : {false, true}) {
        auto o = options();
        o.checkpoint = folder / "checkpoint.safetensors";
        o.log = folder / "log.csv";
        nn::model<backbone> part(7), rest(99);
        o.stop_on_interrupt = within_an_epoch;
        auto const stopped = trainer_type(o).fit(part, photos(), [&](epoch_report const& e, auto&) {
            if (within_an_epoch && e.epoch == 2)
                std::raise(SIGINT);
            return within_an_epoch || e.epoch < 2;
        });
        CHECK(stopped.epochs.size() == 2);
        CHECK(stopped.interrupted == within_an_epoch);
        o.resume = true;
        o.stop_on_interrupt = false;
        auto const resumed = trainer_type(o).fit(rest, photos());
        CHECK((all_values(rest) == all_values(whole)));
        REQUIRE(resumed.epochs.size() == expected.epochs.size());
        for (std::size_t i = 0; i < expected.epochs.size(); ++i)
            CHECK(resumed.epochs[i].loss == expected.epochs[i].loss);
        auto const log = io::read_file(folder / "log.csv");
        CHECK(std::count(log.begin(), log.end(), '\n') == 5);
        CHECK_THAT(log, Catch::Matchers::StartsWith("epoch,loss,active,"));
    }
}

namespace {

template <kernels::convolution_algorithm A>
std::vector<double> losses_with(data::dataset const& faces) {
    using nn::algorithm;
    using net = nn::network<nn::shape<1, 56, 46>,
                            nn::sequential<backbones::convolution_block<16, 3>, nn::max_pool<2>,
                                           backbones::convolution_block<32, 3, algorithm<A>>, nn::max_pool<2>,
                                           backbones::convolution_block<32, 3, algorithm<A>>, nn::global_average_pool,
                                           nn::linear<32>, nn::l2_normalize>>;
    nn::model<net> m(3);
    auto const r = trainer<net, miners::all, losses::triplet_margin, distances::squared_euclidean>(
                       {.epochs = 6, .people_per_batch = 8, .seed = 3})
                       .fit(m, faces);
    std::vector<double> curve;
    for (auto const& e : r.epochs)
        curve.push_back(e.loss);
    return curve;
}

} // namespace

TEST_CASE("training curves with Winograd's transforms and without agree", "[training]") {
    auto const agree = [](data::dataset const& faces) {
        using enum kernels::convolution_algorithm;
        auto const fast = losses_with<winograd_4>(faces), plain = losses_with<direct>(faces);
        CHECK(fast != plain); // or it was not tried
        for (std::size_t i = 0; i < fast.size(); ++i)
            CHECK(fast[i] == Approx(plain[i]).epsilon(0.02));
        CHECK(fast.back() < fast.front());
    };
    agree(data::synthetic_faces{.height = 56, .width = 46}.make(16, 6));
    if (auto const orl = reference_data("data/orl"))
        agree(data::load_folder(*orl, 1, 56, 46));
}

TEST_CASE("a checkpoint of another network or run is refused, and nothing changes", "[training]") {
    temporary_folder const folder;
    auto o = options();
    o.checkpoint = folder / "checkpoint.safetensors";
    o.epochs = 1;
    nn::model<backbone> m(7);
    trainer_type(o).fit(m, photos());
    o.resume = true;
    auto const before = all_values(m);
    auto other = o;
    other.learning_rate = 1e-2;
    CHECK_THROWS_WITH(trainer_type(other).fit(m, photos()), Contains("is a checkpoint of another run"));
    using larger = nn::network<nn::shape<1, 32, 32>, nn::sequential<nn::flatten, nn::linear<16>>>;
    nn::model<larger> l;
    CHECK_THROWS_WITH(
        (trainer<larger, miners::random, losses::triplet_margin, distances::squared_euclidean>(o).fit(l, photos())),
        Contains("is a checkpoint of another network"));
    auto const bytes = io::read_file(o.checkpoint);
    io::write_file(o.checkpoint, std::string_view(bytes).substr(0, bytes.size() - 100));
    CHECK_THROWS_AS(trainer_type(o).fit(m, photos()), format_error);
    std::filesystem::remove(o.checkpoint);
    CHECK_THROWS_WITH(trainer_type(o).fit(m, photos()), Contains("cannot be opened"));
    CHECK((all_values(m) == before));
}

TEST_CASE("bad photos, options and a loss that runs away end with a clear message", "[training]") {
    nn::model<backbone> m;
    auto const one = data::synthetic_faces{.height = 32, .width = 32}.make(1, 4),
               single = data::synthetic_faces{.height = 32, .width = 32}.make(4, 1),
               large = data::synthetic_faces{.height = 40, .width = 32}.make(4, 2);
    CHECK_THROWS_WITH(trainer_type(options()).fit(m, one), Contains("there are photos of 1 person(s)"));
    CHECK_THROWS_WITH(trainer_type(options()).fit(m, single), Contains("0 of 4 people have two photos or more"));
    CHECK_THROWS_WITH(trainer_type(options()).fit(m, large),
                      Contains("images of 1×40×32 given to a network for 1×32×32"));
    auto o = options();
    o.learning_rate = 0;
    CHECK_THROWS_WITH(trainer_type(o).fit(m, photos()), Contains("learning rate 0"));
    m.parameters()[0] = NAN;
    CHECK_THROWS_WITH(trainer_type(options()).fit(m, photos()),
                      Contains("is not finite in step 1 (epoch 1) at learning rate"));
}

TEST_CASE("a recognizer learns, enrols, names, verifies, and comes back from its file", "[training]") {
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
    CHECK_THROWS_WITH(other_network.load(folder / "model.safetensors"), Contains("is of another network"));
    recognizer<backbones::compact<nn::shape<1, 32, 32>, 32, 8>, miners::all, losses::triplet_margin, distances::cosine>
        other_distance;
    CHECK_THROWS_WITH(other_distance.load(folder / "model.safetensors"),
                      Contains("was made with the distance squared_euclidean, not cosine"));
}
