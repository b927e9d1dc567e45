#include <trine/distances/lp.hpp>
#include <trine/losses/pair.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/cross_batch_memory.hpp>
using namespace trine;
objective<miners::batch_hard, losses::nt_xent, distances::cosine> o;
