#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string_view>

#include "../core/buffer.hpp"
#include "../core/parallel.hpp"
#include "../kernels/gemm.hpp"
#include "../kernels/pairwise.hpp"

namespace trine::distances {

/// d(x, y) = Var(x − y)/Var(x), variances over the components: the noise by which y differs from the anchor x, relative
/// to the anchor's signal. Not symmetric. An anchor whose components are all equal, or differ so little that one over
/// their variance is no scalar (by 1e-19 in float), has no signal; it is at distance 0 from all, with gradient 0.
///
/// @see T. Yuan, W. Deng, J. Tang, Y. Tang, B. Chen, "Signal-to-Noise Ratio: A Robust Distance Metric for Deep Metric
/// Learning", CVPR 2019
struct signal_to_noise {
    static constexpr std::string_view name = "signal_to_noise";

    template <class T>
    void pairwise(matrix_view<T const> e, matrix_view<T> out) const {
        centred<T> const c(e);
        measure(c, c, out);
    }
    template <class T>
    void cross(matrix_view<T const> queries, matrix_view<T const> references, matrix_view<T> out) const {
        measure(centred<T>(queries), centred<T>(references), out);
    }
    // With c the centred rows and v their squared lengths, d_ij = ‖c_i − c_j‖²/v_i; in c: as anchor 2 g_ij/v_i (c_i −
    // c_j − d_ij c_i), as the other −2 g_ij/v_i (c_i − c_j). Centring again takes it back to e.
    template <class T>
    void gradient(matrix_view<T const> e, matrix_view<T const> d, matrix_view<T> g, matrix_view<T> out) const {
        centred<T> const c(e);
        std::size_t const n = e.rows();
        buffer<T> own(n);
        scale(c, g);
        parallel_blocks(n, 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                T as_anchor = 0, all = 0;
                for (std::size_t j = 0; j < n; ++j) {
                    as_anchor += i == j ? T(0) : g(i, j) * d(i, j);
                    all += i == j ? T(0) : g(i, j) + g(j, i);
                }
                own[i] = all - as_anchor;
            }
        });
        parallel_blocks(n, 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                g(i, i) = T(0);
        });
        kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(-1), g, c.view(), T(0), out);
        kernels::gemm(kernels::transposed::yes, kernels::transposed::no, T(-1), g, c.view(), T(1), out);
        finish(c, own, out);
    }
    template <class T>
    void cross_gradient(matrix_view<T const> q, matrix_view<T const> r, matrix_view<T const> d, matrix_view<T> g,
                        matrix_view<T> out) const {
        centred<T> const c(q), other(r);
        buffer<T> own(q.rows());
        scale(c, g);
        parallel_blocks(q.rows(), 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                own[i] = T(0);
                for (std::size_t j = 0; j < r.rows(); ++j)
                    own[i] += g(i, j) - g(i, j) * d(i, j);
            }
        });
        kernels::gemm(kernels::transposed::no, kernels::transposed::no, T(-1), g, other.view(), T(0), out);
        finish(c, own, out);
    }

private:
    // Rows less their mean, and one over their squared lengths (0 for a row without variance).
    template <class T>
    struct centred {
        explicit centred(matrix_view<T const> e)
            : values(e.rows() * e.cols()), inverse(e.rows()), rows(e.rows()), cols(e.cols()) {
            parallel_blocks(rows, 16, [&](std::size_t first, std::size_t last) {
                for (std::size_t i = first; i < last; ++i) {
                    double mean = 0, squares = 0;
                    for (T v : e.row(i))
                        mean += static_cast<double>(v);
                    mean /= static_cast<double>(cols);
                    for (std::size_t k = 0; k < cols; ++k) {
                        double const v = static_cast<double>(e(i, k)) - mean;
                        values[i * cols + k] = static_cast<T>(v);
                        squares += v * v;
                    }
                    bool const has_signal = 1 / squares <= static_cast<double>(std::numeric_limits<T>::max());
                    inverse[i] = has_signal ? static_cast<T>(1 / squares) : T(0);
                }
            });
        }
        matrix_view<T const> view() const { return {values.data(), rows, cols}; }
        buffer<T> values, inverse;
        std::size_t rows, cols;
    };

    template <class T>
    static void measure(centred<T> const& q, centred<T> const& r, matrix_view<T> out) {
        kernels::pairwise<kernels::add_squared_difference>(q.view(), r.view(), out);
        parallel_blocks(out.rows(), 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                for (T& v : out.row(i))
                    v *= q.inverse[i];
        });
    }
    template <class T>
    static void scale(centred<T> const& c, matrix_view<T> g) {
        parallel_blocks(g.rows(), 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i)
                for (T& v : g.row(i))
                    v *= 2 * c.inverse[i];
        });
    }
    template <class T>
    static void finish(centred<T> const& c, buffer<T> const& own, matrix_view<T> out) {
        parallel_blocks(out.rows(), 16, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                double mean = 0;
                for (std::size_t k = 0; k < c.cols; ++k) {
                    out(i, k) += own[i] * c.values[i * c.cols + k];
                    mean += static_cast<double>(out(i, k));
                }
                mean /= static_cast<double>(c.cols);
                for (T& v : out.row(i))
                    v -= static_cast<T>(mean);
            }
        });
    }
};

} // namespace trine::distances
