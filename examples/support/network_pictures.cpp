#include "network_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <trine/visual/pictures.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/nn/feature_maps.hpp>
#include <trine/visual/network_pictures.hpp>
#include <trine/visual/saliency.hpp>

#include "../program.hpp"

using namespace trine;

template <class Backbone>
std::vector<program::titled_picture> program::network_pictures(nn::model<Backbone>& model,
                                                               data::dataset const& photos) {
    std::vector<titled_picture> pictures;
    auto const add = [&](std::string title, data::image picture) {
        pictures.push_back({std::move(title), std::move(picture)});
    };
    add("Kernels of the first convolution", visual::filters("Kernels of the first convolution", model));
    if (photos.size() == 0)
        return pictures;
    auto const photo = photos.picture(0);
    add("What the first convolution sees, rectified",
        visual::activations("What the first convolution sees, rectified", photo,
                            nn::feature_maps<3>(model, data::to_tensor(photo))));

    // One photo of each of some people, beside another of the same person.
    std::vector<visual::montage_row> rows;
    for (std::size_t i = 0; i + 1 < photos.size() && rows.size() < 4; ++i) {
        if (photos.labels[i] != photos.labels[i + 1] ||
            (!rows.empty() && rows.back().caption == photos.people[static_cast<std::size_t>(photos.labels[i])]))
            continue;
        auto const other = model.embed(data::to_tensor(photos.picture(i + 1)));
        std::size_t const patch = std::max<std::size_t>(1, std::min(photos.height, photos.width) / 4);
        auto const saliency = visual::occlusion_saliency(
            [&](tensor<float, 4> const& some) { return model.embed(some); }, distance{},
            data::to_tensor(photos.picture(i)), std::span<float const>(other.data(), other.shape(1)),
            {.patch = patch, .step = std::max<std::size_t>(1, patch / 4)});
        double most = 0;
        for (double v : saliency)
            most = std::max(most, std::abs(v));
        char strongest[24];
        std::snprintf(strongest, sizeof strongest, "up to %.2f", most);
        rows.push_back({photos.picture(i),
                        photos.people[static_cast<std::size_t>(photos.labels[i])],
                        {{visual::saliency_overlay(photos.picture(i), saliency, most), strongest, true},
                         {photos.picture(i + 1), "matched with", true}}});
    }
    if (!rows.empty())
        add("What makes photos match: covering orange parts takes them apart",
            visual::montage("What makes photos match, in orange", rows));
    return pictures;
}

template std::vector<program::titled_picture> program::network_pictures(nn::model<program::grey_64>&,
                                                                        data::dataset const&);
template std::vector<program::titled_picture> program::network_pictures(nn::model<program::grey_112x92>&,
                                                                        data::dataset const&);
template std::vector<program::titled_picture> program::network_pictures(nn::model<program::colour_96>&,
                                                                        data::dataset const&);
