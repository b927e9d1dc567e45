#pragma once

#include <cstddef>
#include <tuple>
#include <utility>

#include "shape.hpp"

namespace trine::nn::detail {

/// Bound layers whose parameters, state and prepared weights lie one behind the other, whatever way activations take
/// through them.
template <class Bound>
struct layer_parts;
template <class... Bound>
struct layer_parts<std::tuple<Bound...>> {
    static constexpr std::size_t count = sizeof...(Bound);
    template <std::size_t I>
    using part = std::tuple_element_t<I, std::tuple<Bound...>>;

    // Calls f.operator()<I>() for I = 0 … count−1.
    template <class F>
    static constexpr void each(F&& f) {
        [&]<std::size_t... I>(std::index_sequence<I...>) { (f.template operator()<I>(), ...); }
        (std::make_index_sequence<count>{});
    }
    // The same for I = count−1 … 0.
    template <class F>
    static constexpr void each_backwards(F&& f) {
        [&]<std::size_t... I>(std::index_sequence<I...>) { (f.template operator()<count - 1 - I>(), ...); }
        (std::make_index_sequence<count>{});
    }
    // Sum of some figure over the parts before `end`.
    template <class F>
    static constexpr std::size_t sum_before(std::size_t end, F&& f) {
        std::size_t sum = 0;
        each([&]<std::size_t I>() { sum += I < end ? f.template operator()<I>() : 0; });
        return sum;
    }
    static constexpr std::size_t parameters_before(std::size_t i) {
        return sum_before(i, []<std::size_t I>() { return part<I>::parameters; });
    }
    static constexpr std::size_t state_before(std::size_t i) {
        return sum_before(i, []<std::size_t I>() { return part<I>::state; });
    }
    static constexpr std::size_t layers_before(std::size_t i) {
        return sum_before(i, []<std::size_t I>() { return part<I>::layers; });
    }
    template <class T>
    static std::size_t prepared_before(std::size_t end) {
        return sum_before(end, []<std::size_t I>() { return extent::round(part<I>::template prepared<T>()); });
    }

    static constexpr std::size_t parameters = parameters_before(count), state = state_before(count),
                                 layers = layers_before(count);
    static constexpr std::size_t multiply_adds =
        sum_before(count, []<std::size_t I>() { return part<I>::multiply_adds; });

    template <class T>
    static std::size_t prepared() {
        return prepared_before<T>(count);
    }
    template <class T, class Pass>
    static void prepare(Pass const& p, T* to) {
        each([&]<std::size_t I>() {
            part<I>::prepare(p.inside(layers_before(I), parameters_before(I), state_before(I), 0),
                             to + prepared_before<T>(I));
        });
    }
};

} // namespace trine::nn::detail
