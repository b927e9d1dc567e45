#include "arrays.hpp"

#include <algorithm>
#include <atomic>

#include <trine/core/error.hpp>
#include <trine/core/finite.hpp>
#include <trine/core/parallel.hpp>

namespace py = pybind11;

namespace program {

namespace {

template <class... Parts>
std::string text(Parts const&... parts) {
    std::string all;
    (trine::message_part(parts).append_to(all), ...);
    return all;
}
template <class... Parts>
[[noreturn]] void wrong_type(Parts const&... parts) {
    throw py::type_error(text(parts...));
}
template <class... Parts>
[[noreturn]] void wrong_value(Parts const&... parts) {
    throw py::value_error(text(parts...));
}

std::string type_name(py::handle given) { return py::str(py::type::handle_of(given).attr("__name__")); }

// NumPy's own, or what says by DLPack where it lies: tensors of PyTorch and others.
py::array array_of(py::handle given, char const* name) {
    if (py::isinstance<py::array>(given))
        return py::reinterpret_borrow<py::array>(given);
    if (!py::hasattr(given, "__dlpack__"))
        wrong_type(name, ": an array of NumPy or PyTorch is needed, not ", type_name(given));
    try {
        return py::array(py::module_::import("numpy").attr("from_dlpack")(given));
    } catch (py::error_already_set& e) {
        wrong_value(name, ": this ", type_name(given),
                    " cannot be read where it lies: ", std::string(py::str(e.value())),
                    " (a tensor that requires gradients: pass x.detach(); one on "
                    "another device: x.cpu())");
    }
}

std::string shape_text(py::array const& a) {
    std::string all;
    for (py::ssize_t i = 0; i < a.ndim(); ++i)
        all += (i > 0 ? "×" : "") + std::to_string(a.shape(i));
    return all.empty() ? "no dimensions" : all;
}

// float32 in the machine's order, where it can be read as such.
void require_floats(py::array const& a, char const* name) {
    if (!a.dtype().equal(py::dtype::of<float>()))
        wrong_type(name, ": float32 is needed, not ", std::string(py::str(a.dtype())),
                   " (x.astype(numpy.float32) makes a copy that is)");
    if (reinterpret_cast<std::uintptr_t>(a.data()) % alignof(float) != 0)
        wrong_value(name, ": its values do not lie at multiples of four bytes; numpy.ascontiguousarray(x) helps");
}

void require_finite_rows(trine::matrix_view<float const> m, char const* name) {
    std::atomic<bool> finite{true};
    trine::parallel_blocks(m.rows(), 256, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            if (!trine::all_finite(m.cols(), m.row(i).data()))
                finite = false;
    });
    for (std::size_t i = 0; !finite && i < m.rows(); ++i)
        if (!trine::all_finite(m.cols(), m.row(i).data()))
            wrong_value(name, ": row ", i, " holds NaN or infinity");
}

matrix_argument rows_of(py::array a, char const* name) {
    if (a.ndim() != 2)
        wrong_value(name, ": two dimensions are needed, rows and values, not ", shape_text(a));
    if (a.shape(0) == 0 || a.shape(1) == 0)
        wrong_value(name, ": is empty: ", shape_text(a));
    constexpr auto size = static_cast<py::ssize_t>(sizeof(float));
    py::ssize_t const rows = a.shape(0), cols = a.shape(1), stride = rows > 1 ? a.strides(0) : cols * size;
    if ((cols > 1 && a.strides(1) != size) || stride < cols * size || stride % size != 0)
        wrong_value(name, ": the values of a row have to lie side by side, and this array is strided; "
                          "numpy.ascontiguousarray(x) makes a copy that is not");
    trine::matrix_view<float const> const view(static_cast<float const*>(a.data()), static_cast<std::size_t>(rows),
                                               static_cast<std::size_t>(cols), static_cast<std::size_t>(stride / size));
    return {std::move(a), view};
}

} // namespace

matrix_argument matrix_of(py::handle given, char const* name) {
    auto a = array_of(given, name);
    require_floats(a, name);
    auto m = rows_of(std::move(a), name);
    py::gil_scoped_release const others_run;
    require_finite_rows(m.view, name);
    return m;
}

images_argument images_of(py::handle given, char const* name, std::vector<std::size_t> const& shape) {
    auto a = array_of(given, name);
    require_floats(a, name);
    bool fits = a.ndim() == static_cast<py::ssize_t>(shape.size()) + 1;
    std::string wanted = "N";
    for (std::size_t i = 0; i < shape.size(); ++i) {
        wanted += "×" + std::to_string(shape[i]);
        fits = fits && a.shape(static_cast<py::ssize_t>(i) + 1) == static_cast<py::ssize_t>(shape[i]);
    }
    if (!fits)
        wrong_value(name, ": ", wanted, " is needed, not ", shape_text(a));
    if (a.shape(0) == 0)
        wrong_value(name, ": is empty");
    if (!(a.flags() & py::array::c_style))
        wrong_value(name, ": has to be contiguous, and is strided; numpy.ascontiguousarray(x) makes a copy that is");
    std::size_t const count = static_cast<std::size_t>(a.shape(0)), size = static_cast<std::size_t>(a.size()) / count;
    auto const* data = static_cast<float const*>(a.data());
    require_finite_rows({data, count, size}, name);
    return {std::move(a), data, count};
}

trine::matrix_view<float> output_of(py::handle given, char const* name, std::size_t rows, std::size_t cols,
                                    matrix_argument const& apart_from) {
    if (!py::isinstance<py::array>(given))
        wrong_type(name, ": an array of NumPy is needed, not ", type_name(given));
    auto a = py::reinterpret_borrow<py::array>(given);
    require_floats(a, name);
    if (!a.writeable())
        wrong_value(name, ": is read-only, and would be written to");
    auto const m = rows_of(a, name).view;
    if (m.rows() != rows || m.cols() != cols)
        wrong_value(name, ": ", rows, "×", cols, " is needed, not ", m.rows(), "×", m.cols());
    auto const end = [](auto const& view) { return view.data() + (view.rows() - 1) * view.stride() + view.cols(); };
    if (m.data() < end(apart_from.view) && apart_from.view.data() < end(m))
        wrong_value(name, ": lies over the embeddings, which are still read when it is written");
    return {const_cast<float*>(m.data()), m.rows(), m.cols(), m.stride()};
}

labels_argument labels_of(py::handle given, char const* name, std::size_t rows, char const* of) {
    auto a = py::isinstance<py::list>(given) || py::isinstance<py::tuple>(given)
                 ? py::array(py::reinterpret_borrow<py::object>(given))
                 : array_of(given, name);
    if (a.ndim() != 1)
        wrong_value(name, ": one dimension is needed, not ", shape_text(a));
    if (a.dtype().kind() != 'i' && a.dtype().kind() != 'u')
        wrong_type(name, ": whole numbers are needed, not ", std::string(py::str(a.dtype())));
    if (static_cast<std::size_t>(a.size()) != rows)
        wrong_value(name, ": ", static_cast<std::size_t>(a.size()), " labels for ", rows, " ", of);
    auto whole = py::array_t<trine::label, py::array::c_style | py::array::forcecast>(a);
    std::span<trine::label const> const view(whole.data(), rows);
    return {std::move(whole), view};
}

} // namespace program
