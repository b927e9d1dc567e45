#include "../variants.hpp"

#include "../solutions/00_unit_length.cpp"

using namespace exercises;
enum class slip { columns, squares, zero_row, no_projection, plus, no_division, long_rows };

template <slip S>
void normalize_wrongly(matrix_view<double const> x, matrix_view<double> y) {
    for (std::size_t i = 0; i < x.rows(); ++i)
        for (std::size_t k = 0; k < x.cols(); ++k) {
            double squares = 0;
            if constexpr (S == slip::columns)
                for (std::size_t m = 0; m < x.rows(); ++m)
                    squares += x(m, k) * x(m, k);
            else
                squares = dot(x.row(i), x.row(i));
            double const length = S == slip::squares ? squares : std::sqrt(squares);
            y(i, k) = S == slip::zero_row || length > 0 ? x(i, k) / length : 0;
        }
}

template <slip S>
void gradient_wrongly(matrix_view<double const> x, matrix_view<double const> dy, matrix_view<double> dx) {
    for (std::size_t i = 0; i < x.rows(); ++i) {
        double const length = std::sqrt(dot(x.row(i), x.row(i))), scale = S == slip::long_rows ? 1 : length,
                     along = length > 0 ? dot(x.row(i), dy.row(i)) / scale : 0,
                     factor = S == slip::no_projection ? 0
                              : S == slip::plus        ? -1
                                                       : 1;
        for (std::size_t k = 0; k < x.cols(); ++k) {
            double const value = length > 0 ? dy(i, k) - factor * x(i, k) / scale * along : 0;
            dx(i, k) = S == slip::no_division || !(length > 0) ? value : value / length;
        }
    }
}

VARIANTS(0, {"columns", "sum the squares of a row, not of a column", {normalize_wrongly<slip::columns>, gradient}},
         {"squares", "not the sum itself", {normalize_wrongly<slip::squares>, gradient}},
         {"zero row", "ask whether the length is above 0 first", {normalize_wrongly<slip::zero_row>, gradient}},
         {"no projection",
          "is not taken away: − y (y · dy) is missing",
          {normalize, gradient_wrongly<slip::no_projection>}},
         {"plus", "has to be taken away: its sign is wrong", {normalize, gradient_wrongly<slip::plus>}},
         {"no division", "it is not divided by the length of x", {normalize, gradient_wrongly<slip::no_division>}},
         {"long rows", "of x as it is, not of y", {normalize, gradient_wrongly<slip::long_rows>}})
