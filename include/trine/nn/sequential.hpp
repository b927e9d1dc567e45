#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>

#include "../kernels/elementwise.hpp"
#include "layer.hpp"

namespace trine::nn {

namespace detail {

template <class Tuple, class T>
struct append;
template <class... Ts, class T>
struct append<std::tuple<Ts...>, T> {
    using type = std::tuple<Ts..., T>;
};

// The layers bound one after the other, each to the output of the one before.
template <class In, class Bound, class... Layers>
struct bind_chain {
    using type = Bound;
};
template <class In, class Bound, class Layer, class... Rest>
struct bind_chain<In, Bound, Layer, Rest...> {
    using here = typename Layer::template at<In>;
    using type = typename bind_chain<typename here::output, typename append<Bound, here>::type, Rest...>::type;
};

} // namespace detail

/// Layers one after the other.
///
/// Outputs between layers lie on the tape, one behind the other; a layer that can work in place does so where neither it nor its
/// predecessor reads in the backward pass what would be overwritten. Gradients go back and forth between two buffers.
template <class... Layers>
struct sequential {
    static_assert(sizeof...(Layers) > 0, "sequential needs at least one layer");

    template <class In>
    struct at {
        using bound = typename detail::bind_chain<In, std::tuple<>, Layers...>::type;
        static constexpr std::size_t count = sizeof...(Layers);
        template <std::size_t I>
        using layer = std::tuple_element_t<I, bound>;
        using input = In;
        using output = typename layer<count - 1>::output;

        template <class F>
        static constexpr void each(F&& f) {
            [&]<std::size_t... I>(std::index_sequence<I...>) { (f.template operator()<I>(), ...); }(std::make_index_sequence<count>{});
        }
        // Sum of some figure over the layers before `end`.
        template <class F>
        static constexpr std::size_t sum_before(std::size_t end, F&& f) {
            std::size_t sum = 0;
            each([&]<std::size_t I>() { sum += I < end ? f.template operator()<I>() : 0; });
            return sum;
        }
        static constexpr std::size_t parameters_before(std::size_t i) { return sum_before(i, []<std::size_t I>() { return layer<I>::parameters; }); }
        static constexpr std::size_t state_before(std::size_t i) { return sum_before(i, []<std::size_t I>() { return layer<I>::state; }); }
        static constexpr std::size_t layers_before(std::size_t i) { return sum_before(i, []<std::size_t I>() { return layer<I>::layers; }); }

        static constexpr std::size_t parameters = parameters_before(count), state = state_before(count), layers = layers_before(count);
        static constexpr std::size_t multiply_adds = sum_before(count, []<std::size_t I>() { return layer<I>::multiply_adds; });
        static constexpr bool in_place = false, needs_input = true, needs_output = layer<count - 1>::needs_output;

        // Whether layer I writes over its input.
        template <std::size_t I>
        static constexpr bool overwrites() {
            if constexpr (I == 0)
                return false;
            else
                return layer<I>::in_place && !layer<I>::needs_input && !layer<I - 1>::needs_output;
        }
        // Scalars of the tape that layer I's output takes: none when it lies in its input's place, or is the caller's.
        template <std::size_t I>
        static constexpr std::size_t output_on_tape(std::size_t batch) {
            if constexpr (I + 1 == count)
                return 0;
            else
                return overwrites<I>() ? 0 : extent::round(batch * layer<I>::output::size);
        }
        static constexpr std::size_t tape_before(std::size_t end, std::size_t batch) {
            return sum_before(end, [=]<std::size_t I>() { return output_on_tape<I>(batch) + layer<I>::tape_of(batch); });
        }
        static constexpr std::size_t tape_of(std::size_t batch) { return tape_before(count, batch); }

        static constexpr std::size_t largest_between = [] {
            std::size_t largest = 0;
            each([&]<std::size_t I>() { largest = I + 1 < count ? std::max(largest, layer<I>::output::size) : largest; });
            return largest;
        }();
        template <class T>
        static std::size_t workspace(std::size_t batch) {
            std::size_t most = 0;
            each([&]<std::size_t I>() { most = std::max(most, layer<I>::template workspace<T>(batch)); });
            return 2 * extent::round(batch * largest_between) + most;
        }

