#include <trine/distances/lp.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/pair_miners.hpp>
#include <trine/objectives/cross_batch_memory.hpp>
using namespace trine;
struct far_away {
    static constexpr std::string_view name = "far_away";
};
objective<miners::all, losses::triplet_margin, far_away> o;
