// Learns to tell faces apart, enrols, recognises held-out photos, and leaves a model, a log, pictures and, if wanted, a
// report behind.
//
//   train_faces                       on drawn faces
//   train_faces --data photos         on your own: one sub-folder for each person
//   mpirun -np 4 train_faces          on four processes, here or on several machines
//   train_faces --help                every option
//
// Expected output: the network's table, a line for each epoch with rate and time left, then how well held-out photos
// are recognised beside the untrained network, and where the files are.

#include <algorithm>
#include <bit>
#include <cstdio>
#include <filesystem>
#include <string>

#include "support/learners.hpp"
#include "support/networks.hpp"
#include "support/outputs.hpp"
#include "support/policies.hpp"
#include "support/ranks.hpp"
#include "support/report.hpp"
#include "support/results.hpp"
#include "support/terminal.hpp"
#include "support/training_choices.hpp"

#include <trine/data/image_io.hpp>
#include <trine/distributed/photos.hpp>
#include <trine/evaluation/retrieval.hpp>
#include <trine/training/interrupt.hpp>
#include <trine/visual/text_chart.hpp>

using namespace trine;

namespace {

double share_right(std::vector<identification> const& found, data::dataset const& photos) {
    std::size_t right = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
        right += found[i].name == photos.people[static_cast<std::size_t>(photos.labels[i])];
    return found.empty() ? 0 : static_cast<double>(right) / static_cast<double>(found.size());
}

// Prints how the loss went while the learning rate rose, and what to take.
int find_rate(program::any_network& network, program::training_job const& job, data::dataset const& learn) {
    auto const curve = program::learner_of(network.backbone).find_learning_rate(network, job, learn);
    std::printf("\n%s\n",
                visual::text_chart("loss, smoothed, while the learning rate rises", curve.losses, 60, 10).c_str());
    std::size_t const lines = 20, step = (curve.rates.size() + lines - 1) / lines;
    for (std::size_t i = 0; i < curve.rates.size(); i += step)
        std::printf("learning rate %8.1e  loss %.4f\n", curve.rates[i], curve.losses[i]);
    std::printf("\nthe loss falls fastest at --learning-rate %.1e; at %.1e it is lowest, which is too large\n",
                curve.suggested, curve.lowest);
    return 0;
}

// Where to write is looked at before the work.
void check_outputs(program::training_choices const& c) {
    program::inputs const read{c.data, c.how.detector, c.groups};
    program::require_output_folder("--output", c.output, read);
    if (!c.report.empty())
        program::require_output_folder("--report", c.report, read);
    if (!c.events.empty())
        program::require_output_folder("--events", c.events, read);
    if (!c.onnx.empty())
        program::require_output_file("--onnx", c.onnx, read);
    std::filesystem::path const out = c.output;
    program::require_other_file("--onnx", c.onnx,
                                {out / "model.safetensors", out / "checkpoint.safetensors", out / "training.csv",
                                 out / "training.jsonl", c.report.empty() ? c.report : c.report / "report.html",
                                 c.events.empty() ? c.events : c.events / "events.out.tfevents.trine"});
}

int run(program::training_choices c, program::rank_session& session) {
    auto const network = program::make_network(c.backbone, c.training.seed);
    auto const& learner = program::learner_of(c.backbone);
    auto& who = *network;
    auto& ranks = session.ranks();
    auto const processors = session.share_processors(c.threads.has_value());
    c.training.chunks = c.chunks ? *c.chunks : std::bit_ceil(ranks.size());
    bool const is_first = ranks.rank() == 0; // who writes, and looks at what has been learnt
    std::filesystem::path const out = c.output;
    data::dataset all;
    together(ranks, [&] {
        if (!is_first)
            return;
        check_outputs(c);
        all = c.photos(who.channels, who.height, who.width);
    });
    distributed::share_photos(ranks, all);
    data::dataset judges;
    if (c.validation_people > 0) {
        auto const apart = data::split_off_people(all, c.validation_people, c.training.seed);
        judges = all.subset(apart.second);
        all = data::with_photos(all.subset(apart.first), 1);
    }
    auto const parts = data::split_by_photo(all, 1 - c.held_out, c.training.seed);
    auto const learn = all.subset(parts.first), held_out = all.subset(parts.second);
    require<data_error>(
        held_out.size() > 0,
        "no photo can be held out: every person has one photo only, and learning needs two or more of a person");
    std::vector<std::size_t> left(all.people.size());
    for (label own : learn.labels)
        ++left[static_cast<std::size_t>(own)];
    auto const usable = std::count_if(left.begin(), left.end(), [](std::size_t n) { return n >= 2; });
    require<data_error>(usable >= 2, usable, " of ", all.people.size(), " people have two photos to learn from: of ",
                        all.size(), " photos ", held_out.size(), " were held out for the test (--held-out ", c.held_out,
                        "), and triplets take two photos each of two people");
    program::training_job job{.objective = c.objective(learn.labels),
                              .options = c.training,
                              .optimizer = c.optimizer(),
                              .schedule = c.schedule(),
                              .sampler = c.sampler(learn.people),
                              .files = {.checkpoint = out / "checkpoint.safetensors",
                                        .log = out / "training.csv",
                                        .json_log = out / "training.jsonl",
                                        .events = c.events.empty() ? c.events : c.events / "events.out.tfevents.trine",
                                        .resume = c.resume},
                              .ranks = &ranks,
                              .keeps_length = c.needs_free_length()};
    if (c.no_augmentation)
        job.options.augmentation = data::augmentation::none();

    if (judges.size() > 0) {
        job.judge = [&judges, &who, photos = judges.tensors()] {
            auto const points = who.embed(photos);
            std::span<label const> const people(judges.labels);
            return evaluation::evaluate_retrieval(distances::squared_euclidean{}, as_matrix(points), people,
                                                  as_matrix(points), people, true)
                .mean_average_precision_at_r;
        };
        std::printf("%zu photos of %zu people are kept apart to judge epochs by\n", judges.size(), c.validation_people);
    }
    if (c.find_rate)
        return find_rate(who, job, learn);

    std::printf("\n%s%s\n", who.table().c_str(), processors.c_str());
    if (job.keeps_length && who.ends_in_length_1)
        std::printf("embeddings keep their length while the network learns; the model brings them to 1\n");
    if (c.training.chunks > 1)
        std::printf("batches go through the network in %zu chunks: --chunks %zu gives the same bits on other ranks\n",
                    c.training.chunks, c.training.chunks);
    std::printf("\n");
    if (is_first)
        who.enroll(learn);
    auto const shown_places = program::shown_places(held_out);
    auto const shown_photos = held_out.subset(shown_places);
    auto const shown = shown_photos.tensors();
    auto const& shown_labels = shown_photos.labels;
    program::run_report story{"Trine: " + std::to_string(all.people.size()) + " people, " + c.loss + " with miner " +
                                  c.miner,
                              c.in_words(all),
                              {},
                              {},
                              {}};
    auto const look = [&](std::size_t epoch) {
        auto points = who.embed(shown);
        double const right = program::nearest_right(points, shown_labels);
        story.snapshots.push_back({epoch, right, std::move(points)});
    };
    double before = 0;
    if (is_first) {
        look(0);
        before = share_right(who.identify(held_out.tensors(), {.k = c.k}), held_out);
    }

    bool const live = program::is_terminal(1);
    std::vector<double> loss_curve, active_curve, accuracy_curve;
    job.after_epoch = [&](epoch_report const& e) {
        if (!is_first)
            return true;
        // Some sixty epochs are enough to see points move, and take little time beside the training.
        if (std::size_t const step = (e.epochs + 59) / 60; e.epoch % step == 0 || e.epoch == e.epochs)
            look(e.epoch);
        if (c.watch) {
            loss_curve.push_back(e.loss), active_curve.push_back(100 * e.active),
                accuracy_curve.push_back(100 * story.snapshots.back().right);
            std::printf("\x1b[H\x1b[2J%s\n%s\n%s\n", visual::text_chart("loss", loss_curve, 60, 5).c_str(),
                        visual::text_chart("active triplets, %", active_curve, 60, 5).c_str(),
                        visual::text_chart("nearest other held-out photo is right, %", accuracy_curve, 60, 5)
                            .c_str()); // 24 lines, with the one below
        }
        // A bar on a terminal, a line an epoch elsewhere.
        std::string bar(24, '.');
        std::fill_n(bar.begin(), bar.size() * e.epoch / e.epochs, '#');
        char judged[32] = "";
        if (judges.size() > 0)
            std::snprintf(judged, sizeof judged, "  MAP@R %5.1f %%", 100 * e.validation);
        std::printf("%sepoch %3zu/%zu  loss %.4f  active %5.1f %%%s  %6.0f photos/s  %3.0f s left%s",
                    live && !c.watch ? ("\r[" + bar + "] ").c_str() : "", e.epoch, e.epochs, e.loss, 100 * e.active,
                    judged, e.photos_per_second, e.seconds_left, live && !c.watch && e.epoch < e.epochs ? "  " : "\n");
        std::fflush(stdout);
        return true;
    };
    auto const report = [&] {
        interrupt_guard const guard; // Ctrl-C ends the training after the step at hand
        job.stop = [&] { return guard.requested(); };
        return learner.fit(who, job, learn);
    }();
    if (!is_first)
        return report.interrupted ? 130 : 0;
    if (report.people_alone > 0)
        std::printf("%zu people have only one photo to learn from and were left out of the triplets\n",
                    report.people_alone);
    if (report.people_short > 0)
        std::printf("%zu people have fewer than %zu photos to learn from; batches show some of theirs twice\n",
                    report.people_short, c.batches.photos);
    if (report.interrupted) {
        std::printf("\nInterrupted; everything so far is in %s.\nGo on with the same options and --resume.\n",
                    job.files.checkpoint.c_str());
        return 130;
    }
    if (report.stopped_early)
        std::printf("%sended after epoch %zu, as none has been better for %zu epochs\n", live && !c.watch ? "\n" : "",
                    report.epochs.size(), c.training.patience);
    if (report.best_epoch > 0)
        std::printf("the model is that of epoch %zu, the best by the people kept apart: MAP@R %.1f %%\n",
                    report.best_epoch, 100 * report.epochs[report.best_epoch - 1].validation);
    std::printf("trained in %.1f s\n", report.seconds);
    if (ranks.size() > 1)
        std::printf("of these, %.1f s went by exchanging, or waiting for other ranks; each sent %.3f MB a step\n",
                    report.exchange_seconds,
                    report.steps > 0 ? static_cast<double>(report.bytes_sent) / 1e6 / static_cast<double>(report.steps)
                                     : 0);
    std::printf("\n");

    who.enroll(learn);
    who.save(out / "model.safetensors"); // first: a disk may be full before the last picture
    auto const points = who.embed(held_out.tensors());
    auto const found = who.identify(as_matrix(points), {.k = c.k});
    double const after = share_right(found, held_out);
    std::printf("%zu held-out photos, %zu-nearest neighbours: %.1f %% recognised (untrained network: %.1f %%, chance: "
                "%.1f %%)\n\n",
                held_out.size(), c.k, 100 * after, 100 * before, 100.0 / static_cast<double>(all.people.size()));

    program::draw_training(out / "training.png", "Training: " + c.loss + " with miner " + c.miner, report.epochs,
                           story.snapshots);
    auto const results = program::judge(held_out, learn, points, who.embed(learn.tensors()), found);
    auto pictures = program::draw_results(out, results);
    story.pictures = learner.pictures(who, held_out);
    char const* const names[]{"filters.png", "activations.png", "saliency.png"};
    for (std::size_t i = 0; i < story.pictures.size(); ++i) {
        data::save_png(story.pictures[i].picture, out / names[i]);
        pictures.emplace_back(names[i]);
    }
    for (auto const& f : program::figures_of(results))
        std::printf("%-30s %8s  %s\n", f.name.c_str(), f.value.c_str(), f.meaning.c_str());
    std::printf("\n");
    std::printf("model and gallery  %s\ntraining log       %s\ntraining curve     %s\n",
                (out / "model.safetensors").c_str(), job.files.log.c_str(), (out / "training.png").c_str());
    if (!c.onnx.empty()) {
        learner.save_onnx(who, c.onnx);
        std::printf("ONNX model         %s\n", c.onnx.c_str());
    }
    if (!c.events.empty())
        std::printf("for TensorBoard    %s\n", job.files.events.c_str());
    std::string drawn;
    for (auto const& file : pictures)
        drawn += (drawn.empty() ? "" : ", ") + file;
    std::printf("beside them        %s\n", drawn.c_str());
    if (!c.report.empty()) {
        story.epochs = report.epochs;
        std::printf("report             %s\n", program::write_report(c.report, story, results).c_str());
        std::printf("beside it          embeddings.csv, vectors.tsv, metadata.tsv\n");
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    program::rank_session session(argc, argv);
    program::training_choices c;
    int const code = c.run(argc, argv, [&]() -> int {
        if (c.list) {
            std::printf("%s%s%s", program::list_policies().c_str(), program::list_training_policies().c_str(),
                        program::list_networks().c_str());
            return 0;
        }
        return session.run([&] {
            if (!c.report.empty())
                program::require_report_page();
            if (c.threads)
                set_thread_count(*c.threads);
            c.check();
            return run(c, session);
        });
    });
    return session.exit_code(code);
}
