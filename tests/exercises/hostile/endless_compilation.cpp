// A constant that takes the compiler for ever.
#include "exercise.hpp"

template <int N, int M>
struct tree {
    static constexpr int value = tree<N - 1, 2 * M>::value + tree<N - 1, 2 * M + 1>::value;
};
template <int M>
struct tree<0, M> {
    static constexpr int value = 1;
};
static_assert(tree<28, 1>::value > 0);
