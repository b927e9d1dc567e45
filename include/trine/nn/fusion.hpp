#pragma once

/// Neighbours in a network that are computed together, found at compile time.
///
/// Nested `sequential`s are laid out as one list; in it convolution + batch normalisation, with a rectifier and 2×2
/// maximum where they follow, become one `fused_convolution`, and a residual sum takes in the rectifier behind it.
/// Names, numbers of layers and the order of parameters stay those of the layers as they were written, so fusing
/// changes neither files nor random draws.

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "activations.hpp"
#include "chain.hpp"
#include "convolution.hpp"
#include "fused_convolution.hpp"
#include "normalization.hpp"
#include "pooling.hpp"
#include "residual.hpp"

namespace trine::nn {

template <class... Layers>
struct sequential;

namespace detail {

// A layer and where it stands: its places in nested sequentials from the outermost.
template <class Layer, std::size_t... Path>
struct placed {
    using layer = Layer;
    static std::string name() { return path_text({Path...}); }
};

// A bound layer that is computed at once, and the places of the layers that it stands for.
template <class Bound, class... Places>
struct part {
    using layer = Bound;
    static void list(inventory& all, std::string const& prefix) {
        if constexpr (sizeof...(Places) == 1)
            list_layer<Bound>(all, (prefix + Places::name() + ".")...);
        else
            Bound::list(all, std::array{prefix + Places::name() + "." ...});
    }
    static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
        if constexpr (sizeof...(Places) == 1)
            describe_layer<Bound>(rows, row_name(prefix, Places::name())...);
        else
            Bound::describe(rows, std::array{row_name(prefix, Places::name())...});
    }
};

template <class... Types>
struct last_of;
template <class Type>
struct last_of<Type> : Type {};
template <class First, class... Rest>
struct last_of<First, Rest...> : last_of<Rest...> {};

template <class... As, class... Bs>
type_list<As..., Bs...> operator+(type_list<As...>, type_list<Bs...>);

template <class Layer, std::size_t... Path>
struct flattened {
    using type = type_list<placed<Layer, Path...>>;
};
template <class... Layers, std::size_t... Path>
struct flattened<sequential<Layers...>, Path...> {
    template <class Indices>
    struct expand;
    template <std::size_t... I>
    struct expand<std::index_sequence<I...>> {
        using type = decltype((type_list<>{} + ... + typename flattened<Layers, Path..., I>::type{}));
    };
    using type = typename expand<std::index_sequence_for<Layers...>>::type;
};

// Binds a list of placed layers one after the other, each to the output of the one before, and fuses where it can.
template <class In, class Done, class... Rest>
struct bind_chain {
    using type = Done;
};
template <class Part, class Done, class... Rest>
struct bind_rest;
template <class Part, class... Done, class... Rest>
struct bind_rest<Part, type_list<Done...>, Rest...>
    : bind_chain<typename Part::layer::output, type_list<Done..., Part>, Rest...> {};

template <class In, class Done, class Layer, std::size_t... P, class... Rest>
struct bind_chain<In, Done, placed<Layer, P...>, Rest...>
    : bind_rest<part<bound<Layer, In>, placed<Layer, P...>>, Done, Rest...> {};

template <class In, class Done, std::size_t O, std::size_t K, class... Options, std::size_t... P, std::size_t E,
          std::size_t... Q, class... Rest>
struct bind_chain<In, Done, placed<conv2d<O, K, Options...>, P...>, placed<batch_norm_with<E>, Q...>, Rest...>
    : bind_rest<part<fused_convolution<In, conv2d<O, K, Options...>, batch_norm_with<E>, false, false>,
                     placed<conv2d<O, K, Options...>, P...>, placed<batch_norm_with<E>, Q...>>,
                Done, Rest...> {};

template <class In, class Done, std::size_t O, std::size_t K, class... Options, std::size_t... P, std::size_t E,
          std::size_t... Q, std::size_t... R, class... Rest>
struct bind_chain<In, Done, placed<conv2d<O, K, Options...>, P...>, placed<batch_norm_with<E>, Q...>,
                  placed<prelu, R...>, Rest...>
    : bind_rest<
          part<sloped_convolution<fused_convolution<In, conv2d<O, K, Options...>, batch_norm_with<E>, false, false>>,
               placed<conv2d<O, K, Options...>, P...>, placed<batch_norm_with<E>, Q...>, placed<prelu, R...>>,
          Done, Rest...> {};

template <class In, class Done, std::size_t O, std::size_t K, class... Options, std::size_t... P, std::size_t E,
          std::size_t... Q, std::size_t... R, class... Rest>
struct bind_chain<In, Done, placed<conv2d<O, K, Options...>, P...>, placed<batch_norm_with<E>, Q...>,
                  placed<relu, R...>, Rest...>
    : bind_rest<part<fused_convolution<In, conv2d<O, K, Options...>, batch_norm_with<E>, true, false>,
                     placed<conv2d<O, K, Options...>, P...>, placed<batch_norm_with<E>, Q...>, placed<relu, R...>>,
                Done, Rest...> {};

template <class In, class Done, std::size_t O, std::size_t K, class... Options, std::size_t... P, std::size_t E,
          std::size_t... Q, std::size_t... R, std::size_t... S, class... Rest>
struct bind_chain<In, Done, placed<conv2d<O, K, Options...>, P...>, placed<batch_norm_with<E>, Q...>,
                  placed<relu, R...>, placed<max_pool<2, 2>, S...>, Rest...>
    : bind_rest<part<fused_convolution<In, conv2d<O, K, Options...>, batch_norm_with<E>, true, true>,
                     placed<conv2d<O, K, Options...>, P...>, placed<batch_norm_with<E>, Q...>, placed<relu, R...>,
                     placed<max_pool<2, 2>, S...>>,
                Done, Rest...> {};

template <class In, class Done, class Body, class Shortcut, std::size_t... P, std::size_t... Q, class... Rest>
struct bind_chain<In, Done, placed<residual<Body, Shortcut>, P...>, placed<relu, Q...>, Rest...>
    : bind_rest<part<residual_at<In, Body, Shortcut, true>, placed<residual<Body, Shortcut>, P...>>, Done, Rest...> {};

template <class In, class List>
struct bind_list;
template <class In, class... Places>
struct bind_list<In, type_list<Places...>> : bind_chain<In, type_list<>, Places...> {};

/// The parts of a `sequential`, bound one after the other.
template <class In, class Layers>
using fused_parts = typename bind_list<In, typename flattened<Layers>::type>::type;

} // namespace detail

} // namespace trine::nn
