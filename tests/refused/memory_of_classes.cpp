#include <trine/distances/lp.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/cross_batch_memory.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/class.hpp>
using namespace trine;
cross_batch_memory<miners::all, losses::angular, distances::cosine> o(64);
