#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>

#include "../kernels/elementwise.hpp"
#include "fusion.hpp"
#include "layer.hpp"
#include "parts.hpp"

namespace trine::nn {

/// Layers one after the other. One inside another is the same as its layers written out.
///
/// Neighbours that can be computed together are (see fusion.hpp). In training, outputs lie on the tape, one behind the other; a layer that can work in
/// place does so where neither it nor its predecessor reads in the backward pass what would be overwritten, and an output that can be made again is not kept.
/// Scratch lies behind the tape of the layer at work, and what only two neighbours see of each other, gradients and outputs to be made again, at the other end
/// of the same memory: so each pass needs no more than its fullest moment. In inference activations go back and forth between two buffers.
template <class... Layers>
struct sequential {
    static_assert(sizeof...(Layers) > 0, "sequential needs at least one layer");

    template <class In>
    struct at : detail::layer_parts<typename detail::bind_list<In, typename detail::flattened<sequential>::type>::type> {
        using parts = detail::layer_parts<typename detail::bind_list<In, typename detail::flattened<sequential>::type>::type>;
        static constexpr std::size_t count = parts::count; // its own: GCC 12 loses an inherited one inside generic lambdas
        using parts::each, parts::sum_before, parts::parameters_before, parts::state_before, parts::layers_before;
        template <std::size_t I>
        using layer = typename parts::template part<I>;
        using input = In;
        using output = typename layer<count - 1>::output;

        static constexpr bool in_place = false, keeps_gradient = layer<count - 1>::keeps_gradient, needs_input = true, needs_output = layer<count - 1>::needs_output;
        static constexpr bool dx_over_x = detail::dx_over_x<layer<0>>, rectifies_dx = detail::rectifies_dx<layer<0>>;
        static constexpr bool takes_rectified_dy = detail::takes_rectified_dy<layer<count - 1>>;

        // Whether layer I writes over its input.
        template <std::size_t I>
        static constexpr bool overwrites() {
            if constexpr (I == 0)
                return false;
            else
                return layer<I>::in_place && !layer<I>::needs_input && !layer<I - 1>::needs_output;
        }
        // Whether layer I's output is not kept for the backward pass, but made again.
        template <std::size_t I>
        static constexpr bool restored() {
            if constexpr (I + 1 == count)
                return false;
            else
                return (detail::restores<layer<I>> || (I == 0 && detail::restores_first<layer<I>>)) && !overwrites<I + 1>();
        }
        // Whether the gradient of layer I's input lies where that input was. If the layer before needs its output only to know where a rectifier was at 0, layer I sees to that.
        template <std::size_t I>
        static constexpr bool replaces_input() {
            if constexpr (I == 0)
                return false;
            else // on the tape, behind what layer I−1 keeps, its scratch would be in the way
                return detail::dx_over_x<layer<I>> && !layer<I>::in_place && (!layer<I - 1>::in_place || overwrites<I - 1>()) &&
                       (!layer<I - 1>::needs_output || (detail::rectifies_dx<layer<I>> && detail::takes_rectified_dy<layer<I - 1>>));
        }
        template <std::size_t I>
        static constexpr bool rectifies_between() {
            if constexpr (I == 0 || I == count)
                return false;
            else
                return replaces_input<I>() && layer<I - 1>::needs_output;
        }
        // Whether the gradient of layer I's input is what layer 0 is given.
        template <std::size_t I>
        static constexpr bool becomes_first_gradient() {
            if constexpr (I == 1)
                return true;
            else
                return layer<I - 1>::in_place && becomes_first_gradient<I - 1>();
        }
        // Scalars of the tape that layer I's output takes: none when it lies in its input's place, is made again, or is the caller's.
        template <std::size_t I>
        static constexpr std::size_t output_on_tape(std::size_t batch) {
            return I + 1 == count || overwrites<I>() || restored<I>() ? 0 : out<I>(batch);
        }
        template <std::size_t I>
        static constexpr std::size_t out(std::size_t batch) { return extent::round(batch * layer<I>::output::size); }
        static constexpr std::size_t tape_before(std::size_t end, std::size_t batch) {
            return sum_before(end, [=]<std::size_t I>() { return output_on_tape<I>(batch) + layer<I>::tape_of(batch); });
        }
        static constexpr std::size_t tape_of(std::size_t batch) { return tape_before(count, batch); }

