// The ten lines of the README: learn to tell drawn faces apart, enrol people never seen in training, and name new
// photos of them.
//
//   ./build/release/examples/first_steps
//
// Expected output (some seconds):
//   25 of 30 new photos named rightly        (the exact number depends on the processor's rounding)

#include <cstdio>

#include <trine/trine.hpp>

int main() {
    using faces =
        trine::recognizer<trine::backbones::compact<trine::nn::shape<1, 64, 64>, 64, 16>, // the map f: photo to point
                          trine::miners::all,                                             // which triplets?
                          trine::losses::triplet_margin,                                  // how wrong?
                          trine::distances::squared_euclidean,                            // how far apart?
                          trine::neighbors::exact>;                                       // who is nearest?

    trine::data::synthetic_faces const draw{.seed = 1};
    faces who;
    who.fit(draw.make(60, 12), {.epochs = 30}); // learn on 60 people, 12 photos each

    auto const strangers = draw.make(10, 6, 1000); // 10 people never seen
    auto const [known, fresh] = trine::data::split_by_photo(strangers, 3);
    who.enroll(strangers.subset(known)); // three photos of each are known

    auto const photos = strangers.subset(fresh);
    auto const found = who.identify(photos.tensors(), 3); // the three nearest vote
    std::size_t right = 0;
    for (std::size_t i = 0; i < found.size(); ++i)
        right += found[i].name == photos.people[static_cast<std::size_t>(photos.labels[i])];
    std::printf("%zu of %zu new photos named rightly\n", right, found.size());
}
