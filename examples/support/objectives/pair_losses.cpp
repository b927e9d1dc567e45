#include <trine/losses/decoupled_contrastive.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/threshold_consistent.hpp>

#include "pairs.hpp"

namespace program {

loss_family pair_losses() {
    using namespace trine::losses;
    loss_family all{
        "losses of pairs; also class_weights=1,2,… (of each person), per_anchor=yes (averages each anchor's "
        "terms first), and contrastive low=… and high=… (only terms between)",
        {pairs<contrastive>("euclidean"), pairs<nt_xent>("cosine"), pairs<n_pair>("dot_product"),
         pairs<supervised_contrastive>("cosine"), pairs<decoupled_contrastive>("cosine"),
         pairs<multi_similarity>("cosine"), pairs<circle>("cosine"), pairs<generalized_lifted_structure>("euclidean"),
         pairs<tuplet_margin>("cosine"), pairs<nca>("squared_euclidean"),
         row<intra_pair_variance>(of_intra_pair_variance, "cosine"), pairs<threshold_consistent>("cosine")}};
    auto const more = ranking_losses();
    all.rows.insert(all.rows.end(), more.begin(), more.end());
    return all;
}

} // namespace program
