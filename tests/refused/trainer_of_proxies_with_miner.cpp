#include <trine/trine.hpp>
using namespace trine;
trainer<backbones::compact<nn::shape<1, 32, 32>, 16, 8>, miners::all, losses::cosface, distances::cosine> t;
