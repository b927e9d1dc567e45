// One drawing of each of twenty characters, and then: which of them is this? The one-shot task of Omniglot, with a
// network that learnt from five other alphabets.
//
//   one_shot_omniglot --background images_background_small1 --background images_background_small2 --runs all_runs
//
// Each background set is learnt from on its own, as its authors say; the folders are Omniglot's archives unpacked.
// Expected output, on its last lines: a table with a row for each miner and loss,
//   all x triplet_margin | 5.2 | 5.0 5.3 | 101
// the error in percent over the 20 runs, as a mean over sets and seeds, and for each set; and the seconds of a
// training.

#include <cstdio>
#include <functional>
#include <map>
#include <sstream>

#include <trine/data/orientation.hpp>
#include <trine/backbones/conv_4.hpp>
#include <trine/data/dataset.hpp>
#include <trine/data/folder.hpp>
#include <trine/data/image_io.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/evaluation/statistics.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/io/file.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/neighbors/exact.hpp>
#include <trine/objectives/any_objective.hpp>
#include <trine/objectives/objective.hpp>
#include <trine/training/trainer.hpp>

#include "support/options.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"

using namespace trine;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t size = 56;
using network =
    nn::network<nn::shape<1, size, size>,
                nn::sequential<nn::repeat<4, backbones::conv_4_parts::block<64>>, nn::flatten, nn::l2_normalize>>;

// White strokes on black, the drawing in the middle: where on the paper a character stands says nothing about which it
// is.
data::image prepared(data::image const& drawing) {
    auto const grey = data::with_channels(drawing, 1);
    double ink = 0, x_sum = 0, y_sum = 0, squares = 0;
    for (std::size_t y = 0; y < grey.height; ++y)
        for (std::size_t x = 0; x < grey.width; ++x) {
            double const dark = 255.0 - grey(0, y, x);
            ink += dark, x_sum += dark * static_cast<double>(x), y_sum += dark * static_cast<double>(y);
        }
    require<data_error>(ink > 0, "a drawing without a stroke");
    double const cx = x_sum / ink, cy = y_sum / ink;
    for (std::size_t y = 0; y < grey.height; ++y)
        for (std::size_t x = 0; x < grey.width; ++x)
            squares += (255.0 - grey(0, y, x)) * ((static_cast<double>(x) - cx) * (static_cast<double>(x) - cx) +
                                                  (static_cast<double>(y) - cy) * (static_cast<double>(y) - cy));
    // Nearly all ink lies within some two deviations of its centre.
    double const reach = std::max(8.0, 2.1 * std::sqrt(squares / ink));
    data::image inverted(1, grey.height, grey.width);
    for (std::size_t i = 0; i < grey.samples.size(); ++i)
        inverted.samples[i] = static_cast<std::uint8_t>(255 - grey.samples[i]);
    std::vector<float> values(size * size);
    data::resample(inverted, {cx + 0.5 - reach, cy + 0.5 - reach, cx + 0.5 + reach, cy + 0.5 + reach}, size, size,
                   data::outside::black, values.data());
    data::image out(1, size, size);
    for (std::size_t i = 0; i < values.size(); ++i)
        out.samples[i] =
            static_cast<std::uint8_t>(std::min(255.0f, 2.0f * values[i])); // thin strokes, made smaller, are faint
    return out;
}

data::image turned(data::image const& in, int quarters) {
    return data::upright(in, quarters == 0 ? 1 : quarters == 1 ? 6 : quarters == 2 ? 3 : 8);
}

// Characters of all alphabets of a folder; each turned by quarters is a character of its own.
data::dataset load_background(fs::path const& folder) {
    data::dataset d{1, size, size, {}, {}, {}, {}};
    data::load_report report;
    std::vector<fs::path> characters;
    for (auto const& alphabet : data::list_folder(folder, report).folders)
        for (auto const& character : data::list_folder(folder / alphabet, report).folders)
            characters.push_back(folder / alphabet / character);
    std::sort(characters.begin(), characters.end());
    require<data_error>(!characters.empty(), folder.string(),
                        ": has no alphabets with characters in folders of their own");
    for (auto const& character : characters) {
        std::vector<fs::path> drawings;
        for (auto const& name : data::list_folder(character, report).photos)
            drawings.push_back(character / name);
        std::sort(drawings.begin(), drawings.end());
        for (int quarters = 0; quarters < 4; ++quarters) {
            d.people.push_back(fs::relative(character, folder).string() + " turned " + std::to_string(90 * quarters));
            for (auto const& file : drawings)
                d.add(turned(prepared(data::load_image(file)), quarters), static_cast<label>(d.people.size() - 1),
                      file.string());
        }
    }
    for (auto const& message : report.skipped)
        std::fprintf(stderr, "one_shot_omniglot: skipped: %s\n", program::printable(message).c_str());
    return d;
}

