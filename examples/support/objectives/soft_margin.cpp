#include "triplets.hpp"

trine::any_objective program::of_soft_margin(objective_choice const& c) {
    return of_triplets<trine::losses::soft_margin>(c);
}
