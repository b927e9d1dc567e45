#include <cstdio>

#include <trine/trine.hpp>

// Trains for two epochs, and prints what the trained network makes of a photo: equal however the library is compiled.
int main() {
    using faces = trine::recognizer<trine::backbones::compact<trine::nn::shape<1, 32, 32>, 16, 8>>;
    trine::data::synthetic_faces const draw{.height = 32, .width = 32};
    faces who;
    who.fit(draw.make(8, 4), {.epochs = 2});
    auto const points = who.model().embed(draw.make(1, 1).tensors());
    double sum = 0;
    for (std::size_t i = 0; i < 16; ++i)
        sum += static_cast<double>(points(0, i)) * static_cast<double>(i + 1);
    std::printf("%.9g\n", sum);
    return sum == sum && sum != 0 ? 0 : 1;
}
