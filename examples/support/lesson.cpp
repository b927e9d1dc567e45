#include "lesson.hpp"

#include <cstdio>

#include "outputs.hpp"

using namespace trine;

training_report lesson::train(model& m, data::dataset const& photos, any_objective const& objective,
                              training_options options, callback const& after_epoch, data::pk batches) {
    options.augmentation = data::augmentation::none();
    return trainer<network>{.objective = objective, .options = std::move(options), .sampler = batches}.fit(m, photos,
                                                                                                           after_epoch);
}

tensor<float, 2> lesson::embed(model& m, tensor<float, 4> const& photos) { return m.embed(photos); }
tensor<float, 2> lesson::embed(model& m, data::dataset const& photos) { return embed(m, photos.tensors()); }

evaluation::retrieval lesson::judge(model& m, data::dataset const& photos) {
    auto const points = embed(m, photos);
    std::span<label const> const labels(photos.labels);
    return evaluation::evaluate_retrieval(distance{}, as_matrix(points), labels, as_matrix(points), labels, true);
}

std::vector<double> lesson::nearest_right(model& m, data::dataset const& photos) {
    auto const d = pairwise(embed(m, photos));
    std::vector<double> right;
    for (std::size_t i = 0; i < photos.size(); ++i) {
        std::size_t nearest = i == 0 ? 1 : 0;
        for (std::size_t j = 0; j < photos.size(); ++j)
            if (j != i && d(i, j) < d(i, nearest))
                nearest = j;
        right.push_back(photos.labels[nearest] == photos.labels[i]);
    }
    return right;
}

int lesson::program::run(int argc, char** argv, std::function<void()> const& work) {
    return options::run(argc, argv, [&] {
        ::program::require_output_folder("--output", output, {});
        work();
        return 0;
    });
}
