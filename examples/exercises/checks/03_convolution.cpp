#include <algorithm>

#include <trine/kernels/convolution.hpp>

#include "../grader/check.hpp"

using namespace grading;

namespace {

// Which place of x, w and y belong together: rightly, or as is often written instead.
enum class slip { none, flipped, no_padding, channels_and_outputs, rows_and_columns, last_image };

template <class F>
void for_each_product(convolution const& s, F const& f, slip how = slip::none) {
    auto const size = [](std::size_t value) { return static_cast<std::ptrdiff_t>(value); };
    for (std::size_t n = how == slip::last_image ? s.images - 1 : 0; n < s.images; ++n)
        for (std::size_t r = 0; r < s.out_height(); ++r)
            for (std::size_t q = 0; q < s.out_width(); ++q)
                for (std::size_t i = 0; i < s.kernel; ++i)
                    for (std::size_t j = 0; j < s.kernel; ++j) {
                        std::ptrdiff_t const padding = how == slip::no_padding ? 0 : size(s.padding),
                                             row = size(r + i) - padding, col = size(q + j) - padding;
                        if (row < 0 || row >= size(s.height) || col < 0 || col >= size(s.width))
                            continue;
                        std::size_t const tap = how == slip::flipped ? (s.kernel - 1 - i) * s.kernel + s.kernel - 1 - j
                                                : how == slip::rows_and_columns ? j * s.kernel + i
                                                                                : i * s.kernel + j,
                                          pixel = (n * s.height + static_cast<std::size_t>(row)) * s.width +
                                                  static_cast<std::size_t>(col);
                        for (std::size_t c = 0; c < s.channels; ++c)
                            for (std::size_t o = 0; o < s.outputs; ++o)
                                f(pixel * s.channels + c,
                                  how == slip::channels_and_outputs ? (tap * s.outputs + o) * s.channels + c
                                                                    : (tap * s.channels + c) * s.outputs + o,
                                  ((n * s.out_height() + r) * s.out_width() + q) * s.outputs + o);
                    }
}

std::size_t x_size(convolution const& s) { return s.images * s.height * s.width * s.channels; }
std::size_t w_size(convolution const& s) { return s.kernel * s.kernel * s.channels * s.outputs; }
std::size_t y_size(convolution const& s) { return s.images * s.out_height() * s.out_width() * s.outputs; }

// out[to] += a[…] · b[…] over all products, where `pick` says which three places these are.
template <class Pick>
std::vector<double> summed(convolution const& s, std::size_t size, double first, slip how, Pick const& pick) {
    std::vector<double> out(size, first);
    for_each_product(
        s, [&](std::size_t x, std::size_t w, std::size_t y) { pick(out, x, w, y); }, how);
    return out;
}

struct pictures {
    convolution s;
    guarded<float> x, w, dy;
    pictures(inputs& in, convolution const& sizes)
        : s(sizes),
          x(in.normal<float>("x", x_size(s), 1)),
          w(in.normal<float>("w", w_size(s), 1)),
          dy(in.normal<float>("dy", y_size(s), 1)) {
        x.seal(), w.seal(), dy.seal();
    }
    std::vector<double> forward(slip how = slip::none, double first = 0) const {
        return summed(s, y_size(s), first, how, [&](auto& out, std::size_t i, std::size_t j, std::size_t k) {
            out[k] += static_cast<double>(x(i)) * static_cast<double>(w(j));
        });
    }
    std::vector<double> data(slip how = slip::none, double first = 0) const {
        return summed(s, x_size(s), first, how, [&](auto& out, std::size_t i, std::size_t j, std::size_t k) {
            out[i] += static_cast<double>(dy(k)) * static_cast<double>(w(j));
        });
    }
    std::vector<double> weights(slip how = slip::none, double first = 0) const {
        return summed(s, w_size(s), first, how, [&](auto& out, std::size_t i, std::size_t j, std::size_t k) {
            out[j] += static_cast<double>(x(i)) * static_cast<double>(dy(k));
        });
    }
};

convolution const padded{.images = 2, .height = 5, .width = 4, .channels = 3, .outputs = 3, .kernel = 3, .padding = 1};
convolution const bare{.images = 3, .height = 4, .width = 6, .channels = 2, .outputs = 3, .kernel = 2, .padding = 0};

constexpr char const* is_flipped =
    "the kernel is used upside down and mirrored: pixel r + i belongs to row i of the kernel";
constexpr char const* is_not_padded = "the padding is not taken away from the pixel's place: r + i − P";
constexpr char const* is_exchanged =
    "channels and outputs are exchanged in the place of a weight: it is ((i·K + j)·C + c)·O + o";
constexpr char const* is_transposed =
    "rows and columns of the kernel are exchanged: its row belongs to the image's row";

} // namespace

