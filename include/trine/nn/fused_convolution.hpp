#pragma once

/// A convolution and the neighbours that are computed with it; fusion.hpp finds them.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "../core/buffer.hpp"
#include "../kernels/elementwise.hpp"
#include "../kernels/fused_norm.hpp"
#include "../kernels/patch_moments.hpp"
#include "convolution.hpp"
#include "layers.hpp"

namespace trine::nn::detail {

// In place of a neighbour that is not there.
struct none {};

template <class Map, bool Pooled>
struct pool_output {
    using type = Map;
};
template <class Map>
struct pool_output<Map, true> {
    using type = typename max_pool<2>::template at<Map>::output;
};

// Convolution, batch normalisation and, where `Rectifier` and `Pool` are places, what follows. Training keeps the
// convolution's output alone; in inference the normalisation is folded into the weights, and the rest is done on rows
// that are still in cache.
template <class In, class Convolution, class ConvolutionPlace, class Norm, class NormPlace, class RectifierPlace = none,
          class PoolPlace = none>
struct fused_convolution {
    using conv = typename Convolution::template at<In>;
    using map = typename conv::output;
    using norm = typename Norm::template at<map>;
    static constexpr bool rectified = !std::is_same_v<RectifierPlace, none>, pooled = !std::is_same_v<PoolPlace, none>;

    using input = In;
    using output = typename pool_output<map, pooled>::type;
    static constexpr std::size_t channels = map::channels, parameters = conv::parameters + norm::parameters,
                                 state = norm::state;
    static constexpr std::size_t layers = 2 + (rectified ? 1 : 0) + (pooled ? 1 : 0),
                                 multiply_adds = conv::multiply_adds;
    static constexpr bool in_place = false, keeps_gradient = true, needs_input = true, needs_output = false;

    static constexpr kernels::norm_shape sizes(std::size_t batch) {
        return {batch, map::height, map::width, channels, rectified, pooled};
    }

    // A small kernel's output is computed faster than it is read from memory: it is not kept at all, but computed once
    // forward and once backward. What the normalisation needs to know of it beforehand follows from the patches of the
    // input (see patch_moments.hpp).
    static constexpr bool recomputed =
        Convolution::options.groups == 1 && conv::sizes(1).depth() <= 32 &&
        (Convolution::options.algorithm == kernels::convolution_algorithm::direct ||
         (Convolution::options.algorithm == kernels::convolution_algorithm::automatic && In::channels < 16));
    // Any other's can be left in scratch, and computed once more for the backward pass.
    static constexpr bool forgotten = Convolution::options.recompute && !recomputed;
    static constexpr bool dx_over_x = true, dx_over_dy = !recomputed;
    static constexpr std::size_t kept(std::size_t batch) {
        return recomputed || forgotten ? 0 : extent::round(batch * map::size);
    }
    static constexpr std::size_t in_scratch(std::size_t batch) {
        return forgotten ? extent::round(batch * map::size) : 0;
    }
    static constexpr std::size_t depth =
        recomputed ? conv::sizes(1).depth() : 0; // of patches whose mean and covariance are kept
    static constexpr std::size_t tape_of(std::size_t batch) {
        return kept(batch) + extent::round(2 * channels) + extent::round(depth * (depth + 1));
    }

    template <class Kernel>
    static std::size_t sums_size(Kernel const& k) {
        return extent::round(kernels::block_statistics_size(channels) * k.blocks());
    }
    template <class T>
    static std::size_t workspace(std::size_t batch) {
        auto const k = conv::template kernel<T>(batch);
        if constexpr (recomputed) {
            auto const one = conv::template kernel<T>(1);
            std::size_t const dx =
                extent::round(map::size) + extent::round(one.forward_scratch()) + one.gradient_data_scratch();
            std::size_t const backward = extent::round(kernels::recomputed_blocks<T>(conv::sizes(batch)) * channels) +
                                         extent::round(conv::weights) + std::max(k.recomputed_gradient_scratch(), dx);
            return std::max(kernels::patch_moments_scratch<T>(conv::sizes(batch), thread_count()),
                            extent::round(k.weights_size()) + std::max(k.forward_scratch(true), backward));
        }
        return in_scratch(batch) +
               std::max({sums_size(k) + k.forward_once_scratch(), k.gradient_data_scratch(),
                         k.gradient_weights_scratch(), kernels::norm_backward_scratch<T>(sizes(batch))});
    }

