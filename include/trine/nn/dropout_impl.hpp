#pragma once

#include <cstdint>

#include "../core/parallel.hpp"
#include "../core/random.hpp"
#include "dropout.hpp"

namespace trine::nn::detail {

template <class T>
void apply_dropout(layer_context<T> const& context, std::size_t size, std::size_t percent, T const* from, T* to) {
    T const scale = T(100) / T(100 - percent);
    double const share = static_cast<double>(percent) / 100.0;
    parallel_for(context.batch, [&](std::size_t n) {
        random_stream stream(context.seed + (std::uint64_t{context.layer} << 40), purpose::dropout, context.step,
                             context.first_image + static_cast<std::uint32_t>(n));
        for (std::size_t i = n * size; i < (n + 1) * size; ++i)
            to[i] = stream.chance(share) ? T(0) : from[i] * scale;
    });
}

#ifdef TRINE_COMPILED
template void apply_dropout<float>(layer_context<float> const&, std::size_t, std::size_t, float const*, float*);
template void apply_dropout<double>(layer_context<double> const&, std::size_t, std::size_t, double const*, double*);
#endif

} // namespace trine::nn::detail
