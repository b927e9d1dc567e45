#include "entries.hpp"

#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/at_most.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/miners/triplet_miners.hpp>

using namespace trine;
using experiments::make_entry;

std::vector<experiments::entry> study::triplet_entries() {
    distances::squared_euclidean const squared;
    distances::euclidean const euclidean; // of embeddings of length 1
    losses::triplet_margin const hinge{.margin = 0.2};
    miners::all const all;
    return {
        make_entry("all x triplet_margin", all, hinge, squared),
        make_entry("all x triplet_margin, euclidean", all, hinge, euclidean),
        make_entry("random x triplet_margin", miners::random{}, hinge, squared),
        make_entry("at_most 8 x triplet_margin", miners::at_most<>{{}, 8}, hinge, squared),
        make_entry("batch_hard x triplet_margin", miners::batch_hard{}, hinge, squared),
        make_entry("hard x triplet_margin", miners::hard{}, hinge, squared),
        make_entry("semi_hard x triplet_margin", miners::semi_hard{}, hinge, squared),
        make_entry("within_margin x triplet_margin", miners::within_margin{}, hinge, squared),
        make_entry("facenet_semi_hard x triplet_margin", miners::facenet_semi_hard{}, hinge, squared),
        make_entry("batch_easy_hard x triplet_margin", miners::batch_easy_hard<>{}, hinge, squared),
        make_entry("curriculum x triplet_margin", miners::curriculum{}, hinge, squared),
        make_entry("distance_weighted x triplet_margin", miners::distance_weighted{}, hinge, euclidean),
        make_entry("all x triplet_margin, swapped", all, losses::swapped<losses::triplet_margin>{hinge}, squared),
        make_entry("all x no_margin", all, losses::no_margin{}, squared),
        make_entry("all x soft_margin", all, losses::soft_margin{}, squared),
        make_entry("batch_hard x soft_margin", miners::batch_hard{}, losses::soft_margin{}, squared),
        make_entry("semi_hard x soft_margin", miners::semi_hard{}, losses::soft_margin{}, squared),
        make_entry("distance_weighted x margin", miners::distance_weighted{}, losses::margin_based{}, euclidean),
        make_entry("all x margin", all, losses::margin_based{}, euclidean),
        make_entry("batch_easy_hard x selectively_contrastive",
                   miners::batch_easy_hard<miners::strategy::easy, miners::strategy::hard>{},
                   losses::selectively_contrastive{}, distances::cosine{}),
    };
}