    // Where the rows of finished blocks go: normalised, rectified and pooled.
    template <class T>
    struct target {
        T* y;
        T const *scale, *shift;

        static void take(void* context, std::size_t, std::size_t first, std::size_t rows, T* values) {
            auto const& t = *static_cast<target*>(context);
            each_image(first, rows, values, [&](std::size_t image, std::size_t row, std::size_t count, T* from) {
                kernels::norm_rows<T>(sizes(1), count, from, t.scale, t.shift,
                                      t.y + (image * output::height + (pooled ? row / 2 : row)) * output::width *
                                                channels);
            });
        }
    };
    // A block is whole images or a part of one; body(image, row in it, rows, values) is called for each.
    template <class T, class Body>
    static void each_image(std::size_t first, std::size_t rows, T* values, Body&& body) {
        while (rows > 0) {
            std::size_t const row = first % map::height, count = std::min(rows, map::height - row);
            body(first / map::height, row, count, values);
            first += count, rows -= count, values += count * map::width * channels;
        }
    }
    // The same for their gradient: what reaches the normalisation, and its sums, or the block turned into its gradient.
    template <class T>
    struct gradient_source {
        T const* dy;
        kernels::norm_gradient<T> norm;
        T* sums; // of each block

        T const* at(std::size_t image, std::size_t row) const {
            return dy + (image * output::height + (pooled ? row / 2 : row)) * output::width * channels;
        }
        static void route(void* context, std::size_t block, std::size_t first, std::size_t rows, T* values) {
            auto const& g = *static_cast<gradient_source*>(context);
            T* const to = g.sums + block * channels;
            std::fill_n(to, channels, T(0));
            each_image(first, rows, values, [&](std::size_t image, std::size_t row, std::size_t count, T* z) {
                kernels::norm_gradient_route(sizes(1), count, z, g.at(image, row), g.norm.scale, g.norm.shift, to);
            });
        }
        static void turn(void* context, std::size_t, std::size_t first, std::size_t rows, T* values) {
            auto const& g = *static_cast<gradient_source*>(context);
            each_image(first, rows, values, [&](std::size_t image, std::size_t row, std::size_t count, T* z) {
                kernels::norm_gradient_apply(sizes(1), count, z, g.at(image, row), g.norm);
            });
        }
    };

