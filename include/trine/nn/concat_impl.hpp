#pragma once

#include <algorithm>

#include "../kernels/elementwise.hpp"
#include "../kernels/layout.hpp"
#include "concat.hpp"

namespace trine::nn::detail {

TRINE_INLINE std::string branch_name(std::size_t i) { return "branch" + std::to_string(i); }

template <class T>
std::size_t concat_memory(concat_plan plan, training_table<T> functions, std::size_t batch) {
    std::size_t most = 0, tape = 0;
    for (std::size_t i = 0; i < functions.size(); ++i) {
        tape += plan.kept(i, batch);
        most = std::max(most, tape + functions[i].memory(batch));
        tape += plan.branches[i].tape_of(batch);
    }
    return plan.branch_output(batch) + plan.branch_gradient(batch) + most;
}

/// Puts a branch's map to its channels of the joint one.
template <class T>
void put_channels(concat_plan plan, std::size_t batch, std::size_t channels, std::size_t before, T const* from, T* y) {
    kernels::copy_columns(batch * plan.pixels, channels, from, channels, y + before, plan.channels());
}

template <class T>
void concat_forward(concat_plan plan, training_table<T> functions, layer_context<T> const& context, T const* x, T* y,
                    T* tape) {
    std::size_t const batch = context.batch;
    T* const end = tape + concat_memory<T>(plan, functions, batch) - plan.branch_output(batch);
    layer_context<T> own = context;
    std::size_t channels = 0;
    for (std::size_t i = 0; i < functions.size(); ++i) {
        auto const& branch = plan.branches[i];
        T *const own_tape = tape + plan.kept(i, batch), *const out = branch.needs_output ? tape : end;
        tape = own_tape + branch.tape_of(batch);
        functions[i].forward(own.with_workspace(tape), x, out, own_tape);
        put_channels<T>(plan, batch, plan.channels_of(i), channels, out, y);
        own = own.inside(branch.layers, branch.parameters, branch.state);
        channels += plan.channels_of(i);
    }
}

template <class T>
void concat_backward(concat_plan plan, training_table<T> functions, layer_context<T> const& context, T const* x,
                     T const* dy, T* dx, T* tape) {
    std::size_t const batch = context.batch;
    T *const gradient = tape + concat_memory<T>(plan, functions, batch) - plan.branch_output(batch),
             *const of_branch = gradient - plan.branch_gradient(batch);
    std::size_t layers = 0, parameters = 0, state = 0, channels = 0;
    for (std::size_t i = 0; i < functions.size(); ++i) {
        auto const& branch = plan.branches[i];
        layers += branch.layers, parameters += branch.parameters, state += branch.state;
        channels += plan.channels_of(i), tape += plan.kept(i, batch) + branch.tape_of(batch);
    }
    // The last branch first: what is behind a branch's tape is then free.
    for (std::size_t i = functions.size(); i-- > 0;) {
        auto const& branch = plan.branches[i];
        layers -= branch.layers, parameters -= branch.parameters, state -= branch.state;
        channels -= plan.channels_of(i);
        auto const own = context.inside(layers, parameters, state).with_workspace(tape);
        T *const own_tape = tape - branch.tape_of(batch), *const own_output = own_tape - plan.kept(i, batch);
        tape = own_output;
        kernels::copy_columns(batch * plan.pixels, plan.channels_of(i), dy + channels, plan.channels(), gradient,
                              plan.channels_of(i));
        bool const last = i + 1 == functions.size();
        T* const to = !dx ? nullptr : last ? dx : of_branch;
        functions[i].backward(own, x, own_output, gradient, to, own_tape);
        if (dx && !last)
            kernels::add(batch * branch.input, static_cast<T const*>(to), dx);
    }
}

template <class T>
std::size_t concat_inference_workspace(concat_plan plan, inference_table<T> functions, std::size_t batch) {
    std::size_t most = 0;
    for (auto const& f : functions)
        most = std::max(most, f.workspace(batch));
    return plan.branch_output(batch) + most;
}

template <class T>
void concat_infer(concat_plan plan, inference_table<T> functions, layer_context<T> const& context, T const* x, T* y) {
    auto own = context.with_workspace(context.workspace + plan.branch_output(context.batch));
    std::size_t channels = 0;
    for (std::size_t i = 0; i < functions.size(); ++i) {
        auto const& branch = plan.branches[i];
        functions[i].infer(own, x, context.workspace);
        put_channels<T>(plan, context.batch, plan.channels_of(i), channels, context.workspace, y);
        own = own.inside(branch.layers, branch.parameters, branch.state, 0, whole_lines(functions[i].prepared()));
        channels += plan.channels_of(i);
    }
}

#ifdef TRINE_COMPILED
#define TRINE_INSTANTIATE(T)                                                                                           \
    template std::size_t concat_memory<T>(concat_plan, training_table<T>, std::size_t);                                \
    template void concat_forward<T>(concat_plan, training_table<T>, layer_context<T> const&, T const*, T*, T*);        \
    template void concat_backward<T>(concat_plan, training_table<T>, layer_context<T> const&, T const*, T const*, T*,  \
                                     T*);                                                                              \
    template std::size_t concat_inference_workspace<T>(concat_plan, inference_table<T>, std::size_t);                  \
    template void concat_infer<T>(concat_plan, inference_table<T>, layer_context<T> const&, T const*, T*);
TRINE_INSTANTIATE(float)
TRINE_INSTANTIATE(double)
#undef TRINE_INSTANTIATE
#endif

} // namespace trine::nn::detail