        // Something at the far end of the memory: it reaches from `near` to `far` scalars before the end.
        struct place {
            std::size_t near = 0, far = 0;
        };
        // A place for so much that meets none of two others.
        static constexpr place beside(std::size_t size, place a, place b = {}) {
            if (a.near > b.near)
                std::swap(a, b);
            std::size_t const at = a.near >= size ? 0 : b.near >= a.far + size ? a.far : std::max(a.far, b.far);
            return {at, at + size};
        }
        // Of each layer: where its output lies if it is made again, in either pass, and where the gradient of its input lies, if at the far end. The gradients of the whole's output
        // and input are the caller's, but the latter may lie at the end, where it is written last.
        struct places {
            std::array<place, count> output{}, restored_output{}, gradient{};

            explicit constexpr places(std::size_t batch, bool with_dx = false) {
                each([&]<std::size_t I>() {
                    if constexpr (restored<I>())
                        output[I] = beside(out<I>(batch), I > 0 ? output[I - 1] : place{});
                });
                if (with_dx)
                    gradient[0] = {0, extent::round(batch * In::size)};
                parts::each_backwards([&]<std::size_t I>() {
                    if constexpr (I > 0) {
                        place const behind = I + 1 < count ? gradient[I + 1] : place{};
                        place const ahead = becomes_first_gradient<I>() && !detail::dx_over_dy<layer<0>> ? gradient[0] : place{};
                        if constexpr (replaces_input<I>()) {
                            if constexpr (restored<I - 1>())
                                gradient[I] = restored_output[I - 1] = beside(out<I - 1>(batch), behind, ahead);
                        } else {
                            gradient[I] = layer<I>::in_place ? behind : beside(out<I - 1>(batch), detail::dx_over_dy<layer<I>> ? place{} : behind, ahead);
                            if constexpr (restored<I - 1>())
                                restored_output[I - 1] = beside(out<I - 1>(batch), behind, gradient[I]);
                        }
                    }
                });
            }
            // How far from the end anything lies that layer i works on.
            constexpr std::size_t reach(std::size_t i) const {
                std::size_t far = std::max(output[i].far, gradient[i].far);
                if (i > 0)
                    far = std::max({far, output[i - 1].far, restored_output[i - 1].far});
                if (i + 1 < count)
                    far = std::max(far, gradient[i + 1].far);
                return far;
            }
        };
        // At layer I's tape.
        template <std::size_t I, class T>
        static std::size_t memory_at(std::size_t batch) {
            std::size_t most = detail::memory_of<T, layer<I>>(batch);
            if constexpr (I == 1)
                if constexpr (restored<0>() && detail::restores_first<layer<0>>)
                    most = std::max(most, layer<I>::tape_of(batch) + extent::round(layer<0>::template restore_first_workspace<T>(batch)));
            return most;
        }
        template <class T>
        static std::size_t memory(std::size_t batch, places const& at) {
            std::size_t most = 0;
            each([&]<std::size_t I>() { most = std::max(most, tape_before(I, batch) + output_on_tape<I>(batch) + memory_at<I, T>(batch) + at.reach(I)); });
            return most;
        }
        template <class T>
        static std::size_t memory(std::size_t batch) { return memory<T>(batch, places(batch)); }
        template <class T>
        static std::size_t memory_with_dx(std::size_t batch) { return memory<T>(batch, places(batch, true)); }

