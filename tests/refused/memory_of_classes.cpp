#include <trine/distances/lp.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/training/cross_batch_memory.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/person.hpp>
#include <trine/training/proxy_objective.hpp>
using namespace trine;
cross_batch_memory<miners::all, losses::angular, distances::cosine> o(64);
