#include "triplets.hpp"

trine::any_objective program::of_selectively_contrastive(objective_choice const& c) {
    return of_triplets<trine::losses::selectively_contrastive>(c);
}
