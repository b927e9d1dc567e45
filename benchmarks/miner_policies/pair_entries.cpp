#include "entries.hpp"

#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/losses/decoupled_contrastive.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/ranking.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/uniform_histogram.hpp>

using namespace trine;
using experiments::make_entry;

std::vector<experiments::entry> study::pair_entries() {
    distances::euclidean const euclidean;
    distances::cosine const cosine;
    miners::all const all;
    return {
        make_entry("all x contrastive", all, losses::contrastive{}, euclidean),
        experiments::make_entry_with_memory("all x contrastive, memory of 256", 256, all, losses::contrastive{},
                                            euclidean),
        make_entry("batch_easy_hard x contrastive", miners::batch_easy_hard<>{}, losses::contrastive{}, euclidean),
        make_entry("uniform_histogram x contrastive", miners::uniform_histogram{}, losses::contrastive{}, euclidean),
        make_entry("multi_similarity x multi_similarity", miners::multi_similarity{}, losses::multi_similarity{},
                   cosine),
        make_entry("all x multi_similarity", all, losses::multi_similarity{}, cosine),
        make_entry("all x circle", all, losses::circle{}, cosine),
        make_entry("all x tuplet_margin", all, losses::tuplet_margin{}, cosine),
        make_entry("all x nt_xent", all, losses::nt_xent{}, cosine),
        experiments::make_entry_with_memory("all x nt_xent, memory of 256", 256, all, losses::nt_xent{}, cosine),
        make_entry("all x supervised_contrastive", all, losses::supervised_contrastive{}, cosine),
        make_entry("all x decoupled_contrastive", all, losses::decoupled_contrastive{}, cosine),
        make_entry("all x smooth_ap", all, losses::smooth_ap{}, cosine),
        make_entry("all x pnp", all, losses::pnp{}, cosine),
    };
}
