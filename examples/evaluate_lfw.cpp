// Judges MobileFaceNet, with the weights that the InsightFace project published, on Labeled Faces in the Wild.
//
//   evaluate_lfw --data lfw --weights mobilefacenet.safetensors                      with landmarks that are known
//   evaluate_lfw --data lfw --weights mobilefacenet.safetensors --detector mtcnn     from the photos alone
//
// Expected output, on its last lines:
//   accuracy  99.40 % +- 0.50 over 10 folds, thresholds 1.50 to 1.50
//   accepted  99.43 % of the pairs of one person, at a false-accept rate of 1 %

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>

#include <trine/backbones/mobile_face_net.hpp>
#include <trine/data/image_io.hpp>
#include <trine/data/pairs.hpp>
#include <trine/evaluation/cross_validation.hpp>
#include <trine/evaluation/thresholds.hpp>
#include <trine/faces/mtcnn.hpp>
#include <trine/nn/parameters_file.hpp>

#include "support/options.hpp"
#include "support/terminal.hpp"
#include "support/text.hpp"

using namespace trine;

int main(int argc, char** argv) {
    std::filesystem::path root, weights, pairs_file, landmarks_file, detector_folder;
    faces::detection_options detection;
    program::options app("evaluate_lfw", "Judges MobileFaceNet on Labeled Faces in the Wild: ten folds of pairs");
    app.path("--data", root, "folder of the photos, one sub-folder for each name").required();
    app.path("--weights", weights, "MobileFaceNet's published weights as safetensors").required();
    app.path("--pairs", pairs_file, "the protocol (default: pairs.txt in the folder)");
    app.path("--landmarks", landmarks_file, "five points of each photo (default: landmarks.csv in the folder)");
    app.path("--detector", detector_folder,
             "folder of MTCNN's weights: faces are found on the photos, landmarks are not read");
    app.number("--looks", detection.second_looks, program::range(0, 10),
               "how often the detector's last stage looks again at the box it gave");
    return app.run(argc, argv, [&]() -> int {
        auto const pairs = data::read_pairs(pairs_file.empty() ? root / "pairs.txt" : pairs_file);
        using network = backbones::mobile_face_net<>;
        std::map<std::string, faces::landmarks> known;
        std::unique_ptr<faces::face_aligner> detector;
        if (detector_folder.empty())
            known = faces::read_landmarks(landmarks_file.empty() ? root / "landmarks.csv"
                                                                 : std::filesystem::path(landmarks_file));
        else
            detector = std::make_unique<faces::face_aligner>(detector_folder, faces::which_face::central,
                                                             network::input::height, detection);

        nn::model<network> model;
        load_weights(model, io::safetensors::load(weights), backbones::mobile_face_net_sources<network>());

        std::map<std::string, std::size_t> places;
        std::vector<std::string> files;
        for (auto const& pair : pairs)
            for (auto const* file : {&pair.first, &pair.second})
                if (places.try_emplace(*file, files.size()).second)
                    files.push_back(*file);
        constexpr std::size_t batch = 32;
        std::vector<float> points;
        double inferring = 0;
        std::vector<std::string> faceless;
        bool const live = program::is_terminal(2);
        for (std::size_t first = 0; first < files.size(); first += batch) {
            std::size_t const count = std::min(batch, files.size() - first);
            auto images = make_tensor<float>(count, 3, 112, 112);
            auto const align = [&](std::size_t i, data::image const& photo, faces::landmarks const& face) {
                faces::align_into(data::with_channels(photo, 3), face, 112, images.data() + i * network::input::size);
            };
            if (detector)
                for (std::size_t i = 0; i < count; ++i) {
                    auto const photo = data::load_image(root / files[first + i]);
                    try {
                        align(i, photo, detector->find(photo).points);
                    } catch (data_error const&) {
                        faceless.push_back(files[first + i]);
                    }
                }
            else
                parallel_for(count, [&](std::size_t i) {
                    auto const& file = files[first + i];
                    auto const at = known.find(file);
                    require<data_error>(at != known.end(), file, ": has no landmarks");
                    align(i, data::load_image(root / file), at->second);
                });
            auto const start = std::chrono::steady_clock::now();
            auto const found = model.embed(images);
            inferring += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            points.insert(points.end(), found.data(), found.data() + found.size());
            if (live)
                std::fprintf(stderr, "\r%zu of %zu photos", first + count, files.size());
        }
        if (live)
            std::fprintf(stderr, "\n");

        std::vector<double> distances, same, different;
        std::vector<bool> answers;
        std::vector<std::size_t> folds;
        for (auto const& pair : pairs) {
            float const* const a = points.data() + places[pair.first] * network::embedding_size;
            float const* const b = points.data() + places[pair.second] * network::embedding_size;
            double d = 0;
            for (std::size_t k = 0; k < network::embedding_size; ++k)
                d += (static_cast<double>(a[k]) - static_cast<double>(b[k])) *
                     (static_cast<double>(a[k]) - static_cast<double>(b[k]));
            // Without a face nobody can say that two photos show one person.
            for (auto const* file : {&pair.first, &pair.second})
                if (std::find(faceless.begin(), faceless.end(), *file) != faceless.end())
                    d = 4;
            distances.push_back(d), answers.push_back(pair.same), folds.push_back(pair.fold);
            (pair.same ? same : different).push_back(d);
        }
        auto const result = evaluation::cross_validate(distances, answers, folds);
        auto const [low, high] = std::minmax_element(result.thresholds.begin(), result.thresholds.end());
        std::printf("%zu pairs of %zu photos, %.0f photos a second\n", pairs.size(), files.size(),
                    static_cast<double>(files.size()) / inferring);
        if (detector)
            std::printf("%zu photos without a face; their pairs are taken for two people\n", faceless.size());
        for (auto const& file : faceless)
            std::printf("no face: %s\n", program::printable(file).c_str());
        std::printf("accuracy  %.2f %% +- %.2f over %zu folds, thresholds %.2f to %.2f\n", 100 * result.mean,
                    100 * result.deviation, result.accuracies.size(), *low, *high);
        auto const few = ": too few pairs of two people to say much, " + std::to_string(different.size());
        for (double rate : {0.01, 0.001})
            std::printf("accepted  %.2f %% of the pairs of one person, at a false-accept rate of %g %%%s\n",
                        100 * evaluation::for_false_accept_rate(rate, same, different).true_accept_rate, 100 * rate,
                        rate * static_cast<double>(different.size()) < 1 ? few.c_str() : "");
        return 0;
    });
}
