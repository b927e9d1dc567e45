#pragma once

/// The passes of layers one after the other, over tables of their functions.

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "chain_plan.hpp"
#include "layer_functions.hpp"

namespace trine::nn::detail {

/// A list of types.
template <class... Types>
struct type_list {
    static constexpr std::size_t size = sizeof...(Types);
};

/// Bound layers whose parameters, state and prepared weights lie one behind the other, whatever way activations take
/// through them.
template <class... Bound>
struct layer_parts {
    static constexpr std::size_t count = sizeof...(Bound);
    static constexpr std::array<layer_facts, count> facts{facts_of<Bound>...};
    static constexpr std::size_t parameters = (facts_of<Bound>.parameters + ...), state = (facts_of<Bound>.state + ...),
                                 layers = (facts_of<Bound>.layers + ...),
                                 multiply_adds = (facts_of<Bound>.multiply_adds + ...);
    template <class T>
    static constexpr std::array<inference_functions<T>, count> inference = {inference_of<T, Bound>...};
    template <class T>
    static constexpr std::array<training_functions<T>, count> training = {training_of<T, Bound>...};
};

template <class T>
using inference_table = std::span<inference_functions<T> const>;
template <class T>
using training_table = std::span<training_functions<T> const>;

/// Prepared weights of parts that lie one behind the other, each in whole cache lines.
template <class T>
std::size_t prepared_parts(inference_table<T> functions);
template <class T>
void prepare_parts(std::span<layer_facts const> facts, inference_table<T> functions, layer_context<T> const& context,
                   T* to);

template <class T>
std::size_t chain_inference_workspace(chain_plan plan, inference_table<T> functions, std::size_t batch);
template <class T>
void chain_infer(chain_plan plan, inference_table<T> functions, layer_context<T> const& context, T const* x, T* y);

template <class T>
std::size_t chain_memory(chain_plan plan, training_table<T> functions, std::size_t batch, bool with_dx);
/// Without `whole`, the last layer makes its tape alone.
template <class T>
void chain_forward(chain_plan plan, training_table<T> functions, layer_context<T> const& context, T const* x, T* y,
                   T* tape, bool whole);
/// With `end` not null, dx lies at the end of the memory, which is there.
template <class T>
void chain_backward(chain_plan plan, training_table<T> functions, layer_context<T> const& context, T const* x,
                    T const* y, T* dy, T* dx, T* tape, T* end);

} // namespace trine::nn::detail

#ifdef TRINE_HEADER_ONLY
#include "chain_impl.hpp"
#endif
