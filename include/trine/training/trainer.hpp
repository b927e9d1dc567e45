#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iomanip>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "../data/batches.hpp"
#include "../nn/optimizers.hpp"
#include "../nn/schedules.hpp"
#include "any_objective.hpp"
#include "objective.hpp"
#include "parameters_file.hpp"

namespace trine {

/// How to train.
struct training_options {
    std::size_t epochs = 30;
    std::size_t people_per_batch = 16;  ///< P
    std::size_t photos_per_person = 4;  ///< K
    double learning_rate = 1e-3;
    double weight_decay = 1e-4;
    double objective_rate = 1;          ///< how fast what the loss itself learns (class weights, thresholds) moves, relative to the network
    std::uint64_t seed = 1;
    data::augmentation augmentation{};
    std::filesystem::path checkpoint{};   ///< saved after every epoch when not empty
    std::filesystem::path log{};          ///< CSV, a line an epoch, when not empty
    std::filesystem::path json_log{};     ///< JSON, an object a line an epoch, when not empty
    bool resume = false;                  ///< goes on from `checkpoint`
    bool stop_on_interrupt = false;       ///< whether Ctrl-C ends the run after the step at hand, and saves the checkpoint
};

/// What an epoch came to.
struct epoch_report {
    std::size_t epoch = 0, epochs = 0; ///< counted from 1
    double loss = 0;                   ///< mean over the epoch's batches
    double active = 0;                 ///< share of the loss's terms that are above 0
    double triplets = 0;               ///< chosen a batch
    double positive_distance = 0, negative_distance = 0;
    double learning_rate = 0;
    double seconds = 0;                ///< of this epoch
    double photos_per_second = 0;
    double seconds_left = 0;           ///< of the whole run, at this rate
};

/// How a run ended.
struct training_report {
    std::vector<epoch_report> epochs;
    bool interrupted = false;
    double seconds = 0;
    std::size_t people_alone = 0; ///< left out, having one photo only
    std::size_t people_short = 0; ///< with fewer than K photos, of whom batches show some again
};

namespace detail {
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
} // namespace detail

/// The loop: batches in, parameters out. It does not know the miner and the loss, so that a program that offers ten of each compiles it once.
///
/// The trained parameters depend on the photos, the options and the seed alone: not on the number of threads, and not on whether the run was
/// stopped and resumed.
template <class Backbone, class Optimizer = nn::adamw, class Schedule = nn::warm_up<nn::cosine>>
class training_loop {
public:
    using model_type = nn::model<Backbone>;
    /// Called after every epoch; `false` ends the run.
    using callback = std::function<bool(epoch_report const&, model_type&)>;

    /// @param objective  mining and loss
    training_loop(training_options options, any_objective objective, Optimizer optimizer = {}, Schedule schedule = {})
        : options_(std::move(options)), objective_(std::move(objective)), optimizer_(optimizer), schedule_(schedule) {
        optimizer_.weight_decay = options_.weight_decay;
    }

