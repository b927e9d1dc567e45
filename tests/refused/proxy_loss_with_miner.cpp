#include <trine/distances/lp.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/cross_batch_memory.hpp>
using namespace trine;
objective<miners::semi_hard, losses::arcface, distances::cosine> o;
