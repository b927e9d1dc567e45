// Which miner, loss and distance learns best to tell people apart whom it has never seen?
//
//   miner_policies                                  drawn faces
//   miner_policies --data ORL --seeds 5             a folder with one sub-folder of photos for each person
//   miner_policies --data LFW --at-least 5          people with five or more photos
//
// Every combination learns from the same half of the people, from the same number of photos, and is judged on the other
// half, with several seeds. Each run is a line of results.csv; a run that is there already is not made again, so the
// program can be stopped at any time and go on. At the end: a table with means and 95 % confidence intervals (Student's
// t over seeds), differences from the baseline seed by seed, and a picture.

#include <cstdio>
#include <functional>
#include <map>
#include <regex>
#include <sstream>

#include <trine/backbones/compact.hpp>
#include <trine/data/folder.hpp>
#include <trine/data/image_io.hpp>
#include <trine/data/synthetic.hpp>
#include <trine/distances/cosine.hpp>
#include <trine/evaluation/retrieval.hpp>
#include <trine/evaluation/statistics.hpp>
#include <trine/io/file.hpp>
#include <trine/losses/adaptive_margins.hpp>
#include <trine/losses/class.hpp>
#include <trine/losses/decoupled_contrastive.hpp>
#include <trine/losses/dynamic_soft_margin.hpp>
#include <trine/losses/face_margins.hpp>
#include <trine/losses/histogram.hpp>
#include <trine/losses/large_margin.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/ranking.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/at_most.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/uniform_histogram.hpp>
#include <trine/objectives/cross_batch_memory.hpp>
#include <trine/training/trainer.hpp>
#include <trine/visual/pictures.hpp>

#include "../examples/support/options.hpp"
#include "../examples/support/outputs.hpp"

using namespace trine;

namespace {

using backbone = backbones::compact<nn::shape<1, 64, 64>, 128, 16>;

struct combination {
    std::string name;
    std::function<any_objective(std::size_t steps)> make; // for a training of so many steps
    bool uniform = false;                                 // batches of anybody's photos, as proxy losses take them
};

template <class Miner, class Loss, class Distance>
combination of(std::string name, Miner miner, Loss loss, Distance distance) {
    return {std::move(name), [=](std::size_t) { return any_objective(objective(miner, loss, distance)); },
            std::is_same_v<Miner, miners::none>};
}

std::vector<combination> combinations() {
    distances::squared_euclidean const squared;
    distances::euclidean const euclidean; // the network's embeddings are of length 1
    distances::cosine const cosine;
    losses::triplet_margin const hinge{.margin = 0.2};
    miners::all const all;
    miners::none const none;
    return {
        of("all x triplet_margin", all, hinge, squared),
        of("random x triplet_margin", miners::random{}, hinge, squared),
        of("batch_hard x triplet_margin", miners::batch_hard{}, hinge, squared),
        of("semi_hard x triplet_margin", miners::semi_hard{}, hinge, squared),
        of("facenet_semi_hard x triplet_margin", miners::facenet_semi_hard{}, hinge, squared),
        of("batch_easy_hard x triplet_margin", miners::batch_easy_hard<>{}, hinge, squared),
        {"curriculum x triplet_margin",
         [=](std::size_t steps) {
             return any_objective(objective(miners::curriculum{.steps = steps}, hinge, squared));
         }},
        of("all x triplet_margin, swapped", all, losses::swapped<losses::triplet_margin>{hinge}, squared),
        of("all x no_margin", all, losses::no_margin{}, squared),
        of("all x soft_margin", all, losses::soft_margin{}, squared),
        of("batch_hard x soft_margin", miners::batch_hard{}, losses::soft_margin{}, squared),
        of("distance_weighted x margin", miners::distance_weighted{}, losses::margin_based{}, euclidean),
        of("all x contrastive", all, losses::contrastive{}, euclidean),
        {"all x contrastive, memory of 1024",
         [=](std::size_t) {
             return any_objective(cross_batch_memory<miners::all, losses::contrastive, distances::euclidean>(1024));
         }},
        of("all x lifted_structure", all, losses::lifted_structure{}, euclidean),
        of("multi_similarity x multi_similarity", miners::multi_similarity{}, losses::multi_similarity{}, cosine),
        of("all x circle", all, losses::circle{}, cosine),
        of("all x nt_xent", all, losses::nt_xent{}, cosine),
        of("all x supervised_contrastive", all, losses::supervised_contrastive{}, cosine),
        of("batch_easy_hard x selectively_contrastive",
           miners::batch_easy_hard<miners::strategy::easy, miners::strategy::hard>{}, losses::selectively_contrastive{},
           cosine),
        of("at_most 8 x triplet_margin", miners::at_most<>{{}, 8}, hinge, squared),
        of("uniform_histogram x contrastive", miners::uniform_histogram{}, losses::contrastive{}, euclidean),
        of("all x decoupled_contrastive", all, losses::decoupled_contrastive{}, cosine),
        of("all x smooth_ap", all, losses::smooth_ap{}, cosine),
        of("all x pnp", all, losses::pnp{}, cosine),
        of("all x histogram", all, losses::histogram{}, cosine),
        of("all x dynamic_soft_margin", all, losses::dynamic_soft_margin{}, euclidean),
        of("none x normalized_softmax", none, losses::normalized_softmax{}, cosine),
        of("none x cosface", none, losses::cosface{.scale = 24}, cosine),
        of("none x arcface", none, losses::arcface{.margin = 0.3, .scale = 24}, cosine),
        of("none x combined_margin", none, losses::combined_margin{.added = 0.2, .subtracted = 0.1, .scale = 24},
           cosine),
        of("none x elastic_arcface", none, losses::elastic_arcface{.margin = 0.3, .scale = 24}, cosine),
        of("none x curricular_face", none, losses::curricular_face{.margin = 0.3, .scale = 24}, cosine),
        of("none x mv_softmax", none, losses::mv_softmax{.scale = 24}, cosine),
        of("none x adacos", none, losses::adacos{}, cosine),
        of("none x p2s_grad", none, losses::p2s_grad{}, cosine),
        of("none x proxy_anchor", none, losses::proxy_anchor{}, cosine),
        of("none x soft_triple", none, losses::soft_triple{.centers = 2}, cosine),
    };
}

struct outcome {
    double map_at_r, r_precision, precision_at_1, active, seconds_per_epoch;
};
constexpr char const* header =
    "combination,seed,settings,map_at_r,r_precision,precision_at_1,active,seconds_per_epoch\n";

outcome run(combination const& c, data::dataset const& learn, data::dataset const& unseen, training_options options,
            data::pk const& batches) {
    nn::model<backbone> model(options.seed);
    auto const pk = batches(learn.labels, options.seed);
    data::any_sampler const sampler =
        c.uniform ? data::any_sampler(data::uniform_sampler(learn.labels, pk.batch_size(), options.seed)) : pk;
    if (c.uniform)
        options.objective_rate = 10;
    double active = 0, seconds = 0;
    trainer<backbone, nn::adamw, nn::warm_up<>, data::any_sampler> const how{
        .objective = c.make(options.epochs * pk.batches_per_epoch()), .options = options, .sampler = sampler};
    how.fit(model, learn, [&](epoch_report const& e, auto&) {
        active = e.active, seconds += e.seconds;
        return true;
    });
    auto const e = model.embed(unseen.tensors());
    std::span<label const> const labels(unseen.labels);
    auto const r = evaluation::evaluate_retrieval(distances::squared_euclidean{}, as_matrix(e), labels, as_matrix(e),
                                                  labels, true);
    return {r.mean_average_precision_at_r, r.r_precision, r.precision_at_1, active,
            seconds / static_cast<double>(options.epochs)};
}

std::string text(evaluation::interval const& i, double factor = 100) {
    char out[64];
    std::snprintf(out, sizeof out, std::isfinite(i.half_width) ? "%.1f ± %.1f" : "%.1f", factor * i.mean,
                  factor * i.half_width); // one seed has no interval
    return out;
}

} // namespace

