// A teacher's further check of exercise 4: more photos than any visible one has.
#include <cmath>

#include <grader/check.hpp>

using namespace grading;

CHECK(4, 5, "a batch of 200 photos: the gradient of a common shift is 0") {
    auto e = in.normal<double>("embeddings", 200, 16);
    auto const g = in.to_fill<double>("gradient", 200, 16);
    std::vector<triplet> triplets;
    for (std::size_t i = 0; i < 500; ++i)
        triplets.push_back({in.random.below(200), in.random.below(200), in.random.below(200)});
    (void)submitted.triplet_loss(e.seal().read_view(), triplets, 1, g.view());
    // Moving all points together changes no distance.
    for (std::size_t k = 0; k < 16; ++k) {
        double sum = 0;
        for (std::size_t i = 0; i < 200; ++i)
            sum += g(i, k);
        if (!(std::abs(sum) < 1e-9))
            wrong("the gradients of all photos together have to be 0, and in column ", k, " they add up to ",
                  shown(sum));
    }
}
