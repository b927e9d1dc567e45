#pragma once

// What train_faces was asked to do.

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <trine/data/dataset.hpp>
#include <trine/objectives/any_objective.hpp>
#include <trine/training/trainer.hpp>

#include "choices.hpp"
#include "training_policies.hpp"

namespace program {

struct training_choices {
    std::filesystem::path data, output = "output", report, onnx, events, groups;
    std::string backbone = "grey64", miner, loss = "triplet_margin", distance; // as parse_choice takes them; empty:
                                                                               // what the loss is made for
    std::size_t memory = 0;                                                    // embeddings; 0: none
    std::vector<std::string> regularizers;                                     // as parse_choice takes them
    double margin = 0.2, held_out = 0.5;
    std::optional<std::size_t> threads; // all, where there is none
    std::optional<double> objective_rate, weight_decay;
    std::string optimizer_name = "adamw", schedule_name = "warm_up", sampler_name = "pk";
    std::optional<std::size_t> chunks; // as many as ranks, where there is none
    std::size_t k = 1, synthetic_people = 80, synthetic_photos = 24, validation_people = 0;
    bool strict = false, no_augmentation = false, watch = false, find_rate = false, list = false;
    photo_choices how;
    trine::training_options training{.epochs = 100};
    trine::data::pk batches;
    bool resume = false;

    // Reads the command line, does the work, and returns what the program ends with.
    int run(int argc, char** argv, std::function<int()> const& work);
    // Completes what was left out of miner and distance; throws argument_error when they do not go together. Labels are
    // those of all photos that are learnt from, once they are known.
    trine::any_objective objective(std::span<trine::label const> labels = {});
    // Whether embeddings have to keep their length while the network learns, for the loss or a penalty.
    bool needs_free_length() const;
    // Refuses what makes no sense, before photos are read.
    void check();
    any_optimizer optimizer() const;
    any_schedule schedule() const;
    // For people in the order of their labels.
    sampler_maker sampler(std::vector<std::string> const& people) const;
    // Photos to learn from and to test with, drawn or loaded; says how many there are, and what was left out.
    trine::data::dataset photos(std::size_t channels, std::size_t height, std::size_t width) const;
    // In words, for the report.
    std::vector<std::pair<std::string, std::string>> in_words(trine::data::dataset const& photos) const;

private:
    std::vector<trine::label> groups_of(std::vector<std::string> const& people) const;
};

} // namespace program
