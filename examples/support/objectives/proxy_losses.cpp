#include <trine/distances/cosine.hpp>
#include <trine/losses/adaptive_margins.hpp>
#include <trine/losses/face_margins.hpp>
#include <trine/losses/large_margin.hpp>
#include <trine/losses/partial.hpp>
#include <trine/losses/proxy.hpp>
#include <trine/losses/quality.hpp>
#include <trine/objectives/objective.hpp>

#include "rows.hpp"

namespace program {

using namespace trine;

namespace {

void require_proxies(objective_choice const& c, char const* distance) {
    require<argument_error>(c.miner.name == "none" && c.miner.values.empty(), "miner: ", c.loss.name,
                            " compares photos with learnt class weights, so nothing is mined: use none, not ",
                            c.miner.name);
    require<argument_error>(c.distance.name == distance && c.distance.values.empty(), "distance: ", c.loss.name,
                            " works on ", distance, ", not on ", c.distance.name);
    require<argument_error>(c.memory == 0, "memory: ", c.loss.name,
                            " compares photos with class weights, not with photos: a cross-batch memory is for losses "
                            "of triplets and pairs");
}

template <class Loss>
any_objective of_proxies(objective_choice const& c) {
    constexpr bool unit_weights = requires { requires Loss::unit_weights; };
    require_proxies(c, "cosine");
    refuse_variations(c.loss, {"share"});
    auto choice = c.loss;
    auto const share = take_number(choice, "share");
    auto const loss = with_values<Loss>(choice, {"share"});
    auto penalties = penalties_on_weights(c, loss.centers);
    if (!share)
        return objective(miners::none{}, any_proxy_loss<unit_weights>(loss, std::move(penalties)), distances::cosine{});
    losses::partial<Loss> part{loss};
    part.draw.share = *share;
    check_values(part);
    return objective(miners::none{}, any_partial_loss<unit_weights>(part, std::move(penalties)), distances::cosine{});
}

// Inner products, and biases.
struct penalized_softmax : losses::softmax {
    weight_penalties regularizer;
    double regularizer_weight = 1;

    template <class Self, class Visit>
    static void values(Self&, Visit&&) {}
    identity identity_of() const { return regularizer.added_to(trine::identity_of(losses::softmax{})); }
};
any_objective of_softmax(objective_choice const& c) {
    require_proxies(c, "dot_product");
    require<argument_error>(!c.loss.values.contains("share"),
                            "softmax: share: a loss with biases is not known to draw classes");
    refuse_variations(c.loss, {});
    return objective(miners::none{},
                     penalized_softmax{with_values<losses::softmax>(c.loss), penalties_on_weights(c, 1)},
                     distances::dot_product{});
}

template <class Loss>
loss_row proxies(bool needs_length = false) {
    auto one = row<Loss>(of_proxies<Loss>, "cosine");
    one.learns_weights = true;
    one.needs_length = needs_length;
    return one;
}

} // namespace

loss_family proxy_losses() {
    using namespace trine::losses;
    auto plain = row<softmax>(of_softmax, "dot_product");
    plain.learns_weights = true;
    auto dynamic = proxies<dynamic_arcface>();
    dynamic.describe = [] {
        auto const text = trine::identity_of(dynamic_arcface{}).text();
        return text.substr(0, text.find("photos")) + "photos: of each person, counted where there is a folder)";
    };
    return {"losses with class weights: miner none; but for softmax also share=0.1 (a part of the classes, drawn anew "
            "for every batch)",
            {plain,
             proxies<normalized_softmax>(),
             proxies<sphereface>(),
             proxies<large_margin_softmax>(),
             proxies<cosface>(),
             proxies<arcface>(),
             proxies<sub_center_arcface>(),
             proxies<combined_margin>(),
             proxies<elastic_arcface>(),
             proxies<elastic_cosface>(),
             dynamic,
             proxies<curricular_face>(),
             proxies<mv_softmax>(),
             proxies<adacos>(),
             proxies<adaface>(true),
             proxies<magface>(true),
             proxies<p2s_grad>(),
             proxies<proxy_nca>(),
             proxies<proxy_anchor>(),
             proxies<soft_triple>()},
            false,
            true};
}

} // namespace program
