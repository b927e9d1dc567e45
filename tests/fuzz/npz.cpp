// A .npz file: what is taken can be written, and read again as the same.

#include <cstring>

#include <trine/core/crc.hpp>
#include <trine/io/npz.hpp>

#include "reading.hpp"

using namespace trine;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace {

template <class T>
T number_at(std::uint8_t const* data, std::size_t at) {
    T value;
    std::memcpy(&value, data + at, sizeof value);
    return value;
}

// Gives the arrays of a zip's list the check sums that they have, which chance would not.
void mend_sums(std::uint8_t* data, std::size_t size) {
    for (std::size_t at = 0; at + 46 <= size; ++at) {
        if (std::memcmp(data + at, "PK\1\2", 4) != 0)
            continue;
        std::size_t const stored = number_at<std::uint32_t>(data, at + 20),
                          local = number_at<std::uint32_t>(data, at + 42);
        if (local + 30 > size)
            continue;
        std::size_t const begin =
            local + 30 + number_at<std::uint16_t>(data, local + 26) + number_at<std::uint16_t>(data, local + 28);
        if (begin > size || stored > size - begin)
            continue;
        std::uint32_t const sum = crc32(fuzz::text(data + begin, stored));
        std::memcpy(data + at + 16, &sum, sizeof sum);
    }
}

} // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, most);
    if (seed % 4 != 0)
        mend_sums(data, size);
    return size;
}

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::accepts([&] {
        auto const file = io::npz::parse(fuzz::text(data, size), "input");
        auto const again = io::npz::parse(file.serialize(), "again");
        fuzz::hold(again.names() == file.names());
        for (auto const& name : file.names()) {
            io::array<float> values;
            if (!fuzz::accepts([&] { values = file.get<float>(name); }))
                continue;
            auto const same = again.get<float>(name);
            fuzz::hold(same.shape == values.shape && same.values.size() == values.values.size());
            fuzz::hold(values.values.empty() || std::memcmp(same.values.data(), values.values.data(),
                                                            values.values.size() * sizeof(float)) == 0);
        }
    });
    return 0;
}