        // Where each layer's output lies.
        template <class T>
        static std::array<T*, count> outputs(std::size_t batch, T* y, T* tape) {
            std::array<T*, count> at{};
            each([&]<std::size_t I>() {
                if constexpr (I + 1 == count)
                    at[I] = y;
                else if constexpr (overwrites<I>())
                    at[I] = at[I - 1];
                else
                    at[I] = tape + tape_before(I, batch);
            });
            return at;
        }
        // The last layer may overwrite its input in the tape and still has to leave its result in y: it then simply writes there.
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T* tape) {
            auto const at = outputs(p.batch, y, tape);
            each([&]<std::size_t I>() {
                T const* from = x;
                if constexpr (I > 0)
                    from = at[I - 1];
                layer<I>::forward(p.inside(layers_before(I), parameters_before(I), state_before(I), 2 * extent::round(p.batch * largest_between)), from,
                                  at[I], tape + tape_before(I, p.batch) + output_on_tape<I>(p.batch));
            });
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T* tape) {
            auto const at = outputs(p.batch, const_cast<T*>(y), tape);
            std::size_t const buffer = extent::round(p.batch * largest_between);
            T* const buffers[2] = {p.workspace, p.workspace + buffer};
            T* gradient = dy;
            std::size_t next = 0;
            auto const one = [&]<std::size_t I>() {
                T const* from = x;
                T* to = dx;
                if constexpr (I > 0) {
                    from = at[I - 1];
                    if constexpr (layer<I>::in_place)
                        to = gradient;
                    else {
                        to = buffers[next];
                        next = 1 - next;
                    }
                }
                layer<I>::backward(p.inside(layers_before(I), parameters_before(I), state_before(I), 2 * buffer), from, at[I], gradient, to,
                                   tape + tape_before(I, p.batch) + output_on_tape<I>(p.batch));
                gradient = to;
            };
            [&]<std::size_t... I>(std::index_sequence<I...>) { (one.template operator()<count - 1 - I>(), ...); }(std::make_index_sequence<count>{});
        }
        static void list(inventory& all, std::string const& prefix) {
            each([&]<std::size_t I>() { layer<I>::list(all, prefix + std::to_string(I) + "."); });
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            each([&]<std::size_t I>() { layer<I>::describe(rows, prefix.empty() ? std::to_string(I) : prefix + "." + std::to_string(I)); });
        }
    };
};

/// The input, unchanged: the shortcut of a plain `residual`.
struct identity {};

/// body(x) + shortcut(x). The shortcut, where it is given, brings the input to the body's output shape.
///
/// @see K. He et al., "Deep Residual Learning for Image Recognition", CVPR 2016
template <class Body, class Shortcut = identity>
struct residual {
    template <class In>
    struct at {
        using body = typename Body::template at<In>;
        static constexpr bool plain = std::is_same_v<Shortcut, identity>;
        template <class S, bool>
        struct bind {
            using type = typename S::template at<In>;
        };
        template <class S>
        struct bind<S, true> {
            struct type {
                using output = In;
                static constexpr std::size_t parameters = 0, state = 0, layers = 0, multiply_adds = 0;
                static constexpr std::size_t tape_of(std::size_t) { return 0; }
                template <class T>
                static std::size_t workspace(std::size_t) { return 0; }
            };
        };
        using shortcut = typename bind<Shortcut, plain>::type;
        static_assert(layer_fits<residual, typename shortcut::output, typename body::output,
                                 std::is_same_v<typename shortcut::output, typename body::output>>::value);
        using input = In;
        using output = typename body::output;
        static constexpr std::size_t parameters = body::parameters + shortcut::parameters, state = body::state + shortcut::state;
        static constexpr std::size_t layers = body::layers + shortcut::layers;
        static constexpr std::size_t multiply_adds = body::multiply_adds + shortcut::multiply_adds;
        // The sum overwrites what the body left in y, so the body must not need its output: its own tape holds a copy where it does.
        static constexpr bool in_place = false, needs_input = true, needs_output = false;

        static constexpr std::size_t out(std::size_t batch) { return extent::round(batch * output::size); }
        static constexpr std::size_t in(std::size_t batch) { return extent::round(batch * In::size); }
        // Outputs of body and shortcut, then their own tapes.
        static constexpr std::size_t tape_of(std::size_t batch) { return 2 * out(batch) + body::tape_of(batch) + shortcut::tape_of(batch); }
        template <class T>
        static std::size_t workspace(std::size_t batch) {
            return out(batch) + in(batch) + std::max(body::template workspace<T>(batch), shortcut::template workspace<T>(batch));
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T* tape) {
            T* const branch = tape + out(p.batch);
            T* const inner = branch + out(p.batch);
            body::forward(p.inside(0, 0, 0, out(p.batch) + in(p.batch)), x, tape, inner);
            T const* other = x;
            if constexpr (!plain) {
                shortcut::forward(p.inside(body::layers, body::parameters, body::state, out(p.batch) + in(p.batch)), x, branch,
                                  inner + body::tape_of(p.batch));
                other = branch;
            }
            parallel_blocks(p.batch * output::size, kernels::elementwise_block, [&](std::size_t first, std::size_t last) {
                for (std::size_t i = first; i < last; ++i)
                    y[i] = tape[i] + other[i];
            });
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const*, T* dy, T* dx, T* tape) {
            T* const branch = tape + out(p.batch);
            T* const inner = branch + out(p.batch);
            T* const copy = p.workspace;
            T* const other = copy + out(p.batch);
            std::copy_n(dy, p.batch * output::size, copy);
            T const* add = copy;
            if constexpr (!plain) {
                shortcut::backward(p.inside(body::layers, body::parameters, body::state, out(p.batch) + in(p.batch)), x,
                                   static_cast<T const*>(branch), copy, dx ? other : nullptr, inner + body::tape_of(p.batch));
                add = other;
            }
            body::backward(p.inside(0, 0, 0, out(p.batch) + in(p.batch)), x, static_cast<T const*>(tape), dy, dx, inner);
            if (dx)
                kernels::add(p.batch * In::size, add, dx);
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
            rows.push_back({prefix, "residual sum", output::text(), 0, 0, output::size});
        }
    };
};

} // namespace trine::nn
