#pragma once

/// The training loop and its checkpoints, of which nothing depends on the network: compiled once, whatever the number
/// of networks.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <iomanip>
#include <span>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "../core/buffer.hpp"
#include "../data/batches.hpp"
#include "../io/safetensors.hpp"
#include "any_objective.hpp"
#include "parameters_file.hpp"
#include "training_log.hpp"
#include "training_options.hpp"

namespace trine::detail {

inline std::atomic<int> interrupts{0};

// Counts Ctrl-C while it lives; the second one ends the program as ever.
class interrupt_guard {
public:
    explicit interrupt_guard(bool active) : active_(active) {
        if (active_) {
            interrupts = 0;
            before_ = std::signal(SIGINT, [](int) {
                if (interrupts.fetch_add(1) > 0)
                    std::signal(SIGINT, SIG_DFL);
            });
        }
    }
    ~interrupt_guard() {
        if (active_)
            std::signal(SIGINT, before_);
    }
    interrupt_guard(interrupt_guard const&) = delete;
    interrupt_guard& operator=(interrupt_guard const&) = delete;
    bool stop() const { return active_ && interrupts > 0; }

private:
    bool active_;
    void (*before_)(int) = SIG_DFL;
};

/// What a run needs of the network that learns, and of how it learns.
class learner {
public:
    virtual std::string network() const = 0; ///< its signature
    virtual std::size_t embedding_size() const = 0;
    virtual nn::model_values<float> values() = 0;
    virtual std::span<float const> gradients() const = 0;
    virtual matrix_view<float const> forward(data::batch const& batch, std::uint32_t step, std::uint64_t seed) = 0;
    virtual void backward(matrix_view<float> gradient) = 0;             ///< of the embeddings, which it may write over
    virtual double rate(std::size_t step, std::size_t steps) const = 0; ///< a factor of the learning rate
    virtual std::string optimizer() const = 0;
    virtual std::size_t slots() const = 0; ///< numbers that the optimiser keeps for each parameter
    virtual void optimize(std::span<float> values, std::span<float const> gradients, std::span<float> kept, double rate,
                          std::size_t number, bool decays) const = 0;
    virtual bool after_epoch(epoch_report const& epoch) = 0; ///< whether to go on

protected:
    ~learner() = default;
};

/// One run: batches in, parameters out.
class training_run {
public:
    training_run(training_options const& options, any_objective const& objective, learner& who,
                 data::dataset const& photos, data::any_sampler const& sampler)
        : options_(options), objective_(objective), who_(who), photos_(photos), sampler_(sampler) {
        require<argument_error>(options_.epochs > 0, "epochs = 0: at least 1 is needed");
        require<argument_error>(options_.learning_rate > 0 && std::isfinite(options_.learning_rate), "learning rate ",
                                options_.learning_rate, ": it has to be above 0");
        require<data_error>(photos.size() > 0, "there are no photos to learn from");
    }

