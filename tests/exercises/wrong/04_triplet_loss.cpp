#include "../variants.hpp"

#include <cmath>

#include "../solutions/04_triplet_loss.cpp"

using namespace exercises;
enum class slip {
    negative,
    positive,
    anchor,
    no_mean,
    mean_of_all,
    margin,
    no_hinge,
    roots,
    no_two,
    not_cleared,
    last,
    gradient_sum,
    zero_by_zero
};

template <slip S>
double loss_wrongly(matrix_view<double const> e, std::span<triplet const> triplets, double margin,
                    matrix_view<double> g) {
    if (S != slip::not_cleared)
        for (std::size_t i = 0; i < g.rows(); ++i)
            std::fill(g.row(i).begin(), g.row(i).end(), 0.0);
    auto const distance = [](auto a, auto b) {
        return S == slip::roots ? std::sqrt(squared_distance(a, b)) : squared_distance(a, b);
    };
    double loss = 0;
    std::size_t active = 0;
    for (auto const& t : triplets) {
        auto const a = e.row(t.anchor), p = e.row(t.positive), n = e.row(t.negative);
        double const value = distance(a, p) - distance(a, n) + (S == slip::margin ? -margin : margin);
        if (value <= 0 && S != slip::no_hinge)
            continue;
        loss += value;
        ++active;
        auto const put = [&](std::size_t row, std::size_t k, double x) {
            g(row, k) = S == slip::last ? x : g(row, k) + x;
        };
        double const two = S == slip::no_two ? 1 : 2;
        for (std::size_t k = 0; k < e.cols(); ++k) {
            if (S != slip::anchor)
                put(t.anchor, k, two * (n[k] - p[k]));
            put(t.positive, k, (S == slip::positive ? -two : two) * (p[k] - a[k]));
            put(t.negative, k, (S == slip::negative ? -two : two) * (a[k] - n[k]));
        }
    }
    if (active == 0 && S != slip::zero_by_zero)
        return 0;
    double const count = static_cast<double>(S == slip::mean_of_all ? triplets.size() : active);
    if (S != slip::gradient_sum)
        for (std::size_t i = 0; i < g.rows(); ++i)
            for (double& value : g.row(i))
                value /= count;
    return S == slip::no_mean ? loss : loss / count;
}

VARIANTS(4,
         {"sign of the negative", "the gradient for the negative has the wrong sign", {loss_wrongly<slip::negative>}},
         {"sign of the positive", "the gradient for the positive has the wrong sign", {loss_wrongly<slip::positive>}},
         {"no anchor", "the anchor has no gradient", {loss_wrongly<slip::anchor>}},
         {"no mean", "the loss is the sum over the triplets: the mean was forgotten", {loss_wrongly<slip::no_mean>}},
         {"mean of all", "divided by the number of all triplets", {loss_wrongly<slip::mean_of_all>}},
         {"sign of the margin", "the margin has the wrong sign", {loss_wrongly<slip::margin>}},
         {"no hinge", "triplets whose v is below 0 count, too", {loss_wrongly<slip::no_hinge>}},
         {"roots", "distances are squared", {loss_wrongly<slip::roots>}},
         {"no two", "the factor 2, from the square, is missing", {loss_wrongly<slip::no_two>}},
         {"not cleared", "yours was never written", {loss_wrongly<slip::not_cleared>}},
         {"last triplet", "gets the gradient of the last one alone", {loss_wrongly<slip::last>}},
         {"gradient's sum",
          "the gradient is not divided by the number of active triplets",
          {loss_wrongly<slip::gradient_sum>}},
         {"zero by zero", "0 / 0 is no number", {loss_wrongly<slip::zero_by_zero>}})
