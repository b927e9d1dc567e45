#pragma once

/// What a layer is: a type such as `conv2d<32, 3>`, whose `at<In>` is that layer bound to the shape of its input.
/// Activations are N×H×W×C. A bound layer has static members alone; what it does not say has a default that is safe:
/// slower or larger, never wrong.
///
/// Simple layers say
///   input, output                the shapes (`layer_shapes`)
///   parameters, state            how many scalars it learns, and how many it only keeps track of; 0
///   forward(context, x, y)       in training
///   backward(context, x, y, dy, dx)   x and y are as the forward pass left them, dx lies over nothing else; adds to
///                                context.gradients
///   infer(context, x, y)         in inference, where that is not `forward`
///   list(inventory, prefix)      names its tensors, in the order in which they lie in memory, where it has any
///   name, or describe(rows, prefix)   for the table of layers
///
/// Layers that work in place say as well
///   in_place                     y may be x and dx may be dy
///   needs_input, needs_output    false where the backward pass does not read x, or y: only then x is overwritten
///
/// Memory-aware layers have a tape, a part of the model's memory that is theirs from the forward to the backward pass
///   forward(context, x, y, tape)
///   backward(context, x, y, dy, dx, tape)   may overwrite the tape
///   tape_of(batch)               its scalars, in `whole_lines`
///   workspace<T>(batch)          scalars of scratch for either pass, at context.workspace
///   keeps_gradient               the backward pass leaves dy as it was
///   takes_null_dx                dx may be null where nobody needs it
///   dx_over_x                    dx may be x
///   dx_over_dy                   dx may lie anywhere over dy
///   rectifies_dx                 heeds context.rectify_dx
///   takes_rectified_dy           reads y no more where context.rectified_dy is set
///   memory<T>(batch)             in place of workspace, for layers made of layers: scalars at `tape` that either pass
///                                may use, the tape's among them
///   memory_with_dx<T>(batch), backward_with_dx(context, x, y, dy, dx, tape, end)   the backward pass in memory with dx
///                                at its end
///   restore(context, tape, y)    makes y again from the tape, bit for bit, so that y need not be kept
///   restore_first(context, x, tape, y), restore_first_workspace<T>(batch)   the same for a layer that comes first
///   forward_tape(context, x, tape)   the forward pass for the tape alone (see `recomputed`)
///   prepared<T>(), prepare(context, to)   what depends on the parameters alone, made once for many images: `infer`
///                                finds it at context.prepared
///   inference_workspace<T>(batch)   scalars of scratch for `infer`
/// and
///   layers                       how many layers it counts as, so that each has a number of its own; 1
///   multiply_adds                of one image's forward pass; 0

#include <cstddef>
#include <string>
#include <vector>

#include "context.hpp"
#include "describe.hpp"
#include "shape.hpp"
#include "tensors.hpp"

