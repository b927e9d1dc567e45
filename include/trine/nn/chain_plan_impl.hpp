#pragma once

#include <utility>

#include "chain_plan.hpp"

namespace trine::nn::detail {

/// A place for so much that meets none of two others.
inline far_place place_beside(std::size_t size, far_place a, far_place b = {}) {
    if (a.near > b.near)
        std::swap(a, b);
    std::size_t const at = a.near >= size ? 0 : b.near >= a.far + size ? a.far : std::max(a.far, b.far);
    return {at, at + size};
}

TRINE_INLINE std::vector<chain_step> chain_plan::steps(std::size_t batch, bool with_dx) const {
    std::vector<chain_step> all(count());
    chain_step at{};
    for (std::size_t i = 0; i < count(); ++i) {
        at.output = at.workspace; // behind the layer before
        at.tape = at.output + output_on_tape(i, batch);
        at.workspace = at.tape + layers[i].tape_of(batch);
        all[i] = at;
        at.layers += layers[i].layers, at.parameters += layers[i].parameters, at.state += layers[i].state;
        if (restored(i))
            all[i].far_output = place_beside(out(i, batch), i > 0 ? all[i - 1].far_output : far_place{});
    }
    if (with_dx)
        all[0].far_gradient = {0, whole_lines(batch * layers[0].input)};
    for (std::size_t i = count(); --i > 0;) {
        far_place const behind = i + 1 < count() ? all[i + 1].far_gradient : far_place{};
        far_place const ahead = becomes_first_gradient(i) && !layers[0].dx_over_dy ? all[0].far_gradient : far_place{};
        std::size_t const before = out(i - 1, batch);
        if (replaces_input(i)) {
            if (restored(i - 1))
                all[i].far_gradient = all[i - 1].far_restored = place_beside(before, behind, ahead);
        } else {
            all[i].far_gradient =
                layers[i].in_place ? behind : place_beside(before, layers[i].dx_over_dy ? far_place{} : behind, ahead);
            if (restored(i - 1))
                all[i - 1].far_restored = place_beside(before, behind, all[i].far_gradient);
        }
    }
    return all;
}

TRINE_INLINE std::size_t far_reach(std::span<chain_step const> steps, std::size_t i) {
    std::size_t far = std::max(steps[i].far_output.far, steps[i].far_gradient.far);
    if (i > 0)
        far = std::max({far, steps[i - 1].far_output.far, steps[i - 1].far_restored.far});
    if (i + 1 < steps.size())
        far = std::max(far, steps[i + 1].far_gradient.far);
    return far;
}

} // namespace trine::nn::detail
