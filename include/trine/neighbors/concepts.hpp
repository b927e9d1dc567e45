#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "../core/identity.hpp"
#include "../core/view.hpp"

namespace trine::neighbors {

/// A neighbour: its place in what was searched, and its distance.
struct neighbor {
    float distance;
    std::size_t index;

    /// Nearer first; of equally near ones the smaller index first.
    friend bool operator<(neighbor const& a, neighbor const& b) {
        return a.distance < b.distance || (a.distance == b.distance && a.index < b.index);
    }
    friend bool operator==(neighbor const&, neighbor const&) = default;
};

/// The neighbours of several queries, nearest first.
class neighbor_lists {
public:
    neighbor_lists() = default;
    /// Lists of equal length.
    neighbor_lists(std::size_t queries, std::size_t k) : all_(queries * k), lengths_(queries, k), k_(k) {}

    std::size_t size() const { return lengths_.size(); }
    std::span<neighbor const> operator[](std::size_t query) const {
        return {all_.data() + query * k_, lengths_[query]};
    }
    std::span<neighbor const> front() const { return (*this)[0]; }

    /// Room for a query's k neighbours.
    std::span<neighbor> room(std::size_t query) { return {all_.data() + query * k_, k_}; }
    /// Says that a query has fewer than k.
    void set_length(std::size_t query, std::size_t length) { lengths_[query] = length; }

private:
    std::vector<neighbor> all_;
    std::vector<std::size_t> lengths_;
    std::size_t k_ = 0;
};

namespace detail {

// What every search asks of its arguments.
inline void check_search(matrix_view<float const> queries, std::size_t cols, std::size_t k, std::size_t references) {
    require<shape_error>(queries.cols() == cols, "queries of ", queries.cols(), " values among references of ", cols);
    require<argument_error>(k > 0 && k <= references, "k = ", k, " nearest neighbours of a gallery of ", references,
                            " photos: k has to lie between 1 and the gallery's size");
    require_finite(queries, "query");
}
inline void check_points(matrix_view<float const> points, std::size_t cols) {
    require<shape_error>(points.cols() == cols, "points of ", points.cols(), " values for an index of ", cols);
    require_finite(points, "embedding", " of those to be added");
}

} // namespace detail

/// What holds points and finds the nearest of them. Points have places 0, 1, … in the order in which they were added; a
/// removed one is not found any more, and the places of the others stay.
///
/// add(points)        N×D
/// remove(place)
/// search(queries, k) Q×D in, Q lists of at most k neighbours out
template <class I>
concept index = requires(I& i, I const& c, matrix_view<float const> points, std::size_t n) {
    {i.add(points)};
    {i.remove(n)};
    { c.search(points, n) } -> std::same_as<neighbor_lists>;
    { c.size() } -> std::convertible_to<std::size_t>; // places, removed ones too
    { c.dimensions() } -> std::convertible_to<std::size_t>;
};

/// A kind of neighbour search: `P::template index<Distance>` is what holds the points, made from their number of values
/// and the distance. It says who it is as every policy does.
template <class P, class Distance>
concept policy = trine::policy<P> && index<typename P::template index<Distance>> &&
    std::constructible_from<typename P::template index<Distance>, std::size_t, Distance>;

} // namespace trine::neighbors
