#include <algorithm>

#include "exercise.hpp"

namespace exercises {

// Calls f(place in x, place in w, place in y) for every product of the definition.
template <class F>
void for_each_product(convolution const& s, F const& f) {
    for (std::size_t n = 0; n < s.images; ++n)
        for (std::size_t r = 0; r < s.out_height(); ++r)
            for (std::size_t q = 0; q < s.out_width(); ++q)
                for (std::size_t i = 0; i < s.kernel; ++i)
                    for (std::size_t j = 0; j < s.kernel; ++j) {
                        std::size_t const row = r + i, col = q + j; // shifted by the padding, so that none is below 0
                        if (row < s.padding || row - s.padding >= s.height || col < s.padding ||
                            col - s.padding >= s.width)
                            continue;
                        std::size_t const pixel = (n * s.height + row - s.padding) * s.width + col - s.padding;
                        for (std::size_t c = 0; c < s.channels; ++c)
                            for (std::size_t o = 0; o < s.outputs; ++o)
                                f(pixel * s.channels + c, ((i * s.kernel + j) * s.channels + c) * s.outputs + o,
                                  ((n * s.out_height() + r) * s.out_width() + q) * s.outputs + o);
                    }
}

void forward(convolution const& s, std::span<float const> x, std::span<float const> w, std::span<float> y) {
    std::fill(y.begin(), y.end(), 0.0f);
    for_each_product(s, [&](std::size_t in, std::size_t weight, std::size_t out) { y[out] += x[in] * w[weight]; });
}

void gradient_data(convolution const& s, std::span<float const> dy, std::span<float const> w, std::span<float> dx) {
    std::fill(dx.begin(), dx.end(), 0.0f);
    for_each_product(s, [&](std::size_t in, std::size_t weight, std::size_t out) { dx[in] += dy[out] * w[weight]; });
}

void gradient_weights(convolution const& s, std::span<float const> x, std::span<float const> dy, std::span<float> dw) {
    std::fill(dw.begin(), dw.end(), 0.0f);
    for_each_product(s, [&](std::size_t in, std::size_t weight, std::size_t out) { dw[weight] += x[in] * dy[out]; });
}

} // namespace exercises

EXERCISE(3, exercises::forward, exercises::gradient_data, exercises::gradient_weights)