// The official task: a run has drawings to name, one drawing of each character, and says which are of one character.
struct run_files {
    data::dataset known{1, size, size, {"drawing"}, {}, {}, {}}, asked{1, size, size, {"drawing"}, {}, {}, {}};
    std::vector<std::size_t> answers; // place in `known`
};
std::vector<run_files> load_runs(fs::path const& folder) {
    std::vector<run_files> runs;
    for (int number = 1; number <= 20; ++number) {
        char name[16];
        std::snprintf(name, sizeof name, "run%02d", number);
        auto const path = folder / name / "class_labels.txt";
        std::istringstream file(io::read_file(path));
        run_files run;
        std::map<std::string, std::size_t> places;
        for (std::string asked, known; file >> asked >> known;) {
            auto const [at, fresh] = places.try_emplace(known, run.known.size());
            if (fresh)
                run.known.add(prepared(data::load_image(folder / known)), 0, known);
            run.asked.add(prepared(data::load_image(folder / asked)), 0, asked);
            run.answers.push_back(at->second);
        }
        require<format_error>(run.known.size() == 20 && run.asked.size() == 20, path.string(), ": pairs ",
                              run.asked.size(), " drawings with ", run.known.size(), ", not 20 with 20");
        runs.push_back(std::move(run));
    }
    return runs;
}

// Share of the drawings that are nearest to one of another character, by what `points_of` makes of drawings.
template <class PointsOf>
double error_by(PointsOf&& points_of, std::vector<run_files> const& runs) {
    std::size_t wrong = 0, all = 0;
    for (auto const& run : runs) {
        auto const known = points_of(run.known.tensors()), asked = points_of(run.asked.tensors());
        auto const matrix = [](auto const& t) {
            return matrix_view<float const>(t.data(), t.shape(0), t.size() / t.shape(0));
        };
        auto const found = neighbors::exact{}.search(distances::squared_euclidean{}, matrix(asked), matrix(known), 1);
        for (std::size_t i = 0; i < run.answers.size(); ++i)
            wrong += found[i].front().index != run.answers[i], ++all;
    }
    return static_cast<double>(wrong) / static_cast<double>(all);
}
double error_of(nn::model<network>& model, std::vector<run_files> const& runs) {
    return error_by([&](tensor<float, 4> const& drawings) { return model.embed(drawings); }, runs);
}

struct combination {
    std::string name;
    std::function<any_objective()> make;
};
std::vector<combination> combinations() {
    distances::squared_euclidean const squared;
    distances::cosine const cosine;
    auto const of = [](std::string name, auto miner, auto loss, auto distance) {
        return combination{std::move(name), [=] { return any_objective(objective(miner, loss, distance)); }};
    };
    return {
        of("batch_hard x triplet_margin", miners::batch_hard{}, losses::triplet_margin{.margin = 0.2}, squared),
        of("all x triplet_margin", miners::all{}, losses::triplet_margin{.margin = 0.2}, squared),
        of("semi_hard x triplet_margin", miners::semi_hard{}, losses::triplet_margin{.margin = 0.2}, squared),
        of("random x triplet_margin", miners::random{}, losses::triplet_margin{.margin = 0.2}, squared),
        of("all x soft_margin", miners::all{}, losses::soft_margin{}, squared),
        of("multi_similarity x multi_similarity", miners::multi_similarity{}, losses::multi_similarity{}, cosine),
        of("all x nt_xent", miners::all{}, losses::nt_xent{}, cosine),
        of("all x circle", miners::all{}, losses::circle{}, cosine),
    };
}

} // namespace

