#include <trine/distances/lp.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/cross_batch_memory.hpp>
using namespace trine;
struct nobody {};
objective<nobody, losses::triplet_margin, distances::euclidean> o;