        // Activations in inference go back and forth between two buffers, each as large as the largest that it holds.
        static constexpr std::array<std::size_t, 2> activation_buffers = [] {
            std::array<std::size_t, 2> sizes{};
            std::size_t next = 0;
            each([&]<std::size_t I>() {
                if (I + 1 < count && (I == 0 || !layer<I>::in_place)) {
                    sizes[next] = std::max(sizes[next], layer<I>::output::size);
                    next = 1 - next;
                }
            });
            return sizes;
        }();
        static constexpr std::size_t both(std::array<std::size_t, 2> const& sizes, std::size_t batch) {
            return extent::round(batch * sizes[0]) + extent::round(batch * sizes[1]);
        }
        // Where each layer's output lies in the forward pass.
        template <class T>
        static std::array<T*, count> outputs(std::size_t batch, T* y, T* tape, T* end, places const& far) {
            std::array<T*, count> at{};
            each([&]<std::size_t I>() {
                if constexpr (I + 1 == count)
                    at[I] = y;
                else if constexpr (overwrites<I>())
                    at[I] = at[I - 1];
                else if constexpr (restored<I>())
                    at[I] = end - far.output[I].far;
                else
                    at[I] = tape + tape_before(I, batch);
            });
            return at;
        }
        template <std::size_t I, class T>
        static T* tape_at(std::size_t batch, T* tape) { return tape + tape_before(I, batch) + output_on_tape<I>(batch); }
        template <std::size_t I, class T>
        static pass<T> pass_of(pass<T> const& p, T* tape) {
            return p.template training<layer<I>>(layers_before(I), parameters_before(I), state_before(I), tape_at<I>(p.batch, tape));
        }
        // The last layer may overwrite its input in the tape and still has to leave its result in y: it then simply writes there.
        template <bool Whole = true, class T>
        static void forward(pass<T> const& p, T const* x, T* y, T* tape) {
            auto const at = outputs(p.batch, y, tape, tape + memory<T>(p.batch), places(p.batch));
            each([&]<std::size_t I>() {
                T const* from = x;
                if constexpr (I > 0)
                    from = at[I - 1];
                if constexpr (!Whole && I + 1 == count)
                    layer<I>::forward_tape(pass_of<I>(p, tape), from, tape_at<I>(p.batch, tape));
                else
                    layer<I>::forward(pass_of<I>(p, tape), from, at[I], tape_at<I>(p.batch, tape));
            });
        }
        template <class T>
        static void forward_tape(pass<T> const& p, T const* x, T* tape)
            requires detail::makes_tape_alone<layer<count - 1>>
        {
            forward<false>(p, x, static_cast<T*>(nullptr), tape);
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T* tape) { backward(p, x, y, dy, dx, tape, tape + memory<T>(p.batch), places(p.batch)); }
        template <class T>
        static void backward_with_dx(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T* tape, T* end) { backward(p, x, y, dy, dx, tape, end, places(p.batch, true)); }
        // The input of layer I.
        template <std::size_t I, class T>
        static void restore_before(pass<T> const& p, T const* x, T* tape, T* y) {
            auto own = pass_of<I - 1>(p, tape);
            T const* const kept = tape_at<I - 1>(p.batch, tape);
            if constexpr (detail::restores<layer<I - 1>>)
                layer<I - 1>::restore(own, kept, y);
            else {
                own.workspace = tape_at<I>(p.batch, tape) + layer<I>::tape_of(p.batch); // behind its own tape there is more already
                layer<I - 1>::restore_first(own, x, kept, y);
            }
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T* tape, T* end, places const& far) {
            auto at = outputs(p.batch, const_cast<T*>(y), tape, end, far);
            T* gradient = dy;
            parts::each_backwards([&]<std::size_t I>() {
                T const* from = x;
                T* to = dx;
                if constexpr (I > 0) {
                    if constexpr (restored<I - 1>()) {
                        at[I - 1] = end - far.restored_output[I - 1].far;
                        if constexpr (layer<I>::needs_input)
                            restore_before<I>(p, x, tape, at[I - 1]);
                    }
                    from = at[I - 1];
                    to = layer<I>::in_place ? gradient : replaces_input<I>() ? at[I - 1] : end - far.gradient[I].far;
                }
                auto own = pass_of<I>(p, tape);
                own.rectify_dx = I == 0 ? p.rectify_dx : rectifies_between<I>();
                own.rectified_dy = I + 1 == count ? p.rectified_dy : rectifies_between<I + 1>();
                layer<I>::backward(own, from, at[I], gradient, to, tape_at<I>(p.batch, tape));
                gradient = to;
            });
        }

