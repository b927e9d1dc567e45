// Takes MobileFaceNet with the weights that others trained, keeps its trunk as it is, and teaches its head the people
// of a folder with triplets.
//
//   fine_tune --data photos --weights mobilefacenet.safetensors --detector mtcnn --output tuned
//   recognize tuned/model.safetensors --backbone mobile_face_net --detector mtcnn new.jpg
//
// Half of the people are learnt from; the other half, never seen, show whether it helped. Expected output, on its last
// lines:
//   people never seen         before   after
//   nearest is the same        74.5 %   80.9 %
//   MAP@R                      27.1 %   36.7 %
//   equal error rate          22.28 %  16.17 %

#include <cstdio>

#include <trine/backbones/mobile_face_net.hpp>
#include <trine/data/folder.hpp>
#include <trine/evaluation/retrieval.hpp>
#include <trine/evaluation/verification.hpp>
#include <trine/nn/onnx.hpp>
#include <trine/recognition/recognizer.hpp>

#include "support/choices.hpp"
#include "support/face_finder.hpp"
#include "support/options.hpp"
#include "support/outputs.hpp"
#include "support/text.hpp"

using namespace trine;

namespace {

using network = backbones::mobile_face_net_tuned<>;

struct quality {
    double rank_1, map_at_r, equal_error_rate;
};
quality judge(nn::model<network>& model, data::dataset const& photos) {
    auto const points = model.embed(photos.tensors());
    std::span<label const> const labels(photos.labels);
    auto const r = evaluation::evaluate_retrieval(distances::squared_euclidean{}, as_matrix(points), labels,
                                                  as_matrix(points), labels, true);
    evaluation::verification_curve const curve(distances::squared_euclidean{}, as_matrix(points), labels);
    return {r.precision_at_1, r.mean_average_precision_at_r, curve.equal_error().false_accept_rate};
}

} // namespace

int main(int argc, char** argv) {
    std::filesystem::path folder, weights, detector, output = "tuned", onnx;
    recognizer<network, miners::all> who;
    auto how_to_learn = who.trainer({.epochs = 20, .learning_rate = 1e-3});
    auto& options = how_to_learn.options;
    auto& batches = how_to_learn.sampler;
    batches = {.people = 8, .photos = 4};
    program::options app(
        "fine_tune", "Fine-tunes MobileFaceNet's head on a folder of people, and shows on others whether it helped");
    app.path("--data", folder, "folder of photos, one sub-folder for each person").required();
    app.path("--weights", weights, "MobileFaceNet's published weights as safetensors").required();
    app.path("--detector", detector, "folder of MTCNN's weights; without it, photos are taken for aligned faces");
    app.path("--output", output, "folder for the model");
    app.path("--onnx", onnx, "file for the tuned network as an ONNX model, which other libraries run");
    app.number("--epochs", options.epochs, program::range(1, 1'000'000), "times that all photos are shown");
    app.number("--learning-rate", options.learning_rate, program::above(0, 10), "largest step");
    app.number("--people", batches.people, program::range(2, 10'000), "P: people in a batch");
    app.number("--photos", batches.photos, program::range(2, 1000), "K: photos of each of them");
    app.number("--seed", options.seed, program::any_seed, "same seed, same bits");
    app.check([&] {
        program::require_product("--people", batches.people, "--photos", batches.photos, 16'384, "photos a batch");
    });
    return app.run(argc, argv, [&]() -> int {
        program::inputs const read{folder, weights, detector};
        program::require_output_folder("--output", output, read);
        if (!onnx.empty())
            program::require_output_file("--onnx", onnx, read);
        program::require_other_file("--onnx", onnx, {output / "model.safetensors"});

        data::load_options how;
        if (!detector.empty())
            how.prepare = program::face_finder(detector);
        data::load_report report;
        auto const photos = data::load_folder(folder, 3, 112, 112, how, &report);
        for (auto const& message : report.skipped)
            std::printf("skipped: %s\n", program::printable(message).c_str());
        auto const half = static_cast<label>(photos.people.size() / 2);
        auto const parts = data::split_by_person(photos, half, static_cast<label>(photos.people.size()));
        auto const learn = photos.subset(parts.first), unseen = photos.subset(parts.second);
        std::printf("%zu photos of %zu people to learn from, %zu of %zu never seen\n", learn.size(),
                    static_cast<std::size_t>(half), unseen.size(),
                    photos.people.size() - static_cast<std::size_t>(half));

        load_weights(who.model(), io::safetensors::load(weights), backbones::mobile_face_net_sources<network>());
        std::size_t learning = 0;
        for (auto const& tensor : who.model().tensors())
            learning += tensor.learnt && !tensor.frozen ? tensor.size() : 0;
        std::printf("%zu of %zu parameters learn\n", learning, network::parameters);
        auto const before = judge(who.model(), unseen);
        auto const result = who.fit(learn, how_to_learn, [](epoch_report const& e, auto&) {
            std::printf("epoch %2zu/%zu  loss %.4f  active %4.1f %%  %4.0f photos/s  %3.0f s left\n", e.epoch, e.epochs,
                        e.loss, 100 * e.active, e.photos_per_second, e.seconds_left);
            std::fflush(stdout);
            return true;
        });
        auto const after = judge(who.model(), unseen);
        who.enroll(photos);
        who.save(output / "model.safetensors");
        std::printf("\ntrained in %.1f s; network and gallery of all %zu photos: %s/model.safetensors\n\n",
                    result.seconds, photos.size(), program::printable(output.string()).c_str());
        if (!onnx.empty()) {
            save_onnx(onnx, who.model(), {.description = program::onnx_description(network::input::channels)});
            std::printf("ONNX model: %s\n\n", program::printable(onnx.string()).c_str());
        }
        std::printf("people never seen         before   after\n");
        std::printf("nearest is the same       %5.1f %%  %5.1f %%\n", 100 * before.rank_1, 100 * after.rank_1);
        std::printf("MAP@R                     %5.1f %%  %5.1f %%\n", 100 * before.map_at_r, 100 * after.map_at_r);
        std::printf("equal error rate          %5.2f %%  %5.2f %%\n", 100 * before.equal_error_rate,
                    100 * after.equal_error_rate);
        return 0;
    });
}
