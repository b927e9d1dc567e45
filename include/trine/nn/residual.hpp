#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../kernels/elementwise.hpp"
#include "layer.hpp"
#include "layer_functions.hpp"

namespace trine::nn {

namespace detail {

/// What the passes of a residual depend on, and how it shares out its memory.
struct residual_plan {
    layer_facts body, shortcut;
    bool plain;     ///< the shortcut is the identity
    bool rectified; ///< the rectifier that follows the sum is part of it

    constexpr std::size_t out(std::size_t batch) const { return whole_lines(batch * body.output); }
    constexpr std::size_t in(std::size_t batch) const { return whole_lines(batch * body.input); }
    // What the branches put out is added up in y; a branch that reads its own output again keeps a copy.
    constexpr std::size_t body_copy(std::size_t batch) const { return body.needs_output ? out(batch) : 0; }
    constexpr std::size_t copies(std::size_t batch) const {
        return body_copy(batch) + (shortcut.needs_output ? out(batch) : 0);
    }
    constexpr std::size_t tape_of(std::size_t batch) const {
        return copies(batch) + body.tape_of(batch) + shortcut.tape_of(batch);
    }
    constexpr std::size_t shortcut_tape(std::size_t batch) const { return copies(batch); }
    // The body is the second to go forward and the first to go back, so it may use all that lies behind the shortcut's
    // tape and its own.
    constexpr std::size_t body_tape(std::size_t batch) const { return copies(batch) + shortcut.tape_of(batch); }
    // At the memory's end: in the forward pass the shortcut's output; in the backward pass a copy of the gradient,
    // which has to outlive the body, then what the body makes of it, then what the shortcut does.
    constexpr std::size_t shortcut_output(std::size_t batch) const {
        return plain || shortcut.needs_output ? 0 : out(batch);
    }
    constexpr bool copies_gradient() const { return !body.keeps_gradient; }
    constexpr std::size_t gradient_copy(std::size_t batch) const { return copies_gradient() ? out(batch) : 0; }
    constexpr bool makes_tape_alone() const {
        return (body.needs_output || body.makes_tape_alone) &&
               (plain || shortcut.needs_output || shortcut.makes_tape_alone);
    }
};

/// The functions of both branches.
template <class T>
struct residual_training {
    training_functions<T> body, shortcut;
};
template <class T>
struct residual_inference {
    inference_functions<T> body, shortcut;
};

template <class T>
std::size_t residual_memory(residual_plan const& plan, residual_training<T> const& functions, std::size_t batch);
template <class T>
void residual_forward(residual_plan const& plan, residual_training<T> const& functions, layer_context<T> const& context,
                      T const* x, T* y, T* tape);
/// Without the sum.
template <class T>
void residual_forward_tape(residual_plan const& plan, residual_training<T> const& functions,
                           layer_context<T> const& context, T const* x, T* tape);
template <class T>
void residual_backward(residual_plan const& plan, residual_training<T> const& functions,
                       layer_context<T> const& context, T const* x, T const* y, T* dy, T* dx, T* tape);
template <class T>
std::size_t residual_prepared(residual_inference<T> const& functions);
template <class T>
void residual_prepare(residual_plan const& plan, residual_inference<T> const& functions,
                      layer_context<T> const& context, T* to);
template <class T>
std::size_t residual_inference_workspace(residual_plan const& plan, residual_inference<T> const& functions,
                                         std::size_t batch);
template <class T>
void residual_infer(residual_plan const& plan, residual_inference<T> const& functions, layer_context<T> const& context,
                    T const* x, T* y);

} // namespace detail

/// The input, unchanged: the shortcut of a plain `residual`, or a branch of `concat`.
struct identity {
    template <class In>
    struct at : layer_shapes<In> {
        static constexpr std::size_t layers = 0;
        static constexpr bool needs_input = false, needs_output = false;
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            kernels::copy(context.batch * In::size, x, y);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const*, T const* dy, T* dx) {
            kernels::copy(context.batch * In::size, dy, dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "identity", In::text(), 0, 0, 0});
        }
    };
};

