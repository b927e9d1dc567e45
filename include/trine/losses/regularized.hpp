#pragma once

#include <string_view>

#include "../core/error.hpp"
#include "concepts.hpp"

namespace trine::losses {

/// Another loss over classes, and a penalty on its class weights (`objectives/regularizers.hpp`): on all of them, in
/// every batch.
template <class Loss, class Regularizer>
struct regularized : Loss {
    static_assert(proxy_loss<Loss>, "class weights are what proxy losses own: add a penalty on embeddings with sum_of");
    static constexpr std::string_view name = Loss::name;
    Regularizer regularizer{};
    double regularizer_weight = 1;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        if constexpr (requires { Loss::values(self, visit); })
            Loss::values(self, visit);
        visit("regularizer", self.regularizer), visit("regularizer_weight", self.regularizer_weight);
    }
    void check() const {
        check_values(static_cast<Loss const&>(*this));
        check_values(regularizer);
        require<argument_error>(regularizer_weight >= 0, "regularizer_weight ", regularizer_weight,
                                ", which may not be below 0");
    }
};

} // namespace trine::losses
