#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "../core/error.hpp"
#include "concepts.hpp"
#include "triplet_miners.hpp"

namespace trine::miners {

/// At most so many triplets an anchor: of those that another miner chooses, as many are drawn at random, without
/// repetition and each as likely; where they are no more, all of them. So `at_most<all>` is a batch's random triplets.
///
/// The other miner is asked twice, with the same draws. @see PyTorch Metric Learning's `t_per_anchor`
template <class Miner = all>
struct at_most : Miner {
    static_assert(triplet_miner<Miner>, "at_most takes a miner of triplets, not of pairs");
    static constexpr std::string_view name = Miner::name;
    static constexpr auto tunables =
        more_tunables<Miner>(std::array{tunable{"at_most", 1, 256, spacing::logarithmic, true}});
    static constexpr bool needs_euclidean = requires { requires Miner::needs_euclidean; };
    std::size_t triplets = 100;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        if constexpr (requires { Miner::values(self, visit); })
            Miner::values(self, visit);
        visit("at_most", self.triplets);
    }
    void check() const {
        check_values(static_cast<Miner const&>(*this));
        require<argument_error>(triplets > 0, "at_most: 0 triplets an anchor, which would teach nothing");
    }

    template <class T, class Visit>
    void mine(anchor_view<T> const& a, random_stream& stream, Visit&& visit) const {
        random_stream const begin = stream;
        std::size_t seen = 0;
        Miner::mine(a, stream, counter{a.negatives.size(), seen});
        random_stream again = begin;
        if (seen <= triplets)
            return Miner::mine(a, again, visit);
        // Floyd's way to draw distinct numbers.
        std::vector<std::size_t> chosen;
        chosen.reserve(triplets);
        for (std::size_t last = seen - triplets; last < seen; ++last) {
            std::size_t const drawn = stream.below(last + 1);
            auto const at = std::lower_bound(chosen.begin(), chosen.end(), drawn);
            if (at != chosen.end() && *at == drawn)
                chosen.push_back(last); // larger than all before
            else
                chosen.insert(at, drawn);
        }
        Miner::mine(a, again, picker<Visit>{a.negatives.size(), chosen, visit});
    }

private:
    struct counter {
        std::size_t negatives;
        std::size_t& seen;
        void operator()(std::size_t, std::size_t) const { ++seen; }
        void operator()(std::size_t) const { seen += negatives; }
    };
    // Lets those through whose number was drawn.
    template <class Visit>
    struct picker {
        std::size_t negatives;
        std::vector<std::size_t> const& chosen;
        Visit& visit;
        mutable std::size_t seen = 0, next = 0;

        void operator()(std::size_t p, std::size_t n) const {
            if (next < chosen.size() && chosen[next] == seen) {
                visit(p, n);
                ++next;
            }
            ++seen;
        }
        void operator()(std::size_t p) const {
            for (; next < chosen.size() && chosen[next] < seen + negatives; ++next)
                visit(p, chosen[next] - seen);
            seen += negatives;
        }
    };
};

} // namespace trine::miners
