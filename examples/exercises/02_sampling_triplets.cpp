// Exercise 2: sampling triplets (lesson 2).
//
//   build/release/exercise 2

#include "exercise.hpp"

namespace exercises {

/// Draws triplets: an anchor, a positive (another photo of the same person) and a negative (a photo of somebody else).
///
/// The anchor is any photo that has both a positive and a negative, all equally likely. The positive is any other photo
/// of the anchor's person, never the anchor itself; the negative any photo of another person; again all equally likely.
/// A person with one photo is never an anchor, but may be a negative.
///
/// All draws come from `random`: random.below(n) is one of 0, 1 … n − 1, each equally likely. So the same stream draws
/// the same triplets.
///
/// @param labels  whose photo each is; photos of one person lie anywhere
/// @param out     filled with triplets, by the photos' places in `labels`
/// @returns how many there are: out.size(), or 0 when no photo can be an anchor
std::size_t sample_triplets(std::span<label const> labels, random_stream& random, std::span<triplet> out) {
    // Yours: about 25 lines. Find those who can be anchors first; then draw.
    (void)labels, (void)random, (void)out;
    throw not_written();
}

} // namespace exercises

EXERCISE(2, exercises::sample_triplets)
