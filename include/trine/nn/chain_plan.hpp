#pragma once

/// Where everything lies that a training step of a chain of layers works on, computed from the layers' facts.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "layer.hpp"

namespace trine::nn::detail {

/// Something at the far end of the memory: it reaches from `near` to `far` scalars before the end.
struct far_place {
    std::size_t near = 0, far = 0;
};

/// Where one layer of a chain works: scalars from the beginning, but for places at the far end.
struct chain_step {
    std::size_t layers, parameters, state; ///< of those before it
    std::size_t output;                    ///< on the tape, where it is kept there
    std::size_t tape, workspace;
    far_place far_output, far_restored,
        far_gradient; ///< output to be made again, in either pass; gradient of its input
};

/// Outputs lie on the tape, one behind the other; a layer that can work in place does so where neither it nor its
/// predecessor reads in the backward pass what would be overwritten, and an output that can be made again is not kept.
/// Scratch lies behind the tape of the layer at work, and what only two neighbours see of each other, gradients and
/// outputs to be made again, at the other end of the same memory: so each pass needs no more than its fullest moment.
struct chain_plan {
    std::span<layer_facts const> layers;

    constexpr std::size_t count() const { return layers.size(); }
    /// Whether layer i writes over its input.
    constexpr bool overwrites(std::size_t i) const {
        return i > 0 && layers[i].in_place && !layers[i].needs_input && !layers[i - 1].needs_output;
    }
    /// Whether layer i's output is not kept for the backward pass, but made again.
    constexpr bool restored(std::size_t i) const {
        return i + 1 < count() && (layers[i].restores || (i == 0 && layers[i].restores_first)) && !overwrites(i + 1);
    }
    /// Whether the gradient of layer i's input lies where that input was. If the layer before needs its output only to
    /// know where a rectifier was at 0, layer i sees to that.
    constexpr bool replaces_input(std::size_t i) const {
        // on the tape, behind what layer i−1 keeps, its scratch would be in the way
        return i > 0 && layers[i].dx_over_x && !layers[i].in_place && (!layers[i - 1].in_place || overwrites(i - 1)) &&
               (!layers[i - 1].needs_output || (layers[i].rectifies_dx && layers[i - 1].takes_rectified_dy));
    }
    constexpr bool rectifies_between(std::size_t i) const {
        return i > 0 && i < count() && replaces_input(i) && layers[i - 1].needs_output;
    }
    /// Whether the gradient of layer i's input is what layer 0 is given.
    constexpr bool becomes_first_gradient(std::size_t i) const {
        while (i > 1 && layers[i - 1].in_place)
            --i;
        return i == 1;
    }
    /// Scalars of the tape that layer i's output takes: none when it lies in its input's place, is made again, or is
    /// the caller's.
    constexpr std::size_t output_on_tape(std::size_t i, std::size_t batch) const {
        return i + 1 == count() || overwrites(i) || restored(i) ? 0 : out(i, batch);
    }
    constexpr std::size_t out(std::size_t i, std::size_t batch) const { return whole_lines(batch * layers[i].output); }
    constexpr std::size_t tape_of(std::size_t batch) const {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < count(); ++i)
            sum += output_on_tape(i, batch) + layers[i].tape_of(batch);
        return sum;
    }
    /// Scalars of each of two buffers between which activations go back and forth in inference.
    constexpr std::array<std::size_t, 2> activation_buffers() const {
        std::array<std::size_t, 2> sizes{};
        std::size_t next = 0;
        for (std::size_t i = 0; i + 1 < count(); ++i)
            if (i == 0 || !layers[i].in_place) {
                sizes[next] = std::max(sizes[next], layers[i].output);
                next = 1 - next;
            }
        return sizes;
    }

    /// Where each layer works. The gradients of the whole's output and input are the caller's, but with `with_dx` the
    /// latter lies at the end, where it is written last.
    std::vector<chain_step> steps(std::size_t batch, bool with_dx) const;
};

/// How far from the end anything lies that layer i works on.
std::size_t far_reach(std::span<chain_step const> steps, std::size_t i);

} // namespace trine::nn::detail

#ifdef TRINE_HEADER_ONLY
#include "chain_plan_impl.hpp"
#endif
