#pragma once

/// What in a photo makes it match another: parts are covered, and the distance is looked at.

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "../arrays/tensor.hpp"
#include "../core/config.hpp"
#include "../core/error.hpp"
#include "../core/view.hpp"
#include "../data/image.hpp"

namespace trine::visual {

struct occlusion_options {
    std::size_t patch = 16; ///< side of the square that covers, in pixels
    std::size_t step = 4;   ///< how far it moves
};

/// How much farther a photo lies from a point when the surroundings of each pixel are covered: above 0 where what is
/// there makes them alike, below 0 where it tells them apart.
///
/// A square of the photo's mean moves over it; a pixel's value is the mean over the squares that cover it, of the
/// distance with the square less the distance without.
///
/// @param embed      called with N×C×H×W, gives N×D
/// @param distance   with `cross`, as trine's distances
/// @param photo      1×C×H×W, as the network takes it
/// @param reference  D values: the point of the photo that it is compared with
/// @return H×W
/// @throws shape_error     unless one photo is given, and as many values as `embed` gives
/// @throws argument_error  when the square is empty, larger than the photo, or does not move, or moves farther than it
/// is wide
/// @see M. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014
template <class Embed, class Distance>
tensor<double, 2> occlusion_saliency(Embed&& embed, Distance const& distance, tensor<float, 4> const& photo,
                                     std::span<float const> reference, occlusion_options const& how = {}) {
    std::size_t const channels = photo.shape(1), height = photo.shape(2), width = photo.shape(3);
    require<shape_error>(photo.shape(0) == 1, photo.shape(0), " photos given where one is explained");
    require<argument_error>(how.patch > 0 && how.patch <= height && how.patch <= width, "a square of ", how.patch,
                            " pixels over a photo of ", height, "×", width);
    require<argument_error>(how.step > 0 && how.step <= how.patch, "a square of ", how.patch, " pixels that moves by ",
                            how.step, ": it has to move, and to leave no gap");
    // Places of the square: steps, and the last one flush with the edge.
    auto const places = [&](std::size_t size) {
        std::vector<std::size_t> at;
        for (std::size_t i = 0; i + how.patch < size; i += how.step)
            at.push_back(i);
        at.push_back(size - how.patch);
        return at;
    };
    auto const rows = places(height), columns = places(width);
    std::vector<float> means(channels);
    for (std::size_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (std::size_t i = 0; i < height * width; ++i)
            sum += photo.data()[c * height * width + i];
        means[c] = static_cast<float>(sum / static_cast<double>(height * width));
    }
    // A row of places at a time, behind the photo as it is.
    auto sum = make_tensor<double>(height, width), times = make_tensor<double>(height, width);
    sum.fill(0), times.fill(0);
    for (std::size_t top : rows) {
        auto covered = make_tensor<float>(columns.size() + 1, channels, height, width);
        for (std::size_t i = 0; i <= columns.size(); ++i)
            std::copy_n(photo.data(), photo.size(), covered.data() + i * photo.size());
        for (std::size_t i = 0; i < columns.size(); ++i)
            for (std::size_t c = 0; c < channels; ++c)
                for (std::size_t y = top; y < top + how.patch; ++y)
                    std::fill_n(covered.data() + (((i + 1) * channels + c) * height + y) * width + columns[i],
                                how.patch, means[c]);
        auto const points = embed(covered);
        require<shape_error>(points.shape(1) == reference.size(), "a point of ", reference.size(),
                             " values for a network that gives ", points.shape(1));
        auto d = make_tensor<float>(points.shape(0), 1);
        distance.cross(as_matrix(points), matrix_view<float const>(reference.data(), 1, reference.size()),
                       as_matrix(d));
        for (std::size_t i = 0; i < columns.size(); ++i)
            for (std::size_t y = top; y < top + how.patch; ++y)
                for (std::size_t x = columns[i]; x < columns[i] + how.patch; ++x)
                    sum(y, x) += static_cast<double>(d(i + 1, 0)) - static_cast<double>(d(0, 0)), times(y, x) += 1;
    }
    for (std::size_t i = 0; i < sum.size(); ++i)
        sum.data()[i] /= times.data()[i];
    return sum;
}

/// A photo with its saliency over it: orange where covering brings the two apart, blue where it brings them together,
/// the stronger the more; `most` is full colour.
data::image saliency_overlay(data::image const& photo, tensor<double, 2> const& saliency, double most);

} // namespace trine::visual

#ifdef TRINE_HEADER_ONLY
#include "saliency_impl.hpp"
#endif