    /// As `trainer::fit`.
    training_report fit(model_type& model, data::dataset const& photos, callback const& after_epoch = {}) {
        model_type::check_shape(photos.channels, photos.height, photos.width);
        return fit(model, photos, data::pk_sampler(photos.labels, options_.people_per_batch, options_.photos_per_person, options_.seed), after_epoch);
    }
    training_report fit(model_type& model, data::dataset const& photos, data::any_sampler const& sampler, callback const& after_epoch) {
        using clock = std::chrono::steady_clock;
        auto const seconds_since = [](clock::time_point t) { return std::chrono::duration<double>(clock::now() - t).count(); };
        model_type::check_shape(photos.channels, photos.height, photos.width);
        require<argument_error>(options_.epochs > 0, "epochs = 0: at least 1 is needed");
        require<argument_error>(options_.learning_rate > 0 && std::isfinite(options_.learning_rate), "learning rate ", options_.learning_rate, ": it has to be above 0");
        sampler_name_ = sampler.name();
        std::size_t const per_epoch = sampler.batches_per_epoch(), steps = per_epoch * options_.epochs;
        kept_ = buffer<float>(Optimizer::slots * Backbone::parameters);
        require<data_error>(photos.size() > 0, "there are no photos to learn from");
        label const last = *std::max_element(photos.labels.begin(), photos.labels.end());
        objective_.start(static_cast<std::size_t>(std::max<label>(last, -1) + 1), Backbone::embedding_size, options_.seed);
        objective_kept_.clear();
        objective_.each_parameter([&](std::span<float> values, std::span<float const>) { objective_kept_.emplace_back(Optimizer::slots * values.size()); });
        training_report report;
        report.people_alone = sampler.people_alone();
        report.people_short = sampler.people_short();
        progress done;
        if (options_.resume) {
            auto const file = io::safetensors::load(options_.checkpoint);
            read_checkpoint(file, model, photos, report.epochs, done);
        }
        std::size_t const first_epoch = report.epochs.size();
        std::size_t const first_step = first_epoch * per_epoch + static_cast<std::size_t>(done.steps);
        detail::interrupt_guard const guard(options_.stop_on_interrupt);
        data::batch_source source(photos, sampler, options_.augmentation, options_.seed, first_step, steps);
        data::batch batch;
        buffer<float> gradient(sampler.batch_size() * Backbone::embedding_size);
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
                auto const embeddings = model.forward(batch.images.data(), batch.labels.size(), static_cast<std::uint32_t>(step), options_.seed);
                matrix_view<float> const g(gradient.data(), embeddings.rows(), embeddings.cols());
                double const rate = options_.learning_rate * schedule_(step, steps);
                auto const result = evaluate(embeddings, batch.labels, g, step, epoch, rate);
                model.backward(g);
                update(model, rate, step + 1);
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
                    write_checkpoint(model, photos, report.epochs, done);
                break;
            }
            double const batches = static_cast<double>(per_epoch);
            epoch_report e{.epoch = epoch + 1, .epochs = options_.epochs, .loss = done.loss / batches,
                           .active = done.terms > 0 ? done.active / done.terms : 0, .triplets = done.triplets / batches,
                           .positive_distance = done.positive_distance / batches, .negative_distance = done.negative_distance / batches,
                           .learning_rate = done.learning_rate};
            done = {};
            e.seconds = seconds_since(epoch_start);
            e.photos_per_second = static_cast<double>(per_epoch * sampler.batch_size()) / e.seconds;
            e.seconds_left = seconds_since(start) / static_cast<double>(epoch + 1 - first_epoch) * static_cast<double>(options_.epochs - epoch - 1);
            report.epochs.push_back(e);
            if (!options_.checkpoint.empty())
                write_checkpoint(model, photos, report.epochs, done);
            if (!options_.log.empty())
                io::write_file(options_.log, log_text(report.epochs));
            if (!options_.json_log.empty())
                io::write_file(options_.json_log, json_log_text(report.epochs));
            if (after_epoch && !after_epoch(e, model))
                break;
        }
        report.seconds = seconds_since(start);
        return report;
    }

    /// The log of a run: a header and a line of comma-separated values for each epoch.
    static std::string log_text(std::vector<epoch_report> const& epochs) {
        std::ostringstream out;
        out << "epoch,loss,active,triplets,positive_distance,negative_distance,learning_rate,seconds,photos_per_second\n" << std::setprecision(9);
        for (auto const& e : epochs)
            out << e.epoch << ',' << e.loss << ',' << e.active << ',' << e.triplets << ',' << e.positive_distance << ',' << e.negative_distance << ','
                << e.learning_rate << ',' << e.seconds << ',' << e.photos_per_second << '\n';
        return out.str();
    }

    /// The same as an object of JSON for each epoch, a line each.
    static std::string json_log_text(std::vector<epoch_report> const& epochs) {
        std::string out;
        for (auto const& e : epochs)
            out += nlohmann::json{{"epoch", e.epoch}, {"epochs", e.epochs}, {"loss", e.loss}, {"active", e.active}, {"triplets", e.triplets}, {"positive_distance", e.positive_distance},
                                  {"negative_distance", e.negative_distance}, {"learning_rate", e.learning_rate}, {"seconds", e.seconds}, {"photos_per_second", e.photos_per_second}}
                       .dump() +
                   "\n";
        return out;
    }

