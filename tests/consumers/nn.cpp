#include <cstdio>

#include <trine/backbones/compact.hpp>
#include <trine/nn/model.hpp>

int main() {
    trine::nn::model<trine::backbones::compact<trine::nn::shape<1, 32, 32>, 8, 4>> model;
    auto images = trine::make_tensor<float>(2, 1, 32, 32);
    images.fill(0.5f);
    auto const points = model.embed(images);
    std::printf("%zu points of %zu values\n", points.shape(0), points.shape(1));
    return points.shape(1) == 8 ? 0 : 1;
}
