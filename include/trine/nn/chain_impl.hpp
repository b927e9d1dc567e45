#pragma once

#include <algorithm>
#include <vector>

#include "chain.hpp"

namespace trine::nn::detail {

template <class T>
std::size_t prepared_parts(inference_table<T> functions) {
    std::size_t sum = 0;
    for (auto const& f : functions)
        sum += whole_lines(f.prepared());
    return sum;
}

template <class T>
void prepare_parts(std::span<layer_facts const> facts, inference_table<T> functions, layer_context<T> const& context,
                   T* to) {
    layer_context<T> own = context;
    for (std::size_t i = 0; i < facts.size(); ++i) {
        functions[i].prepare(own, to);
        to += whole_lines(functions[i].prepared());
        own = own.inside(facts[i].layers, facts[i].parameters, facts[i].state);
    }
}

template <class T>
std::size_t chain_inference_workspace(chain_plan plan, inference_table<T> functions, std::size_t batch) {
    std::size_t most = 0;
    for (auto const& f : functions)
        most = std::max(most, f.workspace(batch));
    auto const buffers = plan.activation_buffers();
    return whole_lines(batch * buffers[0]) + whole_lines(batch * buffers[1]) + most;
}

template <class T>
void chain_infer(chain_plan plan, inference_table<T> functions, layer_context<T> const& context, T const* x, T* y) {
    auto const sizes = plan.activation_buffers();
    T* const buffers[2] = {context.workspace, context.workspace + whole_lines(context.batch * sizes[0])};
    auto own = context.with_workspace(buffers[1] + whole_lines(context.batch * sizes[1]));
    std::size_t next = 0;
    for (std::size_t i = 0; i < plan.count(); ++i) {
        T* to = y;
        if (i + 1 < plan.count()) {
            if (i > 0 && plan.layers[i].in_place)
                to = buffers[1 - next]; // where its input is
            else {
                to = buffers[next];
                next = 1 - next;
            }
        }
        functions[i].infer(own, x, to);
        x = to;
        own = own.inside(plan.layers[i].layers, plan.layers[i].parameters, plan.layers[i].state, 0,
                         whole_lines(functions[i].prepared()));
    }
}

template <class T>
std::size_t memory_of_steps(chain_plan plan, training_table<T> functions, std::size_t batch,
                            std::span<chain_step const> steps) {
    std::size_t most = 0;
    for (std::size_t i = 0; i < plan.count(); ++i) {
        std::size_t own = functions[i].memory(batch);
        if (i == 1 && plan.restored(0) && plan.layers[0].restores_first)
            own =
                std::max(own, plan.layers[1].tape_of(batch) + whole_lines(functions[0].restore_first_workspace(batch)));
        most = std::max(most, steps[i].tape + own + far_reach(steps, i));
    }
    return most;
}
template <class T>
std::size_t chain_memory(chain_plan plan, training_table<T> functions, std::size_t batch, bool with_dx) {
    auto const steps = plan.steps(batch, with_dx);
    return memory_of_steps<T>(plan, functions, batch, steps);
}

template <class T>
layer_context<T> context_of(chain_step const& step, layer_context<T> const& context, T* tape) {
    return context.inside(step.layers, step.parameters, step.state).with_workspace(tape + step.workspace);
}
// Where layer i's output lies in the forward pass.
template <class T>
T* output_of(chain_plan plan, std::span<chain_step const> steps, std::size_t i, T* before, T* y, T* tape, T* end) {
    return i + 1 == plan.count() ? y
           : plan.overwrites(i)  ? before
           : plan.restored(i)    ? end - steps[i].far_output.far
                                 : tape + steps[i].output;
}

template <class T>
void chain_forward(chain_plan plan, training_table<T> functions, layer_context<T> const& context, T const* x, T* y,
                   T* tape, bool whole) {
    auto const steps = plan.steps(context.batch, false);
    T *const end = tape + memory_of_steps<T>(plan, functions, context.batch, steps), *at = nullptr;
    // The last layer may overwrite its input on the tape and still has to leave its result in y: it then simply writes
    // there.
    for (std::size_t i = 0; i < plan.count(); ++i) {
        auto const own = context_of(steps[i], context, tape);
        T const* const from = i > 0 ? at : x;
        at = output_of<T>(plan, steps, i, at, y, tape, end);
        if (!whole && i + 1 == plan.count())
            functions[i].forward_tape(own, from, tape + steps[i].tape);
        else
            functions[i].forward(own, from, at, tape + steps[i].tape);
    }
}

template <class T>
void chain_backward(chain_plan plan, training_table<T> functions, layer_context<T> const& context, T const* x,
                    T const* y, T* dy, T* dx, T* tape, T* end) {
    auto const steps = plan.steps(context.batch, end != nullptr);
    if (!end)
        end = tape + memory_of_steps<T>(plan, functions, context.batch, steps);
    std::vector<T*> at(plan.count());
    for (std::size_t i = 0; i < plan.count(); ++i)
        at[i] = output_of<T>(plan, steps, i, i > 0 ? at[i - 1] : nullptr, const_cast<T*>(y), tape, end);
    T* gradient = dy;
    for (std::size_t i = plan.count(); i-- > 0;) {
        auto own = context_of(steps[i], context, tape);
        T const* from = x;
        T* to = dx;
        if (i > 0) {
            if (plan.restored(i - 1)) {
                at[i - 1] = end - steps[i - 1].far_restored.far;
                if (plan.layers[i].needs_input) {
                    auto before = context_of(steps[i - 1], context, tape);
                    T const* const kept = tape + steps[i - 1].tape;
                    if (plan.layers[i - 1].restores)
                        functions[i - 1].restore(before, kept, at[i - 1]);
                    else // behind its own tape there is more already
                        functions[i - 1].restore_first(before.with_workspace(own.workspace), x, kept, at[i - 1]);
                }
            }
            from = at[i - 1];
            to = plan.layers[i].in_place  ? gradient
                 : plan.replaces_input(i) ? at[i - 1]
                                          : end - steps[i].far_gradient.far;
        }
        own.rectify_dx = i == 0 ? context.rectify_dx : plan.rectifies_between(i);
        own.rectified_dy = i + 1 == plan.count() ? context.rectified_dy : plan.rectifies_between(i + 1);
        functions[i].backward(own, from, at[i], gradient, to, tape + steps[i].tape);
        if (context.watch)
            context.watch->done_from(own.gradients);
        gradient = to;
    }
}

#ifdef TRINE_COMPILED
#define TRINE_INSTANTIATE(T)                                                                                           \
    template std::size_t prepared_parts<T>(inference_table<T>);                                                        \
    template void prepare_parts<T>(std::span<layer_facts const>, inference_table<T>, layer_context<T> const&, T*);     \
    template std::size_t chain_inference_workspace<T>(chain_plan, inference_table<T>, std::size_t);                    \
    template void chain_infer<T>(chain_plan, inference_table<T>, layer_context<T> const&, T const*, T*);               \
    template std::size_t chain_memory<T>(chain_plan, training_table<T>, std::size_t, bool);                            \
    template void chain_forward<T>(chain_plan, training_table<T>, layer_context<T> const&, T const*, T*, T*, bool);    \
    template void chain_backward<T>(chain_plan, training_table<T>, layer_context<T> const&, T const*, T const*, T*,    \
                                    T*, T*, T*);
TRINE_INSTANTIATE(float)
TRINE_INSTANTIATE(double)
#undef TRINE_INSTANTIATE
#endif

} // namespace trine::nn::detail
