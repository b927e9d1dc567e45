#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "../core/view.hpp"
#include "subject.hpp"

namespace trine::experiments {

/// How a head learns.
struct head_options {
    static constexpr std::string_view name = "head";
    std::size_t dimensions = 64; ///< that it embeds into
    training_budget budget{};

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("dimensions", self.dimensions), visit("budget", self.budget);
    }
};

/// Embeddings that a network gave, and a linear layer with vectors of length 1 that learns on top of them: seconds a
/// run, whatever the network cost.
class head_subject final : public subject {
public:
    /// @param embeddings  N×D
    /// @throws shape_error     unless there is a label for each
    /// @throws numeric_error   when one is not finite
    /// @throws argument_error  for no dimensions or epochs
    head_subject(matrix_view<float const> embeddings, std::vector<label> labels, head_options how = {});

    identity identity_of() const override;
    std::span<label const> labels() const override { return labels_; }
    std::optional<outcome> run(training const& how) const override;

private:
    std::vector<float> embeddings_;
    std::size_t size_;
    std::vector<label> labels_;
    head_options how_;
};

} // namespace trine::experiments

#ifdef TRINE_HEADER_ONLY
#include "head_subject_impl.hpp"
#endif