    training_report go() {
        using clock = std::chrono::steady_clock;
        auto const seconds_since = [](clock::time_point t) {
            return std::chrono::duration<double>(clock::now() - t).count();
        };
        std::size_t const per_epoch = sampler_.batches_per_epoch(), steps = per_epoch * options_.epochs;
        kept_ = buffer<float>(who_.slots() * who_.values().parameters.size());
        label const last = *std::max_element(photos_.labels.begin(), photos_.labels.end());
        objective_.start(static_cast<std::size_t>(std::max<label>(last, -1) + 1), who_.embedding_size(), options_.seed);
        objective_.each_parameter([&](std::span<float> values, std::span<float const>) {
            objective_kept_.emplace_back(who_.slots() * values.size());
        });
        training_report report;
        report.people_alone = sampler_.people_alone();
        report.people_short = sampler_.people_short();
        progress done;
        if (options_.resume)
            read_checkpoint(report.epochs, done);
        std::size_t const first_epoch = report.epochs.size();
        std::size_t const first_step = first_epoch * per_epoch + static_cast<std::size_t>(done.steps);
        interrupt_guard const guard(options_.stop_on_interrupt);
        data::batch_source source(photos_, sampler_, options_.augmentation, options_.seed, first_step, steps);
        data::batch batch;
        buffer<float> gradient(sampler_.batch_size() * who_.embedding_size());
        auto const start = clock::now();
        for (std::size_t epoch = first_epoch; epoch < options_.epochs && !report.interrupted; ++epoch) {
            auto const epoch_start = clock::now();
            for (auto i = static_cast<std::size_t>(done.steps); i < per_epoch; ++i) {
                if (guard.stop()) {
                    report.interrupted = true;
                    break;
                }
                std::size_t const step = epoch * per_epoch + i;
                source.next(batch);
                auto const embeddings = who_.forward(batch, static_cast<std::uint32_t>(step), options_.seed);
                matrix_view<float> const g(gradient.data(), embeddings.rows(), embeddings.cols());
                double const rate = options_.learning_rate * who_.rate(step, steps);
                auto const result = evaluate(embeddings, batch.labels, g, step, epoch, rate);
                who_.backward(g);
                update(rate, step + 1);
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
                if (!options_.checkpoint.empty())
                    write_checkpoint(report.epochs, done);
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
            report.epochs.push_back(e);
            if (!options_.checkpoint.empty())
                write_checkpoint(report.epochs, done);
            if (!options_.log.empty())
                io::write_file(options_.log, training_log(report.epochs));
            if (!options_.json_log.empty())
                io::write_file(options_.json_log, training_log_json(report.epochs));
            if (!who_.after_epoch(e))
                break;
        }
        report.seconds = seconds_since(start);
        return report;
    }

private:
    // Sums over the steps of an epoch that are done.
    struct progress {
        double steps = 0, loss = 0, triplets = 0, terms = 0, active = 0, positive_distance = 0, negative_distance = 0,
               learning_rate = 0;
    };

    objective_result evaluate(matrix_view<float const> embeddings, std::span<label const> labels,
                              matrix_view<float> gradient, std::size_t step, std::size_t epoch, double rate) const {
        auto const stop = [&](auto const& what) {
            fail<numeric_error>(what, " in step ", step + 1, " (epoch ", epoch + 1, ") at learning rate ", rate,
                                "; a smaller learning rate or another loss may help");
        };
        objective_result result;
        try {
            result = objective_(embeddings, labels, gradient, options_.seed, static_cast<std::uint32_t>(step));
        } catch (numeric_error const& e) {
            stop(e.what());
        }
        if (!std::isfinite(result.loss))
            stop("the loss became " + std::to_string(result.loss));
        return result;
    }

    void update(double rate, std::size_t number) {
        std::size_t part = 0;
        objective_.each_parameter([&](std::span<float> values, std::span<float const> gradients) {
            who_.optimize(values, gradients, objective_kept_[part++].span(), rate * options_.objective_rate, number,
                          false);
        });
        auto const model = who_.values();
        for (auto const& info : model.tensors) {
            if (!info.learnt || info.frozen)
                continue;
            who_.optimize(model.of(info), who_.gradients().subspan(info.offset, info.size()),
                          kept_.span().subspan(who_.slots() * info.offset, who_.slots() * info.size()), rate, number,
                          info.decays);
        }
    }

    // Everything that the rest of the run depends on, so that a checkpoint of another run is not taken for this one's.
    std::string run_signature() const {
        std::ostringstream s;
        std::uint64_t hash = 1469598103934665603ull; // FNV-1a over labels and samples
        for (auto l : photos_.labels)
            hash = (hash ^ static_cast<std::uint64_t>(l)) * 1099511628211ull;
        for (auto v : photos_.samples)
            hash = (hash ^ v) * 1099511628211ull;
        auto const& a = options_.augmentation;
        s << std::setprecision(17) << "photos " << photos_.size() << " #" << std::hex << hash << std::dec << ", epochs "
          << options_.epochs << ", sampler " << sampler_.name() << ", learning rate " << options_.learning_rate
          << ", weight decay " << options_.weight_decay << ", objective rate " << options_.objective_rate << ", seed "
          << options_.seed << ", augmentation " << a.flip << ' ' << a.shift << ' ' << a.rotation << ' ' << a.scale
          << ' ' << a.brightness << ' ' << a.contrast << ' ' << a.erase << ' ' << a.erase_area << ", "
          << objective_.name() << ", optimizer " << who_.optimizer();
        return s.str();
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
        file.metadata = {{"format", "trine checkpoint 1"}, {"network", who_.network()}, {"run", run_signature()}};
        auto const model = who_.values();
        store_parameters(nn::model_values<float const>{model.tensors, model.parameters, model.state}, file, "model.");
        file.add<float>("optimizer", {kept_.size()}, kept_.span());
        std::size_t number = 0;
        objective_.each_parameter([&](std::span<float> values, std::span<float const>) {
            file.add<float>("objective." + std::to_string(number), {values.size()}, values);
            file.add<float>("objective_optimizer." + std::to_string(number), {objective_kept_[number].size()},
                            objective_kept_[number].span());
            ++number;
        });
        auto const state = objective_.state();
        file.add<double>("objective_state", {state.size()}, state);
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
        file.save(options_.checkpoint);
    }
    void read_checkpoint(std::vector<epoch_report>& epochs, progress& done) {
        auto const file = io::safetensors::load(options_.checkpoint);
        auto const where = options_.checkpoint.string();
        require<format_error>(file.metadata.contains("format") && file.text_of("format") == "trine checkpoint 1", where,
                              ": is not a checkpoint of a training run");
        require<format_error>(file.text_of("network") == who_.network(), where,
                              ": is a checkpoint of another network; it has ", file.text_of("network"), ", this one ",
                              who_.network());
        require<format_error>(file.text_of("run") == run_signature(), where,
                              ": is a checkpoint of another run; it has ", file.text_of("run"), ", this one ",
                              run_signature());
        auto const& shape = file.find("history").shape;
        require<format_error>(shape.size() == 2 && shape[1] == 8 && shape[0] <= options_.epochs, where,
                              ": damaged history");
        auto const history = file.get<double>("history", shape), part = file.get<double>("progress", {8});
        require<format_error>(part[0] >= 0 && part[0] <= static_cast<double>(photos_.size()), where,
                              ": damaged progress");
        auto const kept = file.get<float>("optimizer", {kept_.size()});
        auto const state = file.get<double>("objective_state", file.find("objective_state").shape);
        std::vector<std::pair<std::vector<float>, std::vector<float>>> parts;
        objective_.each_parameter([&](std::span<float> values, std::span<float const>) {
            auto const number = std::to_string(parts.size());
            parts.emplace_back(
                file.get<float>("objective." + number, {values.size()}),
                file.get<float>("objective_optimizer." + number, {objective_kept_[parts.size()].size()}));
        });
        objective_.restore(state);
        std::size_t number = 0;
        objective_.each_parameter([&](std::span<float> values, std::span<float const>) {
            std::copy(parts[number].first.begin(), parts[number].first.end(), values.begin());
            std::copy(parts[number].second.begin(), parts[number].second.end(), objective_kept_[number].data());
            ++number;
        });
        load_parameters(who_.values(), file, "model.");
        std::copy(kept.begin(), kept.end(), kept_.data());
        done = {part[0], part[1], part[2], part[3], part[4], part[5], part[6], part[7]};
        for (std::size_t i = 0; i < shape[0]; ++i) {
            double const* v = history.data() + 8 * i;
            epochs.push_back({i + 1, options_.epochs, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], 0});
        }
    }

    training_options const& options_;
    any_objective const& objective_;
    learner& who_;
    data::dataset const& photos_;
    data::any_sampler const& sampler_;
    buffer<float> kept_;
    std::vector<buffer<float>> objective_kept_;
};

} // namespace trine::detail
