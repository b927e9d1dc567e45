#include <trine/losses/ranking.hpp>

#include "pairs.hpp"

namespace program {

std::vector<loss_row> ranking_losses() {
    using namespace trine::losses;
    return {pairs<fast_ap>("squared_euclidean"), pairs<ranked_list>("euclidean"), pairs<smooth_ap>("cosine"),
            pairs<pnp>("cosine")};
}

} // namespace program
