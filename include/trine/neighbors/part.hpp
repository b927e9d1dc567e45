#pragma once

#include <cstddef>

#include "../core/view.hpp"
#include "rows.hpp"

namespace trine::neighbors::detail {

// Some of the references, with the rows that they were stored from where those are still there: then neighbours are the
// neighbours among those.
template <class Storage>
struct part {
    stored_rows<Storage> rows;
    matrix_view<float const> originals;
    std::size_t first; // place of its first row

    bool is_lossy() const { return !Storage::is_exact && originals.rows() > 0; }
};

} // namespace trine::neighbors::detail
