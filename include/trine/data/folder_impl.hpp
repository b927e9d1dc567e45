#pragma once

#include <algorithm>
#include <cctype>
#include <system_error>

#include "../core/error.hpp"
#include "folder.hpp"
#include "image_io.hpp"

namespace trine::data {

TRINE_INLINE bool natural_less(std::string const& a, std::string const& b) {
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

TRINE_INLINE image fitted_photo(std::filesystem::path const& path, std::size_t channels, std::size_t height,
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

TRINE_INLINE dataset load_folder(std::filesystem::path const& folder, std::size_t channels, std::size_t height,
                                 std::size_t width, load_options const& options, load_report* report) {
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

} // namespace trine::data
