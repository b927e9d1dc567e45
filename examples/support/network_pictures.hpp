#pragma once

#include <vector>

#include <trine/data/dataset.hpp>
#include <trine/nn/model.hpp>

#include "report.hpp"

namespace program {

// What a network has learnt to look for, what it sees in a photo, and what in photos makes them match one of the same
// person: filters, activations, saliency. Compiled for the networks that train_faces trains.
template <class Backbone>
std::vector<titled_picture> network_pictures(trine::nn::model<Backbone>& model, trine::data::dataset const& photos);

} // namespace program
