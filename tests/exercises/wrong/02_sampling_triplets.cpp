#include "../variants.hpp"

#include <algorithm>
#include <cstdlib>

#include "../solutions/02_sampling_triplets.cpp"

using namespace exercises;
enum class slip {
    own_positive,
    own_negative,
    off_by_one,
    first_positive,
    people_evenly,
    single_anchor,
    own_random,
    copied
};

template <slip S>
std::size_t draw_wrongly(std::span<label const> labels, random_stream& given, std::span<triplet> out) {
    random_stream copy = given;
    random_stream& stream = S == slip::copied ? copy : given;
    auto const below = [&](std::size_t n) {
        return S == slip::own_random ? static_cast<std::size_t>(std::rand()) % n : stream.below(n);
    };
    std::vector<std::size_t> anchors;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        auto const own = static_cast<std::size_t>(std::count(labels.begin(), labels.end(), labels[i]));
        if (own >= (S == slip::single_anchor ? 1 : 2) && own < labels.size())
            anchors.push_back(i);
    }
    if (anchors.empty())
        return 0;
    std::vector<std::size_t> positives, negatives;
    for (triplet& t : out) {
        std::size_t a = anchors[below(anchors.size() - (S == slip::off_by_one ? 1 : 0))];
        if (S == slip::people_evenly) {
            std::vector<label> people;
            for (std::size_t const i : anchors)
                if (std::find(people.begin(), people.end(), labels[i]) == people.end())
                    people.push_back(labels[i]);
            label const who = people[below(people.size())];
            do
                a = anchors[below(anchors.size())];
            while (labels[a] != who);
        }
        positives.clear(), negatives.clear();
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels[i] == labels[a] && (i != a || S == slip::own_positive))
                positives.push_back(i);
            if (labels[i] != labels[a] || (S == slip::own_negative && i != a))
                negatives.push_back(i);
        }
        if (positives.empty())
            positives.push_back(a);
        t = {a, S == slip::first_positive ? positives[0] : positives[below(positives.size())],
             negatives[below(negatives.size())]};
    }
    return out.size();
}

VARIANTS(2, {"own positive", "the anchor is its own positive", {draw_wrongly<slip::own_positive>}},
         {"own negative", "the negative is of the anchor's own person", {draw_wrongly<slip::own_negative>}},
         {"off by one", "it is the last: below(n) gives 0 to n − 1", {draw_wrongly<slip::off_by_one>}},
         {"first positive", "are not equally likely", {draw_wrongly<slip::first_positive>}},
         {"people evenly",
          "anchors (of a person with 2 photos and one with 6) are not equally likely",
          {draw_wrongly<slip::people_evenly>}},
         {"single anchor", "is the only one of its person, and yet the anchor", {draw_wrongly<slip::single_anchor>}},
         {"random of its own", "something else than `random` was asked", {draw_wrongly<slip::own_random>}},
         {"copied stream", "it was copied, or not asked at all", {draw_wrongly<slip::copied>}})
