#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../core/config.hpp"

namespace trine::io {

/// A record as TFRecord files frame it: its length, a check sum of that, its bytes, a check sum of them.
///
/// The sums are CRC-32C, turned and shifted ("masked"), so that a record within a record is not taken for one.
/// @see https://www.tensorflow.org/tutorials/load_data/tfrecord
std::string event_record(std::string_view bytes);

/// Named numbers at a step, for TensorBoard: a file that grows by a record for each.
///
/// What a crash cuts short is the last record, which readers leave out. TensorBoard finds the file in its folder by
/// "tfevents" in the name, and shows what is added while it runs.
class event_file {
public:
    /// Begins a file, in the place of one that is there.
    ///
    /// @throws io_error  when it cannot be written
    explicit event_file(std::filesystem::path path);

    /// @param time  seconds since 1970
    /// @throws io_error  when it cannot be written
    void add(std::int64_t step, double time, std::vector<std::pair<std::string, double>> const& scalars) const;

private:
    std::filesystem::path path_;
};

} // namespace trine::io

#ifdef TRINE_HEADER_ONLY
#include "event_file_impl.hpp"
#endif