int main(int argc, char** argv) {
    std::vector<fs::path> backgrounds;
    fs::path runs_folder;
    std::string only;
    std::size_t seeds = 1, epochs = 20;
    training_options options{.learning_rate = 2e-3};
    data::pk batches{.people = 32, .photos = 4};
    nn::adamw optimizer;
    options.augmentation = {.flip = 0,
                            .shift = 0.06,
                            .rotation = 15,
                            .scale = 0.15,
                            .brightness = 0,
                            .contrast = 0,
                            .erase = 0,
                            .erase_area = 0};
    program::options app(
        "one_shot_omniglot",
        "One-shot learning on Omniglot: miners and losses beside each other, by the official twenty runs");
    app.paths("--background", backgrounds,
              "folder of alphabets to learn from; may be given several times, each is learnt from on its own")
        .required();
    app.path("--runs", runs_folder, "folder of the twenty runs").required();
    app.text("--only", only, "part of the names of the combinations to try (default: all)");
    app.number("--seeds", seeds, program::range(1, 1000), "trainings of each");
    app.number("--epochs", epochs, program::range(1, 1'000'000), "times that all drawings are shown");
    app.number("--rate", options.learning_rate, program::above(0, 10), "largest step");
    app.number("--decay", optimizer.weight_decay, program::range(0.0, 10.0), "pull of the weights towards 0");
    app.number("--people", batches.people, program::range(2, 10'000), "characters in a batch");
    app.number("--photos", batches.photos, program::range(2, 1000), "drawings of each");
    app.number("--rotation", options.augmentation.rotation, program::range(0.0, 180.0), "degrees");
    app.check([&] {
        program::require_product("--people", batches.people, "--photos", batches.photos, 16'384, "photos a batch");
    });
    return app.run(argc, argv, [&]() -> int {
        options.epochs = epochs;

        auto const runs = load_runs(runs_folder);
        std::vector<data::dataset> sets;
        for (auto const& folder : backgrounds) {
            sets.push_back(load_background(folder));
            std::printf("%s: %zu characters, each turned by quarters; %zu drawings\n",
                        program::printable(folder.string()).c_str(), sets.back().people.size() / 4,
                        sets.back().size() / 4);
        }
        std::printf("\n%s\n", nn::describe<network>().c_str());
        bool const live = program::is_terminal(2);
        std::printf("miner and loss | error, %% | of each set | seconds of a training\n");
        nn::model<network> untrained(1);
        std::printf("raw pixels | %.1f\nuntrained network | %.1f\n",
                    100 * error_by([](tensor<float, 4> const& drawings) { return drawings; }, runs),
                    100 * error_of(untrained, runs));
        for (auto const& c : combinations()) {
            if (c.name.find(only) == std::string::npos)
                continue;
            std::vector<double> errors;
            std::string each;
            double seconds = 0;
            for (auto const& set : sets) {
                std::vector<double> here;
                for (std::size_t seed = 1; seed <= seeds; ++seed) {
                    options.seed = seed;
                    nn::model<network> model(seed);
                    trainer<network> const how{
                        .objective = c.make(), .options = options, .optimizer = optimizer, .sampler = batches};
                    auto const report = how.fit(model, set, [&](epoch_report const& e, auto& m) {
                        if (live)
                            std::fprintf(stderr,
                                         "\r%s, seed %zu, epoch %zu of %zu, loss %.4f, error %.1f %%, %.0f s left   ",
                                         c.name.c_str(), seed, e.epoch, e.epochs, e.loss, 100 * error_of(m, runs),
                                         e.seconds_left);
                        return true;
                    });
                    seconds += report.seconds;
                    here.push_back(100 * error_of(model, runs));
                    errors.push_back(here.back());
                }
                char text[32];
                std::snprintf(text, sizeof text, " %.1f", evaluation::confidence_interval(here).mean);
                each += text;
            }
            if (live)
                std::fprintf(stderr, "\n");
            std::printf("%s | %.1f |%s | %.0f\n", c.name.c_str(), evaluation::confidence_interval(errors).mean,
                        each.c_str(), seconds / static_cast<double>(errors.size()));
            std::fflush(stdout);
        }
        return 0;
    });
}