private:
    // Sums over the steps of an epoch that are done.
    struct progress {
        double steps = 0, loss = 0, triplets = 0, terms = 0, active = 0, positive_distance = 0, negative_distance = 0, learning_rate = 0;
    };

    objective_result evaluate(matrix_view<float const> embeddings, std::span<label const> labels, matrix_view<float> gradient, std::size_t step, std::size_t epoch,
                              double rate) const {
        auto const stop = [&](auto const& what) {
            fail<numeric_error>(what, " in step ", step + 1, " (epoch ", epoch + 1, ") at learning rate ", rate, "; a smaller learning rate or another loss may help");
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

    void update(model_type& model, double rate, std::size_t number) {
        std::size_t part = 0;
        objective_.each_parameter([&](std::span<float> values, std::span<float const> gradients) {
            optimizer_.template step<float>(values, gradients, objective_kept_[part++].span(), rate * options_.objective_rate, number, false);
        });
        for (auto const& info : model.tensors()) {
            if (!info.learnt || info.frozen)
                continue;
            auto const values = model.parameters().subspan(info.offset, info.size());
            std::span<float const> const gradients = model.gradients().subspan(info.offset, info.size());
            optimizer_.template step<float>(values, gradients, kept_.span().subspan(Optimizer::slots * info.offset, Optimizer::slots * info.size()), rate,
                                            number, info.decays);
        }
    }

    // Everything that the rest of the run depends on, so that a checkpoint of another run is not taken for this one's.
    std::string run_signature(data::dataset const& photos) const {
        std::ostringstream s;
        std::uint64_t hash = 1469598103934665603ull; // FNV-1a over labels and samples
        for (auto l : photos.labels)
            hash = (hash ^ static_cast<std::uint64_t>(l)) * 1099511628211ull;
        for (auto v : photos.samples)
            hash = (hash ^ v) * 1099511628211ull;
        auto const& a = options_.augmentation;
        s << std::setprecision(17) << "photos " << photos.size() << " #" << std::hex << hash << std::dec << ", epochs " << options_.epochs << ", sampler "
          << sampler_name_ << ", learning rate " << options_.learning_rate << ", weight decay "
          << options_.weight_decay << ", objective rate " << options_.objective_rate << ", seed " << options_.seed << ", augmentation " << a.flip << ' ' << a.shift << ' ' << a.rotation << ' ' << a.scale << ' '
          << a.brightness << ' ' << a.contrast << ' ' << a.erase << ' ' << a.erase_area << ", " << objective_.name() << ", optimizer " << Optimizer::name;
        return s.str();
    }
    static std::vector<double> flat(std::vector<epoch_report> const& epochs) {
        std::vector<double> h;
        for (auto const& e : epochs)
            for (double v : {e.loss, e.active, e.triplets, e.positive_distance, e.negative_distance, e.learning_rate, e.seconds, e.photos_per_second})
                h.push_back(v);
        return h;
    }
    void write_checkpoint(model_type& model, data::dataset const& photos, std::vector<epoch_report> const& epochs, progress const& done) {
        io::safetensors file;
        file.metadata = {{"format", "trine checkpoint 1"}, {"network", network_signature<Backbone>()}, {"run", run_signature(photos)}};
        store_parameters(model, file, "model.");
        file.add<float>("optimizer", {kept_.size()}, kept_.span());
        std::size_t number = 0;
        objective_.each_parameter([&](std::span<float> values, std::span<float const>) {
            file.add<float>("objective." + std::to_string(number), {values.size()}, values);
            file.add<float>("objective_optimizer." + std::to_string(number), {objective_kept_[number].size()}, objective_kept_[number].span());
            ++number;
        });
        auto const state = objective_.state();
        file.add<double>("objective_state", {state.size()}, state);
        file.add<double>("history", {epochs.size(), 8}, flat(epochs));
        std::vector<double> const part{done.steps, done.loss, done.triplets, done.terms, done.active, done.positive_distance, done.negative_distance, done.learning_rate};
        file.add<double>("progress", {part.size()}, part);
        file.save(options_.checkpoint);
    }
    void read_checkpoint(io::safetensors const& file, model_type& model, data::dataset const& photos, std::vector<epoch_report>& epochs, progress& done) {
        auto const where = options_.checkpoint.string();
        require<format_error>(file.metadata.contains("format") && file.text_of("format") == "trine checkpoint 1", where, ": is not a checkpoint of a training run");
        require<format_error>(file.text_of("network") == network_signature<Backbone>(), where, ": is a checkpoint of another network; it has ",
                              file.text_of("network"), ", this one ", network_signature<Backbone>());
        require<format_error>(file.text_of("run") == run_signature(photos), where, ": is a checkpoint of another run; it has ", file.text_of("run"),
                              ", this one ", run_signature(photos));
        auto const& shape = file.find("history").shape;
        require<format_error>(shape.size() == 2 && shape[1] == 8 && shape[0] <= options_.epochs, where, ": damaged history");
        auto const history = file.get<double>("history", shape), part = file.get<double>("progress", {8});
        require<format_error>(part[0] >= 0 && part[0] <= static_cast<double>(photos.size()), where, ": damaged progress");
        auto const kept = file.get<float>("optimizer", {kept_.size()});
        auto const state = file.get<double>("objective_state", file.find("objective_state").shape);
        std::vector<std::pair<std::vector<float>, std::vector<float>>> parts;
        objective_.each_parameter([&](std::span<float> values, std::span<float const>) {
            auto const number = std::to_string(parts.size());
            parts.emplace_back(file.get<float>("objective." + number, {values.size()}), file.get<float>("objective_optimizer." + number, {objective_kept_[parts.size()].size()}));
        });
        objective_.restore(state);
        std::size_t number = 0;
        objective_.each_parameter([&](std::span<float> values, std::span<float const>) {
            std::copy(parts[number].first.begin(), parts[number].first.end(), values.begin());
            std::copy(parts[number].second.begin(), parts[number].second.end(), objective_kept_[number].data());
            ++number;
        });
        load_parameters(model, file, "model.");
        std::copy(kept.begin(), kept.end(), kept_.data());
        done = {part[0], part[1], part[2], part[3], part[4], part[5], part[6], part[7]};
        for (std::size_t i = 0; i < shape[0]; ++i) {
            double const* v = history.data() + 8 * i;
            epochs.push_back({i + 1, options_.epochs, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], 0});
        }
    }

    training_options options_;
    any_objective objective_;
    Optimizer optimizer_;
    Schedule schedule_;
    std::string sampler_name_;
    buffer<float> kept_;
    std::vector<buffer<float>> objective_kept_;
};

