#pragma once

/// Neighbours in a network that are computed together, found at compile time.
///
/// Nested `sequential`s are laid out as one list; in it convolution + batch normalisation, with a rectifier and 2×2
/// maximum where they follow, become one `fused_convolution`, and a residual sum takes in the rectifier behind it.
/// Names, numbers of layers and the order of parameters stay those of the layers as they were written, so fusing
/// changes neither files nor random draws.

#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "convolution.hpp"
#include "fused_convolution.hpp"
#include "layers.hpp"
#include "residual.hpp"

namespace trine::nn {

template <class... Layers>
struct sequential;

namespace detail {

// A layer and where it stands: its places in nested sequentials from the outermost.
template <class Layer, std::size_t... Path>
struct placed {
    static std::string name() {
        std::string text;
        ((text.append(text.empty() ? "" : ".").append(std::to_string(Path))), ...);
        return text;
    }
};

template <class... Lists>
struct joined;
template <>
struct joined<> {
    using type = std::tuple<>;
};
template <class... As>
struct joined<std::tuple<As...>> {
    using type = std::tuple<As...>;
};
template <class... As, class... Bs, class... Rest>
struct joined<std::tuple<As...>, std::tuple<Bs...>, Rest...> : joined<std::tuple<As..., Bs...>, Rest...> {};

template <class Layer, std::size_t... Path>
struct flattened {
    using type = std::tuple<placed<Layer, Path...>>;
};
template <class... Layers, std::size_t... Path>
struct flattened<sequential<Layers...>, Path...> {
    template <class Indices>
    struct expand;
    template <std::size_t... I>
    struct expand<std::index_sequence<I...>> : joined<typename flattened<Layers, Path..., I>::type...> {};
    using type = typename expand<std::index_sequence_for<Layers...>>::type;
};

// A bound layer that knows its name.
template <class Bound, class Place>
struct named : Bound {
    static void list(inventory& all, std::string const& prefix) { Bound::list(all, prefix + Place::name() + "."); }
    static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
        Bound::describe(rows, row_name(prefix, Place::name()));
    }
};

// Binds a list of placed layers one after the other, each to the output of the one before, and fuses where it can.
template <class In, class Done, class... Rest>
struct bind_chain {
    using type = Done;
};
template <class In, class... Done, class Layer, std::size_t... P, class... Rest>
struct bind_chain<In, std::tuple<Done...>, placed<Layer, P...>, Rest...> {
    using here = named<typename Layer::template at<In>, placed<Layer, P...>>;
    using type = typename bind_chain<typename here::output, std::tuple<Done..., here>, Rest...>::type;
};
template <class In, class... Done, std::size_t O, std::size_t K, class... Options, std::size_t... P, std::size_t E,
          std::size_t... Q, class... Rest>
struct bind_chain<In, std::tuple<Done...>, placed<conv2d<O, K, Options...>, P...>, placed<batch_norm_with<E>, Q...>,
                  Rest...> {
    using here = fused_convolution<In, conv2d<O, K, Options...>, placed<conv2d<O, K, Options...>, P...>,
                                   batch_norm_with<E>, placed<batch_norm_with<E>, Q...>>;
    using type = typename bind_chain<typename here::output, std::tuple<Done..., here>, Rest...>::type;
};
template <class In, class... Done, std::size_t O, std::size_t K, class... Options, std::size_t... P, std::size_t E,
          std::size_t... Q, std::size_t... R, class... Rest>
struct bind_chain<In, std::tuple<Done...>, placed<conv2d<O, K, Options...>, P...>, placed<batch_norm_with<E>, Q...>,
                  placed<prelu, R...>, Rest...> {
    using fused = fused_convolution<In, conv2d<O, K, Options...>, placed<conv2d<O, K, Options...>, P...>,
                                    batch_norm_with<E>, placed<batch_norm_with<E>, Q...>>;
    using here =
        sloped_convolution<fused, named<typename prelu::template at<typename fused::output>, placed<prelu, R...>>>;
    using type = typename bind_chain<typename here::output, std::tuple<Done..., here>, Rest...>::type;
};
template <class In, class... Done, std::size_t O, std::size_t K, class... Options, std::size_t... P, std::size_t E,
          std::size_t... Q, std::size_t... R, class... Rest>
struct bind_chain<In, std::tuple<Done...>, placed<conv2d<O, K, Options...>, P...>, placed<batch_norm_with<E>, Q...>,
                  placed<relu, R...>, Rest...> {
    using here = fused_convolution<In, conv2d<O, K, Options...>, placed<conv2d<O, K, Options...>, P...>,
                                   batch_norm_with<E>, placed<batch_norm_with<E>, Q...>, placed<relu, R...>>;
    using type = typename bind_chain<typename here::output, std::tuple<Done..., here>, Rest...>::type;
};
template <class In, class... Done, std::size_t O, std::size_t K, class... Options, std::size_t... P, std::size_t E,
          std::size_t... Q, std::size_t... R, std::size_t... S, class... Rest>
struct bind_chain<In, std::tuple<Done...>, placed<conv2d<O, K, Options...>, P...>, placed<batch_norm_with<E>, Q...>,
                  placed<relu, R...>, placed<max_pool<2, 2>, S...>, Rest...> {
    using here =
        fused_convolution<In, conv2d<O, K, Options...>, placed<conv2d<O, K, Options...>, P...>, batch_norm_with<E>,
                          placed<batch_norm_with<E>, Q...>, placed<relu, R...>, placed<max_pool<2, 2>, S...>>;
    using type = typename bind_chain<typename here::output, std::tuple<Done..., here>, Rest...>::type;
};
template <class In, class... Done, class Body, class Shortcut, std::size_t... P, std::size_t... Q, class... Rest>
struct bind_chain<In, std::tuple<Done...>, placed<residual<Body, Shortcut>, P...>, placed<relu, Q...>, Rest...> {
    using here = named<typename residual<Body, Shortcut>::template rectified_at<In, placed<relu, Q...>>,
                       placed<residual<Body, Shortcut>, P...>>;
    using type = typename bind_chain<typename here::output, std::tuple<Done..., here>, Rest...>::type;
};

template <class In, class List>
struct bind_list;
template <class In, class... Places>
struct bind_list<In, std::tuple<Places...>> : bind_chain<In, std::tuple<>, Places...> {};

} // namespace detail

} // namespace trine::nn
