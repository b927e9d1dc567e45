#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "../core/error.hpp"
#include "../io/safetensors.hpp"
#include "../neighbors/gallery.hpp"

namespace trine::detail {

// Who is enrolled, as the file of a recogniser holds it.
struct enrolled_people {
    std::vector<std::string> names;   // of people who have photos
    std::vector<std::string> sources; // of each photo
    std::vector<std::int64_t> labels; // of each photo, the place of its person's name
    std::vector<float> points;        // of each photo

    static enrolled_people of(neighbors::gallery<> const& gallery) {
        enrolled_people all;
        std::unordered_map<std::size_t, std::int64_t> numbers;
        for (std::size_t place = 0; place < gallery.places(); ++place) {
            if (gallery.is_removed(place))
                continue;
            auto const [at, is_new] =
                numbers.try_emplace(gallery.person(place), static_cast<std::int64_t>(all.names.size()));
            if (is_new)
                all.names.push_back(gallery.name(place));
            all.labels.push_back(at->second);
            all.sources.push_back(gallery.source(place));
            auto const point = gallery.point(place);
            all.points.insert(all.points.end(), point.begin(), point.end());
        }
        return all;
    }
    void add_to(neighbors::gallery<>& gallery) const {
        std::vector<std::string> names_of_photos;
        for (auto l : labels)
            names_of_photos.push_back(names[static_cast<std::size_t>(l)]);
        gallery.add(names_of_photos, sources, {points.data(), labels.size(), gallery.dimensions()});
    }

    void store(io::safetensors& file, std::size_t dimensions) const {
        auto const json = [](std::vector<std::string> const& texts) {
            return nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        };
        file.metadata["names"] = json(names), file.metadata["sources"] = json(sources);
        file.add<float>("gallery.points", {labels.size(), dimensions}, points);
        file.add<std::int64_t>("gallery.labels", {labels.size()}, labels);
    }
    static enrolled_people read(io::safetensors const& file, std::string const& where, std::size_t dimensions) {
        auto const texts = [&](char const* key) {
            auto const json = nlohmann::json::parse(file.text_of(key), nullptr, false);
            require<format_error>(json.is_array(), where, ": its ", key, " are not a list");
            std::vector<std::string> all;
            for (auto const& text : json) {
                require<format_error>(text.is_string(), where, ": its ", key, " are not texts");
                all.push_back(text.get<std::string>());
            }
            return all;
        };
        enrolled_people all{texts("names"), texts("sources"), {}, {}};
        all.points = file.get<float>("gallery.points", {all.sources.size(), dimensions});
        all.labels = file.get<std::int64_t>("gallery.labels", {all.sources.size()});
        for (auto l : all.labels)
            require<format_error>(l >= 0 && static_cast<std::size_t>(l) < all.names.size(), where,
                                  ": a photo of person ", l, " of ", all.names.size());
        return all;
    }
};

} // namespace trine::detail
