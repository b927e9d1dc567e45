#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../core/config.hpp"
#include "npy.hpp"

namespace trine::io {

/// Named arrays in one file, as `numpy.savez` writes and `numpy.load` reads them: a zip of .npy files that are stored
/// as they are. Compressed ones (`numpy.savez_compressed`) are refused, and so is what takes 4 GB or more.
class npz {
public:
    /// @throws argument_error  when there is an array of that name already, or the name is empty
    /// @throws shape_error     when the shape does not say as many values as there are
    template <class T>
    void add(std::string const& name, std::vector<std::size_t> const& shape, std::span<T const> values) {
        add(name, detail::npy_bytes(name, numpy_dtype<T>(), shape, values.size(),
                                    {reinterpret_cast<char const*>(values.data()), values.size_bytes()}));
    }
    bool contains(std::string const& name) const { return files_.contains(name); }
    std::vector<std::string> names() const;

    /// @throws format_error  when there is no such array, or it holds other scalars
    template <class T>
    array<T> get(std::string const& name) const {
        auto const& bytes = find(name, numpy_dtype<T>());
        return npy_values<T>(npy_header::parse(bytes, where(name)), bytes);
    }

    /// @throws argument_error  when the file would take 4 GB or more
    std::string serialize() const;
    /// @throws format_error  when it is not a complete zip of stored .npy files, or damaged
    static npz parse(std::string_view bytes, std::string const& source);
    /// @throws as `serialize`, and io_error  when it cannot be written; the old file is then untouched
    void save(std::filesystem::path const& path) const;
    /// @throws as `parse`, and io_error  when it cannot be read
    static npz load(std::filesystem::path const& path);

private:
    void add(std::string const& name, std::string bytes);
    std::string const& find(std::string const& name, std::string const& dtype) const;
    std::string where(std::string const& name) const { return source_ + ": " + name; }

    std::map<std::string, std::string> files_; // .npy, by names without that
    std::string source_ = "npz";
};

} // namespace trine::io

#ifdef TRINE_HEADER_ONLY
#include "npz_impl.hpp"
#endif
