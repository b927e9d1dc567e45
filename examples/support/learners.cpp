#include "learners.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <trine/visual/pictures.hpp>
#include <trine/visual/saliency.hpp>

#include "built_networks.hpp"
#include "policies.hpp"

namespace program {

using namespace trine;

#define PROGRAM_DECLARE(name) learner const& name##_learner();
PROGRAM_EACH_BUILT_NETWORK(PROGRAM_DECLARE)
#undef PROGRAM_DECLARE

learner const& learner_of(std::string const& backbone) {
#define PROGRAM_ROW(name)                                                                                              \
    if (backbone == #name)                                                                                             \
        return name##_learner();
    PROGRAM_EACH_BUILT_NETWORK(PROGRAM_ROW)
#undef PROGRAM_ROW
    fail<argument_error>("backbone: there is no \"", backbone, "\", but ", one_of(network_names()));
}

std::vector<titled_picture> saliency_pictures(any_network& network, data::dataset const& photos) {
    // One photo of each of some people, beside another of the same person.
    std::vector<visual::montage_row> rows;
    for (std::size_t i = 0; i + 1 < photos.size() && rows.size() < 4; ++i) {
        if (photos.labels[i] != photos.labels[i + 1] ||
            (!rows.empty() && rows.back().caption == photos.people[static_cast<std::size_t>(photos.labels[i])]))
            continue;
        auto const other = network.embed(data::to_tensor(photos.picture(i + 1)));
        std::size_t const patch = std::max<std::size_t>(1, std::min(photos.height, photos.width) / 4);
        auto const saliency = visual::occlusion_saliency(
            [&](tensor<float, 4> const& some) { return network.embed(some); }, distance{},
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
    if (rows.empty())
        return {};
    return {{"What makes photos match: covering orange parts takes them apart",
             visual::montage("What makes photos match, in orange", rows)}};
}

} // namespace program
