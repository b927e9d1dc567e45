#include <trine/kernels/gemm.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "support/catch.hpp"
#include "support/random_values.hpp"

using namespace trine;

TEST_CASE("gemm multiplies, for every way the matrices lie", "[kernels]") {
    std::size_t const m = 70, n = 41, k = 13;
    using kernels::transposed;
    for (auto ta : {transposed::no, transposed::yes})
        for (auto tb : {transposed::no, transposed::yes})
            for (bool wide : {false, true}) {
                std::size_t const rows = wide ? n : m, cols = wide ? m : n;
                auto const a = random_values<double>(rows * k, 1), b = random_values<double>(k * cols, 2),
                           c = random_values<double>(rows * cols, 3);
                auto got = c;
                matrix_view<double const> const av = ta == transposed::yes
                                                         ? matrix_view<double const>(a.data(), k, rows)
                                                         : matrix_view<double const>(a.data(), rows, k);
                matrix_view<double const> const bv = tb == transposed::yes
                                                         ? matrix_view<double const>(b.data(), cols, k)
                                                         : matrix_view<double const>(b.data(), k, cols);
                kernels::gemm(ta, tb, 2.0, av, bv, 0.5, matrix_view<double>(got.data(), rows, cols));
                double worst = 0;
                for (std::size_t i = 0; i < rows; ++i)
                    for (std::size_t j = 0; j < cols; ++j) {
                        double sum = 0;
                        for (std::size_t l = 0; l < k; ++l)
                            sum += (ta == transposed::yes ? av(l, i) : av(i, l)) *
                                   (tb == transposed::yes ? bv(j, l) : bv(l, j));
                        worst = std::max(worst, std::abs(got[i * cols + j] - (2 * sum + 0.5 * c[i * cols + j])));
                    }
                CHECK(worst < 1e-13);
            }
}

TEST_CASE("gemm gives the same bits whatever the number of threads", "[kernels]") {
    // As large as what a BLAS would cut among threads of its own.
    auto const before = thread_count();
    for (auto const& sizes :
         {std::array<std::size_t, 3>{96, 4608, 256}, {4096, 128, 64}, {130, 257, 900}, {512, 64, 288}}) {
        std::size_t const rows = sizes[0], cols = sizes[1], inner = sizes[2]; // Clang 14 captures no names of parts
        auto const a = random_values<float>(rows * inner, 1), b = random_values<float>(inner * cols, 2);
        auto const product = [&](std::size_t threads) {
            set_thread_count(threads);
            std::vector<float> c(rows * cols);
            kernels::gemm(
                kernels::transposed::no, kernels::transposed::no, 1.f, matrix_view<float const>(a.data(), rows, inner),
                matrix_view<float const>(b.data(), inner, cols), 0.f, matrix_view<float>(c.data(), rows, cols));
            return c;
        };
        auto const expected = product(1);
        for (int repetition = 0; repetition < 50; ++repetition)
            CHECK((product(2 + static_cast<std::size_t>(repetition) % 2) == expected));
    }
    set_thread_count(before);
}
