#include "../variants.hpp"

#include "../solutions/08_bootstrap.cpp"

using namespace exercises;
enum class slip { photos, once, off_by_one, whole_tails, mean_of_means, sum, own_random, exchanged, few };

template <slip S>
interval bootstrap_wrongly(std::span<double const> values, std::span<label const> people, std::size_t resamples,
                           double confidence, random_stream& given) {
    static std::uint32_t calls = 0;
    random_stream own(++calls, trine::purpose::user);
    random_stream& random = S == slip::own_random ? own : given;
    std::map<label, std::pair<double, double>> by_person;
    double all = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto& [sum, count] = by_person[S == slip::photos ? static_cast<label>(i) : people[i]];
        sum += values[i], count += 1, all += values[i];
    }
    std::vector<std::pair<double, double>> everybody;
    double means = 0;
    for (auto const& [who, theirs] : by_person)
        everybody.push_back(theirs), means += theirs.first / theirs.second;
    std::size_t const n = everybody.size();
    std::vector<double> figures(resamples);
    for (double& figure : figures) {
        double sum = 0, count = 0;
        for (std::size_t i = 0; i < (S == slip::few ? std::max<std::size_t>(1, n / 4) : n); ++i) {
            auto const& one = everybody[S == slip::once                  ? i
                                        : S == slip::off_by_one && n > 1 ? random.below(n - 1)
                                                                         : random.below(n)];
            sum += one.first, count += one.second;
        }
        figure = sum / count;
    }
    std::sort(figures.begin(), figures.end());
    auto const tail =
        static_cast<std::size_t>((1 - confidence) / (S == slip::whole_tails ? 1 : 2) * static_cast<double>(resamples));
    double const mean = all / static_cast<double>(values.size());
    double low = figures[std::min(tail, resamples - 1)], high = figures[resamples - 1 - std::min(tail, resamples - 1)];
    if (S == slip::exchanged)
        std::swap(low, high);
    return {S == slip::sum ? all : S == slip::mean_of_means ? means / static_cast<double>(n) : mean, low, high};
}

VARIANTS(8, {"photos", "photos are drawn, and people should be", {bootstrap_wrongly<slip::photos>}},
         {"each once", "all resamples are the same", {bootstrap_wrongly<slip::once>}},
         {"off by one", "is never drawn", {bootstrap_wrongly<slip::off_by_one>}},
         {"whole tails", "should be half of it at each", {bootstrap_wrongly<slip::whole_tails>}},
         {"mean of means", "the estimate is the mean of the people's means", {bootstrap_wrongly<slip::mean_of_means>}},
         {"sum", "the estimate is a sum: the mean was forgotten", {bootstrap_wrongly<slip::sum>}},
         {"random of its own", "something else than `random` was asked", {bootstrap_wrongly<slip::own_random>}},
         {"exchanged", "low and high are exchanged", {bootstrap_wrongly<slip::exchanged>}},
         {"few people", "a resample has as many people as there are", {bootstrap_wrongly<slip::few>}})
