#include "../variants.hpp"

#include "../solutions/07_threshold.cpp"

using namespace exercises;
enum class slip { at_the_next, one_more, ties, same, percent, unsorted, finite };

template <slip S>
double threshold_wrongly(double rate, std::span<double const> same, std::span<double const> different) {
    auto const& from = S == slip::same ? same : different;
    std::vector<double> sorted(from.begin(), from.end());
    if (S != slip::unsorted)
        std::sort(sorted.begin(), sorted.end());
    auto allowed = static_cast<std::size_t>(
        std::floor((S == slip::percent ? rate / 100 : rate) * static_cast<double>(sorted.size())));
    if (S == slip::one_more)
        ++allowed;
    if (allowed >= sorted.size())
        return S == slip::finite ? sorted.back() - 1e-3 : std::numeric_limits<double>::infinity();
    if (S == slip::at_the_next)
        return sorted[allowed];
    if (S == slip::ties)
        return allowed == 0 ? sorted[0] - 1e-9 : sorted[allowed - 1];
    return std::nextafter(sorted[allowed], -1e300);
}

template <bool Rejected, bool Strict, bool Percent>
accept_rates rates_wrongly(double threshold, std::span<double const> same, std::span<double const> different) {
    auto const share = [&](std::span<double const> all) {
        double count = 0;
        for (double const d : all)
            count += Strict ? d < threshold : d <= threshold;
        double const s = count / static_cast<double>(all.size());
        return (Rejected ? 1 - s : s) * (Percent ? 100 : 1);
    };
    return {share(same), share(different)};
}

VARIANTS(7,
         {"at the next",
          "it has to lie just below the first one too many",
          {threshold_wrongly<slip::at_the_next>, rates}},
         {"one more", "one too many: in order", {threshold_wrongly<slip::one_more>, rates}},
         {"ties", "all or none of them are accepted", {threshold_wrongly<slip::ties>, rates}},
         {"same", "chosen on the pairs of one person", {threshold_wrongly<slip::same>, rates}},
         {"percent", "is the rate taken for a percentage?", {threshold_wrongly<slip::percent>, rates}},
         {"unsorted", "have to be sorted first", {threshold_wrongly<slip::unsorted>, rates}},
         {"finite", "up to 1", {threshold_wrongly<slip::finite>, rates}},
         {"rejected", "what is rejected was counted", {threshold, rates_wrongly<true, false, false>}},
         {"strict", "at most means ≤", {threshold, rates_wrongly<false, true, false>}},
         {"percentage", "not a percentage", {threshold, rates_wrongly<false, false, true>}})
