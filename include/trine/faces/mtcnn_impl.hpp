#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "../core/error.hpp"
#include "../core/parallel.hpp"
#include "../io/safetensors.hpp"
#include "../nn/concat.hpp"
#include "../nn/convolution.hpp"
#include "../nn/layers.hpp"
#include "../nn/model.hpp"
#include "../nn/parameters_file.hpp"
#include "mtcnn.hpp"

namespace trine::faces {

namespace mtcnn_parts {

template <std::size_t Out, std::size_t Kernel>
using convolution = nn::sequential<nn::conv2d<Out, Kernel, nn::padding<0>, nn::with_bias>, nn::prelu>;

/// Probabilities of no face and of a face, and four offsets of the box: wherever a window of 12×12 fits, every second
/// pixel.
///
/// The network's input has a fixed size; a photo is laid out in tiles, which touch in the output as their windows
/// overlap in the input.
inline constexpr std::size_t window = 12, window_stride = 2, tile = 64, tile_cells = (tile - 2) / 2 - 4;
using proposal = nn::network<
    nn::shape<3, tile, tile>,
    nn::sequential<
        convolution<10, 3>, nn::max_pool<2, 2, nn::round_up>, convolution<16, 3>, convolution<32, 3>,
        nn::concat<nn::sequential<nn::conv2d<2, 1, nn::with_bias>, nn::softmax>, nn::conv2d<4, 1, nn::with_bias>>,
        nn::flatten>>;
static_assert(proposal::embedding_size == 6 * tile_cells * tile_cells);

template <std::size_t... Heads>
using heads = nn::concat<nn::sequential<nn::linear<2>, nn::softmax>, nn::linear<Heads>...>;

/// Refines boxes.
using refinement = nn::network<nn::shape<3, 24, 24>,
                               nn::sequential<convolution<28, 3>, nn::max_pool<3, 2, nn::round_up>, convolution<48, 3>,
                                              nn::max_pool<3, 2, nn::round_up>, convolution<64, 2>, nn::flatten,
                                              nn::linear<128>, nn::prelu, heads<4>>>;

/// Refines them again, and finds the landmarks.
using output =
    nn::network<nn::shape<3, 48, 48>,
                nn::sequential<convolution<32, 3>, nn::max_pool<3, 2, nn::round_up>, convolution<64, 3>,
                               nn::max_pool<3, 2, nn::round_up>, convolution<64, 3>, nn::max_pool<2, 2, nn::round_up>,
                               convolution<128, 2>, nn::flatten, nn::linear<256>, nn::prelu, heads<4, 10>>>;

/// Reads a stage's published weights. Its networks take (x − 127.5) / 128 of blue, green and red, and Trine's photos
/// are x / 127.5 − 1 of red, green and blue: the factor and the order go into the first convolution.
template <class Network>
nn::model<Network> load_stage(std::filesystem::path const& file, std::vector<std::string> const& layers) {
    std::vector<std::string> names;
    for (auto const& layer : layers) {
        names.push_back(layer + ".weight");
        if (!layer.starts_with("prelu"))
            names.push_back(layer + ".bias");
    }
    auto sources = nn::pair_in_order<Network>(names);
    sources.front().scale = 127.5 / 128, sources.front().blue_first = true;
    nn::model<Network> model;
    load_weights(model, io::safetensors::load(file), sources);
    return model;
}

} // namespace mtcnn_parts

TRINE_INLINE double mtcnn_parts::shared(data::area const& a, data::area const& b, overlap how) {
    double const width = std::min(a.right, b.right) - std::max(a.left, b.left),
                 height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
    if (width <= 0 || height <= 0)
        return 0;
    double const both = width * height, one = a.width() * a.height(), other = b.width() * b.height();
    return both / (how == overlap::of_both ? one + other - both : std::min(one, other));
}

TRINE_INLINE std::vector<detection> suppress_overlapping(std::vector<detection> all, double limit,
                                                         mtcnn_parts::overlap how) {
    std::stable_sort(all.begin(), all.end(),
                     [](auto const& a, auto const& b) { return a.probability > b.probability; });
    std::vector<detection> kept;
    for (auto const& d : all)
        if (std::none_of(kept.begin(), kept.end(),
                         [&](auto const& k) { return mtcnn_parts::shared(k.box, d.box, how) > limit; }))
            kept.push_back(d);
    return kept;
}

struct mtcnn::stages {
    stages(std::filesystem::path const& weights, detection_options const& options)
        : options_(options),
          proposal_(mtcnn_parts::load_stage<mtcnn_parts::proposal>(
              weights / "pnet.safetensors",
              {"conv1", "prelu1", "conv2", "prelu2", "conv3", "prelu3", "conv4_1", "conv4_2"})),
          refinement_(mtcnn_parts::load_stage<mtcnn_parts::refinement>(
              weights / "rnet.safetensors",
              {"conv1", "prelu1", "conv2", "prelu2", "conv3", "prelu3", "conv4", "prelu4", "conv5_1", "conv5_2"})),
          output_(mtcnn_parts::load_stage<mtcnn_parts::output>(
              weights / "onet.safetensors", {"conv1", "prelu1", "conv2", "prelu2", "conv3", "prelu3", "conv4", "prelu4",
                                             "conv5", "prelu5", "conv6_1", "conv6_2", "conv6_3"})) {
        require<argument_error>(options.smallest_face >= mtcnn_parts::window, "a smallest face of ",
                                options.smallest_face, " pixels: at least 12 are needed");
        require<argument_error>(options.pyramid_factor > 0 && options.pyramid_factor < 1, "a pyramid factor of ",
                                options.pyramid_factor, ": it has to lie between 0 and 1");
    }

