#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "../core/config.hpp"
#include "part.hpp"
#include "rows.hpp"

namespace trine::neighbors::detail {

/// Codes of a byte a value beside the floats of an index: a search reads them, a quarter of the bytes, and of the
/// floats only the few rows between which codes cannot decide. The neighbours are the same.
class codes_beside {
public:
    /// Encodes what has been added to the floats since. Where rows hold NaN or infinity, it keeps no codes at all.
    void follow(std::span<part<storage::float32> const> floats);
    /// Whether there are codes of that many rows, and enough for codes to be faster.
    bool serve(std::size_t rows) const;
    /// Whether nothing has been added since `follow`, and codes can be kept.
    bool are_of(std::size_t rows) const { return possible_ && rows == rows_; }
    std::span<part<storage::int8> const> parts() const { return parts_; }

private:
    std::vector<part<storage::int8>> parts_; // as the floats are cut
    std::vector<std::unique_ptr<row_buffer<storage::int8>>> own_;
    std::size_t rows_ = 0;
    bool possible_ = true;
};

} // namespace trine::neighbors::detail

#ifdef TRINE_HEADER_ONLY
#include "codes_beside_impl.hpp"
#endif
