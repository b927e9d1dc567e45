#pragma once

/// How exact search goes over all references: float arithmetic bounds every value, and the few that bounds cannot
/// separate are settled in double.

#include <cstddef>
#include <span>
#include <vector>

#include "../core/config.hpp"
#include "../core/view.hpp"
#include "../distances/concepts.hpp"
#include "concepts.hpp"
#include "part.hpp"

namespace trine::neighbors::detail {

// The k nearest of all parts for every query. All queries are finite.
//
// `removed` says for each place whether it is left out; it may be shorter than there are places. `distance_of` makes
// the distance of what it rises with. `values`, where it is not empty, holds k a query: the true values that it orders
// by.
template <distances::geometry G, class Storage>
neighbor_lists scan(std::span<part<Storage> const> parts, std::vector<bool> const& removed, std::size_t k,
                    matrix_view<float const> queries, double (*distance_of)(double), std::span<double> values = {});

} // namespace trine::neighbors::detail

#ifdef TRINE_HEADER_ONLY
#include "scan_impl.hpp"
#endif
