#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "../core/buffer.hpp"
#include "../core/config.hpp"
#include "../core/finite.hpp"
#include "../core/parallel.hpp"
#include "../core/view.hpp"

namespace trine::neighbors {

namespace detail {

template <class Storage>
class float_reader;
template <class Storage>
class code_reader;

} // namespace detail

/// How embeddings are kept for a search: what a value takes, and how far a decoded row may lie from the row that was
/// encoded.
///
/// A storage has `scalar`; `name`; `dtype`, the scalar's name in safetensors; `is_scaled`, whether each row has a
/// scale; `is_exact`, whether rows are the floats themselves; `encode`, which returns the row's scale; `decoded`;
/// `error`; and `reader`, how the scans read its rows: `detail::float_reader`, which widens values to floats on the
/// way, or `detail::code_reader`, which multiplies integers.
namespace storage {

/// ‖row − decoded row‖ is at most scale · per_scale + ‖row‖ · per_norm + fixed.
struct error_bound {
    float per_scale, per_norm, fixed;
};

/// Four bytes a value, as they are.
struct float32 {
    using scalar = float;
    using reader = detail::float_reader<float32>;
    static constexpr std::string_view name = "float32";
    static constexpr char const* dtype = "F32";
    static constexpr bool is_scaled = false, is_exact = true;

    static float encode(std::size_t size, float const* from, float* to) {
        std::copy_n(from, size, to);
        return 1;
    }
    /// A row as floats: the row itself, or one in `space`.
    static float const* decoded(std::size_t, float const* from, float, float*) { return from; }
    static error_bound error(std::size_t) { return {0, 0, 0}; }
};

/// Two bytes a value: IEEE 754's binary16, with eleven significant bits. For values up to 65504.
struct float16 {
    using scalar = std::uint16_t;
    using reader = detail::float_reader<float16>;
    static constexpr std::string_view name = "float16";
    static constexpr char const* dtype = "F16";
    static constexpr bool is_scaled = false, is_exact = false;

    /// @throws numeric_error  when a value is too large
    static float encode(std::size_t size, float const* from, std::uint16_t* to);
    static float const* decoded(std::size_t size, std::uint16_t const* from, float scale, float* space);
    static error_bound error(std::size_t size);
};

/// One byte a value and four a row: integers from −127 to 127, times the row's scale. Rows that others have encoded may
/// hold −128 too.
struct int8 {
    using scalar = std::int8_t;
    using reader = detail::code_reader<int8>;
    static constexpr std::string_view name = "int8";
    static constexpr char const* dtype = "I8";
    static constexpr bool is_scaled = true, is_exact = false;

    static float encode(std::size_t size, float const* from, std::int8_t* to);
    static float const* decoded(std::size_t size, std::int8_t const* from, float scale, float* space);
    static error_bound error(std::size_t size);
};

} // namespace storage

/// Rows of embeddings as a storage keeps them, in somebody else's memory.
template <class Storage>
struct stored_rows {
    typename Storage::scalar const* codes = nullptr;
    float const* scales = nullptr; ///< one a row, where the storage has them
    std::size_t rows = 0, cols = 0, stride = 0;

    stored_rows() = default;
    stored_rows(typename Storage::scalar const* codes_, float const* scales_, std::size_t rows_, std::size_t cols_)
        : codes(codes_), scales(scales_), rows(rows_), cols(cols_), stride(cols_) {}
    stored_rows(matrix_view<float const> m) requires Storage::is_exact : codes(m.data()),
                                                                         rows(m.rows()),
                                                                         cols(m.cols()),
                                                                         stride(m.stride()) {}

    typename Storage::scalar const* row(std::size_t i) const { return codes + i * stride; }
    float scale(std::size_t i) const { return scales ? scales[i] : 1.0f; }
    /// A row as floats: the row itself where it is made of them, else decoded into `space`.
    float const* decoded(std::size_t i, float* space) const { return Storage::decoded(cols, row(i), scale(i), space); }
    /// The same, always in `to`.
    void copy_row(std::size_t i, float* to) const {
        if (float const* const values = decoded(i, to); values != to)
            std::copy_n(values, cols, to);
    }
};

/// Rows in memory of their own, aligned, to which more can be added. Views stay good when an addition fails.
template <class Storage>
class row_buffer {
public:
    explicit row_buffer(std::size_t cols, std::size_t capacity = 0) : cols_(cols), memory_(cols, capacity) {}

    std::size_t rows() const { return rows_; }
    std::size_t capacity() const { return memory_.capacity; }
    stored_rows<Storage> view() const {
        return {memory_.codes.data(), Storage::is_scaled ? memory_.scales.data() : nullptr, rows_, cols_};
    }

    /// Adds rows, all or (when one cannot be stored) none.
    ///
    /// @throws numeric_error  when a value is not finite, or does not fit the storage
    void add(matrix_view<float const> points) {
        require_finite(points, "embedding", " of those to be added");
        auto grown = grown_for(rows_ + points.rows());
        memory& to = grown ? *grown : memory_;
        parallel_blocks(points.rows(), 1024, [&](std::size_t first, std::size_t last) {
            for (std::size_t i = first; i < last; ++i) {
                float const scale = Storage::encode(cols_, points.row(i).data(), to.codes.data() + (rows_ + i) * cols_);
                if constexpr (Storage::is_scaled)
                    to.scales[rows_ + i] = scale;
            }
        });
        if (grown)
            memory_ = std::move(*grown);
        rows_ += points.rows();
    }
    /// Makes room for so many rows altogether.
    void reserve(std::size_t rows) {
        if (auto grown = grown_for(rows))
            memory_ = std::move(*grown);
    }
    /// Adds rows that are encoded already, as bytes that need not be aligned: codes, and scales where the storage has
    /// them.
    void add_bytes(std::size_t rows, std::string_view codes, std::string_view scales) {
        reserve(rows_ + rows);
        if (rows == 0)
            return;
        std::memcpy(memory_.codes.data() + rows_ * cols_, codes.data(), codes.size());
        if constexpr (Storage::is_scaled)
            std::memcpy(memory_.scales.data() + rows_, scales.data(), scales.size());
        rows_ += rows;
    }

private:
    struct memory {
        std::size_t capacity;
        buffer<typename Storage::scalar> codes;
        buffer<float> scales;
        memory(std::size_t cols, std::size_t rows)
            : capacity(rows), codes(rows * cols), scales(Storage::is_scaled ? rows : 0) {}
    };
    // Larger memory with the rows so far, when that many do not fit into what there is.
    std::optional<memory> grown_for(std::size_t rows) const {
        std::optional<memory> grown;
        if (rows > memory_.capacity) {
            grown.emplace(cols_, std::max({rows, 2 * memory_.capacity, std::size_t{64}}));
            std::copy_n(memory_.codes.data(), rows_ * cols_, grown->codes.data());
            if constexpr (Storage::is_scaled)
                std::copy_n(memory_.scales.data(), rows_, grown->scales.data());
        }
        return grown;
    }

    std::size_t cols_, rows_ = 0;
    memory memory_;
};

} // namespace trine::neighbors

#ifdef TRINE_HEADER_ONLY
#include "rows_impl.hpp"
#endif
