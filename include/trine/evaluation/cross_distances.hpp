#pragma once

#include "../core/view.hpp"

namespace trine::evaluation::detail {

// A distance whose type is forgotten, with what metrics ask of it: the distances of some points to others. So what
// counts them is compiled once for all distances. It does not outlive the distance.
template <class T>
class cross_distances {
public:
    template <class Distance>
    explicit cross_distances(Distance const& distance)
        : distance_(&distance),
          cross_([](void const* self, matrix_view<T const> from, matrix_view<T const> to, matrix_view<T> out) {
              static_cast<Distance const*>(self)->cross(from, to, out);
          }) {}

    void operator()(matrix_view<T const> from, matrix_view<T const> to, matrix_view<T> out) const {
        cross_(distance_, from, to, out);
    }

private:
    void const* distance_;
    void (*cross_)(void const*, matrix_view<T const>, matrix_view<T const>, matrix_view<T>);
};

} // namespace trine::evaluation::detail