    template <class T>
    static T* map_at(pass<T> const& p, T* tape) {
        return forgotten ? p.workspace : tape;
    }
    // The convolution and its statistics: all that the tape holds.
    template <class T>
    static void forward_tape(pass<T> const& p, T const* x, T* tape) {
        T* const statistics = tape + kept(p.batch);
        T const* const bias = conv::bias_of(p.parameters);
        if constexpr (recomputed) {
            std::array<double, depth> mean;
            std::array<double, depth * depth> covariance;
            kernels::patch_moments(conv::sizes(p.batch), x, mean.data(), covariance.data(), p.workspace);
            kernels::output_statistics(depth, channels, p.parameters, bias, mean.data(), covariance.data(), statistics,
                                       statistics + channels);
            std::copy(mean.begin(), mean.end(), statistics + extent::round(2 * channels));
            std::copy(covariance.begin(), covariance.end(), statistics + extent::round(2 * channels) + depth);
        } else {
            auto const k = conv::template kernel<T>(p.batch);
            auto const measure = [](void* to, std::size_t block, std::size_t, std::size_t rows, T* values) {
                kernels::block_statistics<T>(rows * map::width, channels, values,
                                             static_cast<T*>(to) + block * kernels::block_statistics_size(channels));
            };
            T* const sums = p.workspace + in_scratch(p.batch);
            k.forward_once(x, p.parameters, bias, map_at(p, tape), sums + sums_size(k), {measure, sums});
            kernels::combine_statistics<T>(k.blocks(), channels, sums, statistics, statistics + channels);
        }
        if (!p.again)
            norm::follow(statistics, p.state, p.batch * map::pixels);
    }
    // Scale and shift of the normalisation, from the statistics.
    template <class T>
    static std::array<T, 2 * channels> scale_shift(pass<T> const& p, T const* tape) {
        T const *const statistics = tape + kept(p.batch), *const gamma = p.parameters + conv::parameters;
        std::array<T, 2 * channels> both;
        kernels::norm_scale_shift<T>(channels, gamma, gamma + channels, statistics, statistics + channels,
                                     T(norm::epsilon), both.data(), both.data() + channels);
        return both;
    }
    template <class T>
    static void forward(pass<T> const& p, T const* x, T* y, T* tape) {
        forward_tape(p, x, tape);
        if constexpr (recomputed) {
            auto const k = conv::template kernel<T>(p.batch);
            auto const scale = scale_shift<T>(p, tape);
            target<T> to{y, scale.data(), scale.data() + channels};
            k.prepare(p.parameters, p.workspace);
            k.forward(x, p.workspace, conv::bias_of(p.parameters), nullptr,
                      p.workspace + extent::round(k.weights_size()), {&target<T>::take, &to, true});
        } else
            output_of(p, static_cast<T const*>(map_at(p, tape)), static_cast<T const*>(tape), y);
    }
    // A pass over z is cheaper than as much memory. (A pooled output is a quarter of z: that one is kept.)
    template <class T>
    static void restore(pass<T> const& p, T const* tape, T* y) requires(!recomputed && !forgotten && !pooled) {
        output_of(p, tape, tape, y);
    }
    template <class T>
    static std::size_t restore_first_workspace(std::size_t batch) {
        return conv::template kernel<T>(batch).forward_once_scratch();
    }
    template <class T>
    static void restore_first(pass<T> const& p, T const* x, T const* tape, T* y) requires(forgotten && !pooled) {
        auto const scale = scale_shift<T>(p, tape);
        target<T> to{y, scale.data(), scale.data() + channels};
        conv::template kernel<T>(p.batch).forward_once(x, p.parameters, conv::bias_of(p.parameters), y, p.workspace,
                                                       {&target<T>::take, &to});
    }
    template <class T>
    static void output_of(pass<T> const& p, T const* z, T const* tape, T* y) {
        auto const scale = scale_shift<T>(p, tape);
        kernels::norm_forward<T>(sizes(p.batch), z, scale.data(), scale.data() + channels, y);
    }
    template <class T>
    static void backward(pass<T> const& p, T const* x, T const*, T* dy, T* dx, T* tape) {
        T const* const statistics = tape + kept(p.batch);
        T const* const gamma = p.parameters + conv::parameters;
        T* const dgamma = p.gradients + conv::parameters;
        if constexpr (!recomputed) {
            T* const z = map_at(p, tape);
            auto const own = p.inside(0, 0, 0, in_scratch(p.batch));
            if constexpr (forgotten)
                conv::template kernel<T>(p.batch).forward_once(x, p.parameters, conv::bias_of(p.parameters), z,
                                                               own.workspace);
            kernels::norm_backward<T>(sizes(p.batch), z, dy, gamma, gamma + channels, statistics, statistics + channels,
                                      T(norm::epsilon), dgamma, dgamma + channels, own.workspace);
            conv::backward(own, x, static_cast<T const*>(nullptr), z, dx, static_cast<T*>(nullptr));
        } else {
            auto const k = conv::template kernel<T>(p.batch);
            T const *const bias = conv::bias_of(p.parameters),
                           *const patch_mean = statistics + extent::round(2 * channels),
                           *const covariance = patch_mean + depth;
            std::size_t const blocks = kernels::recomputed_blocks<T>(conv::sizes(p.batch));
            T* const block_sums = p.workspace + extent::round(k.weights_size()); // Σ g of each
            T* const products = block_sums + extent::round(blocks * channels);   // Σ patch ⊗ g
            T* const rest = products + extent::round(conv::weights);
            auto const scale = scale_shift<T>(p, tape);
            std::array<T, 2 * channels> turning, sums{}; // slope and offset; Σ g and Σ g·(z − mean)
            gradient_source<T> source{
                dy,
                {scale.data(), scale.data() + channels, statistics, turning.data(), turning.data() + channels},
                block_sums};
            k.prepare(p.parameters, p.workspace);
            std::fill_n(products, conv::weights, T(0));
            kernels::direct_gradient_weights<T>(conv::sizes(p.batch), x, nullptr, products, rest,
                                                {p.workspace, bias, {&gradient_source<T>::route, &source}});
            kernels::add_column_sums<T>(blocks, channels, block_sums, sums.data());
            kernels::center_patch_products<T>(depth, channels, p.parameters, patch_mean, sums.data(), products,
                                              sums.data() + channels);
            kernels::norm_gradient_finish<T>(sizes(p.batch), 1, sums.data(), gamma, statistics + channels,
                                             T(norm::epsilon), source.norm, dgamma, dgamma + channels);
            kernels::add_normalized_gradient<T>(depth, channels, p.batch * map::pixels, p.parameters, covariance,
                                                products, scale.data(), turning.data(), p.gradients);
            // A normalisation takes any common offset away again, so a bias before it has no gradient.
            if (!dx)
                return;
            // Rarely wanted of a first layer: image by image, so that it needs no more memory.
            auto const one = conv::template kernel<T>(1);
            T* const inner = rest + extent::round(map::size);
            for (std::size_t n = 0; n < p.batch; ++n) {
                one.forward(x + n * In::size, p.workspace, bias, rest, inner);
                gradient_source<T>::turn(&source, 0, n * map::height, map::height, rest);
                one.gradient_data(rest, p.parameters, dx + n * In::size, inner + extent::round(one.forward_scratch()));
            }
        }
    }