    std::vector<detection> detect(data::image const& photo) {
        if (photo.height == 0 || photo.width == 0)
            return {};
        auto const colour = data::with_channels(photo, 3);
        auto found = suppress_overlapping(propose(colour), 0.7);
        for (auto& d : found)
            d.box = square(d.box);
        return find_landmarks(colour, refine(colour, found));
    }

    detection landmarks_in(data::image const& photo, data::area const& box) {
        std::vector<detection> one(1);
        one[0].box = box;
        require<numeric_error>(is_finite(one[0]), "a box from (", box.left, ", ", box.top, ") to (", box.right, ", ",
                               box.bottom, ") lies on no photo");
        one[0].box = square(box);
        auto const values = judge(output_, data::with_channels(photo, 3), one);
        place(one[0], values.data());
        return one[0];
    }

    // A network whose input or weights are wild may say anything; that is no face.
    static bool is_finite(detection const& d) {
        bool finite = std::isfinite(d.probability);
        for (double v : {d.box.left, d.box.top, d.box.right, d.box.bottom})
            finite = finite && std::abs(v) < 1e9; // far beyond any photo
        for (auto const& p : d.points)
            finite = finite && std::abs(p.x) < 1e9 && std::abs(p.y) < 1e9;
        return finite;
    }
    static data::area square(data::area const& b) {
        double const half = std::max(b.width(), b.height()) / 2, x = (b.left + b.right) / 2, y = (b.top + b.bottom) / 2;
        return {x - half, y - half, x + half, y + half};
    }
    // Offsets are shares of the box.
    static data::area moved(data::area const& b, float const* offsets) {
        return {b.left + static_cast<double>(offsets[0]) * b.width(),
                b.top + static_cast<double>(offsets[1]) * b.height(),
                b.right + static_cast<double>(offsets[2]) * b.width(),
                b.bottom + static_cast<double>(offsets[3]) * b.height()};
    }
    // What the last stage says of a square box: probabilities, offsets, five x, five y.
    static void place(detection& d, float const* values) {
        d.probability = static_cast<double>(values[1]);
        // A pixel's centre lies half a pixel from its corner, and landmarks count from centres.
        for (std::size_t i = 0; i < d.points.size(); ++i)
            d.points[i] = {d.box.left + static_cast<double>(values[6 + i]) * d.box.width() - 0.5,
                           d.box.top + static_cast<double>(values[11 + i]) * d.box.height() - 0.5};
        d.box = moved(d.box, values + 2);
    }
    static void to_range(std::vector<float>& values) {
        for (float& v : values)
            v = v / 127.5f - 1.0f;
    }

