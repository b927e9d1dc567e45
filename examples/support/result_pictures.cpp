#include "result_pictures.hpp"

#include <trine/distances/euclidean.hpp>
#include <trine/evaluation/thresholds.hpp>
#include <trine/visual/evaluation_pictures.hpp>

using namespace trine;

std::vector<std::string> program::draw_results(std::filesystem::path const& folder, data::dataset const& photos, matrix_view<float const> points, std::vector<label> const& named) {
    std::vector<std::string> files;
    auto const save = [&](data::image const& picture, char const* name) {
        data::save_png(picture, folder / name);
        files.emplace_back((folder / name).string());
    };
    // Some of the people, when there are many photos: pictures of all of them could not be read, and would take long.
    constexpr std::size_t most = 400;
    std::vector<std::size_t> places;
    std::size_t const step = (photos.size() + most - 1) / most;
    for (std::size_t i = 0; i < photos.size(); ++i)
        if (static_cast<std::size_t>(photos.labels[i]) % step == 0)
            places.push_back(i);
    auto const some = photos.subset(places);
    auto some_points = make_tensor<float>(places.size(), points.cols());
    for (std::size_t i = 0; i < places.size(); ++i)
        std::copy_n(points.data() + places[i] * points.stride(), points.cols(), some_points.data() + i * points.cols());
    matrix_view<float const> const shown(some_points.data(), places.size(), points.cols());
    if (!places.empty())
        save(visual::embedding_map("Where the network puts photos it has not learnt from (t-SNE)", evaluation::tsne(shown, {.perplexity = 10}), some), "map.png");

    auto all = make_tensor<float>(photos.size(), photos.size());
    distances::squared_euclidean{}.pairwise(points, as_matrix(all));
    matrix_view<float const> const distances(all.data(), photos.size(), photos.size());
    auto const [same, different] = evaluation::split_pairs(distances, std::span<label const>(photos.labels));
    if (!same.empty() && !different.empty()) {
        save(visual::distance_histogram("How far apart photos lie that were held out", "squared distance", same, different, evaluation::best_f1(same, different).distance), "distances.png");
        save(visual::share_chart("One person or two?", "pairs of two people taken for one", "pairs of one person accepted", {visual::roc_path("trained network", evaluation::verification_curve(same, different))}, 1e-3),
             "verification.png");
        save(visual::hardest_triplets("The hardest triplets", distances, photos), "hardest_triplets.png");
    }
    if (photos.people.size() <= 60)
        save(visual::confusion_picture("Who is taken for whom", evaluation::confusion(photos.labels, named, photos.people.size()), photos.people), "confusion.png");
    return files;
}
