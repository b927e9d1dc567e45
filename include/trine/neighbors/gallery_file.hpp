#pragma once

/// The file of a gallery: how it is written from beginning to end, and how it is looked at where it lies.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "../core/identity.hpp"
#include "../core/view.hpp"
#include "../io/file.hpp"
#include "gallery_log.hpp"
#include "rows.hpp"

namespace trine::neighbors {

/// What a gallery's points are: which map made them, what distance they are compared with, how many values they have.
struct gallery_identity {
    std::string network;
    std::string distance; ///< name and values, as the text of the distance's `identity` says them
    std::size_t dimensions = 0;

    template <class Distance>
    static gallery_identity of(std::string network, Distance const& distance, std::size_t dimensions) {
        return {std::move(network), identity_of(distance).text(), dimensions};
    }
};

namespace detail {

// Texts one behind the other in somebody else's memory, with the place where each ends.
class packed_texts {
public:
    packed_texts() = default;
    packed_texts(std::string_view bytes, char const* ends, std::size_t count)
        : bytes_(bytes), ends_(ends), count_(count) {}
    std::size_t size() const { return count_; }
    std::string_view operator[](std::size_t i) const {
        std::size_t const first = i > 0 ? end(i - 1) : 0;
        return bytes_.substr(first, end(i) - first);
    }
    bool is_consistent() const {
        std::size_t last = 0;
        for (std::size_t i = 0; i < count_; ++i) {
            if (end(i) < last)
                return false;
            last = end(i);
        }
        return last == bytes_.size();
    }

private:
    std::size_t end(std::size_t i) const {
        std::uint64_t v;
        std::memcpy(&v, ends_ + 8 * i, 8);
        return static_cast<std::size_t>(v);
    }
    std::string_view bytes_;
    char const* ends_ = nullptr;
    std::size_t count_ = 0;
};

struct text_packer {
    std::string bytes;
    std::vector<std::uint64_t> ends;
    void add(std::string_view text) {
        bytes += text;
        ends.push_back(bytes.size());
    }
};

// Values of a point at most: so no product of sizes is too large to be counted, and no sum of codes.
inline constexpr std::size_t most_dimensions = std::size_t{1} << 16;

// Throws argument_error when a gallery's points cannot have so many values.
void check_dimensions(std::size_t dimensions);
// Throws argument_error when a person cannot have this name.
void check_name(std::string_view name);
// Throws format_error, naming both, when what a gallery is of is not what was expected.
void check_distance(std::string const& where, gallery_identity const& has, std::string const& distance);
void check_identity(std::string const& where, gallery_identity const& has, gallery_identity const& expected);

// A gallery's file, mapped: what it says of itself is checked whole, and of its points nothing is read.
template <class Storage>
struct gallery_file {
    gallery_identity identity;
    file_stamp stamp;
    stored_rows<Storage> rows;
    packed_texts names, sources;
    io::mapped_file file;

    // The number of the person on a photo: a place in `names`.
    std::size_t person(std::size_t row) const { return label_at(labels_, row); }

    // Throws io_error when it cannot be read, format_error when it is damaged or of another storage.
    static gallery_file open(std::filesystem::path const& path);

    // The log that it names now, "" for none.
    std::string named_log() const;
    // Whether it can be made to name one where it lies: it has room for a name, and is in no other folder too.
    bool can_name_log(std::filesystem::path const& path) const;
    // Writes which log belongs to it into the file, where nothing else changes. Throws io_error.
    void name_log(std::filesystem::path const& path, std::string const& log) const;

private:
    char const* labels_ = nullptr;
    std::size_t log_at_ = 0; // where in the file the log's name is; 0 where it has no room for one

    static std::uint32_t label_at(char const* labels, std::size_t i) {
        std::uint32_t v;
        std::memcpy(&v, labels + 4 * i, 4);
        return v;
    }
};

} // namespace detail

/// Writes a gallery's file from beginning to end, holding none of its points in memory.
template <class Storage = storage::float32>
class gallery_builder {
public:
    /// @throws io_error  when the file cannot be created, or another program has the gallery there open for writing;
    /// nothing is at `path`, or what was there before, until `commit`
    gallery_builder(std::filesystem::path const& path, gallery_identity identity);
    /// For who holds the lock already, and has the entries of this log written.
    gallery_builder(std::filesystem::path const& path, gallery_identity identity, detail::log_reference folded);

    /// Adds a person's photos.
    ///
    /// @param sources  where each came from; as many as points
    /// @throws numeric_error  when a point is not finite, or does not fit the storage
    void add(std::string_view name, std::span<std::string const> sources, matrix_view<float const> points);
    void add_encoded(std::string_view name, std::string_view source, typename Storage::scalar const* codes,
                     float scale);

    std::size_t size() const { return labels_.size(); }

    /// Puts the file in its place; the log of what was there before goes, and one of another gallery is put aside.
    ///
    /// @throws io_error  when it cannot be written; what was there before is untouched
    void commit();

private:
    detail::gallery_log log_; // of what is replaced, locked until it is
    io::file_writer file_;
    gallery_identity identity_;
    detail::log_reference folded_;
    std::vector<typename Storage::scalar> row_;
    std::size_t header_size_ = 0;
    std::string pending_;
    std::unordered_map<std::string, std::uint32_t> people_;
    detail::text_packer names_, sources_;
    std::string last_name_;
    std::uint32_t last_ = 0;
    std::vector<std::uint32_t> labels_;
    std::vector<float> scales_;
};

} // namespace trine::neighbors

#ifdef TRINE_HEADER_ONLY
#include "gallery_file_impl.hpp"
#endif
