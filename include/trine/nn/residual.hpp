#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "../core/parallel.hpp"
#include "../kernels/elementwise.hpp"
#include "fused_convolution.hpp"
#include "layer.hpp"

namespace trine::nn {

/// The input, unchanged: the shortcut of a plain `residual`, or a branch of `concat`.
struct identity {
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr std::size_t layers = 0;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            kernels::copy(p.batch * In::size, x, y);
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) {
            infer(p, x, y);
        }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const*, T* dy, T* dx, T*) {
            if (dx)
                kernels::copy(p.batch * In::size, static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            rows.push_back({prefix, "identity", In::text(), 0, 0, 0});
        }
    };
};

/// body(x) + shortcut(x). The shortcut, where it is given, brings the input to the body's output shape.
///
/// @see K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016
template <class Body, class Shortcut = identity>
struct residual {
    // With `Rectifier` a place, the rectifier that follows the sum is part of it.
    template <class In, class Rectifier>
    struct rectified_at {
        using body = typename Body::template at<In>;
        using shortcut = typename Shortcut::template at<In>;
        static constexpr bool plain = std::is_same_v<Shortcut, identity>,
                              rectified = !std::is_same_v<Rectifier, detail::none>;
        static_assert(layer_fits<residual, typename shortcut::output, typename body::output,
                                 std::is_same_v<typename shortcut::output, typename body::output>>::value);
        using input = In;
        using output = typename body::output;
        static constexpr std::size_t parameters = body::parameters + shortcut::parameters,
                                     state = body::state + shortcut::state;
        static constexpr std::size_t layers = body::layers + shortcut::layers + (rectified ? 1 : 0);
        static constexpr std::size_t multiply_adds = body::multiply_adds + shortcut::multiply_adds;
        static constexpr bool in_place = false, needs_input = true, needs_output = rectified;
        static constexpr bool keeps_gradient = !rectified && body::keeps_gradient && shortcut::keeps_gradient;
        static constexpr bool dx_over_x = true, rectifies_dx = true, takes_rectified_dy = rectified;

        static constexpr std::size_t out(std::size_t batch) { return extent::round(batch * output::size); }
        static constexpr std::size_t in(std::size_t batch) { return extent::round(batch * In::size); }
        // What the branches put out is added up in y; a branch that reads its own output again keeps a copy.
        static constexpr std::size_t body_copy(std::size_t batch) { return body::needs_output ? out(batch) : 0; }
        static constexpr std::size_t shortcut_copy(std::size_t batch) {
            return shortcut::needs_output ? out(batch) : 0;
        }
        static constexpr std::size_t copies(std::size_t batch) { return body_copy(batch) + shortcut_copy(batch); }
        static constexpr std::size_t tape_of(std::size_t batch) {
            return copies(batch) + body::tape_of(batch) + shortcut::tape_of(batch);
        }
        // The body is the second to go forward and the first to go back, so it may use all that lies behind the
        // shortcut's tape and its own. The gradient has to outlive it.
        static constexpr bool copies_gradient = !body::keeps_gradient;
        // At the memory's end: in the forward pass the shortcut's output; in the backward pass a copy of the gradient,
        // then what the body makes of it, then what the shortcut does.
        static constexpr std::size_t output_apart(std::size_t batch) {
            return plain || shortcut::needs_output ? 0 : out(batch);
        }
        static constexpr std::size_t gradient_copy(std::size_t batch) { return copies_gradient ? out(batch) : 0; }
        template <class T>
        static std::size_t memory(std::size_t batch) {
            std::size_t const of_shortcut =
                plain ? 0
                      : detail::memory_of<T, shortcut>(batch) +
                            std::max(output_apart(batch), gradient_copy(batch) + 2 * in(batch));
            std::size_t const of_body =
                shortcut::tape_of(batch) + std::max(detail::memory_of<T, body>(batch) + output_apart(batch),
                                                    detail::memory_with_dx_of<T, body>(batch) + gradient_copy(batch));
            return copies(batch) + std::max(of_shortcut, of_body);
        }

