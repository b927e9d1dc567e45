#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "../core/error.hpp"
#include "../core/random.hpp"
#include "dataset.hpp"

namespace trine::data {

TRINE_INLINE image dataset::picture(std::size_t i) const {
    image p(channels, height, width);
    std::copy_n(photo(i), photo_size(), p.samples.begin());
    return p;
}

TRINE_INLINE dataset dataset::subset(std::span<std::size_t const> places) const {
    dataset d{channels, height, width, people, {}, {}, {}};
    for (std::size_t i : places) {
        d.labels.push_back(labels[i]);
        d.sources.push_back(sources[i]);
        d.samples.insert(d.samples.end(), photo(i), photo(i) + photo_size());
    }
    return d;
}

TRINE_INLINE void dataset::add(image const& photo, label who, std::string source) {
    require<shape_error>(photo.channels == channels && photo.height == height && photo.width == width, source,
                         ": photo of ", photo.channels, "×", photo.height, "×", photo.width, " in a dataset of ",
                         channels, "×", height, "×", width);
    labels.push_back(who);
    sources.push_back(std::move(source));
    samples.insert(samples.end(), photo.samples.begin(), photo.samples.end());
}

TRINE_INLINE tensor<float, 4> dataset::tensors() const {
    auto out = make_tensor<float>(size(), channels, height, width);
    for (std::size_t i = 0; i < samples.size(); ++i)
        out.data()[i] = static_cast<float>(samples[i]) / 127.5f - 1.0f;
    return out;
}

TRINE_INLINE tensor<float, 4> to_tensor(image const& photo) {
    dataset one{photo.channels, photo.height, photo.width, {}, {}, {}, {}};
    one.add(photo, 0, "");
    return one.tensors();
}

TRINE_INLINE dataset with_photos(dataset const& all, std::size_t at_least, std::size_t at_most) {
    std::map<label, std::size_t> count;
    for (label l : all.labels)
        ++count[l];
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (auto const n = count[all.labels[i]]; n >= at_least && n <= at_most)
            kept.push_back(i);
    auto d = all.subset(kept);
    std::map<label, label> number;
    d.people.clear();
    for (label& l : d.labels) {
        auto const [at, fresh] = number.try_emplace(l, static_cast<label>(number.size()));
        if (fresh)
            d.people.push_back(all.people[static_cast<std::size_t>(l)]);
        l = at->second;
    }
    return d;
}

TRINE_INLINE split split_by_photo(dataset const& d, std::size_t count) {
    split s;
    std::map<label, std::size_t> seen;
    for (std::size_t i = 0; i < d.size(); ++i)
        (seen[d.labels[i]]++ < count ? s.first : s.second).push_back(i);
    return s;
}

TRINE_INLINE split split_by_photo(dataset const& d, double share, std::uint64_t seed) {
    require<argument_error>(share > 0 && share < 1, "a share of ", share,
                            " of the photos: it has to lie between 0 and 1");
    std::map<label, std::vector<std::size_t>> of;
    for (std::size_t i = 0; i < d.size(); ++i)
        of[d.labels[i]].push_back(i);
    split s;
    for (auto& [who, places] : of) {
        random_stream stream(seed, purpose::splitting, 0, static_cast<std::uint32_t>(who));
        stream.shuffle(std::span(places));
        auto const n = static_cast<double>(places.size());
        auto const take =
            places.size() < 2 ? places.size() : static_cast<std::size_t>(std::clamp(std::round(share * n), 1.0, n - 1));
        s.first.insert(s.first.end(), places.begin(), places.begin() + static_cast<std::ptrdiff_t>(take));
        s.second.insert(s.second.end(), places.begin() + static_cast<std::ptrdiff_t>(take), places.end());
    }
    std::sort(s.first.begin(), s.first.end());
    std::sort(s.second.begin(), s.second.end());
    return s;
}

TRINE_INLINE split split_by_person(dataset const& d, label first, label last) {
    split s;
    for (std::size_t i = 0; i < d.size(); ++i)
        (d.labels[i] < first || d.labels[i] >= last ? s.first : s.second).push_back(i);
    return s;
}

TRINE_INLINE split split_off_people(dataset const& d, std::size_t people, std::uint64_t seed) {
    std::map<label, std::size_t> photos;
    for (label l : d.labels)
        ++photos[l];
    std::vector<label> several;
    for (auto const& [who, count] : photos)
        if (count > 1)
            several.push_back(who);
    require<data_error>(people <= several.size(), several.size(), " people have two photos or more, of whom ", people,
                        " were to be set apart");
    random_stream(seed, purpose::splitting, 1).shuffle(std::span(several));
    several.resize(people);
    std::sort(several.begin(), several.end());
    split s;
    for (std::size_t i = 0; i < d.size(); ++i)
        (std::binary_search(several.begin(), several.end(), d.labels[i]) ? s.second : s.first).push_back(i);
    return s;
}

} // namespace trine::data
