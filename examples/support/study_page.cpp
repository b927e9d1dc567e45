#include "study_page.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include <trine/io/file.hpp>
#include <trine/io/json.hpp>

// The page, with @DATA@ where its data belong. Made by examples/report/inline.cmake.
extern char const* const trine_study_page;

using namespace trine;
using experiments::outcome;
using io::json;

namespace {

// Three or four digits are enough to draw.
json rounded(double value) { return std::isfinite(value) ? json(std::round(value * 1e4) / 1e4) : json(); }
json list_of(std::vector<double> const& values) {
    json::list all;
    for (double v : values)
        all.push_back(rounded(v));
    return json(std::move(all));
}
json exact(std::vector<double> const& values) { return json(json::list(values.begin(), values.end())); }
json interval(evaluation::fold_mean const& m) {
    return json(json::object{{"mean", m.mean}, {"half", m.half_width}, {"p", m.p}}); // infinite becomes null
}

// Mean over runs, place by place.
std::vector<double> mean_of(std::vector<experiments::fold_result> const& folds,
                            std::vector<double> const outcome::*values) {
    std::vector<double> sum;
    double runs = 0;
    for (auto const& f : folds)
        for (auto const& o : f.tuned) {
            auto const& own = o.*values;
            if (own.empty())
                continue; // it failed
            sum.resize(std::max(sum.size(), own.size()));
            for (std::size_t i = 0; i < own.size(); ++i)
                sum[i] += own[i];
            runs += 1;
        }
    for (double& s : sum)
        s /= runs;
    return sum;
}

json entry_json(experiments::entry_result const& r, experiments::entry_finding const& f) {
    json::list measures, parameters, folds;
    for (auto const& m : f.measures)
        measures.push_back(interval(m));
    for (auto const& p : r.parameters)
        parameters.push_back(json::object{{"name", p.name},
                                          {"low", p.low},
                                          {"high", p.high},
                                          {"logarithmic", p.how == spacing::logarithmic},
                                          {"given", p.given}});
    for (auto const& fold : r.folds) {
        json::list tries, runs;
        for (auto const& t : fold.trials)
            tries.push_back(json::object{{"values", exact(t.values)}, {"score", rounded(t.score)}});
        for (auto const& o : fold.tuned)
            runs.push_back(json::object{{"map", o[experiments::measure::map_at_r]},
                                        {"loss", list_of(o.loss)},
                                        {"active", list_of(o.active)},
                                        {"failure", o.failure}});
        folds.push_back(json::object{{"tries", json(std::move(tries))},
                                     {"chosen", fold.chosen},
                                     {"values", exact(fold.values)},
                                     {"runs", json(std::move(runs))}});
    }
    return json::object{{"name", f.name},
                        {"measures", json(std::move(measures))},
                        {"given", interval(f.given)},
                        {"tuning", interval(f.tuning)},
                        {"rank", f.rank},
                        {"active", f.active},
                        {"milliseconds", 1000 * f.seconds_per_step},
                        {"failures", f.failures},
                        {"parameters", json(std::move(parameters))},
                        {"folds", json(std::move(folds))},
                        {"same", list_of(mean_of(r.folds, &outcome::same))},
                        {"different", list_of(mean_of(r.folds, &outcome::different))}};
}

} // namespace

void program::write_study_page(std::filesystem::path const& file, std::string const& title,
                               experiments::study_options const& how,
                               std::vector<experiments::entry_result> const& results,
                               experiments::findings const& found) {
    json::list names, entries, pairs, bars;
    for (std::size_t m = 0; m < experiments::measure_count; ++m)
        names.emplace_back(std::string(name_of(static_cast<experiments::measure>(m))));
    for (std::size_t e = 0; e < results.size(); ++e)
        entries.push_back(entry_json(results[e], found.entries[e]));
    for (auto const& p : found.pairs)
        pairs.push_back(json::list{p.first, p.second, p.difference.mean, p.difference.half_width, p.difference.p, p.p});
    for (auto const& [first, last] :
         evaluation::indistinguishable(found.ranks.mean_ranks, found.ranks.critical_difference))
        bars.push_back(json::list{first, last});
    json const page(json::object{{"title", title},
                                 {"words", json::list{how.words.one, how.words.many, how.words.item, how.words.items}},
                                 {"tries", how.tries},
                                 {"folds", how.folds},
                                 {"seeds", how.seeds},
                                 {"measures", json(std::move(names))},
                                 {"farthest", outcome::farthest},
                                 {"entries", json(std::move(entries))},
                                 {"pairs", json(std::move(pairs))},
                                 {"ranks", json::object{{"p", found.ranks.p},
                                                        {"critical_difference", found.ranks.critical_difference},
                                                        {"bars", json(std::move(bars))}}}});
    // Inside a script, "</script" would end it.
    std::string data;
    for (char c : page.dump(io::invalid_utf8::replace))
        c == '<' ? data += "\\u003c" : data += c;
    std::string text = trine_study_page;
    text.replace(text.find("@DATA@"), std::strlen("@DATA@"), data);
    io::write_file(file, text);
}