    // Folded weights, then a bias for every output.
    template <class T>
    static std::size_t prepared() {
        return extent::round(conv::template prepared<T>()) + channels;
    }
    template <class T>
    static void prepare(pass<T> const& p, T* to) {
        buffer<T> folded(conv::weights), scale(channels), shift(channels);
        T const* const gamma = p.parameters + conv::parameters;
        kernels::norm_scale_shift<T>(channels, gamma, gamma + channels, p.state, p.state + channels, T(norm::epsilon),
                                     scale.data(), shift.data());
        for (std::size_t i = 0; i < conv::weights; ++i)
            folded[i] = p.parameters[i] * scale[i % channels];
        conv::template kernel<T>(1).prepare(folded.data(), to);
        T const* const bias = conv::bias_of(p.parameters);
        for (std::size_t c = 0; c < channels; ++c)
            to[extent::round(conv::template prepared<T>()) + c] = shift[c] + (bias ? bias[c] * scale[c] : T(0));
    }
    // Whether a method can do all that follows itself.
    template <class Kernel, class T>
    static constexpr bool rectifies = requires(Kernel const& k, T* y) {
        k.forward_rectified(y, y, y, pooled, y, y);
    };
    template <class T>
    static std::size_t inference_workspace(std::size_t batch) {
        auto const k = conv::template kernel<T>(batch);
        return extent::round(2 * channels) + k.forward_scratch(pooled && !rectifies<decltype(k), T>);
    }
    template <class T>
    static void infer(pass<T> const& p, T const* x, T* y) {
        auto const k = conv::template kernel<T>(p.batch);
        T const* const bias = p.prepared + extent::round(conv::template prepared<T>());
        T* const scratch = p.workspace + extent::round(2 * channels);
        if constexpr (!rectified && !pooled) {
            k.forward(x, p.prepared, bias, y, scratch);
        } else if constexpr (rectifies<decltype(k), T>) {
            k.forward_rectified(x, p.prepared, bias, pooled, y, scratch);
        } else {
            std::fill_n(p.workspace, channels, T(1));
            std::fill_n(p.workspace + channels, channels, T(0));
            target<T> to{y, p.workspace, p.workspace + channels};
            k.forward(x, p.prepared, bias, pooled ? nullptr : y, scratch, {&target<T>::take, &to, pooled});
        }
    }

