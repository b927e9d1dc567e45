#pragma once

#include <filesystem>

#include "../core/config.hpp"
#include "safetensors.hpp"

namespace trine::io {

/// Reads a folder of .npy files as named tensors: "conv1.weight.npy" is "conv1.weight".
///
/// @throws io_error      when the folder or a file cannot be read
/// @throws format_error  when there is none, or one is damaged, in Fortran order, or of scalars other than float32,
/// float64, int32, int64, uint8 and int8
safetensors load_npy_folder(std::filesystem::path const& folder);

/// Writes the tensors of one scalar type as a folder of .npy files, each named after its tensor.
///
/// @throws argument_error  when a tensor's name cannot be a file's
/// @throws format_error    when a tensor is of another scalar type
/// @throws io_error        when the folder cannot be made or a file cannot be written
template <class T = float>
void save_npy_folder(safetensors const& tensors, std::filesystem::path const& folder);

} // namespace trine::io

#ifdef TRINE_HEADER_ONLY
#include "npy_folder_impl.hpp"
#endif
