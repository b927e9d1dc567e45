#include <algorithm>
#include <cmath>
#include <map>

#include "exercise.hpp"

namespace exercises {

interval bootstrap(std::span<double const> values, std::span<label const> people, std::size_t resamples,
                   double confidence, random_stream& random) {
    struct photos {
        double sum = 0;
        std::size_t count = 0;
    };
    std::map<label, photos> by_person;
    double all = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        by_person[people[i]].sum += values[i];
        ++by_person[people[i]].count;
        all += values[i];
    }
    std::vector<photos> everybody;
    for (auto const& [who, theirs] : by_person)
        everybody.push_back(theirs);

    std::vector<double> figures(resamples);
    for (double& figure : figures) {
        photos drawn;
        for (std::size_t i = 0; i < everybody.size(); ++i) {
            auto const& one = everybody[random.below(everybody.size())];
            drawn.sum += one.sum;
            drawn.count += one.count;
        }
        figure = drawn.sum / static_cast<double>(drawn.count);
    }
    std::sort(figures.begin(), figures.end());
    auto const tail = static_cast<std::size_t>((1 - confidence) / 2 * static_cast<double>(resamples));
    return {all / static_cast<double>(values.size()), figures[tail], figures[resamples - 1 - tail]};
}

} // namespace exercises

EXERCISE(8, exercises::bootstrap)
