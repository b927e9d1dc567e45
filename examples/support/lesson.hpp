#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <trine/backbones/compact.hpp>
#include <trine/data/dataset.hpp>
#include <trine/data/synthetic.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/evaluation/retrieval.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/nn/model.hpp>
#include <trine/objectives/objective.hpp>
#include <trine/training/trainer.hpp>

#include "points.hpp"
#include "options.hpp"

// What the programs of the course (docs/guide) have in common: one small network, compiled once for all of them, and
// options.
namespace lesson {

using network = trine::backbones::compact<trine::nn::shape<1, 64, 64>, 64, 16>;
using model = trine::nn::model<network>;
using distance = trine::distances::squared_euclidean;
using ::program::pairwise, ::program::range, ::program::above;
using callback = std::function<bool(trine::epoch_report const&, model&)>;

// trine::trainer<network>{.objective = …, .options = …, .sampler = batches}.fit(m, photos, after_epoch). Photos are not
// augmented: drawn ones can be had without end.
trine::training_report train(model& m, trine::data::dataset const& photos, trine::any_objective const& objective,
                             trine::training_options options, callback const& after_epoch = {},
                             trine::data::pk batches = {});

// m.embed(photos)
trine::tensor<float, 2> embed(model& m, trine::tensor<float, 4> const& photos);
trine::tensor<float, 2> embed(model& m, trine::data::dataset const& photos);

// How photos find others of the same person among themselves.
trine::evaluation::retrieval judge(model& m, trine::data::dataset const& photos);

// The same photo by photo: 1 where the nearest of the others is the same person, else 0.
std::vector<double> nearest_right(model& m, trine::data::dataset const& photos);

// A lesson's program: options that all have, --help, errors as messages.
class program : public ::program::options {
public:
    std::filesystem::path output;
    std::size_t seed = 1, epochs = 0;

    program(std::string name, std::string const& what) : options(name, what), output("output/" + name) {
        path("--output", output, "folder for pictures");
        number("--seed", seed, ::program::any_seed, "same seed, same bits");
    }

    // Lets the number of epochs be chosen.
    void add_epochs(std::size_t usual) {
        epochs = usual;
        number("--epochs", epochs, range(1, 100'000), "times that all photos are shown");
    }

    // Reads the options, makes the folder, and does the work.
    int run(int argc, char** argv, std::function<void()> const& work);

    std::filesystem::path file(std::string const& what) const { return output / what; }
};

} // namespace lesson
