// Lesson 7. Does a network recognise people whom it never saw? The more people it learns from, the better.
//
//   ./build/release/examples/unseen_people
//   ./build/release/examples/unseen_people --photos-shown 60000
//
// Expected output: for 10, 20 … 160 people to learn from, how new photos of those are found among ten people, and how
// photos of ten people never seen are; with the interval over people; and where the curve is.

#include <array>
#include <cstdio>

#include <trine/data/image_io.hpp>
#include <trine/evaluation/bootstrap.hpp>
#include <trine/visual/pictures.hpp>

#include "support/lesson.hpp"

using namespace trine;

namespace {

// Whether each photo's nearest is the same person, among groups of ten people: so a number does not depend on how many
// there are in all.
evaluation::bootstrap_interval among_ten(lesson::model& model, data::dataset const& photos) {
    std::vector<double> right;
    for (label first = 0; first < static_cast<label>(photos.people.size()); first += 10) {
        auto const ten =
            lesson::nearest_right(model, photos.subset(data::split_by_person(photos, first, first + 10).second));
        right.insert(right.end(), ten.begin(), ten.end());
    }
    return evaluation::bootstrap_mean(right, photos.labels);
}

} // namespace

int main(int argc, char** argv) {
    lesson::program program("unseen_people", "People seen in training and people never seen");
    std::size_t shown = 20000;
    program.number("--photos-shown", shown, lesson::range(1, 100'000'000),
                   "in each training, whatever the number of people");
    return program.run(argc, argv, [&] {
        data::synthetic_faces const draw{.seed = program.seed};
        auto const strangers = draw.make(80, 6, 2000);
        visual::series seen{"new photos of people seen", {}}, unseen{"people never seen", {}};
        std::printf("the nearest of the other photos of ten people is the same person, %%, with the 95 %% interval "
                    "over people\n\n%8s %26s %26s\n",
                    "people", "seen, other photos", "never seen");
        auto const print = [](evaluation::bootstrap_interval const& i) {
            std::printf("    %5.1f   (%5.1f to %5.1f)", 100 * i.estimate, 100 * i.low, 100 * i.high);
        };
        for (std::size_t people : {10u, 20u, 40u, 80u, 160u}) {
            auto const all = draw.make(people, 18);
            auto const parts = data::split_by_photo(all, 12);
            auto const learn = all.subset(parts.first);
            lesson::model model(program.seed);
            // The same number of photos for all, so that only their variety differs.
            lesson::train(model, learn, objective(miners::all{}, losses::triplet_margin{}, lesson::distance{}),
                          {.epochs = std::max<std::size_t>(1, shown / learn.size()), .seed = program.seed}, {},
                          {.people = 10});
            auto const s = among_ten(model, all.subset(parts.second)), u = among_ten(model, strangers);
            std::printf("%8zu", people);
            print(s), print(u);
            std::printf("\n");
            std::fflush(stdout);
            seen.values.push_back(100 * s.estimate), unseen.values.push_back(100 * u.estimate);
        }
        data::save_png(visual::line_chart("Nearest of ten people is right, %", "people to learn from", {seen, unseen},
                                          {.places = {"10", "20", "40", "80", "160"}}),
                       program.file("people.png"));
        std::printf("\npicture: %s\n", program.file("people.png").c_str());
    });
}
