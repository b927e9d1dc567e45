#pragma once

#include <algorithm>
#include <cctype>
#include <new>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

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

TRINE_INLINE bool is_hidden_name(std::string const& name) {
    std::string small = name;
    std::transform(small.begin(), small.end(), small.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (char const* known :
         {"__macosx", "thumbs.db", "desktop.ini", "@eadir", "lost+found", "$recycle.bin", "system volume information"})
        if (small == known)
            return true;
    return name.starts_with('.');
}

namespace detail {

struct seen_entries : folder_listing {
    std::vector<bool> is_link; // of every folder
};

// Without files, these are not even reported.
inline seen_entries see_folder(std::filesystem::path const& folder, load_report& report, bool files = true) {
    std::error_code code;
    std::filesystem::directory_iterator at(folder, code), end;
    require<io_error>(!code, folder.string(), ": cannot be read: ", code.message());
    std::vector<std::string> names;
    while (at != end) {
        if (auto name = at->path().filename().string(); !is_hidden_name(name))
            names.push_back(std::move(name));
        at.increment(code);
        require<io_error>(!code, folder.string(), ": cannot be read: ", code.message());
    }
    std::sort(names.begin(), names.end(), natural_less);
    seen_entries seen;
    for (auto const& name : names) {
        auto const path = folder / name;
        auto const leave_out = [&](auto const&... why) {
            std::ostringstream message;
            message << path.string();
            (message << ... << why);
            report.skipped.push_back(message.str());
        };
        auto const type = std::filesystem::status(path, code).type();
        if (type == std::filesystem::file_type::directory) {
            seen.folders.push_back(name);
            seen.is_link.push_back(std::filesystem::is_symlink(path, code));
        } else if (type == std::filesystem::file_type::not_found)
            leave_out(": leads to nothing");
        else if (type == std::filesystem::file_type::none || type == std::filesystem::file_type::unknown)
            leave_out(": cannot be looked at: ", code.message());
        else if (!files)
            continue;
        else if (type != std::filesystem::file_type::regular)
            leave_out(": is a pipe or a device, not a photo");
        else if (is_image_name(path))
            seen.photos.push_back(name);
        else if (auto const kind = unread_kind(path); !kind.empty())
            leave_out(": a photo of kind ", kind, ", which is not read: save it as PNG or JPEG");
        else
            ++report.ignored;
    }
    return seen;
}

inline void require_folder(std::filesystem::path const& folder) {
    std::error_code code;
    auto const type = std::filesystem::status(folder, code).type();
    require<io_error>(type != std::filesystem::file_type::not_found, folder.string(), ": there is no such folder");
    require<io_error>(type != std::filesystem::file_type::none, folder.string(), ": cannot be read: ", code.message());
    require<io_error>(type == std::filesystem::file_type::directory, folder.string(), ": is not a folder");
}

} // namespace detail

TRINE_INLINE folder_listing list_folder(std::filesystem::path const& folder, load_report& report) {
    detail::require_folder(folder);
    return detail::see_folder(folder, report);
}

TRINE_INLINE std::vector<std::filesystem::path> photos_below(std::filesystem::path const& folder, load_report& report,
                                                             std::filesystem::path const& but_not) {
    detail::require_folder(folder);
    std::set<std::filesystem::path> entered; // by their own names
    auto const is_new = [&](std::filesystem::path const& where) {
        std::error_code code;
        auto own = std::filesystem::canonical(where, code);
        return !code && entered.insert(std::move(own)).second;
    };
    if (!but_not.empty())
        is_new(but_not);
    is_new(folder);
    std::vector<std::filesystem::path> photos, folders{folder}, links; // folders and links yet to be entered
    for (std::size_t next_link = 0; !folders.empty();) {
        auto const where = folders.back();
        folders.pop_back();
        detail::seen_entries seen;
        try {
            seen = detail::see_folder(where, report);
        } catch (io_error const& e) {
            if (where == folder)
                throw;
            report.skipped.emplace_back(e.what());
        }
        for (auto const& name : seen.photos)
            photos.push_back(where / name);
        for (std::size_t i = 0; i < seen.folders.size(); ++i)
            if (seen.is_link[i])
                links.push_back(where / seen.folders[i]);
            else if (is_new(where / seen.folders[i]))
                folders.push_back(where / seen.folders[i]);
        // A link's turn comes when all that is there by its own name has been entered.
        for (; folders.empty() && next_link < links.size(); ++next_link)
            if (is_new(links[next_link]))
                folders.push_back(links[next_link]);
    }
    std::sort(photos.begin(), photos.end(),
              [](auto const& a, auto const& b) { return natural_less(a.string(), b.string()); });
    std::sort(report.skipped.begin(), report.skipped.end(), natural_less);
    return photos;
}

TRINE_INLINE image fitted_photo(std::filesystem::path const& path, std::size_t channels, std::size_t height,
                                std::size_t width, load_options const& options) {
    auto photo = load_image(path, options.most_pixels);
    try {
        if (options.prepare)
            photo = options.prepare(photo);
        return resized(with_channels(photo, channels), height, width, options.how);
    } catch (error const& e) {
        fail<data_error>(path.string(), ": ", e.what());
    } catch (std::bad_alloc const&) {
        fail<data_error>(path.string(), ": there is no memory to bring it to size");
    }
}

TRINE_INLINE dataset load_folder(std::filesystem::path const& folder, std::size_t channels, std::size_t height,
                                 std::size_t width, load_options const& options, load_report* report) {
    detail::require_folder(folder);
    load_report own;
    auto& r = report ? *report : own;
    auto const see = [&](std::filesystem::path const& where, bool files) {
        std::size_t const before = r.skipped.size();
        auto seen = detail::see_folder(where, r, files);
        if (options.strict && r.skipped.size() > before)
            fail<io_error>(r.skipped[before]);
        return seen;
    };
    dataset d{channels, height, width, {}, {}, {}, {}};
    auto const people = see(folder, false).folders;
    require<data_error>(!people.empty(), folder.string(),
                        ": has no sub-folders; it needs one for each person, with that person's photos");
    for (auto const& person : people) {
        bool any = false;
        std::vector<std::string> photos;
        try {
            photos = see(folder / person, true).photos;
        } catch (error const& e) {
            if (options.strict)
                throw;
            r.skipped.emplace_back(e.what());
        }
        for (auto const& name : photos) {
            auto const path = folder / person / name;
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
