#include "triplets.hpp"

trine::any_objective program::of_margin_based(objective_choice const& c) {
    return of_triplets<trine::losses::margin_based>(c);
}
