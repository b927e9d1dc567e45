#pragma once

// What the files of the exercises include: the library's views and random streams, and the functions that are asked
// for. It compiles in a moment; so does your file.

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <trine/core/label.hpp>
#include <trine/core/random.hpp>
#include <trine/core/view.hpp>

namespace exercises {

using trine::label, trine::matrix_view, trine::random_stream;

/// Thrown where nothing has been written yet.
class not_written : public std::logic_error {
public:
    not_written() : std::logic_error("there is nothing here yet") {}
};

/// Three photos of a batch, by their rows.
struct triplet {
    std::size_t anchor, positive, negative;
    friend bool operator==(triplet const&, triplet const&) = default;
};

/// What a softmax head takes while it is trained.
struct head_cost {
    double weights;       ///< and biases
    double bytes;         ///< of all that belongs to a weight, and of the logits
    double multiply_adds; ///< of one step, forward and backward
};

/// Sizes of a convolution with stride 1 over square kernels.
struct convolution {
    std::size_t images, height, width, channels, outputs, kernel, padding;
    std::size_t out_height() const { return height + 2 * padding - kernel + 1; }
    std::size_t out_width() const { return width + 2 * padding - kernel + 1; }
};

/// How many of the pairs are accepted: of those of one person, and of those of two.
struct accept_rates {
    double true_accepts, false_accepts;
};

/// A figure, and where it would lie in most repetitions.
struct interval {
    double estimate, low, high;
};

/// A loss and its slopes along both distances.
struct triplet_value {
    double value, by_positive, by_negative;
};

/// A tensor as a file holds it: the last dimension lies side by side.
struct file_tensor {
    std::string name;
    std::vector<std::size_t> shape;
    std::vector<float> values;
};
/// A tensor of the network. Its shape is written as in the file, and so are its values, but for four dimensions: see
/// exercise 10.
struct network_tensor {
    std::string name;
    std::vector<std::size_t> shape;
    std::span<float> values;
};
/// The name of a tensor here, and in the file.
struct weight_name {
    std::string ours, theirs;
};
/// What became of the tensors of a network: their names, in the network's order; and how many of the file's nobody
/// took.
struct loading_report {
    std::vector<std::string> loaded, missing, misshapen;
    std::size_t unused = 0;
};

/// out(i, j) = Σ over k of a(i, k) · b(j, k): the library's product of matrices, for exercise 11.
///
/// @param a    Q×D
/// @param b    R×D
/// @param out  Q×R, overwritten
void product(matrix_view<float const> a, matrix_view<float const> b, matrix_view<float> out);

/// The functions that an exercise asks for.
template <int Exercise>
struct functions;

template <>
struct functions<0> {
    void (*normalize)(matrix_view<double const> x, matrix_view<double> y);
    void (*gradient)(matrix_view<double const> x, matrix_view<double const> dy, matrix_view<double> dx);
};
template <>
struct functions<1> {
    double (*softmax_loss)(matrix_view<double const> logits, std::span<std::size_t const> people,
                           matrix_view<double> gradient);
    head_cost (*cost)(std::size_t people, std::size_t features, std::size_t batch);
};
template <>
struct functions<2> {
    std::size_t (*sample_triplets)(std::span<label const> labels, random_stream& random, std::span<triplet> out);
};
template <>
struct functions<3> {
    void (*forward)(convolution const& s, std::span<float const> x, std::span<float const> w, std::span<float> y);
    void (*gradient_data)(convolution const& s, std::span<float const> dy, std::span<float const> w,
                          std::span<float> dx);
    void (*gradient_weights)(convolution const& s, std::span<float const> x, std::span<float const> dy,
                             std::span<float> dw);
};
template <>
struct functions<4> {
    double (*triplet_loss)(matrix_view<double const> embeddings, std::span<triplet const> triplets, double margin,
                           matrix_view<double> gradient);
};
template <>
struct functions<5> {
    std::vector<triplet> (*semi_hard)(matrix_view<double const> distances, std::span<label const> labels,
                                      double margin);
};
template <>
struct functions<6> {
    std::vector<std::size_t> (*nearest)(matrix_view<float const> gallery, std::span<float const> query, std::size_t k);
    label (*vote)(std::span<std::size_t const> nearest, std::span<label const> labels);
};
template <>
struct functions<7> {
    double (*threshold)(double rate, std::span<double const> same, std::span<double const> different);
    accept_rates (*rates)(double threshold, std::span<double const> same, std::span<double const> different);
};
template <>
struct functions<8> {
    interval (*bootstrap)(std::span<double const> values, std::span<label const> people, std::size_t resamples,
                          double confidence, random_stream& random);
};
template <>
struct functions<9> {
    triplet_value (*own_loss)(double positive, double negative);
};
template <>
struct functions<10> {
    loading_report (*load)(std::span<file_tensor const> file, std::span<weight_name const> table,
                           std::span<network_tensor const> network);
};
template <>
struct functions<11> {
    void (*squared_distances)(matrix_view<float const> a, matrix_view<float const> b, matrix_view<float> out);
};

/// What a compiled file says of itself.
struct submission {
    int exercise;
    char const* name;    ///< of one among several; empty for a student's
    char const* mistake; ///< what is wrong with it; empty for a student's
    void const* functions;
};
struct submissions {
    submission const* all;
    std::size_t count;
};

} // namespace exercises

#define TRINE_EXERCISE_ENTRY extern "C" [[gnu::visibility("default")]]

/// The last line of a file: the exercise's number, and its functions.
#define EXERCISE(number, ...)                                                                                          \
    TRINE_EXERCISE_ENTRY void exercise_submissions(exercises::submissions* out) {                                      \
        static exercises::functions<number> const functions{__VA_ARGS__};                                              \
        static exercises::submission const it{number, "", "", &functions};                                             \
        *out = {&it, 1};                                                                                               \
    }
