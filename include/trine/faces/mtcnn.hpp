#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "../core/config.hpp"
#include "../data/image.hpp"
#include "alignment.hpp"

namespace trine::faces {

/// A face that was found on a photo.
struct detection {
    data::area box;
    double probability = 0;
    landmarks points{};
};

/// How MTCNN looks for faces. The defaults are the paper's, but for the second look.
struct detection_options {
    double smallest_face = 20;     ///< height and width of the smallest face that is looked for, in pixels, at least 12
    double pyramid_factor = 0.709; ///< from one size of the photo to the next smaller one: half the area
    std::array<double, 3> thresholds{0.6, 0.7, 0.7}; ///< probability that each stage asks for
    std::size_t second_looks = 2; ///< how often the last stage looks again at the boxes that it gave: for landmarks
                                  ///< that lie better; 0 in the paper
};

namespace mtcnn_parts {

/// What two boxes share: of both together, or of the smaller one.
enum class overlap { of_both, of_smaller };

double shared(data::area const& a, data::area const& b, overlap how);

} // namespace mtcnn_parts

/// Non-maximum suppression: the most probable detections, of which no two share more than `limit`; in order of
/// probability, equal ones in the order in which they came.
///
/// @see A. Neubeck, L. Van Gool, "Efficient Non-Maximum Suppression", ICPR 2006
std::vector<detection> suppress_overlapping(std::vector<detection> all, double limit,
                                            mtcnn_parts::overlap how = mtcnn_parts::overlap::of_both);

/// Finds faces and their five landmarks: a small network proposes boxes on a pyramid of sizes, two larger ones refuse
/// and refine them.
///
/// Used by one thread at a time; it is parallel inside.
///
/// @see K. Zhang, Z. Zhang, Z. Li, Y. Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
/// Networks", IEEE Signal Processing Letters 23, 2016
class mtcnn {
public:
    /// Reads `pnet.safetensors`, `rnet.safetensors` and `onet.safetensors` of a folder.
    ///
    /// @throws io_error      when one cannot be read
    /// @throws format_error  when one holds something else
    explicit mtcnn(std::filesystem::path const& weights, detection_options options = {});
    ~mtcnn();
    mtcnn(mtcnn const&);
    mtcnn(mtcnn&&) noexcept;
    mtcnn& operator=(mtcnn) noexcept;

    /// All faces on a photo, the most probable first. A photo smaller than 12×12 has none.
    std::vector<detection> detect(data::image const& photo);

    /// Landmarks of a face whose box is known, as the last stage sees it; with its probability.
    ///
    /// @throws numeric_error  when the box is not finite, or farther away than any photo reaches
    detection landmarks_in(data::image const& photo, data::area const& box);

private:
    struct stages;

    std::unique_ptr<stages> stages_;
};

/// Which of several faces a photo is about.
enum class which_face {
    largest,
    central, ///< whose middle is nearest to the photo's, in shares of its own size
};

/// @return a place in `found`, or its size where there is none
std::size_t choose_face(std::vector<detection> const& found, data::image const& photo, which_face rule);

/// Photo in, face out: detects, chooses one, and aligns it to the template. For `data::load_options::prepare`.
class face_aligner {
public:
    /// @param weights  folder of MTCNN's weights
    /// @param size     height and width of the faces
    /// @throws as `mtcnn`
    explicit face_aligner(std::filesystem::path const& weights, which_face rule = which_face::largest,
                          std::size_t size = 112, detection_options options = {})
        : detector(weights, options), rule_(rule), size_(size) {}

    /// @throws data_error  when the photo shows no face
    data::image operator()(data::image const& photo);
    /// The face that is chosen.
    ///
    /// @throws data_error  when the photo shows no face
    detection find(data::image const& photo);

    mtcnn detector;

private:
    which_face rule_;
    std::size_t size_;
};

} // namespace trine::faces

#ifdef TRINE_HEADER_ONLY
#include "mtcnn_impl.hpp"
#endif
