// Recognising ten people from raw photos, step by step: find the faces, align them, embed them, choose a threshold,
// name new photos, draw a map.
//
//   krasserm_walkthrough --data krasserm10 --weights mobilefacenet.safetensors --detector mtcnn --output walkthrough
//
// The steps are those of M. Krasser, "Deep face recognition with Keras, Dlib and OpenCV", 2018, whose figures on the
// same hundred photos stand beside ours. Expected output, on its last lines:
//   accuracy at the best F1  0.9996  (there 0.956)
//   nearest neighbour        1.000  (there 0.96)
//   linear classifier        1.000  (there 0.98)

#include <cstdio>

#include <trine/backbones/mobile_face_net.hpp>
#include <trine/data/dataset.hpp>
#include <trine/data/folder.hpp>
#include <trine/data/image_io.hpp>
#include <trine/distances/euclidean.hpp>
#include <trine/evaluation/thresholds.hpp>
#include <trine/evaluation/verification.hpp>
#include <trine/faces/mtcnn.hpp>
#include <trine/neighbors/classifiers.hpp>
#include <trine/neighbors/exact.hpp>
#include <trine/nn/parameters_file.hpp>
#include <trine/visual/embedding_map.hpp>

#include "support/options.hpp"
#include "support/outputs.hpp"
#include "support/text.hpp"

using namespace trine;

int main(int argc, char** argv) {
    std::filesystem::path folder, weights, detector, output = "walkthrough";
    program::options app("krasserm_walkthrough", "Ten people from raw photos to names, step by step");
    app.path("--data", folder, "folder of photos, one sub-folder for each person").required();
    app.path("--weights", weights, "MobileFaceNet's published weights as safetensors").required();
    app.path("--detector", detector, "folder of MTCNN's weights").required();
    app.path("--output", output, "folder for the pictures");
    return app.run(argc, argv, [&]() -> int {
        program::require_output_folder("--output", output, {folder, weights, detector});

        // 1. Find the face on every photo and align it: five landmarks to where the network expects them.
        data::load_report report;
        auto const photos = data::load_folder(
            folder, 3, 112, 112, {.prepare = faces::face_aligner(detector, faces::which_face::central)}, &report);
        std::printf("%zu faces of %zu people; %zu photos without one or damaged\n", photos.size(), photos.people.size(),
                    report.skipped.size());
        for (auto const& message : report.skipped)
            std::printf("skipped: %s\n", program::printable(message).c_str());

        // 2. Embed them: a point of 128 values for each face.
        using network = backbones::mobile_face_net<>;
        nn::model<network> model;
        load_weights(model, io::safetensors::load(weights), backbones::mobile_face_net_sources<network>());
        auto const points = model.embed(photos.tensors());

        // 3. Compare every photo with every other, and choose the threshold that tells one person's pairs from two
        // people's best.
        auto distances = make_tensor<float>(photos.size(), photos.size());
        distances::squared_euclidean{}.pairwise(as_matrix(points), as_matrix(distances));
        auto const [same, different] =
            evaluation::split_pairs(matrix_view<float const>(distances.data(), photos.size(), photos.size()),
                                    std::span<label const>(photos.labels));
        auto const threshold = evaluation::best_f1(same, different);
        std::printf("%zu pairs of one person, %zu of two; best threshold %.2f, F1 %.4f\n\n", same.size(),
                    different.size(), threshold.distance, threshold.f1);
        data::save_png(visual::distance_histogram("How far apart photos lie", "squared distance", same, different,
                                                  threshold.distance),
                       output / "distances.png");

        // 4. Every other photo is known; name the rest.
        std::vector<float> known, fresh;
        std::vector<label> known_labels, fresh_labels;
        for (std::size_t i = 0; i < photos.size(); ++i) {
            auto& to = i % 2 == 0 ? fresh : known;
            to.insert(to.end(), &points(i, 0), &points(i, 0) + network::embedding_size);
            (i % 2 == 0 ? fresh_labels : known_labels).push_back(photos.labels[i]);
        }
        matrix_view<float const> const gallery(known.data(), known_labels.size(), network::embedding_size),
            queries(fresh.data(), fresh_labels.size(), network::embedding_size);
        auto const nearest = neighbors::exact{}.search(distances::squared_euclidean{}, queries, gallery, 1);
        auto const answers = neighbors::linear_classifier(gallery, known_labels).decide(queries);
        double by_neighbour = 0, by_plane = 0;
        for (std::size_t i = 0; i < fresh_labels.size(); ++i) {
            by_neighbour += known_labels[nearest[i].front().index] == fresh_labels[i]
                                ? 1.0 / static_cast<double>(fresh_labels.size())
                                : 0;
            by_plane += answers[i].who == fresh_labels[i] ? 1.0 / static_cast<double>(fresh_labels.size()) : 0;
        }

        // 5. A map of all of them.
        data::save_png(visual::embedding_map("Where the network puts them (t-SNE of 128 values)",
                                             evaluation::tsne(as_matrix(points), {.perplexity = 8}), photos),
                       output / "map.png");
        data::save_png(visual::embedding_map("Where the network puts them (two principal components)",
                                             evaluation::principal_components(as_matrix(points)), photos),
                       output / "components.png");

        std::printf("pictures: %s/distances.png, map.png, components.png\n\n", output.c_str());
        std::printf("accuracy at the best F1  %.4f  (there 0.956)\nnearest neighbour        %.3f  (there 0.96)\nlinear "
                    "classifier        %.3f  (there 0.98)\n",
                    threshold.accuracy, by_neighbour, by_plane);
        return 0;
    });
}
