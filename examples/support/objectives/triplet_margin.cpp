#include "triplets.hpp"

trine::any_objective program::of_triplet_margin(objective_choice const& c) {
    return of_triplets<trine::losses::triplet_margin>(c);
}
