#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>

#include "chain_memory.hpp"
#include "fusion.hpp"
#include "layer.hpp"

namespace trine::nn {

/// Layers one after the other. One inside another is the same as its layers written out.
///
/// Neighbours that can be computed together are (see fusion.hpp). Training works in one memory, laid out from the
/// layers' types (see chain_memory.hpp); in inference activations go back and forth between two buffers.
template <class... Layers>
struct sequential {
    static_assert(sizeof...(Layers) > 0, "sequential needs at least one layer");

    template <class In>
    struct at
        : detail::chain_memory<In, typename detail::bind_list<In, typename detail::flattened<sequential>::type>::type> {
        using chain =
            detail::chain_memory<In,
                                 typename detail::bind_list<In, typename detail::flattened<sequential>::type>::type>;
        using parts = typename chain::parts;
        using typename chain::places;
        using chain::each, chain::parameters_before, chain::state_before, chain::layers_before, chain::outputs;
        static constexpr std::size_t count =
            chain::count; // its own: GCC 12 loses an inherited one inside generic lambdas
        template <std::size_t I>
        using layer = typename parts::template part<I>;
        using input = In;
        using output = typename layer<count - 1>::output;

        static constexpr bool in_place = false, keeps_gradient = layer<count - 1>::keeps_gradient, needs_input = true,
                              needs_output = layer<count - 1>::needs_output;
        static constexpr bool dx_over_x = detail::dx_over_x<layer<0>>, rectifies_dx = detail::rectifies_dx<layer<0>>;
        static constexpr bool takes_rectified_dy = detail::takes_rectified_dy<layer<count - 1>>;

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
        // The last layer may overwrite its input in the tape and still has to leave its result in y: it then simply
        // writes there.
        template <bool Whole = true, class T>
        static void forward(pass<T> const& p, T const* x, T* y, T* tape) {
            auto const at = outputs(p.batch, y, tape, tape + chain::template memory<T>(p.batch), places(p.batch));
            each([&]<std::size_t I>() {
                T const* from = x;
                if constexpr (I > 0)
                    from = at[I - 1];
                if constexpr (!Whole && I + 1 == count)
                    layer<I>::forward_tape(chain::template pass_of<I>(p, tape), from,
                                           chain::template tape_at<I>(p.batch, tape));
                else
                    layer<I>::forward(chain::template pass_of<I>(p, tape), from, at[I],
                                      chain::template tape_at<I>(p.batch, tape));
            });
        }
        template <class T>
        static void forward_tape(pass<T> const& p, T const* x,
                                 T* tape) requires detail::makes_tape_alone<layer<count - 1>> {
            forward<false>(p, x, static_cast<T*>(nullptr), tape);
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T* tape) {
            backward(p, x, y, dy, dx, tape, tape + chain::template memory<T>(p.batch), places(p.batch));
        }
        template <class T>
        static void backward_with_dx(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T* tape, T* end) {
            backward(p, x, y, dy, dx, tape, end, places(p.batch, true));
        }
        // The input of layer I.
        template <std::size_t I, class T>
        static void restore_before(pass<T> const& p, T const* x, T* tape, T* y) {
            auto own = chain::template pass_of<I - 1>(p, tape);
            T const* const kept = chain::template tape_at<I - 1>(p.batch, tape);
            if constexpr (detail::restores<layer<I - 1>>)
                layer<I - 1>::restore(own, kept, y);
            else {
                own.workspace = chain::template tape_at<I>(p.batch, tape) +
                                layer<I>::tape_of(p.batch); // behind its own tape there is more already
                layer<I - 1>::restore_first(own, x, kept, y);
            }
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T* tape, T* end,
                             places const& far) {
            auto at = outputs(p.batch, const_cast<T*>(y), tape, end, far);
            T* gradient = dy;
            parts::each_backwards([&]<std::size_t I>() {
                T const* from = x;
                T* to = dx;
                if constexpr (I > 0) {
                    if constexpr (chain::template restored<I - 1>()) {
                        at[I - 1] = end - far.restored_output[I - 1].far;
                        if constexpr (layer<I>::needs_input)
                            restore_before<I>(p, x, tape, at[I - 1]);
                    }
                    from = at[I - 1];
                    to = layer<I>::in_place                    ? gradient
                         : chain::template replaces_input<I>() ? at[I - 1]
                                                               : end - far.gradient[I].far;
                }
                auto own = chain::template pass_of<I>(p, tape);
                own.rectify_dx = I == 0 ? p.rectify_dx : chain::template rectifies_between<I>();
                own.rectified_dy = I + 1 == count ? p.rectified_dy : chain::template rectifies_between<I + 1>();
                layer<I>::backward(own, from, at[I], gradient, to, chain::template tape_at<I>(p.batch, tape));
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
                layer<I>::infer(p.inside(layers_before(I), parameters_before(I), state_before(I),
                                         both(activation_buffers, p.batch), parts::template prepared_before<T>(I)),
                                from, to);
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
