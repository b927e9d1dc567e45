#pragma once

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "../core/random.hpp"
#include "../arrays/tensor.hpp"
#include "../nn/shape.hpp"
#include "image_io.hpp"

namespace trine::data {

/// Photos of one size with the people on them. A label is a place in `people`.
struct dataset {
    std::size_t channels = 0, height = 0, width = 0;
    std::vector<std::string> people;
    std::vector<label> labels;
    std::vector<std::string> sources;  ///< where each photo came from
    std::vector<std::uint8_t> samples; ///< N×C×H×W

    std::size_t size() const { return labels.size(); }
    std::size_t photo_size() const { return channels * height * width; }
    std::uint8_t const* photo(std::size_t i) const { return samples.data() + i * photo_size(); }
    image picture(std::size_t i) const {
        image p(channels, height, width);
        std::copy_n(photo(i), photo_size(), p.samples.begin());
        return p;
    }

    /// The photos at some places, in that order; people keep their labels.
    dataset subset(std::span<std::size_t const> places) const {
        dataset d{channels, height, width, people, {}, {}, {}};
        for (std::size_t i : places) {
            d.labels.push_back(labels[i]);
            d.sources.push_back(sources[i]);
            d.samples.insert(d.samples.end(), photo(i), photo(i) + photo_size());
        }
        return d;
    }
    void add(image const& photo, label who, std::string source) {
        require<shape_error>(photo.channels == channels && photo.height == height && photo.width == width, source,
                             ": photo of ", photo.channels, "×", photo.height, "×", photo.width, " in a dataset of ",
                             channels, "×", height, "×", width);
        labels.push_back(who);
        sources.push_back(std::move(source));
        samples.insert(samples.end(), photo.samples.begin(), photo.samples.end());
    }
    /// Photos as a network takes them: N×C×H×W, from 0 … 255 to −1 … 1.
    tensor<float, 4> tensors() const {
        auto out = make_tensor<float>(size(), channels, height, width);
        for (std::size_t i = 0; i < samples.size(); ++i)
            out.data()[i] = static_cast<float>(samples[i]) / 127.5f - 1.0f;
        return out;
    }
};

/// One photo as a network takes it: 1×C×H×W, from 0 … 255 to −1 … 1.
inline tensor<float, 4> to_tensor(image const& photo) {
    dataset one{photo.channels, photo.height, photo.width, {}, {}, {}, {}};
    one.add(photo, 0, "");
    return one.tensors();
}

/// Whether "photo2" comes before "photo10": digits compare by value, all else by bytes.
inline bool natural_less(std::string const& a, std::string const& b) {
    std::size_t i = 0, j = 0;
    auto const digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    while (i < a.size() && j < b.size()) {
        if (digit(a[i]) && digit(b[j])) {
            auto const number = [&](std::string const& s, std::size_t& at) {
                while (at < s.size() && s[at] == '0')
                    ++at;
                std::size_t const first = at;
                while (at < s.size() && digit(s[at]))
                    ++at;
                return s.substr(first, at - first);
            };
            std::string const x = number(a, i), y = number(b, j);
            if (x.size() != y.size())
                return x.size() < y.size();
            if (x != y)
                return x < y;
        } else if (a[i] != b[j])
            return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[j]);
        else
            ++i, ++j;
    }
    if ((i == a.size()) != (j == b.size()))
        return i == a.size();
    return a < b;
}

/// What a loader left out, and why.
struct load_report {
    std::vector<std::string> skipped; ///< a message for each file that could not be used
    std::size_t ignored = 0;          ///< files that are no photos by their names
};

struct load_options {
    fit how = fit::stretch;
    bool strict = false; ///< whether a photo that cannot be read is an error
    std::function<image(image const&)>
        prepare{}; ///< done to every photo before it is brought to size, such as `faces::face_aligner`; may throw a
                   ///< `trine::error` for one without a face
};

