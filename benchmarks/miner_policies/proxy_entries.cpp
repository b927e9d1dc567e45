#include "entries.hpp"

#include <trine/distances/cosine.hpp>
#include <trine/losses/adaptive_margins.hpp>
#include <trine/losses/face_margins.hpp>
#include <trine/losses/large_margin.hpp>
#include <trine/losses/proxy.hpp>

using namespace trine;
using experiments::make_entry;

std::vector<experiments::entry> study::proxy_entries() {
    distances::cosine const cosine;
    miners::none const none;
    // Scales for some dozens of people; published ones are for tens of thousands.
    return {
        make_entry("none x normalized_softmax", none, losses::normalized_softmax{}, cosine),
        make_entry("none x cosface", none, losses::cosface{.scale = 24}, cosine),
        make_entry("none x arcface", none, losses::arcface{.margin = 0.3, .scale = 24}, cosine),
        make_entry("none x combined_margin", none,
                   losses::combined_margin{.added = 0.2, .subtracted = 0.1, .scale = 24}, cosine),
        make_entry("none x elastic_arcface", none, losses::elastic_arcface{.margin = 0.3, .scale = 24}, cosine),
        make_entry("none x curricular_face", none, losses::curricular_face{.margin = 0.3, .scale = 24}, cosine),
        make_entry("none x mv_softmax", none, losses::mv_softmax{.scale = 24}, cosine),
        make_entry("none x adacos", none, losses::adacos{}, cosine),
        make_entry("none x p2s_grad", none, losses::p2s_grad{}, cosine),
        make_entry("none x proxy_nca", none, losses::proxy_nca{.softmax_scale = 16}, cosine),
        make_entry("none x proxy_anchor", none, losses::proxy_anchor{}, cosine),
        make_entry("none x soft_triple", none, losses::soft_triple{.centers = 2}, cosine),
    };
}