CHECK(3, 1, "a kernel with a single 1 moves the image") {
    convolution const s{.images = 1, .height = 3, .width = 3, .channels = 1, .outputs = 1, .kernel = 3, .padding = 1};
    float const pixels[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, corner[] = {1, 0, 0, 0, 0, 0, 0, 0, 0};
    auto x = in.copy<float>("x", 9, 1, pixels), w = in.copy<float>("w", 9, 1, corner);
    auto const y = in.to_fill<float>("y", 9, 1);
    submitted.forward(s, x.seal().read(), w.seal().read(), y.span());
    // Its 1 is at row 0, column 0, so an output is the pixel above and to the left.
    compare(y.read(), {0, 0, 0, 0, 1, 2, 0, 4, 5}, 1e-6, {.what = "the output", .cols = 3},
            {{{5, 6, 0, 8, 9, 0, 0, 0, 0}, is_flipped}, {{1, 2, 3, 4, 5, 6, 7, 8, 9}, is_not_padded}});
}

CHECK(3, 2, "forward, with padding") {
    pictures const all(in, padded);
    auto const y = in.to_fill<float>("y", y_size(padded), 1);
    submitted.forward(padded, all.x.read(), all.w.read(), y.span());
    compare(y.read(), all.forward(), 1e-5, {.what = "the output", .row = "pixel", .column = "channel", .cols = 3},
            {{all.forward(slip::flipped), is_flipped},
             {all.forward(slip::no_padding), is_not_padded},
             {all.forward(slip::channels_and_outputs), is_exchanged},
             {all.forward(slip::rows_and_columns), is_transposed},
             {all.forward(slip::none, never_written), "y is added to without being set to 0 first"}});
}

CHECK(3, 1, "forward, without padding and with an even kernel") {
    pictures const all(in, bare);
    auto const y = in.to_fill<float>("y", y_size(bare), 1);
    submitted.forward(bare, all.x.read(), all.w.read(), y.span());
    compare(y.read(), all.forward(), 1e-5, {.what = "the output", .row = "pixel", .column = "channel", .cols = 3},
            {{all.forward(slip::flipped), is_flipped}, {all.forward(slip::rows_and_columns), is_transposed}});
}

CHECK(3, 3, "the gradient of the data") {
    for (auto const& s : {padded, bare}) {
        pictures const all(in, s);
        auto const dx = in.to_fill<float>("dx", x_size(s), 1);
        submitted.gradient_data(s, all.dy.read(), all.w.read(), dx.span());
        compare(dx.read(), all.data(), 1e-5, {.what = "dx", .row = "pixel", .column = "channel", .cols = s.channels},
                {{all.data(slip::flipped), is_flipped},
                 {all.data(slip::no_padding), is_not_padded},
                 {all.data(slip::channels_and_outputs), is_exchanged},
                 {all.data(slip::rows_and_columns), is_transposed},
                 {all.data(slip::last_image), "only the last image has a gradient"},
                 {all.data(slip::none, never_written), "dx is added to without being set to 0 first"}});
    }
}

CHECK(3, 3, "the gradient of the weights") {
    for (auto const& s : {padded, bare}) {
        pictures const all(in, s);
        auto const dw = in.to_fill<float>("dw", w_size(s), 1);
        submitted.gradient_weights(s, all.x.read(), all.dy.read(), dw.span());
        compare(dw.read(), all.weights(), 1e-5,
                {.what = "dw", .row = "tap and channel", .column = "output", .cols = s.outputs},
                {{all.weights(slip::flipped), is_flipped},
                 {all.weights(slip::no_padding), is_not_padded},
                 {all.weights(slip::channels_and_outputs), is_exchanged},
                 {all.weights(slip::rows_and_columns), is_transposed},
                 {all.weights(slip::last_image), "dw is that of the last image alone: it has to be summed over all"},
                 {all.weights(slip::none, never_written), "dw is added to without being set to 0 first"}});
    }
}

COMPARISON(3) {
    std::vector<comparison> rows;
    // A layer of a small network, on few images: a plain loop takes its time.
    convolution const s{
        .images = 4, .height = 32, .width = 32, .channels = 32, .outputs = 32, .kernel = 3, .padding = 1};
    pictures const all(in, s);
    auto const y = in.to_fill<float>("y", y_size(s), 1), dx = in.to_fill<float>("dx", x_size(s), 1),
               dw = in.to_fill<float>("dw", w_size(s), 1);
    trine::kernels::convolution_shape const shape{4, 32, 32, 32, 32, 3, 3, 1, 1};
    double const operations = 2.0 * static_cast<double>(y_size(s)) * 32 * 9;
    auto const speed = [&](double yours, double ours) {
        return shown(operations / yours / 1e6) + " and " + shown(operations / ours / 1e6) + " GFLOP/s";
    };
    auto const beside = [&]<class Method>(Method const& method, std::string const& name) {
        std::vector<float> weights(method.weights_size()),
            scratch(std::max(
                {method.forward_scratch(), method.gradient_data_scratch(), method.gradient_weights_scratch()}));
        method.prepare(all.w.data(), weights.data());
        auto const add = [&](std::string const& what, auto const& yours, auto const& ours) {
            double const a = milliseconds(yours), b = milliseconds(ours);
            rows.push_back({what + ", " + name, a, b, "ms", speed(a, b)});
        };
        add(
            "forward", [&] { submitted.forward(s, all.x.read(), all.w.read(), y.span()); },
            [&] { method.forward(all.x.data(), weights.data(), nullptr, y.data(), scratch.data()); });
        add(
            "gradient of data", [&] { submitted.gradient_data(s, all.dy.read(), all.w.read(), dx.span()); },
            [&] { method.gradient_data(all.dy.data(), all.w.data(), dx.data(), scratch.data()); });
        add(
            "gradient of weights", [&] { submitted.gradient_weights(s, all.x.read(), all.dy.read(), dw.span()); },
            [&] { method.gradient_weights(all.x.data(), all.dy.data(), dw.data(), scratch.data()); });
    };
    beside(trine::kernels::direct_method<float>(shape), "direct");
    beside(trine::kernels::winograd_method<trine::kernels::winograd<4, 3>, float>(shape), "Winograd");
    return rows;
}