template <class Body, class Shortcut>
struct residual;

namespace detail {

template <class In, class Body, class Shortcut, bool Rectified>
struct residual_at {
    using body = bound<Body, In>;
    using shortcut = bound<Shortcut, In>;
    static_assert(layer_fits<residual<Body, Shortcut>, typename shortcut::output, typename body::output,
                             std::is_same_v<typename shortcut::output, typename body::output>>::value);
    using input = In;
    using output = typename body::output;
    static constexpr residual_plan plan{facts_of<body>, facts_of<shortcut>, std::is_same_v<Shortcut, identity>,
                                        Rectified};
    template <class T>
    static constexpr residual_training<T> training{training_of<T, body>, training_of<T, shortcut>};
    template <class T>
    static constexpr residual_inference<T> inference{inference_of<T, body>, inference_of<T, shortcut>};

    static constexpr std::size_t parameters = plan.body.parameters + plan.shortcut.parameters,
                                 state = plan.body.state + plan.shortcut.state,
                                 layers = plan.body.layers + plan.shortcut.layers + (Rectified ? 1 : 0),
                                 multiply_adds = plan.body.multiply_adds + plan.shortcut.multiply_adds;
    static constexpr bool needs_output = Rectified;
    static constexpr bool keeps_gradient = !Rectified && plan.body.keeps_gradient && plan.shortcut.keeps_gradient;
    static constexpr bool dx_over_x = true, rectifies_dx = true, takes_rectified_dy = Rectified;

    static constexpr std::size_t tape_of(std::size_t batch) { return plan.tape_of(batch); }
    template <class T>
    static std::size_t memory(std::size_t batch) {
        return residual_memory(plan, training<T>, batch);
    }
    template <class T>
    static void forward(layer_context<T> const& context, T const* x, T* y, T* tape) {
        residual_forward(plan, training<T>, context, x, y, tape);
    }
    template <class T>
        requires(plan.makes_tape_alone())
    static void forward_tape(layer_context<T> const& context, T const* x, T* tape) {
        residual_forward_tape(plan, training<T>, context, x, tape);
    }
    template <class T>
    static void backward(layer_context<T> const& context, T const* x, T const* y, T* dy, T* dx, T* tape) {
        residual_backward(plan, training<T>, context, x, y, dy, dx, tape);
    }

    template <class T>
    static std::size_t prepared() {
        return residual_prepared(inference<T>);
    }
    template <class T>
    static void prepare(layer_context<T> const& context, T* to) {
        residual_prepare(plan, inference<T>, context, to);
    }
    template <class T>
    static std::size_t inference_workspace(std::size_t batch) {
        return residual_inference_workspace(plan, inference<T>, batch);
    }
    template <class T>
    static void infer(layer_context<T> const& context, T const* x, T* y) {
        residual_infer(plan, inference<T>, context, x, y);
    }

    static void list(inventory& all, std::string const& prefix) {
        list_layer<body>(all, prefix + "body.");
        if constexpr (!plan.plain)
            list_layer<shortcut>(all, prefix + "shortcut.");
    }
    static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
        describe_layer<body>(rows, prefix + ".body");
        if constexpr (!plan.plain)
            describe_layer<shortcut>(rows, prefix + ".shortcut");
        rows.push_back({prefix, Rectified ? "residual sum, relu" : "residual sum", output::text(), 0, 0, output::size});
    }
};

} // namespace detail

/// body(x) + shortcut(x). The shortcut, where it is given, brings the input to the body's output shape.
///
/// @see K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016
template <class Body, class Shortcut = identity>
struct residual {
    template <class In>
    struct at : detail::residual_at<In, Body, Shortcut, false> {};
};

} // namespace trine::nn

#ifdef TRINE_HEADER_ONLY
#include "residual_impl.hpp"
#endif