/// Trains a backbone with a miner, a loss and a distance.
template <class Backbone, class Miner, class Loss, class Distance, class Optimizer = nn::adamw, class Schedule = nn::warm_up<nn::cosine>>
class trainer {
public:
    using loop_type = training_loop<Backbone, Optimizer, Schedule>;
    using model_type = typename loop_type::model_type;
    /// Called after every epoch; `false` ends the run.
    using callback = typename loop_type::callback;

    explicit trainer(training_options options = {}, Miner miner = {}, Loss loss = {}, Distance distance = {}, Optimizer optimizer = Optimizer{},
                     Schedule schedule = {})
        : loop_(std::move(options), objective<Miner, Loss, Distance>(miner, loss, distance), optimizer, schedule) {}

    /// Trains a model on photos.
    ///
    /// @throws shape_error     when the photos do not have the network's shape
    /// @throws data_error      when they do not make triplets
    /// @throws argument_error  for options out of range
    /// @throws numeric_error   when the loss is NaN or infinite; the checkpoint of the last good epoch is kept
    /// @throws format_error    when the checkpoint to resume from is of another network or run
    training_report fit(model_type& model, data::dataset const& photos, callback const& after_epoch = {}) {
        return loop_.fit(model, photos, after_epoch);
    }
    /// The same with batches from another sampler than P×K, which proxy losses do not need.
    training_report fit(model_type& model, data::dataset const& photos, data::any_sampler const& sampler, callback const& after_epoch = {}) {
        return loop_.fit(model, photos, sampler, after_epoch);
    }

    /// The log of a run: a header and a line of comma-separated values for each epoch.
    static std::string log_text(std::vector<epoch_report> const& epochs) { return loop_type::log_text(epochs); }

private:
    loop_type loop_;
};

} // namespace trine