/// Reads a photo, prepares it, and brings it to size.
///
/// @throws io_error, format_error  when it cannot be read
/// @throws data_error              when it cannot be prepared, with the file's name
inline image fitted_photo(std::filesystem::path const& path, std::size_t channels, std::size_t height,
                          std::size_t width, load_options const& options) {
    auto photo = load_image(path);
    if (options.prepare)
        try {
            photo = options.prepare(photo);
        } catch (error const& e) {
            fail<data_error>(path.string(), ": ", e.what());
        }
    return resized(with_channels(photo, channels), height, width, options.how);
}

/// Reads a folder with one sub-folder of photos for each person, in natural order of the names.
///
/// @throws io_error    when the folder cannot be read
/// @throws data_error  when there are no people or no photos in it
/// @throws error       with `strict`, for the first photo that cannot be read
inline dataset load_folder(std::filesystem::path const& folder, std::size_t channels, std::size_t height,
                           std::size_t width, load_options const& options = {}, load_report* report = nullptr) {
    std::error_code code;
    require<io_error>(std::filesystem::exists(folder, code), folder.string(), ": there is no such folder");
    require<io_error>(std::filesystem::is_directory(folder, code), folder.string(), ": is not a folder");
    load_report own;
    auto& r = report ? *report : own;
    auto const entries = [&](std::filesystem::path const& where, bool folders) {
        std::vector<std::string> names;
        std::error_code failure;
        std::filesystem::directory_iterator at(where, failure), end;
        require<io_error>(!failure, where.string(), ": cannot be read: ", failure.message());
        for (; at != end; at.increment(failure)) {
            if (at->is_directory() == folders && at->path().filename().string()[0] != '.')
                names.push_back(at->path().filename().string());
            require<io_error>(!failure, where.string(), ": cannot be read: ", failure.message());
        }
        std::sort(names.begin(), names.end(), natural_less);
        return names;
    };
    dataset d{channels, height, width, {}, {}, {}, {}};
    auto const people = entries(folder, true);
    require<data_error>(!people.empty(), folder.string(),
                        ": has no sub-folders; it needs one for each person, with that person's photos");
    for (auto const& person : people) {
        bool any = false;
        for (auto const& name : entries(folder / person, false)) {
            auto const path = folder / person / name;
            if (!is_image_name(path)) {
                ++r.ignored;
                continue;
            }
            try {
                d.add(fitted_photo(path, channels, height, width, options), static_cast<label>(d.people.size()),
                      path.string());
                any = true;
            } catch (error const& e) {
                if (options.strict)
                    throw;
                r.skipped.emplace_back(e.what());
            }
        }
        if (any)
            d.people.push_back(person);
    }
    require<data_error>(d.size() > 0, folder.string(), ": has no photo that can be used (PGM, PPM, PNG, JPEG, BMP); ",
                        r.skipped.size(), " were tried",
                        r.skipped.empty() ? "" : ", the first: ", r.skipped.empty() ? "" : r.skipped.front());
    return d;
}

/// The people of whom there are so many photos, numbered anew without gaps.
inline dataset with_photos(dataset const& all, std::size_t at_least,
                           std::size_t at_most = static_cast<std::size_t>(-1)) {
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

/// Two parts of a dataset, as places in it.
struct split {
    std::vector<std::size_t> first, second;
};

/// The first `count` photos of every person, and all others.
inline split split_by_photo(dataset const& d, std::size_t count) {
    split s;
    std::map<label, std::size_t> seen;
    for (std::size_t i = 0; i < d.size(); ++i)
        (seen[d.labels[i]]++ < count ? s.first : s.second).push_back(i);
    return s;
}

/// A share of every person's photos, drawn at random but at least one left on either side where there are two, and all
/// others.
///
/// @throws argument_error  unless 0 < share < 1
inline split split_by_photo(dataset const& d, double share, std::uint64_t seed) {
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

/// Photos of all people but those from `first` to `last` (exclusive), and the photos of those.
inline split split_by_person(dataset const& d, label first, label last) {
    split s;
    for (std::size_t i = 0; i < d.size(); ++i)
        (d.labels[i] < first || d.labels[i] >= last ? s.first : s.second).push_back(i);
    return s;
}

} // namespace trine::data
