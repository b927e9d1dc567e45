#include <trine/distances/cosine.hpp>
#include <trine/losses/histogram.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/objective.hpp>

trine::objective<trine::miners::multi_similarity, trine::losses::histogram, trine::distances::cosine> o;