    std::vector<detection> propose(data::image const& photo) {
        using namespace mtcnn_parts;
        std::vector<detection> all;
        double scale = window / options_.smallest_face;
        auto const even = [](double size) { return 2 * static_cast<std::size_t>(std::round(size / 2)); };
        for (;; scale *= options_.pyramid_factor) {
            // Even sizes, so that no window of the pooling is cut at the border, and tiles compute what the whole
            // would.
            std::size_t const height = even(static_cast<double>(photo.height) * scale),
                              width = even(static_cast<double>(photo.width) * scale);
            if (height < window || width < window)
                break;
            auto level = propose(photo, height, width);
            level = suppress_overlapping(std::move(level), 0.5);
            all.insert(all.end(), level.begin(), level.end());
        }
        return all;
    }
    std::vector<detection> propose(data::image const& photo, std::size_t height, std::size_t width) {
        using namespace mtcnn_parts;
        std::vector<float> level(3 * height * width);
        // In strips, for speed: the rows of a strip do not depend on others.
        constexpr std::size_t strip = 32;
        double const scale_y = static_cast<double>(photo.height) / static_cast<double>(height),
                     scale_x = static_cast<double>(photo.width) / static_cast<double>(width);
        parallel_for((height + strip - 1) / strip, [&](std::size_t s) {
            std::size_t const first = s * strip, rows = std::min(strip, height - first);
            std::vector<float> part(3 * rows * width);
            data::resample(photo,
                           {0, scale_y * static_cast<double>(first), static_cast<double>(photo.width),
                            scale_y * static_cast<double>(first + rows)},
                           rows, width, data::outside::nothing, part.data());
            to_range(part);
            for (std::size_t c = 0; c < 3; ++c)
                std::copy_n(part.begin() + static_cast<std::ptrdiff_t>(c * rows * width), rows * width,
                            level.begin() + static_cast<std::ptrdiff_t>((c * height + first) * width));
        });
        std::size_t const cells_down = height / 2 - 5, cells_across = width / 2 - 5;
        std::size_t const down = (cells_down + tile_cells - 1) / tile_cells,
                          across = (cells_across + tile_cells - 1) / tile_cells;
        std::vector<detection> found;
        constexpr std::size_t portion = 32;
        std::vector<float> tiles, values;
        for (std::size_t start = 0; start < down * across; start += portion) {
            std::size_t const count = std::min(portion, down * across - start);
            tiles.assign(count * proposal::input::size, 0.0f);
            values.resize(count * proposal::embedding_size);
            parallel_for(count, [&](std::size_t t) {
                std::size_t const top = (start + t) / across * tile_cells * window_stride,
                                  left = (start + t) % across * tile_cells * window_stride;
                for (std::size_t c = 0; c < 3; ++c)
                    for (std::size_t y = 0; y < std::min(tile, height - top); ++y)
                        std::copy_n(&level[(c * height + top + y) * width + left], std::min(tile, width - left),
                                    &tiles[((t * 3 + c) * tile + y) * tile]);
            });
            proposal_.embed(tiles.data(), count, values.data());
            for (std::size_t t = 0; t < count; ++t) {
                std::size_t const top = (start + t) / across * tile_cells, left = (start + t) % across * tile_cells;
                constexpr std::size_t plane = tile_cells * tile_cells;
                float const* const map = values.data() + t * proposal::embedding_size;
                for (std::size_t y = 0; y < std::min(tile_cells, cells_down - top); ++y)
                    for (std::size_t x = 0; x < std::min(tile_cells, cells_across - left); ++x) {
                        std::size_t const cell = y * tile_cells + x;
                        double const probability = static_cast<double>(map[plane + cell]);
                        if (!(probability >= options_.thresholds[0])) // nor where it is not a number
                            continue;
                        auto const x0 = static_cast<double>(window_stride * (left + x)),
                                   y0 = static_cast<double>(window_stride * (top + y));
                        float const offsets[4] = {map[2 * plane + cell], map[3 * plane + cell], map[4 * plane + cell],
                                                  map[5 * plane + cell]};
                        data::area const box{x0 * scale_x, y0 * scale_y, (x0 + window) * scale_x,
                                             (y0 + window) * scale_y};
                        if (detection const d{moved(box, offsets), probability, {}}; is_finite(d))
                            found.push_back(d);
                    }
            }
        }
        return found;
    }

