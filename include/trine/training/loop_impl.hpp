#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/communicator.hpp"
#include "../core/hash.hpp"
#include "../io/event_file.hpp"
#include "../io/file.hpp"
#include "../io/safetensors.hpp"
#include "batch_passes.hpp"
#include "kept_values.hpp"
#include "log.hpp"
#include "loop.hpp"
#include "parameter_update.hpp"
#include "../nn/network_difference.hpp"
#include "../nn/parameters_file.hpp"

namespace trine::detail {

/// One run: batches in, parameters out.
class training_run {
public:
    training_run(training_job const& job, learner& who)
        : options_(job.options),
          files_(job.files),
          objective_(job.objective),
          who_(who),
          photos_(job.photos),
          sampler_(job.sampler),
          stop_(job.stop),
          ranks_(job.ranks),
          identity_(identity_of_run(job, who.is_judged())),
          passes_(job, who) {
        require<argument_error>(options_.epochs > 0, "epochs = 0: at least 1 is needed");
        require<argument_error>(options_.learning_rate > 0 && std::isfinite(options_.learning_rate), "learning rate ",
                                options_.learning_rate, ": it has to be above 0");
        require<argument_error>(options_.clip_norm >= 0 && std::isfinite(options_.clip_norm), "clip norm ",
                                options_.clip_norm, ": it has to be above 0, or 0 for none");
        require<argument_error>(options_.average >= 0 && options_.average < 1, "average ", options_.average,
                                ": it is from above 0 to below 1, or 0 for none");
        require<argument_error>(options_.patience == 0 || who_.is_judged(), "a patience of ", options_.patience,
                                " epochs where nobody judges them: give the trainer a judge");
        require<data_error>(photos_.size() > 0, "there are no photos to learn from");
    }

    training_report run() {
        using clock = std::chrono::steady_clock;
        auto const seconds_since = [](clock::time_point t) {
            return std::chrono::duration<double>(clock::now() - t).count();
        };
        std::size_t const per_epoch = sampler_.batches_per_epoch(), steps = per_epoch * options_.epochs;
        label const last = *std::max_element(photos_.labels.begin(), photos_.labels.end());
        double const exchanged = ranks_.seconds();
        std::uint64_t const sent = ranks_.bytes_sent();
        compare_ranks();
        objective_.start(static_cast<std::size_t>(std::max<label>(last, -1) + 1), who_.embedding_size(), options_.seed);
        update_.start(who_, objective_);
        average_.start(options_.average, who_.values());
        training_report report;
        report.people_alone = sampler_.people_alone();
        report.people_short = sampler_.people_short();
        progress done;
        if (files_.resume)
            read_checkpoint(report.epochs, done);
        std::size_t const first_epoch = report.epochs.size();
        std::size_t const first_step = first_epoch * per_epoch + static_cast<std::size_t>(done.steps);
        data::batch_source source(photos_, sampler_, options_.augmentation, options_.seed, first_step, steps,
                                  passes_.share());
        data::batch batch;
        buffer<float> gradient(sampler_.batch_size() * who_.embedding_size());
        auto const start = clock::now();
        std::optional<io::event_file> events;
        on_first_rank([&] {
            if (files_.events.empty())
                return;
            events.emplace(files_.events);
            for (auto const& earlier : report.epochs) // as if they had followed each other without a break
                add_event(*events, earlier, report.epochs);
        });
        for (std::size_t epoch = first_epoch; epoch < options_.epochs && !report.interrupted; ++epoch) {
            if (options_.patience > 0 && best_.epoch > 0 && epoch - best_.epoch >= options_.patience) {
                report.stopped_early = true;
                break;
            }
            auto const epoch_start = clock::now();
            for (auto i = static_cast<std::size_t>(done.steps); i < per_epoch; ++i) {
                if (any_of(ranks_, stop_ && stop_())) {
                    report.interrupted = true;
                    break;
                }
                std::size_t const step = epoch * per_epoch + i;
                source.next(batch);
                double const rate = options_.learning_rate * who_.rate(step, steps);
                auto const embeddings = explained(step, epoch, rate, [&] {
                    return passes_.forward(batch, static_cast<std::uint32_t>(step), options_.seed);
                });
                matrix_view<float> const g(gradient.data(), embeddings.rows(), embeddings.cols());
                auto const result = evaluate(embeddings, batch.labels, g, step, epoch, rate);
                passes_.backward(g);
                update(rate, step, epoch);
                average_.follow(who_.values(), step + 1);
                ++report.steps;
                done.steps += 1;
                done.loss += result.loss;
                done.triplets += static_cast<double>(result.triplets);
                done.terms += static_cast<double>(result.terms);
                done.active += static_cast<double>(result.active);
                done.positive_distance += result.positive_distance;
                done.negative_distance += result.negative_distance;
                done.learning_rate = rate;
            }
            if (report.interrupted) {
                on_first_rank([&] {
                    if (!files_.checkpoint.empty())
                        write_checkpoint(report.epochs, done);
                });
                break;
            }
            double const batches = static_cast<double>(per_epoch);
            epoch_report e{.epoch = epoch + 1,
                           .epochs = options_.epochs,
                           .loss = done.loss / batches,
                           .active = done.terms > 0 ? done.active / done.terms : 0,
                           .triplets = done.triplets / batches,
                           .positive_distance = done.positive_distance / batches,
                           .negative_distance = done.negative_distance / batches,
                           .learning_rate = done.learning_rate};
            done = {};
            e.seconds = seconds_since(epoch_start);
            e.photos_per_second = static_cast<double>(per_epoch * sampler_.batch_size()) / e.seconds;
            e.seconds_left = seconds_since(start) / static_cast<double>(epoch + 1 - first_epoch) *
                             static_cast<double>(options_.epochs - epoch - 1);
            compare_values(epoch + 1);
            if (who_.is_judged())
                e.validation = judge(epoch + 1);
            report.epochs.push_back(e);
            on_first_rank([&] {
                if (!files_.checkpoint.empty())
                    write_checkpoint(report.epochs, done);
                if (!files_.log.empty())
                    io::write_file(files_.log, training_log(report.epochs));
                if (!files_.json_log.empty())
                    io::write_file(files_.json_log, training_log_json(report.epochs));
                if (events)
                    add_event(*events, e, {});
            });
            average_.swap(who_.values());
            bool goes_on = true;
            together(ranks_, [&] { goes_on = who_.after_epoch(e); });
            average_.swap(who_.values());
            if (any_of(ranks_, !goes_on))
                break;
        }
        // What the run was for: the best epoch's values, or the average.
        if (best_.epoch > 0 && !report.interrupted)
            best_.values.give(who_.values());
        else
            average_.swap(who_.values());
        report.best_epoch = best_.epoch;
        report.seconds = seconds_since(start);
        report.exchange_seconds = ranks_.seconds() - exchanged;
        report.bytes_sent = ranks_.bytes_sent() - sent;
        return report;
    }

private:
    // Sums over the steps of an epoch that are done.
    struct progress {
        double steps = 0, loss = 0, triplets = 0, terms = 0, active = 0, positive_distance = 0, negative_distance = 0,
               learning_rate = 0;
    };

