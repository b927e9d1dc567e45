#pragma once

#include <vector>

#include <trine/kernels/convolution_shape.hpp>

/// The plainest convolution loops, in double: what the fast kernels are compared with.
struct plain_convolution {
    trine::kernels::convolution_shape s;

    // Calls body(x index, weight index, y index) for every multiplication of the definition.
    template <class Body>
    void for_each_product(Body&& body) const {
        auto const inside = [](std::size_t at, std::size_t padding, std::size_t size) {
            return at >= padding && at - padding < size;
        };
        for (std::size_t n = 0; n < s.batch; ++n)
            for (std::size_t oy = 0; oy < s.out_height(); ++oy)
                for (std::size_t ox = 0; ox < s.out_width(); ++ox)
                    for (std::size_t ky = 0; ky < s.kernel_height; ++ky)
                        for (std::size_t kx = 0; kx < s.kernel_width; ++kx) {
                            std::size_t const y = oy * s.stride + ky, x = ox * s.stride + kx;
                            if (!inside(y, s.padding, s.height) || !inside(x, s.padding, s.width))
                                continue;
                            for (std::size_t c = 0; c < s.group_channels(); ++c)
                                for (std::size_t o = 0; o < s.outputs; ++o)
                                    body(((n * s.height + y - s.padding) * s.width + x - s.padding) * s.channels +
                                             o / s.group_outputs() * s.group_channels() + c,
                                         ((ky * s.kernel_width + kx) * s.group_channels() + c) * s.outputs + o,
                                         ((n * s.out_height() + oy) * s.out_width() + ox) * s.outputs + o);
                        }
    }
    std::size_t x_size() const { return s.batch * s.height * s.width * s.channels; }
    std::size_t w_size() const { return s.weights(); }
    std::size_t y_size() const { return s.batch * s.out_height() * s.out_width() * s.outputs; }

    template <class T>
    std::vector<double> forward(std::vector<T> const& x, std::vector<T> const& w, std::vector<T> const& bias) const {
        std::vector<double> y(y_size());
        for (std::size_t i = 0; i < y.size(); ++i)
            y[i] = bias.empty() ? 0.0 : static_cast<double>(bias[i % s.outputs]);
        for_each_product(
            [&](auto i, auto j, auto k) { y[k] += static_cast<double>(x[i]) * static_cast<double>(w[j]); });
        return y;
    }
    template <class T>
    std::vector<double> gradient_data(std::vector<T> const& dy, std::vector<T> const& w) const {
        std::vector<double> dx(x_size());
        for_each_product(
            [&](auto i, auto j, auto k) { dx[i] += static_cast<double>(dy[k]) * static_cast<double>(w[j]); });
        return dx;
    }
    template <class T>
    std::vector<double> gradient_weights(std::vector<T> const& x, std::vector<T> const& dy) const {
        std::vector<double> dw(w_size());
        for_each_product(
            [&](auto i, auto j, auto k) { dw[j] += static_cast<double>(x[i]) * static_cast<double>(dy[k]); });
        return dw;
    }
};