    // A stage's output for the square boxes of some detections.
    template <class Network>
    static std::vector<float> judge(nn::model<Network>& model, data::image const& photo,
                                    std::vector<detection> const& all) {
        constexpr std::size_t size = Network::input::height, portion = 128;
        std::vector<float> values(all.size() * Network::embedding_size), faces;
        for (std::size_t first = 0; first < all.size(); first += portion) {
            std::size_t const count = std::min(portion, all.size() - first);
            faces.resize(count * Network::input::size);
            parallel_for(count, [&](std::size_t i) {
                data::resample(photo, all[first + i].box, size, size, data::outside::black,
                               faces.data() + i * Network::input::size);
            });
            to_range(faces);
            model.embed(faces.data(), count, values.data() + first * Network::embedding_size);
        }
        return values;
    }
    std::vector<detection> refine(data::image const& photo, std::vector<detection> const& candidates) {
        constexpr std::size_t width = mtcnn_parts::refinement::embedding_size;
        auto const values = judge(refinement_, photo, candidates);
        std::vector<detection> found;
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            float const* const v = values.data() + i * width;
            if (static_cast<double>(v[1]) >= options_.thresholds[1])
                if (detection const d{moved(candidates[i].box, v + 2), static_cast<double>(v[1]), {}}; is_finite(d))
                    found.push_back(d);
        }
        found = suppress_overlapping(std::move(found), 0.7);
        for (auto& d : found)
            d.box = square(d.box);
        return found;
    }
    std::vector<detection> find_landmarks(data::image const& photo, std::vector<detection> candidates) {
        auto const values = judge(output_, photo, candidates);
        std::vector<detection> found;
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            place(candidates[i], values.data() + i * mtcnn_parts::output::embedding_size);
            if (candidates[i].probability >= options_.thresholds[2] && is_finite(candidates[i]))
                found.push_back(candidates[i]);
        }
        found = suppress_overlapping(std::move(found), 0.7, mtcnn_parts::overlap::of_smaller);
        for (std::size_t look = 0; look < options_.second_looks; ++look) {
            for (auto& d : found)
                d.box = square(d.box);
            auto const again = judge(output_, photo, found);
            for (std::size_t i = 0; i < found.size(); ++i) {
                // What is less of a face from near keeps its first landmarks.
                auto nearer = found[i];
                place(nearer, again.data() + i * mtcnn_parts::output::embedding_size);
                if (nearer.probability >= options_.thresholds[2] && is_finite(nearer))
                    found[i] = nearer;
            }
        }
        return found;
    }

    detection_options options_;
    nn::model<mtcnn_parts::proposal> proposal_;
    nn::model<mtcnn_parts::refinement> refinement_;
    nn::model<mtcnn_parts::output> output_;
};

TRINE_INLINE mtcnn::mtcnn(std::filesystem::path const& weights, detection_options options)
    : stages_(std::make_unique<stages>(weights, options)) {}
TRINE_INLINE mtcnn::~mtcnn() = default;
TRINE_INLINE mtcnn::mtcnn(mtcnn&&) noexcept = default;
TRINE_INLINE mtcnn::mtcnn(mtcnn const& other) : stages_(std::make_unique<stages>(*other.stages_)) {}
TRINE_INLINE mtcnn& mtcnn::operator=(mtcnn other) noexcept {
    std::swap(stages_, other.stages_);
    return *this;
}

TRINE_INLINE std::vector<detection> mtcnn::detect(data::image const& photo) { return stages_->detect(photo); }

TRINE_INLINE detection mtcnn::landmarks_in(data::image const& photo, data::area const& box) {
    return stages_->landmarks_in(photo, box);
}

TRINE_INLINE std::size_t choose_face(std::vector<detection> const& found, data::image const& photo, which_face rule) {
    std::vector<double> worth;
    for (auto const& d : found) {
        double const dx = (d.box.left + d.box.right - static_cast<double>(photo.width)) / 2,
                     dy = (d.box.top + d.box.bottom - static_cast<double>(photo.height)) / 2;
        double const area = d.box.width() * d.box.height();
        worth.push_back(rule == which_face::largest ? area : area / (1e-9 + dx * dx + dy * dy));
    }
    return static_cast<std::size_t>(std::max_element(worth.begin(), worth.end()) - worth.begin());
}

TRINE_INLINE data::image face_aligner::operator()(data::image const& photo) {
    return aligned(photo, find(photo).points, size_);
}

TRINE_INLINE detection face_aligner::find(data::image const& photo) {
    auto const found = detector.detect(photo);
    std::size_t const chosen = choose_face(found, photo, rule_);
    require<data_error>(chosen < found.size(), "no face was found on a photo of ", photo.width, "×", photo.height,
                        " pixels");
    return found[chosen];
}

} // namespace trine::faces