        // y = [y + other]₊
        template <class T>
        static void add(std::size_t size, T const* other, T* y) {
            parallel_blocks(size, kernels::elementwise_block, [&](std::size_t first, std::size_t last) {
                for (std::size_t i = first; i < last; ++i) {
                    T const sum = y[i] + other[i];
                    y[i] = rectified && sum < T(0) ? T(0) : sum;
                }
            });
        }
        template <class T>
        static T* shortcut_tape(pass<T> const& p, T* tape) {
            return tape + copies(p.batch);
        }
        template <class T>
        static T* body_tape(pass<T> const& p, T* tape) {
            return shortcut_tape(p, tape) + shortcut::tape_of(p.batch);
        }
        template <class T>
        static pass<T> body_pass(pass<T> const& p, T* tape) {
            return apart(p.template training<body>(0, 0, 0, body_tape(p, tape)));
        }
        template <class T>
        static pass<T> shortcut_pass(pass<T> const& p, T* tape) {
            return apart(
                p.template training<shortcut>(body::layers, body::parameters, body::state, shortcut_tape(p, tape)));
        }
        template <class T>
        static pass<T> apart(pass<T> p) {
            p.rectify_dx = p.rectified_dy = false;
            return p;
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T* tape) {
            T const* other = x;
            if constexpr (!plain) {
                T* const branch =
                    shortcut::needs_output ? tape + body_copy(p.batch) : tape + memory<T>(p.batch) - out(p.batch);
                shortcut::forward(shortcut_pass(p, tape), x, branch, shortcut_tape(p, tape));
                other = branch;
            }
            T* const body_out = body::needs_output ? tape : y;
            body::forward(body_pass(p, tape), x, body_out, body_tape(p, tape));
            if (body_out != y)
                kernels::copy(p.batch * output::size, static_cast<T const*>(body_out), y);
            add(p.batch * output::size, other, y);
        }
        // Without the sum: a branch needs a place for its output only where it keeps a copy of that.
        template <class T>
        static void forward_tape(pass<T> const& p, T const* x, T* tape) requires(
            (body::needs_output || detail::makes_tape_alone<body>)&&(plain || shortcut::needs_output ||
                                                                     detail::makes_tape_alone<shortcut>)) {
            if constexpr (!plain) {
                if constexpr (shortcut::needs_output)
                    shortcut::forward(shortcut_pass(p, tape), x, tape + body_copy(p.batch), shortcut_tape(p, tape));
                else
                    shortcut::forward_tape(shortcut_pass(p, tape), x, shortcut_tape(p, tape));
            }
            if constexpr (body::needs_output)
                body::forward(body_pass(p, tape), x, tape, body_tape(p, tape));
            else
                body::forward_tape(body_pass(p, tape), x, body_tape(p, tape));
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T* tape) {
            std::size_t const size = p.batch * output::size;
            T* const end = tape + memory<T>(p.batch);
            if (rectified && !p.rectified_dy)
                kernels::relu_backward(size, y, static_cast<T const*>(dy), dy);
            T* gradient = dy;
            if constexpr (copies_gradient) {
                gradient = end - out(p.batch);
                kernels::copy(size, static_cast<T const*>(dy), gradient);
            }
            T *const body_end = end - gradient_copy(p.batch), *const of_body = dx ? body_end - in(p.batch) : nullptr;
            if (dx)
                detail::backward_with_dx<body>(body_pass(p, tape), x, static_cast<T const*>(tape), dy, of_body,
                                               body_tape(p, tape), body_end);
            else
                body::backward(body_pass(p, tape), x, static_cast<T const*>(tape), dy, of_body, body_tape(p, tape));
            T* of_shortcut = gradient;
            if constexpr (!plain) {
                of_shortcut = dx ? of_body - in(p.batch) : nullptr;
                shortcut::backward(shortcut_pass(p, tape), x, static_cast<T const*>(tape + body_copy(p.batch)),
                                   gradient, of_shortcut, shortcut_tape(p, tape));
            }
            if (dx)
                sum_gradients(p.batch * In::size, static_cast<T const*>(of_body), static_cast<T const*>(of_shortcut),
                              p.rectify_dx, dx);
        }
        // dx = a + b; with `rectify`, 0 where it is 0 before.
        template <class T>
        static void sum_gradients(std::size_t size, T const* a, T const* b, bool rectify, T* dx) {
            parallel_blocks(size, kernels::elementwise_block, [&](std::size_t first, std::size_t last) {
                if (rectify)
                    for (std::size_t i = first; i < last; ++i) {
                        T const sum = a[i] + b[i];
                        dx[i] = dx[i] > T(0) ? sum : T(0);
                    }
                else
                    for (std::size_t i = first; i < last; ++i)
                        dx[i] = a[i] + b[i];
            });
        }

        template <class T>
        static std::size_t prepared() {
            return extent::round(body::template prepared<T>()) + shortcut::template prepared<T>();
        }
        template <class T>
        static void prepare(pass<T> const& p, T* to) {
            body::prepare(p, to);
            shortcut::prepare(p.inside(body::layers, body::parameters, body::state, 0),
                              to + extent::round(body::template prepared<T>()));
        }
        template <class T>
        static std::size_t inference_workspace(std::size_t batch) {
            return (plain ? 0 : out(batch)) + std::max(body::template inference_workspace<T>(batch),
                                                       shortcut::template inference_workspace<T>(batch));
        }
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            std::size_t const own = plain ? 0 : out(p.batch);
            body::infer(p.inside(0, 0, 0, own), x, y);
            T const* other = x;
            if constexpr (!plain) {
                shortcut::infer(p.inside(body::layers, body::parameters, body::state, own,
                                         extent::round(body::template prepared<T>())),
                                x, p.workspace);
                other = p.workspace;
            }
            add(p.batch * output::size, other, y);
        }

        static void list(inventory& all, std::string const& prefix) {
            body::list(all, prefix + "body.");
            if constexpr (!plain)
                shortcut::list(all, prefix + "shortcut.");
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            body::describe(rows, prefix + ".body");
            if constexpr (!plain)
                shortcut::describe(rows, prefix + ".shortcut");
            rows.push_back(
                {prefix, rectified ? "residual sum, relu" : "residual sum", output::text(), 0, 0, output::size});
        }
    };
    template <class In>
    using at = rectified_at<In, detail::none>;
};

} // namespace trine::nn
