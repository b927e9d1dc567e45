#include "entries.hpp"

#include <trine/distances/cosine.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/losses/class.hpp>
#include <trine/losses/dynamic_soft_margin.hpp>
#include <trine/losses/histogram.hpp>

using namespace trine;
using experiments::make_entry;

std::vector<experiments::entry> study::batch_entries() {
    miners::all const all;
    return {
        make_entry("all x lifted_structure", all, losses::lifted_structure{}, distances::euclidean{}),
        make_entry("all x histogram", all, losses::histogram{}, distances::cosine{}),
        make_entry("all x dynamic_soft_margin", all, losses::dynamic_soft_margin{}, distances::euclidean{}),
    };
}
