#include <trine/distances/lp.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/cross_batch_memory.hpp>
using namespace trine;
objective<miners::none, losses::arcface, distances::euclidean> o;
