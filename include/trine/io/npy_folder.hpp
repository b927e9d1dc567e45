#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "npy.hpp"
#include "safetensors.hpp"

namespace trine::io {

/// Reads a folder of .npy files as named tensors: "conv1.weight.npy" is "conv1.weight".
///
/// @throws io_error      when the folder or a file cannot be read
/// @throws format_error  when there is none, or one is damaged, in Fortran order, or of scalars other than float32,
/// float64, int32, int64, uint8 and int8
inline safetensors load_npy_folder(std::filesystem::path const& folder) {
    std::error_code code;
    std::vector<std::filesystem::path> files;
    for (std::filesystem::directory_iterator at(folder, code), end; !code && at != end; at.increment(code))
        if (at->path().extension() == ".npy")
            files.push_back(at->path());
    require<io_error>(!code, folder.string(), ": cannot be read: ", code.message());
    require<format_error>(!files.empty(), folder.string(), ": has no .npy files");
    std::sort(files.begin(), files.end());
    safetensors all;
    for (auto const& path : files) {
        auto const dtype = npy_header::parse(read_file(path), path.string()).dtype;
        auto const add = [&]<class T>(T) {
            if (dtype != numpy_dtype<T>())
                return false;
            auto const values = read_npy<T>(path);
            all.add<T>(path.stem().string(), values.shape, values.values);
            return true;
        };
        require<format_error>(add(float{}) || add(double{}) || add(std::int32_t{}) || add(std::int64_t{}) ||
                                  add(std::uint8_t{}) || add(std::int8_t{}),
                              path.string(), ": holds ", dtype, ", which is not supported");
    }
    return all;
}

/// Writes the tensors of one scalar type as a folder of .npy files, each named after its tensor.
///
/// @throws argument_error  when a tensor's name cannot be a file's
/// @throws format_error    when a tensor is of another scalar type
/// @throws io_error        when the folder cannot be made or a file cannot be written
template <class T = float>
void save_npy_folder(safetensors const& tensors, std::filesystem::path const& folder) {
    for (auto const& [name, entry] : tensors.entries())
        require<argument_error>(!name.empty() && name.find('/') == std::string::npos && name != "." && name != "..",
                                "tensor \"", name, "\" cannot be a file's name");
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    require<io_error>(!code, folder.string(), ": cannot be made: ", code.message());
    for (auto const& [name, entry] : tensors.entries())
        write_npy<T>(folder / (name + ".npy"), entry.shape, tensors.get<T>(name, entry.shape));
}

} // namespace trine::io
