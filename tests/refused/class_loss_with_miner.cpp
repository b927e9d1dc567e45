#include <trine/distances/lp.hpp>
#include <trine/losses/class.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/cross_batch_memory.hpp>
using namespace trine;
objective<miners::batch_hard, losses::lifted_structure, distances::euclidean> o;
