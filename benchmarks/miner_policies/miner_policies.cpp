// Which miner, loss and distance learns best to tell people apart whom it has never seen, when each is tuned as much as
// every other?
//
//   miner_policies                                               drawn faces
//   miner_policies --data ORL --tries 16 --folds 4 --seeds 3     a folder with one sub-folder of photos for each person
//   miner_policies --embeddings lfw.npz                          only a head learns, on embeddings that are there
//   miner_policies --data characters --words character,characters,drawing,drawings
//
// Every combination has the same number of tries in every fold over people, judged on people who are neither in the
// fold nor learnt from; the best is trained with several seeds and judged on the fold's people. A run is a file in the
// output folder and is never made again, so the program can be stopped at any time and go on, with more tries or seeds
// too, and several may work on one folder at once. At the end: a table, files of all figures, and a page. See
// docs/study.md.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <regex>
#include <sstream>

#include <trine/data/folder.hpp>
#include <trine/data/synthetic.hpp>
#include <trine/experiments/findings.hpp>
#include <trine/experiments/study.hpp>
#include <trine/io/file.hpp>
#include <trine/training/interrupt.hpp>

#include "../../examples/support/options.hpp"
#include "../../examples/support/outputs.hpp"
#include "../../examples/support/study_page.hpp"
#include "../../examples/support/text.hpp"
#include "entries.hpp"
#include "subjects.hpp"

using namespace trine;

namespace {

std::string percent(evaluation::fold_mean const& m) {
    char out[64];
    std::snprintf(out, sizeof out, std::isfinite(m.half_width) ? "%.1f ± %.1f" : "%.1f", 100 * m.mean,
                  100 * m.half_width);
    return out;
}

std::string time_left(double seconds) {
    char out[64];
    if (seconds < 90)
        std::snprintf(out, sizeof out, "%.0f s", seconds);
    else if (seconds < 5400)
        std::snprintf(out, sizeof out, "%.0f min", seconds / 60);
    else
        std::snprintf(out, sizeof out, "%.0f h %02d min", std::floor(seconds / 3600),
                      static_cast<int>(std::fmod(seconds, 3600) / 60));
    return out;
}

experiments::vocabulary words_from(std::string const& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; std::getline(in, word, ',');)
        words.push_back(word);
    require<argument_error>(words.size() == 4 &&
                                std::none_of(words.begin(), words.end(), [](auto const& w) { return w.empty(); }),
                            "--words ", text, ": four words are wanted, as in person,people,photo,photos");
    return {words[0], words[1], words[2], words[3]};
}

void list(std::vector<experiments::entry> const& entries) {
    for (auto const& e : entries) {
        std::printf("%s\n", e.name.c_str());
        for (auto const& p : e.parameters)
            std::printf("    %-28s %g, from %g to %g%s%s\n", p.name.c_str(), p.given, p.low, p.high,
                        p.how == spacing::logarithmic ? ", logarithmic" : "", p.whole ? ", whole" : "");
    }
}

void print(experiments::findings const& found) {
    std::printf(
        "\n| miner x loss | MAP@R %% | R-precision %% | precision@1 %% | TAR at FAR 0.001 %% | rank-1, one enrolled "
        "%% | what tuning was worth | mean rank | active %% | ms/step |\n|---|---|---|---|---|---|---|---|---|---|\n");
    std::vector<std::size_t> order(found.entries.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
        return found.entries[i].measures[0].mean > found.entries[j].measures[0].mean;
    });
    std::size_t failures = 0;
    for (std::size_t i : order) {
        auto const& e = found.entries[i];
        std::printf("| %s |", e.name.c_str());
        for (auto const& m : e.measures)
            std::printf(" %s |", percent(m).c_str());
        std::printf(" %s | %.1f | %.1f | %.2f |\n", percent(e.tuning).c_str(), e.rank, 100 * e.active,
                    1000 * e.seconds_per_step);
        failures += e.failures;
    }
    auto const survive =
        std::count_if(found.pairs.begin(), found.pairs.end(), [](auto const& p) { return p.p < 0.05; });
    std::printf("\n%td of %zu differences survive Holm's correction (5 %%)\n", survive, found.pairs.size());
    if (found.entries.size() > 1)
        std::printf("mean ranks: Friedman's p is %.3g; nearer than %.1f they differ by luck as well (Nemenyi, 5 %%)\n",
                    found.ranks.p, found.ranks.critical_difference);
    if (failures > 0)
        std::printf("%zu runs failed and count as finding nobody; results.csv and runs.jsonl say why\n", failures);
}

} // namespace

