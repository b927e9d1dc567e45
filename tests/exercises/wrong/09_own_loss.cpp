#include "../variants.hpp"

#include "../solutions/09_own_loss.cpp"

using namespace exercises;

triplet_value no_margin(double p, double n) { return {p - n, 1, -1}; }
triplet_value nothing(double, double) { return {0, 0, 0}; }
triplet_value exchanged(double p, double n) { return own_loss(n, p); }
triplet_value positive_alone(double p, double) { return {p, 1, 0}; }
triplet_value wrong_sign(double p, double n) {
    auto v = own_loss(p, n);
    v.by_negative = -v.by_negative;
    return v;
}
triplet_value twice(double p, double n) {
    auto v = own_loss(p, n);
    v.by_positive *= 2;
    return v;
}
triplet_value forgotten(double p, double n) {
    auto v = own_loss(p, n);
    v.by_negative = 0;
    return v;
}
triplet_value overflow(double p, double n) {
    double const e = std::exp(p - n);
    return {std::log(1 + e), e / (1 + e), -e / (1 + e)};
}
triplet_value ratio(double p, double n) { return {p / n, 1 / n, -p / (n * n)}; }

VARIANTS(9, {"no margin", "a loss that may fall without end", {no_margin}},
         {"nothing", "nobody says that it is wrong", {nothing}}, {"exchanged", "are the two exchanged?", {exchanged}},
         {"positive alone", "the value does not depend on the negative's distance", {positive_alone}},
         {"wrong sign", "the slope by the negative has the wrong sign", {wrong_sign}},
         {"twice", "the slope by the positive is 2 times too large", {twice}},
         {"forgotten", "the slope by the negative is missing", {forgotten}},
         {"overflow", "an exponential of something large?", {overflow}},
         {"ratio", "something is divided by 0", {ratio}})
