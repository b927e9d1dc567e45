#include <trine/losses/triplet.hpp>

#include "rows.hpp"

namespace program {

loss_family triplet_losses() {
    using namespace trine::losses;
    return {"losses of triplets; also swaps=yes (the nearer of d(a,n) and d(p,n)), class_weights=1,2,… (of each "
            "person), low=… and high=… (only terms between)",
            {row<no_margin>(of_no_margin, "squared_euclidean"),
             row<triplet_margin>(of_triplet_margin, "squared_euclidean"),
             row<soft_margin>(of_soft_margin, "squared_euclidean"), row<margin_based>(of_margin_based, "euclidean"),
             row<selectively_contrastive>(of_selectively_contrastive, "cosine")}};
}

} // namespace program
