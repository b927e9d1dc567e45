#pragma once

/// Where everything lies that a training step of a chain of layers works on, computed from the layers' types.

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "layer.hpp"
#include "parts.hpp"

namespace trine::nn::detail {

// Outputs lie on the tape, one behind the other; a layer that can work in place does so where neither it nor its
// predecessor reads in the backward pass what would be overwritten, and an output that can be made again is not kept.
// Scratch lies behind the tape of the layer at work, and what only two neighbours see of each other, gradients and
// outputs to be made again, at the other end of the same memory: so each pass needs no more than its fullest moment.
template <class In, class Bound>
struct chain_memory : layer_parts<Bound> {
    using parts = layer_parts<Bound>;
    static constexpr std::size_t count = parts::count; // its own: GCC 12 loses an inherited one inside generic lambdas
    using parts::each, parts::sum_before, parts::parameters_before, parts::state_before, parts::layers_before;
    template <std::size_t I>
    using layer = typename parts::template part<I>;

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
            return (restores<layer<I>> || (I == 0 && restores_first<layer<I>>)) && !overwrites<I + 1>();
    }
    // Whether the gradient of layer I's input lies where that input was. If the layer before needs its output only to
    // know where a rectifier was at 0, layer I sees to that.
    template <std::size_t I>
    static constexpr bool replaces_input() {
        if constexpr (I == 0)
            return false;
        else // on the tape, behind what layer I−1 keeps, its scratch would be in the way
            return dx_over_x<layer<I>> && !layer<I>::in_place && (!layer<I - 1>::in_place || overwrites<I - 1>()) &&
                   (!layer<I - 1>::needs_output || (rectifies_dx<layer<I>> && takes_rectified_dy<layer<I - 1>>));
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
    // Scalars of the tape that layer I's output takes: none when it lies in its input's place, is made again, or is the
    // caller's.
    template <std::size_t I>
    static constexpr std::size_t output_on_tape(std::size_t batch) {
        return I + 1 == count || overwrites<I>() || restored<I>() ? 0 : out<I>(batch);
    }
    template <std::size_t I>
    static constexpr std::size_t out(std::size_t batch) {
        return extent::round(batch * layer<I>::output::size);
    }
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
    // Of each layer: where its output lies if it is made again, in either pass, and where the gradient of its input
    // lies, if at the far end. The gradients of the whole's output and input are the caller's, but the latter may lie
    // at the end, where it is written last.
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
                    place const ahead = becomes_first_gradient<I>() && !dx_over_dy<layer<0>> ? gradient[0] : place{};
                    if constexpr (replaces_input<I>()) {
                        if constexpr (restored<I - 1>())
                            gradient[I] = restored_output[I - 1] = beside(out<I - 1>(batch), behind, ahead);
                    } else {
                        gradient[I] = layer<I>::in_place
                                          ? behind
                                          : beside(out<I - 1>(batch), dx_over_dy<layer<I>> ? place{} : behind, ahead);
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
        std::size_t most = memory_of<T, layer<I>>(batch);
        if constexpr (I == 1)
            if constexpr (restored<0>() && restores_first<layer<0>>)
                most = std::max(most, layer<I>::tape_of(batch) +
                                          extent::round(layer<0>::template restore_first_workspace<T>(batch)));
        return most;
    }
    template <class T>
    static std::size_t memory(std::size_t batch, places const& at) {
        std::size_t most = 0;
        each([&]<std::size_t I>() {
            most =
                std::max(most, tape_before(I, batch) + output_on_tape<I>(batch) + memory_at<I, T>(batch) + at.reach(I));
        });
        return most;
    }
    template <class T>
    static std::size_t memory(std::size_t batch) {
        return memory<T>(batch, places(batch));
    }
    template <class T>
    static std::size_t memory_with_dx(std::size_t batch) {
        return memory<T>(batch, places(batch, true));
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
    static T* tape_at(std::size_t batch, T* tape) {
        return tape + tape_before(I, batch) + output_on_tape<I>(batch);
    }
    template <std::size_t I, class T>
    static pass<T> pass_of(pass<T> const& p, T* tape) {
        return p.template training<layer<I>>(layers_before(I), parameters_before(I), state_before(I),
                                             tape_at<I>(p.batch, tape));
    }
};

} // namespace trine::nn::detail
