#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <system_error>
#include <vector>

#include "npy.hpp"
#include "npy_folder.hpp"

namespace trine::io {

TRINE_INLINE safetensors load_npy_folder(std::filesystem::path const& folder) {
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
        std::string const bytes = read_file(path);
        auto const header = npy_header::parse(bytes, path.string());
        auto const add = [&]<class T>(T) {
            if (header.dtype != numpy_dtype<T>())
                return false;
            all.add<T>(path.stem().string(), header.shape, npy_values<T>(header, bytes).values);
            return true;
        };
        require<format_error>(add(float{}) || add(double{}) || add(std::int32_t{}) || add(std::int64_t{}) ||
                                  add(std::uint8_t{}) || add(std::int8_t{}),
                              path.string(), ": holds ", header.dtype, ", which is not supported");
    }
    return all;
}

template <class T>
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

#ifdef TRINE_COMPILED
template void save_npy_folder<float>(safetensors const&, std::filesystem::path const&);
template void save_npy_folder<double>(safetensors const&, std::filesystem::path const&);
template void save_npy_folder<std::int32_t>(safetensors const&, std::filesystem::path const&);
template void save_npy_folder<std::int64_t>(safetensors const&, std::filesystem::path const&);
template void save_npy_folder<std::uint8_t>(safetensors const&, std::filesystem::path const&);
template void save_npy_folder<std::int8_t>(safetensors const&, std::filesystem::path const&);
#endif

} // namespace trine::io
