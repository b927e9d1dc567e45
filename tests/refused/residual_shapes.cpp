#include <trine/backbones/compact.hpp>
using namespace trine::nn;
using net = network<shape<8, 4, 4>, sequential<residual<conv2d<6, 3>>, global_average_pool>>;
static_assert(net::parameters == 0);
