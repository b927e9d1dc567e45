#pragma once

#include "mobile_face_net.hpp"

namespace trine::backbones::mobile_face_net_parts {

TRINE_INLINE std::vector<std::string> published_names() {
    std::vector<std::string> names;
    auto const block = [&](std::string const& name, bool rectified = true) {
        names.push_back(name + "_conv2d_weight");
        for (char const* part : {"gamma", "beta", "moving_mean", "moving_var"})
            names.push_back(name + "_batchnorm_" + part);
        if (rectified)
            names.push_back(name + "_relu_gamma");
    };
    auto const bottleneck = [&](std::string const& name) {
        block(name + "_conv_sep"), block(name + "_conv_dw"), block(name + "_conv_proj", false);
    };
    block("conv_1"), block("conv_2_dw");
    std::size_t const blocks[] = {4, 6, 2};
    char const* const stages[] = {"23", "34", "45"};
    for (std::size_t s = 0; s < 3; ++s) {
        bottleneck("dconv_" + std::string(stages[s]));
        for (std::size_t b = 0; b < blocks[s]; ++b)
            bottleneck("res_" + std::to_string(s + 3) + "_block" + std::to_string(b));
    }
    block("conv_6sep"), block("conv_6dw7_7", false);
    // The last normalisation's γ counts as 1, whatever the file holds.
    for (char const* name : {"fc1_weight", "pre_fc1_bias", "", "fc1_beta", "fc1_moving_mean", "fc1_moving_var"})
        names.emplace_back(name);
    return names;
}

} // namespace trine::backbones::mobile_face_net_parts
