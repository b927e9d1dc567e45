#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "../core/buffer.hpp"
#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../core/tensor.hpp"
#include "../distances/concepts.hpp"
#include "../kernels/top_k.hpp"

namespace trine::neighbors {

/// A neighbour: its place in what was searched, and its distance.
using neighbor = kernels::candidate<float>;

/// Exact nearest neighbours: every query is compared with every reference, in blocks that stay in cache.
struct exact {
    static constexpr std::string_view name = "exact";

    /// The k nearest references of each query, nearest first; ties go to the smaller index.
    ///
    /// @param queries     Q×D
    /// @param references  R×D
    /// @return Q lists of k neighbours
    /// @throws shape_error     when the embeddings' sizes differ
    /// @throws argument_error  when k is 0 or larger than R
    template <class Distance>
    std::vector<std::vector<neighbor>> search(Distance const& distance, matrix_view<float const> queries, matrix_view<float const> references,
                                              std::size_t k) const {
        require<shape_error>(queries.cols() == references.cols(), "queries of ", queries.cols(), " values among references of ", references.cols());
        require<argument_error>(k > 0 && k <= references.rows(), "k = ", k, " nearest neighbours of a gallery of ", references.rows(),
                                " photos: k has to lie between 1 and the gallery's size");
        constexpr std::size_t query_block = 64, reference_block = 1024;
        std::vector<neighbor> kept(queries.rows() * k);
        std::vector<std::vector<neighbor>> found(queries.rows());
        buffer<float> distances(query_block * reference_block);
        for (std::size_t q = 0; q < queries.rows(); q += query_block) {
            std::size_t const rows = std::min(query_block, queries.rows() - q);
            std::vector<kernels::top_k<float>> nearest;
            for (std::size_t i = 0; i < rows; ++i)
                nearest.emplace_back(std::span(kept).subspan((q + i) * k, k));
            for (std::size_t r = 0; r < references.rows(); r += reference_block) {
                std::size_t const cols = std::min(reference_block, references.rows() - r);
                matrix_view<float> const block(distances.data(), rows, cols);
                distance.cross(queries.slice(q, rows), references.slice(r, cols), block);
                parallel_for(rows, [&](std::size_t i) { nearest[i].offer(block.row(i), r); });
            }
            for (std::size_t i = 0; i < rows; ++i)
                found[q + i].assign(nearest[i].nearest().begin(), nearest[i].nearest().end());
        }
        return found;
    }
};

/// What the nearest neighbours say.
struct vote {
    label who;
    std::size_t votes;  ///< how many of the neighbours are this person's
    float distance;     ///< of this person's nearest
};

/// The person with most of the neighbours; of equally many the one with the nearest.
///
/// @param nearest  nearest first, not empty
inline vote majority(std::span<neighbor const> nearest, std::span<label const> labels) {
    require<argument_error>(!nearest.empty(), "no neighbours to vote: the distances may be NaN");
    vote best{};
    std::map<label, vote> of;
    for (auto const& n : nearest) {
        auto& v = of.try_emplace(labels[n.index], vote{labels[n.index], 0, n.distance}).first->second;
        ++v.votes;
        if (v.votes > best.votes || (v.votes == best.votes && v.distance < best.distance))
            best = v;
    }
    return best;
}

} // namespace trine::neighbors