    static void list(inventory& all, std::string const& prefix) {
        conv::list(all, prefix + ConvolutionPlace::name() + ".");
        norm::list(all, prefix + NormPlace::name() + ".");
    }
    static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
        conv::describe(rows, row_name(prefix, ConvolutionPlace::name()));
        if (kept(1) == 0)
            rows.back().activations = 0;
        norm::describe(rows, row_name(prefix, NormPlace::name()));
        rows.back().activations = pooled ? 0 : map::size;
        if constexpr (rectified)
            relu::at<map>::describe(rows, row_name(prefix, RectifierPlace::name()));
        if constexpr (pooled)
            max_pool<2>::at<map>::describe(rows, row_name(prefix, PoolPlace::name()));
    }
};

// A convolution with normalisation and the rectifier with learnt slopes that follows. In training they stay two: the
// slopes' gradients need what comes between. In inference the rectifier works on rows that are still in cache.
template <class Fused, class Prelu>
struct sloped_convolution {
    using input = typename Fused::input;
    using output = typename Fused::output;
    static constexpr std::size_t parameters = Fused::parameters + Prelu::parameters, state = Fused::state,
                                 layers = Fused::layers + Prelu::layers;
    static constexpr std::size_t multiply_adds = Fused::multiply_adds;
    static constexpr bool in_place = false, keeps_gradient = false, needs_input = true, needs_output = false,
                          dx_over_x = Fused::dx_over_x, dx_over_dy = Fused::dx_over_dy;

    static constexpr std::size_t between(std::size_t batch) { return extent::round(batch * output::size); }
    static constexpr std::size_t tape_of(std::size_t batch) { return between(batch) + Fused::tape_of(batch); }
    template <class T>
    static std::size_t workspace(std::size_t batch) {
        return std::max(Fused::template workspace<T>(batch), Prelu::template workspace<T>(batch));
    }
    template <class T>
    static pass<T> behind(pass<T> const& p) {
        return p.inside(Fused::layers, Fused::parameters, Fused::state, 0);
    }
    template <class T>
    static void forward(pass<T> const& p, T const* x, T* y, T* tape) {
        Fused::forward(p, x, tape, tape + between(p.batch));
        Prelu::forward(behind(p), static_cast<T const*>(tape), y, static_cast<T*>(nullptr));
    }
    template <class T>
    static void forward_tape(pass<T> const& p, T const* x, T* tape) {
        Fused::forward(p, x, tape, tape + between(p.batch));
    }
    template <class T>
    static void backward(pass<T> const& p, T const* x, T const* y, T* dy, T* dx, T* tape) {
        Prelu::backward(behind(p), static_cast<T const*>(tape), y, dy, dy, static_cast<T*>(nullptr));
        Fused::backward(p, x, static_cast<T const*>(tape), dy, dx, tape + between(p.batch));
    }

    template <class T>
    static std::size_t prepared() {
        return Fused::template prepared<T>();
    }
    template <class T>
    static void prepare(pass<T> const& p, T* to) {
        Fused::prepare(p, to);
    }
    template <class T>
    static std::size_t inference_workspace(std::size_t batch) {
        return Fused::conv::template kernel<T>(batch).forward_scratch();
    }
    template <class T>
    static void infer(pass<T> const& p, T const* x, T* y) {
        T const* const slopes = p.parameters + Fused::parameters;
        kernels::row_sink<T> const rectify{[](void* context, std::size_t, std::size_t, std::size_t rows, T* values) {
                                               kernels::prelu_rows<T>(rows * output::width, output::channels, values,
                                                                      static_cast<T const*>(context), values);
                                           },
                                           const_cast<T*>(slopes), false};
        Fused::conv::template kernel<T>(p.batch).forward(
            x, p.prepared, p.prepared + extent::round(Fused::conv::template prepared<T>()), y, p.workspace, rectify);
    }

    static void list(inventory& all, std::string const& prefix) {
        Fused::list(all, prefix);
        Prelu::list(all, prefix);
    }
    static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
        Fused::describe(rows, prefix);
        Prelu::describe(rows, prefix);
    }
};

} // namespace trine::nn::detail
