#include "lesson.hpp"

#include <cstdio>

using namespace trine;

training_report lesson::train(model& m, data::dataset const& photos, any_objective const& objective, training_options options, callback const& after_epoch) {
    options.augmentation = data::augmentation::none();
    return training_loop<network>(std::move(options), objective).fit(m, photos, after_epoch);
}

tensor<float, 2> lesson::embed(model& m, tensor<float, 4> const& photos) { return m.embed(photos); }
tensor<float, 2> lesson::embed(model& m, data::dataset const& photos) { return embed(m, photos.tensors()); }

tensor<float, 2> lesson::pairwise(tensor<float, 2> const& points) {
    auto out = make_tensor<float>(points.shape(0), points.shape(0));
    distance{}.pairwise(as_matrix(points), as_matrix(out));
    return out;
}

lesson::judgement lesson::judge(model& m, data::dataset const& photos) {
    auto const points = embed(m, photos);
    std::span<label const> const labels(photos.labels);
    evaluation::verification_curve const curve(distance{}, as_matrix(points), labels);
    auto const equal = curve.equal_error();
    return {evaluation::evaluate_retrieval(distance{}, as_matrix(points), labels, as_matrix(points), labels, true), {curve.auc(), equal.false_accept_rate, equal.distance, curve.same(), curve.different()}};
}

int lesson::program::run(int argc, char** argv, std::function<void()> const& work) {
    CLI11_PARSE(*this, argc, argv);
    try {
        std::error_code code;
        std::filesystem::create_directories(output, code);
        require<io_error>(!code, output, ": cannot be created: ", code.message());
        work();
        return 0;
    } catch (error const& e) {
        std::fprintf(stderr, "%s: %s\n", name_.c_str(), e.what());
        return 1;
    }
}