    // An epoch that has just ended, or, with those up to now, one of them.
    static void add_event(io::event_file const& events, epoch_report const& e, std::span<epoch_report const> all) {
        double time = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
        for (auto const& other : all)
            time -= other.epoch > e.epoch ? other.seconds : 0;
        events.add(static_cast<std::int64_t>(e.epoch), time, training_scalars(e));
    }

    // What has to do with files.
    template <class Work>
    void on_first_rank(Work&& work) {
        together(ranks_, [&] {
            if (ranks_.rank() == 0)
                work();
        });
    }

    // Ranks that were told different things would learn nonsense.
    void compare_ranks() {
        if (ranks_.size() == 1)
            return;
        auto const identities = gather(ranks_, identity_), networks = gather(ranks_, who_.network()),
                   values = gather(ranks_, files_.resume ? "" : checksum_of_values());
        for (std::size_t r = 1; r < ranks_.size(); ++r) {
            auto const there = "on rank " + std::to_string(r);
            require<argument_error>(networks[r] == networks[0], there, " is another network than on rank 0: ",
                                    network_difference(networks[r], networks[0]));
            auto const other = identity::difference(identities[0], identities[r], "on rank 0", there);
            require<argument_error>(other.empty(), "the ranks do not have the same run: ", other);
            require<argument_error>(values[r] == values[0], there,
                                    " the network begins with other parameters than on rank 0");
        }
    }
    // Every rank computes the same from the same; but processors of two kinds may round differently.
    void compare_values(std::size_t epoch) {
        if (ranks_.size() == 1)
            return;
        auto const values = gather(ranks_, checksum_of_values());
        for (std::size_t r = 1; r < ranks_.size(); ++r)
            require<numeric_error>(values[r] == values[0], "after epoch ", epoch, " rank ", r,
                                   " has other parameters than rank 0: processors of two kinds may round differently");
    }
    std::string checksum_of_values() const {
        auto const all = who_.values();
        auto const of = [](std::span<float const> v, std::uint64_t before) {
            return checksum({reinterpret_cast<char const*>(v.data()), v.size_bytes()}, before);
        };
        return std::to_string(of(all.state, of(all.parameters, 0)));
    }

