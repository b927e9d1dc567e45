#include "../variants.hpp"

#include "../solutions/03_convolution.cpp"

using namespace exercises;
enum class slip { none, flipped, no_padding, exchanged, transposed, last_image, beyond };

template <slip S, class F>
void each_product_wrongly(convolution const& s, F const& f) {
    std::size_t const padding = S == slip::no_padding ? 0 : s.padding, k = s.kernel;
    for (std::size_t n = S == slip::last_image ? s.images - 1 : 0; n < s.images; ++n)
        for (std::size_t r = 0; r < s.out_height(); ++r)
            for (std::size_t q = 0; q < s.out_width(); ++q)
                for (std::size_t i = 0; i < k; ++i)
                    for (std::size_t j = 0; j < k; ++j) {
                        std::size_t const row = r + i, col = q + j;
                        bool const inside =
                            row >= padding && row - padding < s.height && col >= padding && col - padding < s.width;
                        if (!inside && S != slip::beyond)
                            continue;
                        std::size_t const tap = S == slip::flipped      ? (k - 1 - i) * k + k - 1 - j
                                                : S == slip::transposed ? j * k + i
                                                                        : i * k + j,
                                          pixel = (n * s.height + row - padding) * s.width + col - padding;
                        for (std::size_t c = 0; c < s.channels; ++c)
                            for (std::size_t o = 0; o < s.outputs; ++o)
                                f(pixel * s.channels + c,
                                  S == slip::exchanged ? (tap * s.outputs + o) * s.channels + c
                                                       : (tap * s.channels + c) * s.outputs + o,
                                  ((n * s.out_height() + r) * s.out_width() + q) * s.outputs + o);
                    }
}

using numbers = std::span<float const>;
template <slip S, bool Cleared = true>
void forward_wrongly(convolution const& s, numbers x, numbers w, std::span<float> y) {
    if (Cleared)
        std::fill(y.begin(), y.end(), 0.0f);
    each_product_wrongly<S>(s, [&](std::size_t i, std::size_t j, std::size_t k) { y[k] += x[i] * w[j]; });
}
template <slip S, bool Cleared = true>
void data_wrongly(convolution const& s, numbers dy, numbers w, std::span<float> dx) {
    if (Cleared)
        std::fill(dx.begin(), dx.end(), 0.0f);
    each_product_wrongly<S>(s, [&](std::size_t i, std::size_t j, std::size_t k) { dx[i] += dy[k] * w[j]; });
}
template <slip S, bool Cleared = true>
void weights_wrongly(convolution const& s, numbers x, numbers dy, std::span<float> dw) {
    if (Cleared)
        std::fill(dw.begin(), dw.end(), 0.0f);
    each_product_wrongly<S>(s, [&](std::size_t i, std::size_t j, std::size_t k) { dw[j] += x[i] * dy[k]; });
}

VARIANTS(
    3, {"flipped", "the kernel is used upside down", {forward_wrongly<slip::flipped>, gradient_data, gradient_weights}},
    {"no padding",
     "the padding is not taken away",
     {forward_wrongly<slip::no_padding>, gradient_data, gradient_weights}},
    {"exchanged",
     "channels and outputs are exchanged",
     {forward_wrongly<slip::exchanged>, gradient_data, gradient_weights}},
    {"transposed",
     "rows and columns of the kernel are exchanged",
     {forward_wrongly<slip::transposed>, gradient_data, gradient_weights}},
    {"not cleared",
     "y is added to without being set to 0 first",
     {forward_wrongly<slip::none, false>, gradient_data, gradient_weights}},
    {"beyond",
     "an index is beyond the end of a span",
     {forward_wrongly<slip::beyond>, gradient_data, gradient_weights}},
    {"data flipped", "the kernel is used upside down", {forward, data_wrongly<slip::flipped>, gradient_weights}},
    {"data not cleared",
     "dx is added to without being set to 0 first",
     {forward, data_wrongly<slip::none, false>, gradient_weights}},
    {"last image", "it has to be summed over all", {forward, gradient_data, weights_wrongly<slip::last_image>}},
    {"weights not cleared",
     "dw is added to without being set to 0 first",
     {forward, gradient_data, weights_wrongly<slip::none, false>}})
