#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>

namespace trine {

/// What a random stream is for; streams of different purposes never share a draw.
enum class purpose : std::uint32_t {
    initialization = 1,
    sampling,
    augmentation,
    mining,
    dropout,
    splitting,
    synthesis,
    evaluation,
    margins,
    classes,
    user = 1000, ///< first value free for callers
};

/// Philox4x32-10: ten rounds that turn a 128-bit counter and a 64-bit key into 128 random bits.
///
/// @see J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011
constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        std::uint64_t const a = std::uint64_t{0xD2511F53u} * counter[0];
        std::uint64_t const b = std::uint64_t{0xCD9E8D57u} * counter[2];
        counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
                   static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    return counter;
}

/// A stream of random numbers that is a pure function of (seed, purpose, step, item).
///
/// So any draw can be made by any thread, in any order, or again after a resume, and comes out the same. A stream holds
/// 2³⁴ numbers of 32 bits. Models `std::uniform_random_bit_generator`; its own distributions are the same on every
/// platform.
class random_stream {
public:
    using result_type = std::uint32_t;

    constexpr random_stream(std::uint64_t seed, purpose why, std::uint32_t step = 0, std::uint32_t item = 0)
        : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
          counter_{0, item, step, static_cast<std::uint32_t>(why)} {}

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return 0xFFFFFFFFu; }

    constexpr result_type operator()() {
        if (used_ == 4) {
            block_ = philox4x32(counter_, key_);
            ++counter_[0];
            used_ = 0;
        }
        return block_[used_++];
    }

    /// Uniform in [0, 1), all 53 bits of it random.
    constexpr double uniform() {
        std::uint64_t const high = (*this)() >> 5, low = (*this)() >> 6;
        return static_cast<double>(high * 67108864u + low) / 9007199254740992.0;
    }
    /// Uniform in [low, high).
    constexpr double uniform(double low, double high) { return low + (high - low) * uniform(); }

    /// Uniform in 0 … count−1, every value equally likely. `count` must be positive and below 2³².
    ///
    /// @see D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019
    constexpr std::size_t below(std::size_t count) {
        auto const n = static_cast<std::uint32_t>(count);
        std::uint64_t product = std::uint64_t{(*this)()} * n;
        if (auto low = static_cast<std::uint32_t>(product); low < n) {
            std::uint32_t const threshold = (0u - n) % n;
            while (low < threshold) {
                product = std::uint64_t{(*this)()} * n;
                low = static_cast<std::uint32_t>(product);
            }
        }
        return static_cast<std::size_t>(product >> 32);
    }

    /// Normal with mean 0 and standard deviation 1 (Box and Muller 1958; one of the pair is dropped).
    double normal() {
        double const radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return radius * std::cos(2.0 * std::numbers::pi * uniform());
    }

    /// True with the given probability.
    constexpr bool chance(double probability) { return uniform() < probability; }

    /// Puts the values into a uniformly random order (Fisher and Yates).
    template <class T>
    constexpr void shuffle(std::span<T> values) {
        for (std::size_t i = values.size(); i > 1; --i)
            std::swap(values[i - 1], values[below(i)]);
    }

private:
    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 4> block_{};
    unsigned used_ = 4;
};

} // namespace trine