    // Does a part of a step, and says in which step it was that numbers went wrong.
    template <class Work>
    auto explained(std::size_t step, std::size_t epoch, double rate, Work&& work) const -> decltype(work()) {
        try {
            return work();
        } catch (numeric_error const& e) {
            fail<numeric_error>(e.what(), " in step ", step + 1, " (epoch ", epoch + 1, ") at learning rate ", rate,
                                "; a smaller learning rate or another loss may help");
        }
    }

    objective_result evaluate(matrix_view<float const> embeddings, std::span<label const> labels,
                              matrix_view<float> gradient, std::size_t step, std::size_t epoch, double rate) const {
        return explained(step, epoch, rate, [&] {
            auto const result =
                objective_(embeddings, labels, gradient, options_.seed, static_cast<std::uint32_t>(step));
            require<numeric_error>(std::isfinite(result.loss), "the loss became ", std::to_string(result.loss));
            return result;
        });
    }

    void update(double rate, std::size_t step, std::size_t epoch) {
        explained(step, epoch, rate, [&] { update_(who_, passes_.gradients(), objective_, options_, rate, step + 1); });
    }
    double judge(std::size_t epoch) {
        average_.swap(who_.values());
        double value = 0;
        together(ranks_, [&] { value = who_.judge(); });
        std::string agreed(reinterpret_cast<char const*>(&value), sizeof value);
        broadcast(ranks_, agreed);
        std::memcpy(&value, agreed.data(), sizeof value);
        require<numeric_error>(std::isfinite(value), "epoch ", epoch, " was judged ", value,
                               ", by which it is neither better nor worse than others");
        best_.see(epoch, value, who_.values());
        average_.swap(who_.values());
        return value;
    }

