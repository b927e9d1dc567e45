#pragma once

/// What a network sees on its way: the maps behind its first layers.

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "layers.hpp"
#include "model.hpp"

namespace trine::nn {

namespace detail {

template <class Network>
struct layers_of;
template <class In, class Layers>
struct layers_of<network<In, Layers>> {
    using list = typename flattened<Layers>::type;
    static constexpr std::size_t count = list::size;

    template <class Places>
    struct unplaced;
    template <class... Places>
    struct unplaced<type_list<Places...>> {
        using type = std::tuple<typename Places::layer...>;
    };
    template <class Indices>
    struct first;
    template <std::size_t... I>
    struct first<std::index_sequence<I...>> {
        using part = sequential<std::tuple_element_t<I, typename unplaced<list>::type>...>;
        using maps = typename part::template at<In>::output;
        using type = network<In, sequential<part, flatten>>;
    };
};

} // namespace detail

/// Layers of a network, those inside nested `sequential`s counted one by one.
template <class Network>
inline constexpr std::size_t layer_count = detail::layers_of<Network>::count;

/// A network of the first `Count` layers of another, its maps laid out flat.
template <class Network, std::size_t Count>
using first_layers = typename detail::layers_of<Network>::template first<std::make_index_sequence<Count>>::type;

/// The maps behind the first `Count` layers, as in inference: after a convolution, its normalisation and its rectifier,
/// say, for `Count` 3.
///
/// @tparam Count  1 to `layer_count<Network>`, of layers that give maps, not yet an embedding
/// @param images  N×C×H×W
/// @return N×C'×H'×W'
/// @throws shape_error  when the images do not have the network's shape
template <std::size_t Count, class Network, class T>
tensor<T, 4> feature_maps(model<Network, T> const& whole, std::type_identity_t<images_view<T>> images) {
    static_assert(Count >= 1 && Count <= layer_count<Network>,
                  "feature_maps: the network does not have so many layers");
    using maps = typename detail::layers_of<Network>::template first<std::make_index_sequence<Count>>::maps;
    // A network's tensors lie in the order of its layers, so those of the first ones come first.
    using part = first_layers<Network, Count>;
    model<part, T>::check_shape(images.channels(), images.height(), images.width());
    model<part, T> some;
    std::copy_n(whole.parameters().data(), part::parameters, some.parameters().data());
    std::copy_n(whole.state().data(), part::state, some.state().data());
    auto out = make_tensor<T>(images.count(), maps::channels, maps::height, maps::width);
    some.embed(images.data(), images.count(), out.data());
    return out;
}

} // namespace trine::nn
