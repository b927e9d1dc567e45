#include "../variants.hpp"

#include <cmath>

#include "../solutions/11_squared_distances.cpp"

using namespace exercises;
enum class slip { no_two, plus, roots, exchanged, below_zero, loop, many_products, only_a, root_at_the_end };

template <slip S>
void distances_wrongly(matrix_view<float const> a, matrix_view<float const> b, matrix_view<float> out) {
    if (S == slip::loop) {
        for (std::size_t i = 0; i < a.rows(); ++i)
            for (std::size_t j = 0; j < b.rows(); ++j) {
                out(i, j) = 0;
                for (std::size_t k = 0; k < a.cols(); ++k)
                    out(i, j) += (a(i, k) - b(j, k)) * (a(i, k) - b(j, k));
            }
        return;
    }
    auto of_a = squared_lengths(a), of_b = squared_lengths(b);
    if (S == slip::roots)
        for (auto* all : {&of_a, &of_b})
            for (float& x : *all)
                x = std::sqrt(x);
    if (S == slip::only_a)
        std::fill(of_b.begin(), of_b.end(), 0.0f);
    if (S == slip::many_products)
        for (std::size_t i = 0; i < a.rows(); ++i)
            product(a.slice(i, 1), b, out.slice(i, 1));
    else
        product(a, b, out);
    for (std::size_t i = 0; i < out.rows(); ++i)
        for (std::size_t j = 0; j < out.cols(); ++j) {
            float const factor = S == slip::no_two ? -1 : S == slip::plus ? 2 : -2;
            constexpr bool turned = S == slip::exchanged;
            float const d = (turned ? of_a[j] : of_a[i]) + factor * out(i, j) + (turned ? of_b[i] : of_b[j]);
            out(i, j) = S == slip::below_zero ? d : std::max(0.0f, d);
            if (S == slip::root_at_the_end)
                out(i, j) = std::sqrt(out(i, j));
        }
}

VARIANTS(11, {"no two", "the factor 2 of the product is missing", {distances_wrongly<slip::no_two>}},
         {"plus", "the product has the wrong sign", {distances_wrongly<slip::plus>}},
         {"roots", "lengths are squared: leave out the root", {distances_wrongly<slip::roots>}},
         {"exchanged", "looked up by columns", {distances_wrongly<slip::exchanged>}},
         {"below zero", "set what is below 0 to 0", {distances_wrongly<slip::below_zero>}},
         {"loop", "`product` was not called", {distances_wrongly<slip::loop>}},
         {"many products", "one of the whole matrices is enough", {distances_wrongly<slip::many_products>}},
         {"only a", "the squared lengths of b's rows are missing", {distances_wrongly<slip::only_a>}},
         {"root at the end", "leave out the root at the end", {distances_wrongly<slip::root_at_the_end>}})
