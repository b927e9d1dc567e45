#pragma once

/// All layers but convolution and those that hold others.

#include "activations.hpp"
#include "dropout.hpp"
#include "layer.hpp"
#include "linear.hpp"
#include "normalization.hpp"
#include "pooling.hpp"
