#pragma once

// What the study compares, in files that each compile some of it. Names are "miner x loss".

#include <utility>
#include <vector>

#include <trine/experiments/entry.hpp>

namespace study {

std::vector<trine::experiments::entry> triplet_entries(); // losses of triplets
std::vector<trine::experiments::entry> pair_entries();    // of pairs
std::vector<trine::experiments::entry> batch_entries();   // of a person's photos, or of the whole batch
std::vector<trine::experiments::entry> proxy_entries();   // of photos and class weights

// All of them.
inline std::vector<trine::experiments::entry> all_entries() {
    std::vector<trine::experiments::entry> all;
    for (auto const part : {triplet_entries, pair_entries, batch_entries, proxy_entries})
        for (auto& e : part())
            all.push_back(std::move(e));
    return all;
}

} // namespace study
