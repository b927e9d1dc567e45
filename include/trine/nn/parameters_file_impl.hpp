#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <set>
#include <utility>

#include "../core/hash.hpp"
#include "parameters_file.hpp"
#include "tensor_order.hpp"

namespace trine {

template <class T>
void store_parameters(nn::model_values<T const> model, io::safetensors& file, std::string const& prefix) {
    for (auto const& info : model.tensors) {
        auto const values = model.of(info);
        std::vector<T> ordered(values.size());
        for (std::size_t i = 0; i < ordered.size(); ++i)
            ordered[i] = values[detail::memory_place(info, i)];
        file.add<T>(prefix + info.name, info.shape, ordered);
    }
}

template <class T>
void load_parameters(nn::model_values<T> model, io::safetensors const& file, std::string const& prefix) {
    std::vector<std::vector<T>> all;
    for (auto const& info : model.tensors) {
        all.push_back(file.get<T>(prefix + info.name, info.shape));
        for (T v : all.back())
            require<numeric_error>(std::isfinite(v), "tensor \"", prefix + info.name, "\" holds NaN or infinity");
    }
    for (std::size_t t = 0; t < all.size(); ++t) {
        auto const values = model.of(model.tensors[t]);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[detail::memory_place(model.tensors[t], i)] = all[t][i];
    }
}

template <class T>
weight_report load_weights(nn::model_values<T> model, io::safetensors const& file,
                           std::vector<nn::weight_source> const& sources, weight_match match) {
    weight_report report;
    std::vector<std::pair<nn::tensor_info const*, std::vector<T>>> all;
    std::set<std::string> used;
    auto const shape_text = [](std::vector<std::size_t> const& shape) {
        std::string s;
        for (auto extent : shape)
            s.append(s.empty() ? "" : "×").append(std::to_string(extent));
        return s;
    };
    for (auto const& source : sources) {
        auto const info = std::find_if(model.tensors.begin(), model.tensors.end(),
                                       [&](auto const& i) { return i.name == source.ours; });
        require<argument_error>(info != model.tensors.end(), "the network has no tensor \"", source.ours, "\"");
        if (source.theirs.empty())
            continue;
        if (!file.contains(source.theirs)) {
            report.missing.push_back(source.ours);
            require<format_error>(match == weight_match::partial, file.source(), ": tensor \"", source.theirs,
                                  "\", for the network's \"", source.ours, "\", is not in the file");
            continue;
        }
        used.insert(source.theirs);
        auto const& shape = file.find(source.theirs).shape;
        if (shape != info->shape) {
            report.other_shape.push_back(source.ours + ": " + shape_text(info->shape) + ", in the file " +
                                         shape_text(shape));
            require<format_error>(match == weight_match::partial, file.source(), ": tensor \"", source.theirs, "\" is ",
                                  shape_text(shape), ", the network's \"", source.ours, "\" ", shape_text(info->shape));
            continue;
        }
        auto values = file.get<T>(source.theirs, shape);
        for (T& v : values) {
            require<numeric_error>(std::isfinite(v), file.source(), ": tensor \"", source.theirs,
                                   "\" holds NaN or infinity");
            v = static_cast<T>(v * source.scale);
        }
        if (source.blue_first) {
            require<argument_error>(shape.size() == 4, "tensor \"", source.ours,
                                    "\" is no convolution's weights, and has no input channels to reverse");
            std::size_t const taps = shape[2] * shape[3];
            for (std::size_t o = 0; o < shape[0]; ++o)
                for (std::size_t c = 0; c < shape[1] / 2; ++c) {
                    auto const at = [&](std::size_t channel) {
                        return values.begin() + static_cast<std::ptrdiff_t>((o * shape[1] + channel) * taps);
                    };
                    std::swap_ranges(at(c), at(c) + static_cast<std::ptrdiff_t>(taps), at(shape[1] - 1 - c));
                }
        }
        all.emplace_back(&*info, std::move(values));
        report.loaded.push_back(source.ours);
    }
    for (auto const& [info, values] : all) {
        auto const to = model.of(*info);
        for (std::size_t i = 0; i < to.size(); ++i)
            to[detail::memory_place(*info, i)] = values[i];
    }
    for (auto const& [name, entry] : file.entries())
        if (!used.contains(name))
            report.unused.push_back(name);
    return report;
}

namespace detail {

TRINE_INLINE std::string signature_of(std::string input, std::span<nn::tensor_info const> tensors) {
    for (auto const& info : tensors) {
        input.append(" ").append(info.name);
        for (auto extent : info.shape)
            input.append(",").append(std::to_string(extent));
    }
    return input;
}

template <class T>
std::string fingerprint_of(std::string const& input, std::size_t embedding_size, nn::model_values<T const> model) {
    std::uint64_t sum = checksum(signature_of(input, model.tensors));
    for (auto const& info : model.tensors) {
        auto const values = model.of(info);
        sum = checksum({reinterpret_cast<char const*>(values.data()), values.size_bytes()}, sum);
    }
    char digits[17];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(sum));
    return input + " to " + std::to_string(embedding_size) + ", parameters " + digits;
}

} // namespace detail

#ifdef TRINE_COMPILED
#define TRINE_INSTANTIATE(T)                                                                                           \
    template void store_parameters<T>(nn::model_values<T const>, io::safetensors&, std::string const&);                \
    template void load_parameters<T>(nn::model_values<T>, io::safetensors const&, std::string const&);                 \
    template weight_report load_weights<T>(nn::model_values<T>, io::safetensors const&,                                \
                                           std::vector<nn::weight_source> const&, weight_match);                       \
    template std::string detail::fingerprint_of<T>(std::string const&, std::size_t, nn::model_values<T const>);
TRINE_INSTANTIATE(float)
TRINE_INSTANTIATE(double)
#undef TRINE_INSTANTIATE
#endif

} // namespace trine
