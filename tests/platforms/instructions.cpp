// instructions KERNEL TIMES: runs a kernel so many times, for instructions.sh to count what it takes. Prints how many
// multiplications, or values, one time is.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <trine/core/buffer.hpp>
#include <trine/kernels/code_tile.hpp>
#include <trine/kernels/half.hpp>
#include <trine/kernels/int8.hpp>
#include <trine/kernels/pairwise.hpp>

#include "../support/any_convolution.hpp"

using namespace trine;
using kernels::convolution_algorithm;

namespace {

template <class T>
buffer<T> filled(std::size_t size) {
    buffer<T> values(size);
    for (std::size_t i = 0; i < size; ++i)
        values.data()[i] = static_cast<T>(static_cast<int>(i * 37 % 19) - 9);
    return values;
}

std::size_t convolve(kernels::convolution_shape const& s, convolution_algorithm algorithm, long times) {
    any_convolution<float> const c(s, algorithm);
    auto const x = filled<float>(s.batch * s.height * s.width * s.channels), w = filled<float>(s.weights());
    buffer<float> prepared(c.weights_size()), scratch(c.forward_scratch()),
        y(s.batch * s.out_height() * s.out_width() * s.outputs);
    c.prepare(w.data(), prepared.data());
    for (; times > 0; --times)
        c.forward(x.data(), prepared.data(), nullptr, y.data(), scratch.data());
    return y.size() * s.depth();
}

// Of a tile of rows with as many columns, whatever a target's vectors hold.
std::size_t multiply_codes(long times) {
    constexpr std::size_t size = 512, columns = 2 * kernels::code_sums::size;
    auto const rows = filled<std::int16_t>(kernels::tile_rows * size), panel = filled<std::int16_t>(columns * size);
    buffer<std::int32_t> products(kernels::tile_rows * columns);
    for (; times > 0; --times)
        kernels::multiply_codes<2>({rows.data(), size, kernels::code_pairs(size), panel.data()}, products.data());
    return kernels::tile_rows * columns * size;
}

std::size_t sum_codes(long times) {
    constexpr std::size_t size = 512, rows = kernels::code_rows;
    auto const query = filled<std::int16_t>(size);
    auto const codes = filled<std::int8_t>(rows * size);
    std::int32_t products[rows], squares[rows];
    for (; times > 0; --times)
        kernels::sum_codes(size, query.data(), codes.data(), size, rows, products, squares);
    return rows * size;
}

std::size_t widen_halves(long times) {
    constexpr std::size_t size = 4096;
    auto const halves = filled<std::uint16_t>(size);
    buffer<float> values(size);
    for (; times > 0; --times)
        kernels::widen_halves(size, halves.data(), values.data());
    return size;
}

std::size_t distances(long times) {
    constexpr std::size_t rows = 64, size = 128;
    auto const a = filled<float>(rows * size), b = filled<float>(rows * size);
    buffer<float> out(rows * rows);
    for (; times > 0; --times)
        kernels::pairwise<kernels::add_squared_difference>(matrix_view<float const>(a.data(), rows, size),
                                                           matrix_view<float const>(b.data(), rows, size),
                                                           matrix_view<float>(out.data(), rows, rows));
    return rows * rows * size;
}

std::size_t run(std::string_view kernel, long times) {
    if (kernel == "direct")
        return convolve({1, 8, 8, 16, 32, 3, 3, 1, 1}, convolution_algorithm::direct, times);
    if (kernel == "winograd")
        return convolve({1, 8, 8, 32, 32, 3, 3, 1, 1}, convolution_algorithm::winograd_4, times);
    if (kernel == "depthwise")
        return convolve({1, 16, 16, 32, 32, 3, 3, 1, 1, 32}, convolution_algorithm::depthwise, times);
    if (kernel == "distances")
        return distances(times);
    if (kernel == "codes16")
        return multiply_codes(times);
    if (kernel == "codes8")
        return sum_codes(times);
    if (kernel == "halves")
        return widen_halves(times);
    std::fprintf(stderr, "instructions: there is no kernel %s\n", std::string(kernel).c_str());
    std::exit(2);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3)
        return std::fprintf(stderr, "usage: instructions KERNEL TIMES\n"), 2;
    std::printf("%zu\n", run(argv[1], std::strtol(argv[2], nullptr, 10)));
}