int main(int argc, char** argv) {
    program::options app("miner_policies", "Miners, losses and distances, tuned alike and judged on people never seen: "
                                           "intervals and corrected comparisons over folds");
    std::filesystem::path folder, embeddings, labels, output = "miner_policies";
    std::string only, words = "person,people,photo,photos";
    std::size_t photos = 2, most = 100'000, people = 80, drawn = 12;
    std::optional<double> hours;
    bool list_only = false;
    experiments::study_options how;
    experiments::training_budget budget;
    experiments::head_options head;
    app.path("--data", folder, "folder with one sub-folder of photos for each person (default: drawn faces)");
    app.path("--embeddings", embeddings, "embeddings in a file (.gallery, .npz, .npy, .csv): only a head learns");
    app.path("--labels", labels, "their labels, a .npy of whole numbers, where embeddings are a .npy");
    app.number("--dimensions", head.dimensions, program::range(1, 4096), "that a head embeds into");
    app.number("--at-least", photos, program::range(2, 100'000), "photos that a person must have to take part");
    app.number("--at-most", most, program::range(2, 100'000), "photos that a person may have");
    app.text("--words", words, "what there is one, many, a photo and photos of, in messages and on the page");
    app.path("--output", output, "folder for runs, tables and the page; the same one goes on");
    app.text("--only", only, "regular expression that names of combinations must contain");
    app.flag("--list", list_only, "lists the combinations, and what is tuned of each, and ends");
    app.number("--tries", how.tries, program::range(1, 10'000), "of each combination's values in every fold; 1: none");
    app.number("--folds", how.folds, program::range(2, 1000), "parts that the people are cut into");
    app.number("--seeds", how.seeds, program::range(1, 1000), "trainings with the values that were best");
    app.number("--validation", how.validation, program::above(0, 0.9), "share of the other people, to judge tries by");
    app.number("--seed", how.seed, program::any_seed, "same seed, same bits");
    app.number("--hours", hours, program::range(0.0, 10'000.0), "after which no run is begun");
    app.number("--epochs", budget.epochs, program::range(1, 1'000'000), "epochs of each training");
    app.number("--people", budget.batches.people, program::range(2, 10'000), "P, people in a batch");
    app.number("--photos", budget.batches.photos, program::range(2, 1000), "K, photos of each");
    app.number("--synthetic-people", people, program::range(1, 1'000'000), "people to draw when there is no --data");
    app.number("--synthetic-photos", drawn, program::range(1, 100'000), "photos to draw of each");
    app.check([&] {
        program::require_product("--people", budget.batches.people, "--photos", budget.batches.photos, 16'384,
                                 "photos a batch");
        program::require_product("--synthetic-people", people, "--synthetic-photos", drawn, 1'000'000, "photos");
        require<argument_error>(folder.empty() || embeddings.empty(), "--data and --embeddings: one of them");
        require<argument_error>(labels.empty() || !embeddings.empty(), "--labels are of --embeddings");
        how.words = words_from(words);
    });
    return app.run(argc, argv, [&]() -> int {
        auto entries = study::all_entries();
        auto const pattern = [&] {
            try {
                return std::regex(only);
            } catch (std::regex_error const&) {
                fail<argument_error>("--only ", only, ": is not a regular expression");
            }
        }();
        std::erase_if(entries, [&](auto const& e) { return !std::regex_search(e.name, pattern); });
        require<argument_error>(!entries.empty(), "--only ", only, ": no combination is called so; see --list");
        if (list_only) {
            list(entries);
            return 0;
        }
        program::require_output_folder("--output", output, {folder, embeddings, labels});
        std::unique_ptr<experiments::subject> subject;
        if (!embeddings.empty()) {
            head.budget = budget;
            subject = study::of_embeddings(embeddings, labels, photos, head);
        } else {
            data::load_report report;
            auto all = data::with_photos(folder.empty() ? data::synthetic_faces{1, 64, 64, 1}.make(people, drawn)
                                                        : data::load_folder(folder, 1, 64, 64, {}, &report),
                                         photos, most);
            for (auto const& message : report.skipped)
                std::fprintf(stderr, "skipped: %s\n", program::printable(message).c_str());
            subject = study::of_photos(std::move(all), budget);
        }
        experiments::study study(*subject, how);
        for (auto& e : entries)
            study.add(std::move(e));
        std::printf("%zu %s of %zu %s in %zu folds; %zu combinations, %zu tries, %zu seeds, %zu epochs, P = %zu, "
                    "K = %zu\n",
                    subject->labels().size(), how.words.items.c_str(), study.people(), how.words.many.c_str(),
                    how.folds, study.entries().size(), how.tries, how.seeds, budget.epochs, budget.batches.people,
                    budget.batches.photos);
        std::fflush(stdout);
        bool const is_complete = [&] {
            interrupt_guard const guard;
            experiments::run_options with;
            with.stop = [&] { return guard.requested(); };
            if (hours)
                with.seconds = 3600 * *hours;
            with.after_run = [](experiments::study_progress const& p) {
                std::fprintf(stderr, "[%zu/%zu] %s: %s; %s left\n", p.done, p.total, p.run.c_str(),
                             p.result->failure.empty() ? ("MAP@R " +
                                                          percent({(*p.result)[experiments::measure::map_at_r],
                                                                   std::numeric_limits<double>::infinity(), 1}) +
                                                          " %")
                                                             .c_str()
                                                       : p.result->failure.c_str(),
                             time_left(p.seconds_left).c_str());
            };
            return study.run(output, with);
        }();
        auto const results = study.results(output);
        if (!is_complete)
            std::printf("\nStopped; %zu of %zu combinations have all their runs. The same command goes on.\n",
                        results.size(), study.entries().size());
        io::write_file(output / "runs.jsonl", study.runs_as_json_lines(output));
        if (results.empty())
            return 130;
        auto const found = experiments::conclude(results);
        print(found);
        io::write_file(output / "results.csv", experiments::results_csv(results));
        io::write_file(output / "tries.csv", experiments::tries_csv(results));
        io::write_file(output / "costs.csv", experiments::costs_csv(results));
        io::write_file(output / "pairs.csv", experiments::pairs_csv(found));
        auto const page = output / "study.html";
        program::write_study_page(page, "Which miner? " + std::to_string(study.people()) + " " + how.words.many, how,
                                  results, found);
        std::printf("\nfigures  %s, tries.csv, costs.csv, pairs.csv, runs.jsonl\npage     %s\n",
                    (output / "results.csv").c_str(), page.c_str());
        return is_complete ? 0 : 130;
    });
}
