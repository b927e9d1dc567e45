#include <trine/distances/euclidean.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/objectives/objective.hpp>
using namespace trine;
// Two runs with different margins could not be told apart.
struct hinge {
    static constexpr std::string_view name = "hinge";
    double margin = 0.2;
    losses::reducer reduction = losses::reducer::mean;
    template <class T>
    losses::triplet_value<T> operator()(T positive, T negative) const {
        return {positive - negative + static_cast<T>(margin), T(1), T(-1)};
    }
};
objective<miners::all, hinge, distances::euclidean> o;
