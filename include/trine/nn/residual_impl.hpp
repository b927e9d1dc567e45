#pragma once

#include <algorithm>

#include "../core/parallel.hpp"
#include "elementwise_loops.hpp"
#include "residual.hpp"

namespace trine::nn::detail {

/// y = y + other; rectified, 0 where that is negative.
template <class T>
void add_branch(std::size_t size, bool rectified, T const* other, T* y) {
    parallel_blocks(size, block_of_values, [&](std::size_t first, std::size_t last) {
        if (rectified)
            for (std::size_t i = first; i < last; ++i) {
                T const sum = y[i] + other[i];
                y[i] = sum < T(0) ? T(0) : sum;
            }
        else
            for (std::size_t i = first; i < last; ++i)
                y[i] = y[i] + other[i];
    });
}

/// dx = a + b; with `rectify`, 0 where it is 0 before.
template <class T>
void add_gradients(std::size_t size, T const* a, T const* b, bool rectify, T* dx) {
    parallel_blocks(size, block_of_values, [&](std::size_t first, std::size_t last) {
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
layer_context<T> without_rectifying(layer_context<T> context) {
    context.rectify_dx = context.rectified_dy = false;
    return context;
}
template <class T>
layer_context<T> body_context(residual_plan const& plan, layer_context<T> const& context, T* tape) {
    std::size_t const batch = context.batch;
    return without_rectifying(
        context.inside(0, 0, 0).with_workspace(tape + plan.body_tape(batch) + plan.body.tape_of(batch)));
}
template <class T>
layer_context<T> shortcut_context(residual_plan const& plan, layer_context<T> const& context, T* tape) {
    std::size_t const batch = context.batch;
    return without_rectifying(context.inside(plan.body.layers, plan.body.parameters, plan.body.state)
                                  .with_workspace(tape + plan.shortcut_tape(batch) + plan.shortcut.tape_of(batch)));
}

template <class T>
std::size_t residual_memory(residual_plan const& plan, residual_training<T> const& functions, std::size_t batch) {
    std::size_t const of_shortcut =
        plan.plain ? 0
                   : functions.shortcut.memory(batch) +
                         std::max(plan.shortcut_output(batch), plan.gradient_copy(batch) + 2 * plan.in(batch));
    std::size_t const of_body = plan.shortcut.tape_of(batch) +
                                std::max(functions.body.memory(batch) + plan.shortcut_output(batch),
                                         functions.body.most_with_dx(plan.body, batch) + plan.gradient_copy(batch));
    return plan.copies(batch) + std::max(of_shortcut, of_body);
}

template <class T>
void residual_forward(residual_plan const& plan, residual_training<T> const& functions, layer_context<T> const& context,
                      T const* x, T* y, T* tape) {
    std::size_t const batch = context.batch, size = batch * plan.body.output;
    T const* other = x;
    if (!plan.plain) {
        T* const branch = plan.shortcut.needs_output ? tape + plan.body_copy(batch)
                                                     : tape + residual_memory(plan, functions, batch) - plan.out(batch);
        functions.shortcut.forward(shortcut_context(plan, context, tape), x, branch, tape + plan.shortcut_tape(batch));
        other = branch;
    }
    T* const body_out = plan.body.needs_output ? tape : y;
    functions.body.forward(body_context(plan, context, tape), x, body_out, tape + plan.body_tape(batch));
    if (body_out != y)
        kernels::copy(size, static_cast<T const*>(body_out), y);
    add_branch(size, plan.rectified, other, y);
}

template <class T>
void residual_forward_tape(residual_plan const& plan, residual_training<T> const& functions,
                           layer_context<T> const& context, T const* x, T* tape) {
    std::size_t const batch = context.batch;
    // A branch needs a place for its output only where it keeps a copy of that.
    if (!plan.plain) {
        auto const own = shortcut_context(plan, context, tape);
        if (plan.shortcut.needs_output)
            functions.shortcut.forward(own, x, tape + plan.body_copy(batch), tape + plan.shortcut_tape(batch));
        else
            functions.shortcut.forward_tape(own, x, tape + plan.shortcut_tape(batch));
    }
    auto const own = body_context(plan, context, tape);
    if (plan.body.needs_output)
        functions.body.forward(own, x, tape, tape + plan.body_tape(batch));
    else
        functions.body.forward_tape(own, x, tape + plan.body_tape(batch));
}

template <class T>
void residual_backward(residual_plan const& plan, residual_training<T> const& functions,
                       layer_context<T> const& context, T const* x, T const* y, T* dy, T* dx, T* tape) {
    std::size_t const batch = context.batch, size = batch * plan.body.output;
    T* const end = tape + residual_memory(plan, functions, batch);
    if (plan.rectified && !context.rectified_dy)
        kernels::relu_backward(size, y, static_cast<T const*>(dy), dy);
    T* gradient = dy;
    if (plan.copies_gradient()) {
        gradient = end - plan.out(batch);
        kernels::copy(size, static_cast<T const*>(dy), gradient);
    }
    T *const body_end = end - plan.gradient_copy(batch), *const of_body = dx ? body_end - plan.in(batch) : nullptr,
             *const body_tape = tape + plan.body_tape(batch);
    auto const own = body_context(plan, context, tape);
    if (dx)
        functions.body.backward_before(own, x, tape, dy, of_body, body_tape, body_end);
    else
        functions.body.backward(own, x, tape, dy, of_body, body_tape);
    T* of_shortcut = gradient;
    if (!plan.plain) {
        of_shortcut = dx ? of_body - plan.in(batch) : nullptr;
        functions.shortcut.backward(shortcut_context(plan, context, tape), x, tape + plan.body_copy(batch), gradient,
                                    of_shortcut, tape + plan.shortcut_tape(batch));
    }
    if (dx)
        add_gradients(batch * plan.body.input, static_cast<T const*>(of_body), static_cast<T const*>(of_shortcut),
                      context.rectify_dx, dx);
}

template <class T>
std::size_t residual_prepared(residual_inference<T> const& functions) {
    return whole_lines(functions.body.prepared()) + functions.shortcut.prepared();
}

template <class T>
void residual_prepare(residual_plan const& plan, residual_inference<T> const& functions,
                      layer_context<T> const& context, T* to) {
    functions.body.prepare(context, to);
    functions.shortcut.prepare(context.inside(plan.body.layers, plan.body.parameters, plan.body.state),
                               to + whole_lines(functions.body.prepared()));
}

template <class T>
std::size_t residual_inference_workspace(residual_plan const& plan, residual_inference<T> const& functions,
                                         std::size_t batch) {
    return (plan.plain ? 0 : plan.out(batch)) +
           std::max(functions.body.workspace(batch), functions.shortcut.workspace(batch));
}

template <class T>
void residual_infer(residual_plan const& plan, residual_inference<T> const& functions, layer_context<T> const& context,
                    T const* x, T* y) {
    auto const own = context.inside(0, 0, 0, plan.plain ? 0 : plan.out(context.batch));
    functions.body.infer(own, x, y);
    T const* other = x;
    if (!plan.plain) {
        functions.shortcut.infer(own.inside(plan.body.layers, plan.body.parameters, plan.body.state, 0,
                                            whole_lines(functions.body.prepared())),
                                 x, context.workspace);
        other = context.workspace;
    }
    add_branch(context.batch * plan.body.output, plan.rectified, other, y);
}

#ifdef TRINE_COMPILED
#define TRINE_INSTANTIATE(T)                                                                                           \
    template std::size_t residual_memory<T>(residual_plan const&, residual_training<T> const&, std::size_t);           \
    template void residual_forward<T>(residual_plan const&, residual_training<T> const&, layer_context<T> const&,      \
                                      T const*, T*, T*);                                                               \
    template void residual_forward_tape<T>(residual_plan const&, residual_training<T> const&, layer_context<T> const&, \
                                           T const*, T*);                                                              \
    template void residual_backward<T>(residual_plan const&, residual_training<T> const&, layer_context<T> const&,     \
                                       T const*, T const*, T*, T*, T*);                                                \
    template std::size_t residual_prepared<T>(residual_inference<T> const&);                                           \
    template void residual_prepare<T>(residual_plan const&, residual_inference<T> const&, layer_context<T> const&,     \
                                      T*);                                                                             \
    template std::size_t residual_inference_workspace<T>(residual_plan const&, residual_inference<T> const&,           \
                                                         std::size_t);                                                 \
    template void residual_infer<T>(residual_plan const&, residual_inference<T> const&, layer_context<T> const&,       \
                                    T const*, T*);
TRINE_INSTANTIATE(float)
TRINE_INSTANTIATE(double)
#undef TRINE_INSTANTIATE
#endif

} // namespace trine::nn::detail