        template <class T>
        static std::size_t inference_workspace(std::size_t batch) {
            std::size_t most = 0;
            each([&]<std::size_t I>() { most = std::max(most, layer<I>::template inference_workspace<T>(batch)); });
            return both(activation_buffers, batch) + most;
        }
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            T* const buffers[2] = {p.workspace, p.workspace + extent::round(p.batch * activation_buffers[0])};
            std::size_t next = 0;
            T const* from = x;
            each([&]<std::size_t I>() {
                T* to = y;
                if constexpr (I + 1 < count) {
                    if constexpr (I > 0 && layer<I>::in_place)
                        to = buffers[1 - next]; // where its input is
                    else {
                        to = buffers[next];
                        next = 1 - next;
                    }
                }
                layer<I>::infer(p.inside(layers_before(I), parameters_before(I), state_before(I), both(activation_buffers, p.batch), parts::template prepared_before<T>(I)), from, to);
                from = to;
            });
        }

        static void list(inventory& all, std::string const& prefix) {
            each([&]<std::size_t I>() { layer<I>::list(all, prefix); });
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            each([&]<std::size_t I>() { layer<I>::describe(rows, prefix); });
        }
    };
};

/// The input, unchanged: the shortcut of a plain `residual`, or a branch of `concat`.
struct identity {
    template <class In>
    struct at : plain_layer<In, In> {
        static constexpr std::size_t layers = 0;
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) { kernels::copy(p.batch * In::size, x, y); }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T*) { infer(p, x, y); }
        template <class T>
        static void backward(pass<T> const& p, T const*, T const*, T* dy, T* dx, T*) {
            if (dx)
                kernels::copy(p.batch * In::size, static_cast<T const*>(dy), dx);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) { rows.push_back({prefix, "identity", In::text(), 0, 0, 0}); }
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
        static constexpr bool plain = std::is_same_v<Shortcut, identity>, rectified = !std::is_same_v<Rectifier, detail::none>;
        static_assert(layer_fits<residual, typename shortcut::output, typename body::output,
                                 std::is_same_v<typename shortcut::output, typename body::output>>::value);
        using input = In;
        using output = typename body::output;
        static constexpr std::size_t parameters = body::parameters + shortcut::parameters, state = body::state + shortcut::state;
        static constexpr std::size_t layers = body::layers + shortcut::layers + (rectified ? 1 : 0);
        static constexpr std::size_t multiply_adds = body::multiply_adds + shortcut::multiply_adds;
        static constexpr bool in_place = false, needs_input = true, needs_output = rectified;
        static constexpr bool keeps_gradient = !rectified && body::keeps_gradient && shortcut::keeps_gradient;
        static constexpr bool dx_over_x = true, rectifies_dx = true, takes_rectified_dy = rectified;

        static constexpr std::size_t out(std::size_t batch) { return extent::round(batch * output::size); }
        static constexpr std::size_t in(std::size_t batch) { return extent::round(batch * In::size); }
        // What the branches put out is added up in y; a branch that reads its own output again keeps a copy.
        static constexpr std::size_t body_copy(std::size_t batch) { return body::needs_output ? out(batch) : 0; }
        static constexpr std::size_t shortcut_copy(std::size_t batch) { return shortcut::needs_output ? out(batch) : 0; }
        static constexpr std::size_t copies(std::size_t batch) { return body_copy(batch) + shortcut_copy(batch); }
        static constexpr std::size_t tape_of(std::size_t batch) { return copies(batch) + body::tape_of(batch) + shortcut::tape_of(batch); }
        // The body is the second to go forward and the first to go back, so it may use all that lies behind the shortcut's tape and its own. The gradient has to outlive it.
        static constexpr bool copies_gradient = !body::keeps_gradient;
        // At the memory's end: in the forward pass the shortcut's output; in the backward pass a copy of the gradient, then what the body makes of it, then what the shortcut does.
        static constexpr std::size_t output_apart(std::size_t batch) { return plain || shortcut::needs_output ? 0 : out(batch); }
        static constexpr std::size_t gradient_copy(std::size_t batch) { return copies_gradient ? out(batch) : 0; }
        template <class T>
        static std::size_t memory(std::size_t batch) {
            std::size_t const of_shortcut = plain ? 0 : detail::memory_of<T, shortcut>(batch) + std::max(output_apart(batch), gradient_copy(batch) + 2 * in(batch));
            std::size_t const of_body = shortcut::tape_of(batch) + std::max(detail::memory_of<T, body>(batch) + output_apart(batch),
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
        static T* shortcut_tape(pass<T> const& p, T* tape) { return tape + copies(p.batch); }
        template <class T>
        static T* body_tape(pass<T> const& p, T* tape) { return shortcut_tape(p, tape) + shortcut::tape_of(p.batch); }
        template <class T>
        static pass<T> body_pass(pass<T> const& p, T* tape) { return apart(p.template training<body>(0, 0, 0, body_tape(p, tape))); }
        template <class T>
        static pass<T> shortcut_pass(pass<T> const& p, T* tape) {
            return apart(p.template training<shortcut>(body::layers, body::parameters, body::state, shortcut_tape(p, tape)));
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
                T* const branch = shortcut::needs_output ? tape + body_copy(p.batch) : tape + memory<T>(p.batch) - out(p.batch);
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
        static void forward_tape(pass<T> const& p, T const* x, T* tape)
            requires((body::needs_output || detail::makes_tape_alone<body>) && (plain || shortcut::needs_output || detail::makes_tape_alone<shortcut>))
        {
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
                detail::backward_with_dx<body>(body_pass(p, tape), x, static_cast<T const*>(tape), dy, of_body, body_tape(p, tape), body_end);
            else
                body::backward(body_pass(p, tape), x, static_cast<T const*>(tape), dy, of_body, body_tape(p, tape));
            T* of_shortcut = gradient;
            if constexpr (!plain) {
                of_shortcut = dx ? of_body - in(p.batch) : nullptr;
                shortcut::backward(shortcut_pass(p, tape), x, static_cast<T const*>(tape + body_copy(p.batch)), gradient, of_shortcut, shortcut_tape(p, tape));
            }
            if (dx)
                sum_gradients(p.batch * In::size, static_cast<T const*>(of_body), static_cast<T const*>(of_shortcut), p.rectify_dx, dx);
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
        static std::size_t prepared() { return extent::round(body::template prepared<T>()) + shortcut::template prepared<T>(); }
        template <class T>
        static void prepare(pass<T> const& p, T* to) {
            body::prepare(p, to);
            shortcut::prepare(p.inside(body::layers, body::parameters, body::state, 0), to + extent::round(body::template prepared<T>()));
        }
        template <class T>
        static std::size_t inference_workspace(std::size_t batch) {
            return (plain ? 0 : out(batch)) + std::max(body::template inference_workspace<T>(batch), shortcut::template inference_workspace<T>(batch));
        }
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            std::size_t const own = plain ? 0 : out(p.batch);
            body::infer(p.inside(0, 0, 0, own), x, y);
            T const* other = x;
            if constexpr (!plain) {
                shortcut::infer(p.inside(body::layers, body::parameters, body::state, own, extent::round(body::template prepared<T>())), x, p.workspace);
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
            rows.push_back({prefix, rectified ? "residual sum, relu" : "residual sum", output::text(), 0, 0, output::size});
        }
    };
    template <class In>
    using at = rectified_at<In, detail::none>;
};

namespace detail {

// One layer is itself, so that a layer around it changes no tensor's name.
template <class... Layers>
struct one_or_sequential {
    using type = sequential<Layers...>;
};
template <class Layer>
struct one_or_sequential<Layer> {
    using type = Layer;
};

template <class Layer, class Indices>
struct repeated;
template <class Layer, std::size_t... I>
struct repeated<Layer, std::index_sequence<I...>> {
    template <std::size_t>
    using again = Layer;
    using type = sequential<again<I>...>;
};

} // namespace detail

/// The same layer N times, one after the other, each with values of its own.
template <std::size_t N, class Layer>
using repeat = typename detail::repeated<Layer, std::make_index_sequence<N>>::type;

} // namespace trine::nn
