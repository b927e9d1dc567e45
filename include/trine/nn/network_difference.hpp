#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace trine {

/// Where two networks differ first, by their signatures (see `network_signature`): "its input is 3×96×96, here
/// 1×64×64"; empty where they do not.
[[gnu::cold]] inline std::string network_difference(std::string_view its, std::string_view here) {
    auto const part = [](std::string_view& text) {
        auto const first = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), first.size() + 1));
        return first;
    };
    auto const shape = [](std::string_view tensor) {
        std::string out;
        for (char c : tensor.substr(std::min(tensor.size(), tensor.find(',') + 1)))
            c == ',' ? out += "×" : out += c;
        return out;
    };
    if (auto const its_input = part(its), input = part(here); its_input != input)
        return std::string("its input is ").append(its_input).append(", here ").append(input);
    while (!its.empty() || !here.empty()) {
        auto const its_tensor = part(its), tensor = part(here);
        if (its_tensor == tensor)
            continue;
        auto const its_name = its_tensor.substr(0, its_tensor.find(',')), name = tensor.substr(0, tensor.find(','));
        std::string out;
        if (its_name == name)
            return out.append("its tensor \"").append(name).append("\" is ") + shape(its_tensor) + ", here " +
                   shape(tensor);
        if (its_name.empty())
            return out.append("it has no tensor \"").append(name).append("\"");
        if (name.empty())
            return out.append("it has a tensor \"").append(its_name).append("\", which is not here");
        return out.append("it has the tensor \"")
            .append(its_name)
            .append("\" where \"")
            .append(name)
            .append("\" is here");
    }
    return "";
}

} // namespace trine
