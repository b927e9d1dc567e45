#include <trine/miners/at_most.hpp>
#include <trine/miners/pair_miners.hpp>

trine::miners::at_most<trine::miners::multi_similarity> m;
