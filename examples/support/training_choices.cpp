#include "training_choices.hpp"

#include <cstdio>
#include <sstream>

#include <CLI/CLI.hpp>

#include <trine/data/folder.hpp>
#include <trine/data/image_io.hpp>
#include <trine/data/synthetic.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/objectives/objective.hpp>

#include "positive.hpp"

namespace program {

using namespace trine;

std::optional<int> training_choices::read(int argc, char** argv) {
    CLI::App app("Learns to tell faces apart, then recognises photos that were held out");
    app.add_option("--data", data, "folder with one sub-folder of photos for each person (default: drawn faces)");
    app.add_option("--output", output, "folder for model, log and pictures")->capture_default_str();
    app.add_option("--backbone", backbone, "network, by its input: grey64, grey112x92 or colour96")
        ->check(CLI::IsMember(trained_names))
        ->capture_default_str();
    app.add_option("--miner", miner, "which triplets: random, all, batch_hard, semi_hard")
        ->check(CLI::IsMember({"random", "all", "batch_hard", "semi_hard"}))
        ->capture_default_str();
    app.add_option("--loss", loss, "how wrong: no_margin, triplet_margin, soft_margin")
        ->check(CLI::IsMember({"no_margin", "triplet_margin", "soft_margin"}))
        ->capture_default_str();
    app.add_option("--margin", margin, "margin of triplet_margin and semi_hard, in squared distance of unit vectors")
        ->check(positive)
        ->capture_default_str();
    app.add_option("--epochs", training.epochs, "times that all photos are shown")
        ->check(positive)
        ->capture_default_str();
    app.add_option("--people", batches.people, "P: people in a batch")->capture_default_str();
    app.add_option("--photos", batches.photos, "K: photos of each of them")->capture_default_str();
    app.add_option("--learning-rate", training.learning_rate, "largest step; warms up, then follows a cosine")
        ->capture_default_str();
    app.add_option("--weight-decay", optimizer.weight_decay, "pull of the weights towards 0")->capture_default_str();
    app.add_option("--held-out", held_out, "share of every person's photos kept for the test")
        ->check(CLI::Range(0.01, 0.99))
        ->capture_default_str();
    app.add_option("-k", k, "neighbours that vote")->check(positive)->capture_default_str();
    app.add_option("--seed", training.seed, "same seed, same bits")->capture_default_str();
    app.add_option("--threads", threads, "threads; the result does not depend on them (default: all)");
    app.add_option("--synthetic-people", synthetic_people, "people to draw when there is no --data")
        ->capture_default_str();
    app.add_option("--synthetic-photos", synthetic_photos, "photos to draw of each")->capture_default_str();
    how.add_options(app);
    app.add_flag("--strict", strict, "a photo that cannot be used is an error");
    app.add_flag("--no-augmentation", no_augmentation, "show photos as they are");
    app.add_option("--report", report,
                   "folder for report.html: one file with charts, a map through the epochs and a threshold to move, "
                   "for any browser");
    app.add_flag("--watch", watch,
                 "redraw the curves of loss, active triplets and accuracy on the terminal after every epoch");
    app.add_flag("--resume", resume, "go on from the checkpoint in the output folder");
    app.footer("Examples:\n"
               "  train_faces                                       drawn faces\n"
               "  train_faces --data photos --output run1           your own photos: photos/NAME/*.jpg\n"
               "  train_faces --data photos --output run1 --resume  go on where Ctrl-C stopped\n"
               "  train_faces --data photos --detector mtcnn        find and align the faces first\n"
               "  train_faces --data orl --backbone grey112x92 --people 8 --photos 8 --miner batch_hard --epochs 80\n");
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& e) {
        return app.exit(e);
    }
    return std::nullopt;
}

any_objective training_choices::objective() const {
    auto const with_loss = [&](auto chosen) -> any_objective {
        distances::squared_euclidean const distance;
        if (loss == "no_margin")
            return trine::objective(chosen, losses::no_margin{}, distance);
        if (loss == "soft_margin")
            return trine::objective(chosen, losses::soft_margin{}, distance);
        return trine::objective(chosen, losses::triplet_margin{.margin = margin}, distance);
    };
    if (miner == "random")
        return with_loss(miners::random{});
    if (miner == "batch_hard")
        return with_loss(miners::batch_hard{});
    if (miner == "semi_hard")
        return with_loss(miners::semi_hard{.margin = margin});
    return with_loss(miners::all{});
}

data::dataset training_choices::photos(std::size_t channels, std::size_t height, std::size_t width) const {
    if (data.empty()) {
        std::printf("drawing %zu people with %zu photos each\n", synthetic_people, synthetic_photos);
        return trine::data::synthetic_faces{channels, height, width, training.seed}.make(synthetic_people,
                                                                                         synthetic_photos);
    }
    trine::data::load_report loaded;
    auto all = trine::data::load_folder(data, channels, height, width, how.options(strict), &loaded);
    std::printf("%s: %zu photos of %zu people", data.c_str(), all.size(), all.people.size());
    if (loaded.ignored > 0)
        std::printf(", %zu files that are no photos", loaded.ignored);
    std::printf("\n");
    for (auto const& message : loaded.skipped)
        std::printf("skipped: %s\n", message.c_str());
    if (!loaded.skipped.empty())
        std::printf("%zu photos were skipped (--strict makes that an error)\n", loaded.skipped.size());
    return all;
}

std::vector<std::pair<std::string, std::string>> training_choices::in_words(data::dataset const& photos) const {
    auto const text = [](auto value) {
        std::ostringstream out;
        out << value;
        return out.str();
    };
    return {{"photos",
             text(photos.size()) + " of " + text(photos.people.size()) + " people" + (data.empty() ? ", drawn" : "")},
            {"network", backbone},
            {"miner", miner},
            {"loss", loss},
            {"margin", text(margin)},
            {"epochs", text(training.epochs)},
            {"batch", text(batches.people) + " people with " + text(batches.photos) + " photos each"},
            {"learning rate", text(training.learning_rate)},
            {"weight decay", text(optimizer.weight_decay)},
            {"held out", text(held_out)},
            {"augmentation", no_augmentation ? "none" : "as usual"},
            {"neighbours that vote", text(k)},
            {"seed", text(training.seed)}};
}

} // namespace program
