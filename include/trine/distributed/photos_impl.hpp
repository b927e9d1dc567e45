#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "photos.hpp"

namespace trine::distributed {

namespace detail {

inline void append_number(std::string& all, std::uint64_t value) {
    all.append(reinterpret_cast<char const*>(&value), sizeof value);
}
inline void append_texts(std::string& all, std::vector<std::string> const& texts) {
    append_number(all, texts.size());
    for (auto const& text : texts)
        append_number(all, text.size()), all += text;
}

// Reads what those have written, on ranks of the same program.
class bytes_reader {
public:
    explicit bytes_reader(std::string const& all) : at_(all.data()) {}
    void take(void* to, std::size_t size) {
        if (size > 0)
            std::memcpy(to, at_, size);
        at_ += size;
    }
    std::uint64_t number() {
        std::uint64_t value = 0;
        take(&value, sizeof value);
        return value;
    }
    std::vector<std::string> texts() {
        std::vector<std::string> all(number());
        for (auto& text : all) {
            text.resize(number());
            take(text.data(), text.size());
        }
        return all;
    }

private:
    char const* at_;
};

} // namespace detail

TRINE_INLINE void share_photos(communicator& ranks, data::dataset& photos) {
    std::string bytes;
    if (ranks.rank() == 0) {
        for (std::size_t number : {photos.channels, photos.height, photos.width, photos.labels.size()})
            detail::append_number(bytes, number);
        detail::append_texts(bytes, photos.people);
        detail::append_texts(bytes, photos.sources);
        bytes.append(reinterpret_cast<char const*>(photos.labels.data()), photos.labels.size() * sizeof(label));
    }
    broadcast(ranks, bytes);
    std::string samples;
    if (ranks.rank() == 0)
        samples.assign(reinterpret_cast<char const*>(photos.samples.data()), photos.samples.size());
    broadcast(ranks, samples);
    if (ranks.rank() == 0)
        return;
    detail::bytes_reader in(bytes);
    photos.channels = in.number(), photos.height = in.number(), photos.width = in.number();
    photos.labels.resize(in.number());
    photos.people = in.texts(), photos.sources = in.texts();
    in.take(photos.labels.data(), photos.labels.size() * sizeof(label));
    photos.samples.assign(samples.begin(), samples.end());
}

} // namespace trine::distributed