    // Everything that the rest of the run depends on, so that a checkpoint of another run is not taken for this one's.
    static std::string identity_of_run(training_job const& job, bool is_judged) {
        auto const& photos = job.photos;
        std::uint64_t const labels =
            checksum({reinterpret_cast<char const*>(photos.labels.data()), photos.labels.size() * sizeof(label)});
        std::uint64_t const pixels =
            checksum({reinterpret_cast<char const*>(photos.samples.data()), photos.samples.size()}, labels);
        char digits[17];
        std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(pixels));
        return identity("run")
            .with("photos", photos.size())
            .with("checksum", std::string_view(digits))
            .with("training", job.options)
            .with("sampler", job.sampler.identity_of())
            .with("objective", job.objective.identity_of())
            .with("optimizer", job.optimizer)
            .with("schedule", job.schedule)
            .with("judged", is_judged)
            .lines();
    }
    static std::vector<double> flat(std::vector<epoch_report> const& epochs) {
        std::vector<double> h;
        for (auto const& e : epochs)
            for (double v : {e.loss, e.active, e.triplets, e.positive_distance, e.negative_distance, e.learning_rate,
                             e.seconds, e.photos_per_second})
                h.push_back(v);
        return h;
    }
    void write_checkpoint(std::vector<epoch_report> const& epochs, progress const& done) {
        io::safetensors file;
        file.metadata = {{"format", "trine checkpoint 2"}, {"network", who_.network()}, {"run", identity_}};
        auto const model = who_.values();
        store_parameters(nn::model_values<float const>{model.tensors, model.parameters, model.state}, file, "model.");
        file.add<float>("optimizer", {update_.kept().size()}, update_.kept().span());
        std::size_t number = 0;
        objective_.each_parameter([&](std::span<float>, std::span<float const>) {
            auto const& kept = update_.objective_kept()[number];
            file.add<float>("objective_optimizer." + std::to_string(number), {kept.size()}, kept.span());
            ++number;
        });
        auto const state = objective_.state();
        for (auto const& array : state.arrays())
            std::visit(
                [&]<class T>(std::vector<T> const& v) { file.add<T>("objective." + array.first, {v.size()}, v); },
                array.second);
        file.add<double>("history", {epochs.size(), 8}, flat(epochs));
        std::vector<double> const part{done.steps,
                                       done.loss,
                                       done.triplets,
                                       done.terms,
                                       done.active,
                                       done.positive_distance,
                                       done.negative_distance,
                                       done.learning_rate};
        file.add<double>("progress", {part.size()}, part);
        average_.store(file);
        if (who_.is_judged()) {
            std::vector<double> judged;
            judged.reserve(epochs.size());
            for (auto const& e : epochs)
                judged.push_back(e.validation);
            file.add<double>("validation", {judged.size()}, judged);
            std::vector<double> const best{static_cast<double>(best_.epoch)};
            file.add<double>("best", {1}, best);
            if (best_.epoch > 0)
                best_.values.store(file, "best");
        }
        file.save(files_.checkpoint);
    }
    void read_checkpoint(std::vector<epoch_report>& epochs, progress& done) {
        auto const where = files_.checkpoint.string();
        std::string bytes;
        on_first_rank([&] { bytes = io::read_file(files_.checkpoint); });
        broadcast(ranks_, bytes);
        auto const file = io::safetensors::parse(bytes, where);
        require<format_error>(file.metadata.contains("format") && file.text_of("format") == "trine checkpoint 2", where,
                              ": is not a checkpoint of a training run");
        require<format_error>(
            file.text_of("network") == who_.network(), where,
            ": is a checkpoint of another network: ", network_difference(file.text_of("network"), who_.network()));
        auto const other = identity::difference(identity_, file.text_of("run"), "in this run", "in the checkpoint");
        require<format_error>(other.empty(), where, ": is a checkpoint of another run: ", other);
        auto const& shape = file.find("history").shape;
        require<format_error>(shape.size() == 2 && shape[1] == 8 && shape[0] <= options_.epochs, where,
                              ": damaged history");
        auto const history = file.get<double>("history", shape), part = file.get<double>("progress", {8});
        require<format_error>(part[0] >= 0 && part[0] <= static_cast<double>(photos_.size()), where,
                              ": damaged progress");
        auto& kept_now = update_.kept();
        auto& objective_kept_now = update_.objective_kept();
        auto const kept = file.get<float>("optimizer", {kept_now.size()});
        auto average = average_.load(file, who_.values());
        std::vector<double> judged(shape[0], std::numeric_limits<double>::quiet_NaN());
        best_epoch best;
        if (who_.is_judged())
            best = read_best(file, judged);
        state objective;
        for (auto const& [name, entry] : file.entries()) {
            if (!name.starts_with("objective."))
                continue;
            auto const own = name.substr(std::string_view("objective.").size());
            if (entry.dtype == "F32")
                objective.add(own, file.get<float>(name, entry.shape));
            else if (entry.dtype == "F64")
                objective.add(own, file.get<double>(name, entry.shape));
            else
                objective.add(own, file.get<std::int64_t>(name, entry.shape));
        }
        std::vector<std::vector<float>> objective_kept;
        for (std::size_t i = 0; i < objective_kept_now.size(); ++i)
            objective_kept.push_back(
                file.get<float>("objective_optimizer." + std::to_string(i), {objective_kept_now[i].size()}));
        objective_.restore(objective);
        for (std::size_t i = 0; i < objective_kept_now.size(); ++i)
            std::copy(objective_kept[i].begin(), objective_kept[i].end(), objective_kept_now[i].data());
        load_parameters(who_.values(), file, "model.");
        std::copy(kept.begin(), kept.end(), kept_now.data());
        average_.restore(std::move(average));
        best_ = std::move(best);
        done = {part[0], part[1], part[2], part[3], part[4], part[5], part[6], part[7]};
        for (std::size_t i = 0; i < shape[0]; ++i) {
            double const* v = history.data() + 8 * i;
            epochs.push_back({i + 1, options_.epochs, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], 0, judged[i]});
        }
    }
    // The best epoch, and how each was judged.
    best_epoch read_best(io::safetensors const& file, std::vector<double>& judged) {
        judged = file.get<double>("validation", {judged.size()});
        double const which = file.get<double>("best", {1})[0];
        require<format_error>(which >= (judged.empty() ? 0 : 1) && which <= static_cast<double>(judged.size()) &&
                                  which == std::floor(which),
                              files_.checkpoint.string(), ": the best of ", judged.size(), " epochs is number ", which);
        best_epoch best;
        best.epoch = static_cast<std::size_t>(which);
        if (best.epoch > 0) {
            best.value = judged[best.epoch - 1];
            best.values = kept_values::load(file, "best", who_.values());
        }
        return best;
    }

    training_options const& options_;
    training_files const& files_;
    any_objective const& objective_;
    learner& who_;
    data::dataset const& photos_;
    data::any_sampler const& sampler_;
    std::function<bool()> const& stop_;
    communicator& ranks_;
    std::string identity_;
    batch_passes passes_;
    parameter_update update_;
    weight_average average_;
    best_epoch best_;
};

TRINE_INLINE training_report run_training(training_job const& job, learner& who) {
    return training_run(job, who).run();
}

} // namespace trine::detail