namespace trine::nn {

/// The shapes of a bound layer.
template <class In, class Out = In>
struct layer_shapes {
    using input = In;
    using output = Out;
};

namespace detail {

template <class L>
inline constexpr bool is_simple = requires(layer_context<float> const& context, float const* in, float* out) {
    L::forward(context, in, out);
};

template <class L>
concept has_simple_passes = requires(layer_context<float> const& context, float const* in, float* out) {
    L::forward(context, in, out);
    L::backward(context, in, in, out, out);
};
template <class L>
concept has_taped_passes = requires(layer_context<float> const& context, float const* in, float* out) {
    L::forward(context, in, out, out);
    L::backward(context, in, in, out, out, out);
    L::infer(context, in, out);
};
template <class L>
concept bound_layer = requires {
    L::input::size;
    L::output::size;
}
&&(has_simple_passes<L> || has_taped_passes<L>);

} // namespace detail

/// A type that can be a layer of a network where its input is an `In`.
template <class L, class In>
concept layer = requires {
    typename L::template at<In>;
}
&&detail::bound_layer<typename L::template at<In>>;

namespace detail {

/// What a layer says, and the defaults of what it does not: all that depends on its type alone.
struct layer_facts {
    std::size_t input = 0, output = 0;
    std::size_t parameters = 0, state = 0, layers = 1, multiply_adds = 0;
    bool in_place = false, keeps_gradient = false, needs_input = true, needs_output = true, takes_null_dx = false;
    bool dx_over_x = false, dx_over_dy = false, rectifies_dx = false, takes_rectified_dy = false;
    bool restores = false, restores_first = false, makes_tape_alone = false;
    std::size_t (*tape_of)(std::size_t batch) = [](std::size_t) { return std::size_t{0}; };
};

template <class L>
constexpr layer_facts read_facts() {
    layer_facts facts;
    facts.input = L::input::size, facts.output = L::output::size;
    if constexpr (requires { L::parameters; })
        facts.parameters = L::parameters;
    if constexpr (requires { L::state; })
        facts.state = L::state;
    if constexpr (requires { L::layers; })
        facts.layers = L::layers;
    if constexpr (requires { L::multiply_adds; })
        facts.multiply_adds = L::multiply_adds;
    if constexpr (requires { L::in_place; })
        facts.in_place = L::in_place;
    if constexpr (requires { L::needs_input; })
        facts.needs_input = L::needs_input;
    if constexpr (requires { L::needs_output; })
        facts.needs_output = L::needs_output;
    if constexpr (requires { L::dx_over_x; })
        facts.dx_over_x = L::dx_over_x;
    if constexpr (requires { L::dx_over_dy; })
        facts.dx_over_dy = L::dx_over_dy;
    if constexpr (requires { L::rectifies_dx; })
        facts.rectifies_dx = L::rectifies_dx;
    if constexpr (requires { L::takes_rectified_dy; })
        facts.takes_rectified_dy = L::takes_rectified_dy;
    if constexpr (requires { L::keeps_gradient; })
        facts.keeps_gradient = L::keeps_gradient;
    else // a backward pass that is shown a constant dy leaves it, unless dx lies over it
        facts.keeps_gradient = !facts.in_place && !facts.dx_over_dy &&
                               requires(layer_context<float> const& context, float const* in, float* out) {
            L::backward(context, in, in, in, out);
        };
    // The backward pass of a layer without parameters need not be called for nobody.
    if constexpr (requires { L::takes_null_dx; })
        facts.takes_null_dx = L::takes_null_dx;
    else
        facts.takes_null_dx = !is_simple<L>;
    if constexpr (requires { L::tape_of(1); })
        facts.tape_of = &L::tape_of;
    facts.restores = requires(layer_context<float> const& context, float* memory) {
        L::restore(context, memory, memory);
    };
    facts.restores_first = requires(layer_context<float> const& context, float* memory) {
        L::restore_first(context, memory, memory, memory);
    };
    facts.makes_tape_alone = requires(layer_context<float> const& context, float* memory) {
        L::forward_tape(context, memory, memory);
    };
    return facts;
}
template <class L>
inline constexpr layer_facts facts_of = read_facts<L>();

template <class L>
inline constexpr bool names_tensors = (facts_of<L>.parameters == 0 && facts_of<L>.state == 0) ||
                                      requires(inventory& all, std::string const& prefix) {
    L::list(all, prefix);
};

template <class Layer, class In>
struct binding {
    static_assert(layer<Layer, In>, "this is not a layer: it needs a template at<In> with the shapes input and output, "
                                    "forward(context, x, y) and backward(context, x, y, dy, dx); see nn/layer.hpp");
    using type = typename Layer::template at<In>;
    static_assert(names_tensors<type>, "a layer with parameters or state needs list(inventory, prefix), which names "
                                       "its tensors");
    static_assert(!facts_of<type>.in_place || facts_of<type>.input == facts_of<type>.output,
                  "a layer that works in place has an output as large as its input");
};
/// A layer at a shape, which is checked to be one.
template <class Layer, class In>
using bound = typename binding<Layer, In>::type;

template <class L>
void list_layer(inventory& all, std::string const& prefix) {
    if constexpr (requires { L::list(all, prefix); })
        L::list(all, prefix);
}
template <class L>
void describe_layer(std::vector<layer_row>& rows, std::string const& prefix) {
    if constexpr (requires { L::describe(rows, prefix); })
        L::describe(rows, prefix);
    else {
        constexpr layer_facts facts = facts_of<L>;
        std::string name = "layer";
        if constexpr (requires { std::string(L::name()); })
            name = L::name();
        else if constexpr (requires { std::string(L::name); })
            name = L::name;
        rows.push_back({prefix, name, L::output::text(), facts.parameters, facts.multiply_adds,
                        facts.in_place && !facts.needs_input ? 0 : facts.output});
    }
}

} // namespace detail

} // namespace trine::nn