int main(int argc, char** argv) {
    program::options app(
        "miner_policies",
        "Miners, losses and distances judged on people never seen: means and 95 % confidence intervals over seeds");
    std::filesystem::path folder, output = "miner_policies";
    std::string only, baseline = "all x triplet_margin";
    std::size_t seeds = 5, photos = 2, people = 80, drawn = 12;
    training_options options{.epochs = 30};
    data::pk batches{.people = 8, .photos = 4};
    app.path("--data", folder, "folder with one sub-folder of photos for each person (default: drawn faces)");
    app.number("--at-least", photos, program::range(2, 100'000), "photos that a person must have to take part");
    app.path("--output", output, "folder for results.csv and the picture");
    app.text("--only", only, "regular expression that names of combinations must contain");
    app.text("--baseline", baseline, "combination that the others are compared with");
    app.number("--seeds", seeds, program::range(1, 1000), "seeds, from 1 on");
    app.number("--epochs", options.epochs, program::range(1, 1'000'000), "epochs of each training");
    app.number("--people", batches.people, program::range(2, 10'000), "P, people in a batch");
    app.number("--photos", batches.photos, program::range(2, 1000), "K, photos of each");
    app.number("--learning-rate", options.learning_rate, program::above(0, 10), "learning rate");
    app.number("--synthetic-people", people, program::range(1, 1'000'000), "people to draw when there is no --data");
    app.number("--synthetic-photos", drawn, program::range(1, 100'000), "photos to draw of each");
    app.check([&] {
        program::require_product("--people", batches.people, "--photos", batches.photos, 16'384, "photos a batch");
        program::require_product("--synthetic-people", people, "--synthetic-photos", drawn, 1'000'000, "photos");
    });
    return app.run(argc, argv, [&]() -> int {
        program::require_output_folder("--output", output, {folder});
        data::load_report report;
        auto const all = data::with_photos(folder.empty() ? data::synthetic_faces{1, 64, 64, 1}.make(people, drawn)
                                                          : data::load_folder(folder, 1, 64, 64, {}, &report),
                                           photos);
        for (auto const& message : report.skipped)
            std::fprintf(stderr, "skipped: %s\n", message.c_str());
        require<data_error>(all.people.size() >= 8, "there are ", all.people.size(), " people with ", photos,
                            " photos or more; at least 8 are needed");
        auto const middle = static_cast<label>(all.people.size() / 2);
        auto const parts = data::split_by_person(all, middle, static_cast<label>(all.people.size()));
        auto const learn = all.subset(parts.first), unseen = all.subset(parts.second);
        std::printf(
            "%zu photos of %lld people to learn from, %zu of %zu others to judge by; %zu epochs, P = %zu, K = %zu, "
            "%zu seeds\n",
            learn.size(), static_cast<long long>(middle), unseen.size(),
            all.people.size() - static_cast<std::size_t>(middle), options.epochs, batches.people, batches.photos,
            seeds);

        // What a line of the file must share with this run to be taken for one of it.
        std::ostringstream settings;
        settings << (folder.empty() ? "drawn " + std::to_string(people) + "x" + std::to_string(drawn)
                                    : std::to_string(all.size()) + " photos of " + std::to_string(all.people.size()))
                 << " e" << options.epochs << " p" << batches.people << " k" << batches.photos << " r"
                 << options.learning_rate;
        std::filesystem::path const out = output, file = out / "results.csv";
        std::string lines = std::filesystem::exists(file) ? io::read_file(file) : header;
        require<format_error>(lines.starts_with(header), file.string(), ": is not a file of results of this program");
        std::map<std::pair<std::string, std::size_t>, outcome> done;
        std::istringstream rows(lines.substr(std::string(header).size()));
        for (std::string line; std::getline(rows, line);) {
            // The name is in quotes, for it may have a comma.
            std::smatch m;
            static std::regex const form("\"([^\"]*)\",(\\d+),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*),([^,]*)");
            require<format_error>(std::regex_match(line, m, form), file.string(), ": a line that is no result: ", line);
            if (m[3] == settings.str())
                done[{m[1], std::stoul(m[2])}] = {std::stod(m[4]), std::stod(m[5]), std::stod(m[6]), std::stod(m[7]),
                                                  std::stod(m[8])};
        }

        auto list = combinations();
        std::erase_if(list, [&](combination const& c) {
            return !std::regex_search(c.name, std::regex(only)) && c.name != baseline;
        });
        require<argument_error>(
            std::any_of(list.begin(), list.end(), [&](combination const& c) { return c.name == baseline; }),
            "--baseline ", baseline, ": there is no such combination");
        std::size_t number = 0;
        for (std::size_t seed = 1; seed <= seeds; ++seed)
            for (auto const& c : list) {
                ++number;
                if (done.contains({c.name, seed}))
                    continue;
                std::fprintf(stderr, "[%zu/%zu] %s, seed %zu\n", number, seeds * list.size(), c.name.c_str(), seed);
                auto o = options;
                o.seed = seed;
                auto const r = done[{c.name, seed}] = run(c, learn, unseen, o, batches);
                std::ostringstream line;
                line << std::setprecision(9) << '"' << c.name << "\"," << seed << ',' << settings.str() << ','
                     << r.map_at_r << ',' << r.r_precision << ',' << r.precision_at_1 << ',' << r.active << ','
                     << r.seconds_per_epoch << '\n';
                lines += line.str();
                io::write_file(file, lines);
            }

        std::printf(
            "\n| miner x loss | MAP@R %% | R-precision %% | precision@1 %% | MAP@R less the baseline's | active %% "
            "| s/epoch |\n|---|---|---|---|---|---|---|\n");
        std::vector<visual::interval_row> chart;
        std::size_t reference = list.size();
        for (std::size_t i = 0; i < list.size(); ++i) {
            std::vector<double> map, r, p, difference, active, seconds;
            for (std::size_t seed = 1; seed <= seeds; ++seed) {
                auto const& x = done.at({list[i].name, seed});
                map.push_back(x.map_at_r), r.push_back(x.r_precision), p.push_back(x.precision_at_1),
                    active.push_back(x.active), seconds.push_back(x.seconds_per_epoch);
                difference.push_back(x.map_at_r - done.at({baseline, seed}).map_at_r);
            }
            auto const interval = evaluation::confidence_interval(map);
            chart.push_back({list[i].name, 100 * interval.mean, 100 * interval.half_width});
            if (list[i].name == baseline)
                reference = i;
            std::printf(
                "| %s | %s | %s | %s | %s | %.1f | %.2f |\n", list[i].name.c_str(), text(interval).c_str(),
                text(evaluation::confidence_interval(r)).c_str(), text(evaluation::confidence_interval(p)).c_str(),
                list[i].name == baseline ? "" : text(evaluation::confidence_interval(difference)).c_str(),
                100 * evaluation::confidence_interval(active).mean, evaluation::confidence_interval(seconds).mean);
        }
        data::save_png(
            visual::interval_chart("People never seen: mean and 95 % interval over " + std::to_string(seeds) + " seeds",
                                   "MAP@R in %", chart, reference),
            out / "map_at_r.png");
        std::printf("\nruns     %s\npicture  %s\n", file.c_str(), (out / "map_at_r.png").c_str());
        return 0;
    });
}
