#include "triplets.hpp"

trine::any_objective program::of_no_margin(objective_choice const& c) {
    return of_triplets<trine::losses::no_margin>(c);
}
