#include "../variants.hpp"

#include "../solutions/05_semi_hard.cpp"

using namespace exercises;
enum class slip { hard, easy, own_positive, last_tie, open_margin, equal, from_positive, all, farthest };

template <slip S>
std::vector<triplet> mine_wrongly(matrix_view<double const> d, std::span<label const> labels, double margin) {
    std::vector<triplet> chosen;
    for (std::size_t a = 0; a < labels.size(); ++a)
        for (std::size_t p = 0; p < labels.size(); ++p) {
            if ((p == a && S != slip::own_positive) || labels[p] != labels[a])
                continue;
            std::size_t best = labels.size();
            for (std::size_t n = 0; n < labels.size(); ++n) {
                if (labels[n] == labels[a])
                    continue;
                auto const far = [&](std::size_t photo) {
                    return S == slip::from_positive ? d(p, photo) : d(a, photo);
                };
                double const gap = far(n) - d(a, p);
                if ((gap <= 0 && S != slip::hard && !(S == slip::equal && gap == 0)) ||
                    (gap > margin && S != slip::easy) || (S == slip::open_margin && gap == margin))
                    continue;
                if (S == slip::all)
                    chosen.push_back({a, p, n});
                else if (best == labels.size() || far(n) < far(best) || (S == slip::last_tie && far(n) == far(best)) ||
                         (S == slip::farthest && far(n) > far(best)))
                    best = n;
            }
            if (S != slip::all && best < labels.size())
                chosen.push_back({a, p, best});
        }
    return chosen;
}

VARIANTS(5, {"hard", "is nearer than the positive: that is hard", {mine_wrongly<slip::hard>}},
         {"easy", "by more than the margin of", {mine_wrongly<slip::easy>}},
         {"own positive", "is its own positive", {mine_wrongly<slip::own_positive>}},
         {"last of ties", "of ties the smaller index is taken", {mine_wrongly<slip::last_tie>}},
         {"open margin", "is exactly the margin farther, which is within it", {mine_wrongly<slip::open_margin>}},
         {"as far", "is exactly as far as the positive: it has to be farther", {mine_wrongly<slip::equal>}},
         {"from the positive", "negatives are measured from the positive", {mine_wrongly<slip::from_positive>}},
         {"all of them", "only the nearest of the semi-hard ones is taken", {mine_wrongly<slip::all>}},
         {"farthest", "is not the nearest that is semi-hard", {mine_wrongly<slip::farthest>}})
