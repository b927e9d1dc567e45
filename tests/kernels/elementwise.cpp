#include <trine/kernels/elementwise.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"

using namespace trine;

TEMPLATE_TEST_CASE("rows of any length become rows of length 1", "[kernels]", float, double) {
    using T = TestType;
    using limits = std::numeric_limits<T>;
    for (T v : {T(1), T(1e-18), T(1e-30), T(1e-37), T(1e-38), T(2e-39), T(1e-40), T(1e-44), limits::min(),
                limits::denorm_min(), T(1e30), limits::max()}) {
        CAPTURE(v);
        for (auto const& x : {std::vector<T>{v, 0}, std::vector<T>{-v, v}, std::vector<T>{v, v / 2, -v / 4}}) {
            std::size_t const size = x.size();
            std::vector<T> y(size, limits::quiet_NaN()), dx(size);
            T norm = 0;
            kernels::normalize_rows<T>(1, size, x.data(), y.data(), &norm);
            double squares = 0, shares = 0;
            for (std::size_t i = 0; i < size; ++i) {
                squares += static_cast<double>(y[i]) * static_cast<double>(y[i]);
                shares += std::pow(static_cast<double>(x[i] / v), 2);
            }
            CHECK(squares == Approx(1));
            for (std::size_t i = 0; i < size; ++i)
                CHECK(y[i] == Approx(static_cast<double>(x[i] / v) / std::sqrt(shares)));
            CHECK((std::isinf(norm) || norm == Approx(static_cast<double>(v) * std::sqrt(shares)).margin(1e-44)));
            std::vector<T> const dy(size, T(1));
            kernels::normalize_rows_backward<T>(1, size, y.data(), &norm, dy.data(), dx.data());
            for (T d : dx)
                CHECK(std::isfinite(d));
            auto in_place = x;
            kernels::normalize_rows<T>(1, size, in_place.data(), in_place.data(), &norm);
            CHECK(in_place == y);
        }
    }
    std::vector<T> y(2);
    T norm = 1;
    kernels::normalize_rows<T>(1, 2, std::vector<T>{0, 0}.data(), y.data(), &norm);
    CHECK((norm == 0 && y == std::vector<T>{0, 0}));
    // What is no number stays seen.
    T const nan = limits::quiet_NaN(), infinity = limits::infinity();
    for (auto const& x :
         {std::vector<T>{nan, 1}, std::vector<T>{1, nan}, std::vector<T>{infinity, 1}, std::vector<T>{nan, infinity}}) {
        kernels::normalize_rows<T>(1, 2, x.data(), y.data(), &norm);
        CHECK((std::isnan(y[0]) && std::isnan(y[1])));
    }
}
