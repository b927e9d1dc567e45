#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "chain.hpp"
#include "fusion.hpp"
#include "layer.hpp"

namespace trine::nn {

namespace detail {

/// The passes of a list of parts (see fusion.hpp), one after the other.
template <class In, class Parts>
struct chain_of;
template <class In, class... Parts>
struct chain_of<In, type_list<Parts...>> : layer_parts<typename Parts::layer...> {
    using parts = layer_parts<typename Parts::layer...>;
    static constexpr chain_plan plan{parts::facts};
    static constexpr layer_facts first = parts::facts.front(), last = parts::facts.back();
    using input = In;
    using output = typename last_of<Parts...>::layer::output;

    static constexpr bool keeps_gradient = last.keeps_gradient, needs_output = last.needs_output;
    static constexpr bool dx_over_x = first.dx_over_x, rectifies_dx = first.rectifies_dx;
    static constexpr bool takes_rectified_dy = last.takes_rectified_dy;

    static constexpr std::size_t tape_of(std::size_t batch) { return plan.tape_of(batch); }
    template <class T>
    static std::size_t memory(std::size_t batch) {
        return chain_memory<T>(plan, parts::template training<T>, batch, false);
    }
    template <class T>
    static std::size_t memory_with_dx(std::size_t batch) {
        return chain_memory<T>(plan, parts::template training<T>, batch, true);
    }
    template <class T>
    static void forward(layer_context<T> const& context, T const* x, T* y, T* tape) {
        chain_forward<T>(plan, parts::template training<T>, context, x, y, tape, true);
    }
    template <class T>
        requires(last.makes_tape_alone)
    static void forward_tape(layer_context<T> const& context, T const* x, T* tape) {
        chain_forward<T>(plan, parts::template training<T>, context, x, nullptr, tape, false);
    }
    template <class T>
    static void backward(layer_context<T> const& context, T const* x, T const* y, T* dy, T* dx, T* tape) {
        chain_backward<T>(plan, parts::template training<T>, context, x, y, dy, dx, tape, nullptr);
    }
    template <class T>
    static void backward_with_dx(layer_context<T> const& context, T const* x, T const* y, T* dy, T* dx, T* tape,
                                 T* end) {
        chain_backward<T>(plan, parts::template training<T>, context, x, y, dy, dx, tape, end);
    }

    template <class T>
    static std::size_t prepared() {
        return prepared_parts<T>(parts::template inference<T>);
    }
    template <class T>
    static void prepare(layer_context<T> const& context, T* to) {
        prepare_parts<T>(parts::facts, parts::template inference<T>, context, to);
    }
    template <class T>
    static std::size_t inference_workspace(std::size_t batch) {
        return chain_inference_workspace<T>(plan, parts::template inference<T>, batch);
    }
    template <class T>
    static void infer(layer_context<T> const& context, T const* x, T* y) {
        chain_infer<T>(plan, parts::template inference<T>, context, x, y);
    }

    static void list(inventory& all, std::string const& prefix) { (Parts::list(all, prefix), ...); }
    static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
        (Parts::describe(rows, prefix), ...);
    }
};

} // namespace detail

/// Layers one after the other. One inside another is the same as its layers written out.
///
/// Neighbours that can be computed together are (see fusion.hpp). Training works in one memory, laid out from the
/// layers' types (see chain_plan.hpp); in inference activations go back and forth between two buffers.
template <class... Layers>
struct sequential {
    static_assert(sizeof...(Layers) > 0, "sequential needs at least one layer");

    template <class In>
    struct at : detail::chain_of<In, detail::fused_parts<In, sequential>> {};
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
    using copy = Layer;
    using type = sequential<copy<I>...>;
};

} // namespace detail

/// The same layer N times, one after the other, each with values of its own.
template <std::size_t N, class Layer>
using repeat = typename detail::repeated<Layer, std::make_index_sequence<N>>::type;

} // namespace trine::nn
