#include <trine/distances/euclidean.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/objectives/objective.hpp>

trine::objective<trine::miners::all, trine::losses::selectively_contrastive, trine::distances::euclidean> o;
