// Lesson 10. A network that learnt from many, for a task with few photos: as it is, with its head tuned, wholly tuned,
// and one from scratch.
//
//   ./build/release/examples/pretrained
//   ./build/release/examples/pretrained --photos 2
//
// Expected output: what was loaded from the file of the first network; then for four ways how new photos of eight
// people are named from a few.

#include <cstdio>

#include <trine/neighbors/exact.hpp>
#include <trine/nn/parameters_file.hpp>

#include "support/lesson.hpp"

using namespace trine;

int main(int argc, char** argv) {
    lesson::program program("pretrained", "A network that learnt from many, for few photos");
    std::size_t count = 4;
    program.number("--photos", count, lesson::range(2, 30), "known photos of each of the eight people");
    return program.run(argc, argv, [&] {
        data::synthetic_faces const draw{.seed = program.seed};
        auto const how = objective(miners::all{}, losses::triplet_margin{}, lesson::distance{});

        // What somebody else does once, with many people, and publishes.
        auto const path = program.file("published.safetensors");
        {
            lesson::model model(program.seed);
            lesson::train(model, draw.make(160, 12), how, {.epochs = 40, .seed = program.seed});
            io::safetensors file;
            store_parameters(model, file);
            file.save(path);
        }

        // What we have: eight people who are not among those, and a few photos of each.
        auto const people = draw.make(8, count + 12, 5000);
        auto const parts = data::split_by_photo(people, count);
        auto const known = people.subset(parts.first), fresh = people.subset(parts.second);
        auto const named_rightly = [&](lesson::model& model) {
            auto const gallery = lesson::embed(model, known), probes = lesson::embed(model, fresh);
            neighbors::exact::index<lesson::distance> index(lesson::network::embedding_size);
            index.add(as_matrix(gallery));
            auto const found = index.search(as_matrix(probes), 1);
            std::size_t right = 0;
            for (std::size_t i = 0; i < fresh.size(); ++i)
                right += known.labels[found[i][0].index] == fresh.labels[i];
            return 100 * static_cast<double>(right) / static_cast<double>(fresh.size());
        };
        auto const published = [&] {
            lesson::model model(program.seed + 1);
            std::vector<nn::weight_source> same_names;
            for (auto const& tensor : model.tensors())
                same_names.push_back({tensor.name, tensor.name});
            auto const report = load_weights(model, io::safetensors::load(path), same_names);
            return std::pair(std::move(model), report);
        };
        training_options const options{.epochs = 30, .learning_rate = 3e-4, .seed = program.seed};
        data::pk const batches{.people = 8, .photos = count};

        auto [as_it_is, report] = published();
        std::printf("%s: %zu tensors loaded, %zu missing, %zu of another shape, %zu unused\n\n", path.c_str(),
                    report.loaded.size(), report.missing.size(), report.other_shape.size(), report.unused.size());
        std::printf("%zu new photos of 8 people, %zu known of each; named rightly:\n\n", fresh.size(), count);
        lesson::model scratch(program.seed);
        lesson::train(scratch, known, how, {.epochs = 30, .seed = program.seed}, {}, batches);
        std::printf("  from scratch, on these photos alone        %5.1f %%\n", named_rightly(scratch));
        std::printf("  the published network, as it is            %5.1f %%\n", named_rightly(as_it_is));
        auto tuned_head = published().first;
        std::size_t frozen = 0;
        std::string const head = tuned_head.tensors().back().name;
        for (auto const& tensor : std::vector(tuned_head.tensors().begin(), tuned_head.tensors().end()))
            if (tensor.learnt && tensor.name.substr(0, tensor.name.rfind('.')) != head.substr(0, head.rfind('.')))
                frozen += tuned_head.freeze(tensor.name);
        lesson::train(tuned_head, known, how, options, {}, batches);
        std::printf("  its last layer tuned, %zu tensors frozen   %5.1f %%\n", frozen, named_rightly(tuned_head));
        auto tuned = published().first;
        lesson::train(tuned, known, how, options, {}, batches);
        std::printf("  all of it tuned                            %5.1f %%\n", named_rightly(tuned));
    });
}
