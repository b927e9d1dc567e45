#pragma once

// Arrays of Python as the library takes them, without a copy, and in words what is wrong with those that it does not.

#include <string>
#include <vector>

#include <pybind11/numpy.h>

#include <trine/core/label.hpp>
#include <trine/core/view.hpp>

namespace program {

/// float32 of two dimensions, rows contiguous; keeps its array.
struct matrix_argument {
    pybind11::array array;
    trine::matrix_view<float const> view;
};
/// @param name  of the argument, for messages
/// @throws pybind11::type_error   when it is no array, or not of float32
/// @throws pybind11::value_error  when it has other dimensions, strided rows, no rows, or values that are not finite
matrix_argument matrix_of(pybind11::handle given, char const* name);

/// float32, contiguous, of the shape −1×…: the first dimension is free.
struct images_argument {
    pybind11::array array;
    float const* data;
    std::size_t count;
};
images_argument images_of(pybind11::handle given, char const* name, std::vector<std::size_t> const& shape);

/// A matrix of so many rows and columns that can be written to and lies apart from another.
trine::matrix_view<float> output_of(pybind11::handle given, char const* name, std::size_t rows, std::size_t cols,
                                    matrix_argument const& apart_from);

/// Whole numbers, one for each row of something.
struct labels_argument {
    pybind11::array array;
    std::span<trine::label const> view;
};
labels_argument labels_of(pybind11::handle given, char const* name, std::size_t rows, char const* of);

} // namespace program
