#include "training_choices.hpp"

#include <cstdio>
#include <map>
#include <sstream>

#include <trine/data/folder.hpp>
#include <trine/data/image_io.hpp>
#include <trine/data/synthetic.hpp>
#include <trine/io/file.hpp>
#include <trine/losses/face_margins.hpp>

#include "networks.hpp"
#include "options.hpp"
#include "policies.hpp"
#include "text.hpp"

namespace program {

using namespace trine;

int training_choices::run(int argc, char** argv, std::function<int()> const& work) {
    options app("train_faces", "Learns to tell faces apart, then recognises photos that were held out");
    app.path("--data", data, "folder with one sub-folder of photos for each person (default: drawn faces)");
    app.path("--output", output, "folder for model, log and pictures");
    app.choice("--backbone", backbone, network_names(), "network, with the size of photos that it takes; see --list");
    app.text(
        "--miner", miner,
        "which triplets or pairs, with its values as in \"semi_hard margin=0.3\"; see --list (default: all, and none "
        "for losses with class weights)");
    app.text("--loss", loss, "how wrong, with its values as in \"triplet_margin margin=0.3\"; see --list");
    app.text("--distance", distance, "how far apart; see --list (default: the one that the loss is made for)");
    app.flag("--list", list,
             "lists miners, losses, distances, regularizers, optimizers, schedules, samplers and backbones with their "
             "values, and "
             "ends");
    app.number("--memory", memory, range(0, 10'000'000),
               "embeddings of the last batches that each batch is compared with too, in a cross-batch memory; 0: none");
    app.texts(
        "--regularizer", regularizers,
        "a penalty besides, as in \"zero_mean weight=0.1\" or \"regular_face weight=0.5 on=class_weights\"; may be "
        "given several times; see --list");
    app.number("--margin", margin, above(0, 1000),
               "margin of triplet_margin and semi_hard that give none, in squared distance of unit vectors");
    app.number("--epochs", training.epochs, range(1, 1'000'000), "times that all photos are shown");
    app.number("--people", batches.people, range(2, 10'000), "P: people in a batch");
    app.number("--photos", batches.photos, range(2, 1000), "K: photos of each of them");
    app.number("--learning-rate", training.learning_rate, above(0, 10),
               "largest step; warms up, then follows a cosine");
    app.number("--objective-rate", objective_rate, above(0, 10'000),
               "how fast class weights and thresholds learn, against the network (default: 10 with class weights, else "
               "1)");
    app.number("--weight-decay", weight_decay, range(0.0, 10.0),
               "pull of the weights towards 0 (default: the optimizer's)");
    app.text("--optimizer", optimizer_name, "how parameters follow gradients, with values as in \"sgd momentum=0.9\"");
    app.text("--schedule", schedule_name, "how the learning rate goes, as in \"stepwise every=0.25\"");
    app.text("--sampler", sampler_name,
             "what makes a batch: pk, uniform, class_balanced, triplets, or \"hierarchical groups=2\" with --groups");
    app.path("--groups", groups,
             "file that says who belongs together, for the hierarchical sampler: a line for each "
             "person, with a tab between name and group");
    app.number("--clip-norm", training.clip_norm, range(0.0, 1e9),
               "longest gradient, a longer one is shortened; 0: any");
    app.number("--average", training.average, range(0.0, 0.999999),
               "decay of a moving average of the parameters, such as 0.99, which is then the model; 0: none");
    app.number("--validation-people", validation_people, range(0, 1'000'000),
               "people kept apart, by whom each epoch is judged (MAP@R); the model is that of the best epoch");
    app.number("--patience", training.patience, range(0, 1'000'000),
               "epochs without a better one after which training ends; 0: never");
    app.flag("--find-learning-rate", find_rate, "only try learning rates, and say which one suits");
    app.number("--held-out", held_out, range(0.01, 0.99), "share of every person's photos kept for the test");
    app.number("-k", k, range(1, 1'000'000), "neighbours that vote");
    app.number("--seed", training.seed, any_seed, "same seed, same bits");
    app.number("--threads", threads, range(1, 1024), "threads; the result does not depend on them (default: all)");
    app.number("--chunks", chunks, range(1, 16'384),
               "parts of a batch that go through the network one by one, at least as many as mpirun starts ranks; the "
               "result depends on them, and not on the ranks (default: 1, or a power of two for all ranks)");
    app.number("--synthetic-people", synthetic_people, range(1, 1'000'000), "people to draw when there is no --data");
    app.number("--synthetic-photos", synthetic_photos, range(1, 100'000), "photos to draw of each");
    how.add_options(app);
    app.flag("--strict", strict, "a photo that cannot be used is an error");
    app.flag("--no-augmentation", no_augmentation, "show photos as they are");
    app.path("--report", report,
             "folder for report.html: one file with charts, a map through the epochs and a threshold to move, "
             "for any browser; and for the embeddings, as CSV and for the embedding projector");
    app.path("--onnx", onnx, "file for the network as an ONNX model, which other libraries run");
    app.path("--events", events, "folder for an event file, whose curves TensorBoard shows while the network learns");
    app.flag("--watch", watch,
             "redraw the curves of loss, active triplets and accuracy on the terminal after every epoch");
    app.flag("--resume", resume, "go on from the checkpoint in the output folder");
    app.check([&] {
        require_product("--people", batches.people, "--photos", batches.photos, 16'384, "photos a batch");
        require_product("--synthetic-people", synthetic_people, "--synthetic-photos", synthetic_photos, 1'000'000,
                        "photos");
        require<argument_error>(groups.empty() == (parse_choice(sampler_name).name != "hierarchical"),
                                "--groups: is for --sampler hierarchical, which needs it");
        require<argument_error>(training.patience == 0 || validation_people > 0, "--patience ", training.patience,
                                ": needs people to judge epochs by: --validation-people");
        require<argument_error>(!find_rate || !resume,
                                "--find-learning-rate: tries rates from the beginning; leave out --resume");
    });
    app.footer("Examples:\n"
               "  train_faces                                       drawn faces\n"
               "  train_faces --data photos --output run1           your own photos: photos/NAME/*.jpg\n"
               "  train_faces --data photos --output run1 --resume  go on where Ctrl-C stopped\n"
               "  train_faces --data photos --detector mtcnn        find and align the faces first\n"
               "  train_faces --loss \"arcface margin=0.3 scale=24\"   class weights in place of triplets\n"
               "  mpirun -np 4 train_faces --data photos            on four ranks; docs/distributed.md says more\n"
               "  train_faces --data orl --backbone grey112x92 --people 8 --photos 8 --miner batch_hard --epochs 80\n");
    return app.run(argc, argv, work);
}

any_objective training_choices::objective(std::span<label const> labels) {
    objective_choice c;
    c.loss = parse_choice(loss);
    c.memory = memory;
    require<argument_error>(c.loss.name != "multi_supervised_contrastive",
                            "loss: multi_supervised_contrastive reads attributes from the bits of a label, and photos "
                            "in folders have a person: use supervised_contrastive");
    if (miner.empty())
        miner = natural_miner(c.loss.name);
    if (distance.empty())
        distance = natural_distance(c.loss.name);
    c.miner = parse_choice(miner), c.distance = parse_choice(distance);
    if (c.loss.name == "triplet_margin")
        c.loss.values.try_emplace("margin", margin);
    if (c.miner.name == "semi_hard")
        c.miner.values.try_emplace("margin", margin);
    if (c.loss.name == "dynamic_arcface" && !labels.empty()) {
        auto const photos = losses::photos_of_classes(labels);
        c.loss.values.try_emplace("photos", std::vector<double>(photos.begin(), photos.end()));
    }
    for (auto const& one : regularizers)
        c.regularizers.push_back(parse_choice(one));
    bool const in_threes = parse_choice(sampler_name).name == "triplets";
    require<argument_error>(c.miner.name != "batch_triplets" || in_threes,
                            "miner: batch_triplets takes a batch's photos as anchors, positives and negatives by "
                            "turns: use it with --sampler triplets");
    require<argument_error>(memory == 0 || memory >= batches.people * batches.photos, "--memory ", memory,
                            ": batches of --people ", batches.people, " times --photos ", batches.photos,
                            " do not fit into it");
    training.objective_rate = objective_rate.value_or(learns_weights(c.loss.name) ? 10 : 1);
    return make_objective(c);
}

bool training_choices::needs_free_length() const {
    bool needs = needs_length(parse_choice(loss).name);
    for (auto const& one : regularizers)
        needs = needs || draws_lengths(parse_choice(one));
    return needs;
}

void training_choices::check() {
    objective();
    optimizer(), schedule();
    make_sampler(parse_choice(sampler_name), batches);
}

any_optimizer training_choices::optimizer() const {
    auto choice = parse_choice(optimizer_name);
    if (weight_decay)
        choice.values.try_emplace("weight_decay", *weight_decay);
    return make_optimizer(choice);
}
any_schedule training_choices::schedule() const { return make_schedule(parse_choice(schedule_name)); }
sampler_maker training_choices::sampler(std::vector<std::string> const& people) const {
    auto const choice = parse_choice(sampler_name);
    if (choice.name != "hierarchical")
        return make_sampler(choice, batches);
    return make_sampler(choice, batches, groups_of(people));
}

std::vector<label> training_choices::groups_of(std::vector<std::string> const& people) const {
    std::map<std::string, std::string> group_of;
    std::istringstream lines(io::read_file(groups));
    for (std::string line; std::getline(lines, line);) {
        if (line.empty())
            continue;
        auto const tab = line.rfind('\t');
        require<format_error>(tab != std::string::npos && tab > 0 && tab + 1 < line.size(), groups.string(), ": \"",
                              line, "\" is no person, tab, group");
        group_of[line.substr(0, tab)] = line.substr(tab + 1);
    }
    std::map<std::string, label> numbers;
    std::vector<label> all;
    for (auto const& who : people) {
        auto const at = group_of.find(who);
        require<data_error>(at != group_of.end(), groups.string(), ": says no group of \"", who, "\"");
        all.push_back(numbers.try_emplace(at->second, static_cast<label>(numbers.size())).first->second);
    }
    return all;
}

data::dataset training_choices::photos(std::size_t channels, std::size_t height, std::size_t width) const {
    if (data.empty()) {
        std::printf("drawing %zu people with %zu photos each\n", synthetic_people, synthetic_photos);
        return trine::data::synthetic_faces{channels, height, width, training.seed}.make(synthetic_people,
                                                                                         synthetic_photos);
    }
    trine::data::load_report loaded;
    auto all = trine::data::load_folder(data, channels, height, width, how.loading(strict), &loaded);
    std::printf("%s: %zu photos of %zu people", printable(data.string()).c_str(), all.size(), all.people.size());
    if (loaded.ignored > 0)
        std::printf(", %zu files that are no photos", loaded.ignored);
    std::printf("\n");
    for (auto const& message : loaded.skipped)
        std::printf("skipped: %s\n", printable(message).c_str());
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
    std::string penalties;
    for (auto const& one : regularizers)
        penalties += (penalties.empty() ? "" : ", ") + one;
    return {{"photos",
             text(photos.size()) + " of " + text(photos.people.size()) + " people" + (data.empty() ? ", drawn" : "")},
            {"network", backbone},
            {"miner", miner},
            {"loss", loss},
            {"distance", distance},
            {"memory", memory > 0 ? text(memory) + " embeddings" : "none"},
            {"regularizers", penalties.empty() ? "none" : penalties},
            {"margin", text(margin)},
            {"epochs", text(training.epochs)},
            {"batch", text(batches.people) + " people with " + text(batches.photos) + " photos each"},
            {"learning rate", text(training.learning_rate)},
            {"optimizer", optimizer().identity_of().text()},
            {"schedule", schedule().identity_of().text()},
            {"sampler", sampler_name},
            {"held out", text(held_out)},
            {"chunks of a batch", text(training.chunks)},
            {"longest gradient", training.clip_norm > 0 ? text(training.clip_norm) : "any"},
            {"average of parameters", training.average > 0 ? text(training.average) : "none"},
            {"epochs judged by", validation_people > 0 ? text(validation_people) + " people kept apart" : "nobody"},
            {"patience", training.patience > 0 ? text(training.patience) + " epochs" : "all epochs"},
            {"augmentation", no_augmentation ? "none" : "as usual"},
            {"neighbours that vote", text(k)},
            {"seed", text(training.seed)}};
}

} // namespace program
