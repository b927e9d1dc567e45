#pragma once

// Miners, losses and distances whose types are forgotten, so that an objective is compiled for each kind of loss and
// not for each combination. What is called for every triplet stays a type: a call through a pointer would take longer
// than the loss. A miner that hands over a positive with all its negatives is called once for them.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <trine/distances/concepts.hpp>
#include <trine/losses/concepts.hpp>
#include <trine/losses/partial.hpp>
#include <trine/miners/concepts.hpp>

namespace program {

/// A distance with the similarity offset 0; `distances::cosine`, whose offset is 1, stays a type.
class any_distance {
public:
    static constexpr std::string_view name = "any_distance";
    template <class Self, class Visit>
    static void values(Self&, Visit&&) {}

    template <class Distance>
    explicit any_distance(Distance d) : held_(std::make_shared<model<Distance>>(std::move(d))) {}
    trine::identity identity_of() const { return held_->identity_of(); }

    void pairwise(trine::matrix_view<float const> e, trine::matrix_view<float> out) const { held_->pairwise(e, out); }
    void cross(trine::matrix_view<float const> q, trine::matrix_view<float const> r,
               trine::matrix_view<float> out) const {
        held_->cross(q, r, out);
    }
    void gradient(trine::matrix_view<float const> e, trine::matrix_view<float const> d, trine::matrix_view<float> g,
                  trine::matrix_view<float> out) const {
        held_->gradient(e, d, g, out);
    }
    void cross_gradient(trine::matrix_view<float const> q, trine::matrix_view<float const> r,
                        trine::matrix_view<float const> d, trine::matrix_view<float> g,
                        trine::matrix_view<float> out) const {
        held_->cross_gradient(q, r, d, g, out);
    }

private:
    struct interface {
        virtual ~interface() = default;
        virtual trine::identity identity_of() const = 0;
        virtual void pairwise(trine::matrix_view<float const>, trine::matrix_view<float>) const = 0;
        virtual void cross(trine::matrix_view<float const>, trine::matrix_view<float const>,
                           trine::matrix_view<float>) const = 0;
        virtual void gradient(trine::matrix_view<float const>, trine::matrix_view<float const>,
                              trine::matrix_view<float>, trine::matrix_view<float>) const = 0;
        virtual void cross_gradient(trine::matrix_view<float const>, trine::matrix_view<float const>,
                                    trine::matrix_view<float const>, trine::matrix_view<float>,
                                    trine::matrix_view<float>) const = 0;
    };
    template <class Distance>
    struct model final : interface {
        explicit model(Distance d) : distance(std::move(d)) {}
        trine::identity identity_of() const override { return trine::identity::of(distance); }
        void pairwise(trine::matrix_view<float const> e, trine::matrix_view<float> out) const override {
            distance.pairwise(e, out);
        }
        void cross(trine::matrix_view<float const> q, trine::matrix_view<float const> r,
                   trine::matrix_view<float> out) const override {
            distance.cross(q, r, out);
        }
        void gradient(trine::matrix_view<float const> e, trine::matrix_view<float const> d, trine::matrix_view<float> g,
                      trine::matrix_view<float> out) const override {
            distance.gradient(e, d, g, out);
        }
        void cross_gradient(trine::matrix_view<float const> q, trine::matrix_view<float const> r,
                            trine::matrix_view<float const> d, trine::matrix_view<float> g,
                            trine::matrix_view<float> out) const override {
            distance.cross_gradient(q, r, d, g, out);
        }
        Distance distance;
    };
    std::shared_ptr<interface const> held_;
};

/// A miner of triplets, or of pairs that make triplets. (Those that look at the whole batch before choosing pairs are
/// left to pair losses.)
class any_triplet_miner {
    struct sink {
        void* visit;
        void (*one)(void*, std::size_t, std::size_t);
        void (*all)(void*, std::size_t);
        void operator()(std::size_t p, std::size_t n) const { one(visit, p, n); }
        void operator()(std::size_t p) const { all(visit, p); }
    };

public:
    static constexpr std::string_view name = "any_triplet_miner";
    template <class Self, class Visit>
    static void values(Self&, Visit&&) {}

    template <trine::miners::triplet_miner Miner>
    explicit any_triplet_miner(Miner m) : held_(std::make_shared<model<Miner>>(std::move(m))) {}
    trine::identity identity_of() const { return held_->identity_of(); }

    template <class Visit>
    void mine(trine::miners::anchor_view<float> const& a, trine::random_stream& stream, Visit&& visit) const {
        using type = std::remove_reference_t<Visit>;
        held_->mine(a, stream,
                    sink{const_cast<void*>(static_cast<void const*>(&visit)),
                         [](void* v, std::size_t p, std::size_t n) { (*static_cast<type*>(v))(p, n); },
                         [](void* v, std::size_t p) { (*static_cast<type*>(v))(p); }});
    }

private:
    struct interface {
        virtual ~interface() = default;
        virtual trine::identity identity_of() const = 0;
        virtual void mine(trine::miners::anchor_view<float> const&, trine::random_stream&, sink) const = 0;
    };
    template <class Miner>
    struct model final : interface {
        explicit model(Miner m) : miner(std::move(m)) {}
        trine::identity identity_of() const override { return trine::identity::of(miner); }
        void mine(trine::miners::anchor_view<float> const& a, trine::random_stream& stream, sink to) const override {
            miner.mine(a, stream, to);
        }
        Miner miner;
    };
    std::shared_ptr<interface const> held_;
};

/// A miner of pairs.
class any_pair_miner {
    struct sink {
        void* visit;
        void (*call)(void*, std::size_t);
        void operator()(std::size_t i) const { call(visit, i); }
    };
    template <class Visit>
    static sink sink_of(Visit& visit) {
        return {const_cast<void*>(static_cast<void const*>(&visit)),
                [](void* v, std::size_t i) { (*static_cast<Visit*>(v))(i); }};
    }

public:
    static constexpr std::string_view name = "any_pair_miner";
    template <class Self, class Visit>
    static void values(Self&, Visit&&) {}

    template <trine::miners::pair_miner Miner>
    explicit any_pair_miner(Miner m) : held_(std::make_shared<model<Miner>>(std::move(m))) {}
    trine::identity identity_of() const { return held_->identity_of(); }

    /// What the miner wants to remember of the whole batch, if anything.
    using memory = std::shared_ptr<void const>;
    memory prepare(trine::matrix_view<float const> d, std::span<trine::label const> labels,
                   trine::random_stream& stream) const {
        return held_->prepare(d, labels, stream);
    }
    template <class Positive, class Negative>
    void mine_pairs(trine::miners::anchor_view<float> const& a, trine::random_stream& stream, Positive&& positive,
                    Negative&& negative, memory const& remembered) const {
        held_->mine(a, stream, sink_of(positive), sink_of(negative), remembered.get());
    }

private:
    struct interface {
        virtual ~interface() = default;
        virtual trine::identity identity_of() const = 0;
        virtual memory prepare(trine::matrix_view<float const>, std::span<trine::label const>,
                               trine::random_stream&) const = 0;
        virtual void mine(trine::miners::anchor_view<float> const&, trine::random_stream&, sink, sink,
                          void const*) const = 0;
    };
    template <class Miner>
    struct model final : interface {
        static constexpr bool draws = requires(Miner const& m, trine::matrix_view<float const> d,
                                               std::span<trine::label const> l, trine::random_stream& s) {
            m.prepare(d, l, s);
        };
        static constexpr bool prepares =
            draws || requires(Miner const& m, trine::matrix_view<float const> d, std::span<trine::label const> l) {
            m.prepare(d, l);
        };
        static auto prepared(Miner const& m, trine::matrix_view<float const> d, std::span<trine::label const> labels,
                             trine::random_stream& stream) {
            if constexpr (draws)
                return m.prepare(d, labels, stream);
            else if constexpr (prepares)
                return m.prepare(d, labels);
            else
                return 0;
        }
        explicit model(Miner m) : miner(std::move(m)) {}
        trine::identity identity_of() const override { return trine::identity::of(miner); }
        memory prepare(trine::matrix_view<float const> d, std::span<trine::label const> labels,
                       trine::random_stream& stream) const override {
            if constexpr (prepares)
                return std::make_shared<decltype(prepared(miner, d, labels, stream)) const>(
                    prepared(miner, d, labels, stream));
            else
                return nullptr;
        }
        void mine(trine::miners::anchor_view<float> const& a, trine::random_stream& stream, sink positive,
                  sink negative, void const* remembered) const override {
            if constexpr (prepares) {
                using type = decltype(prepared(miner, a.distances, a.labels, stream));
                miner.mine_pairs(a, stream, positive, negative, *static_cast<type const*>(remembered));
            } else
                miner.mine_pairs(a, stream, positive, negative);
        }
        Miner miner;
    };
    std::shared_ptr<interface const> held_;
};

/// A miner of pairs that looks at one anchor at a time, as a memory across batches needs. The caller sees to it that
/// the miner does.
class any_anchor_miner {
public:
    static constexpr std::string_view name = "any_anchor_miner";
    template <class Self, class Visit>
    static void values(Self&, Visit&&) {}

    explicit any_anchor_miner(any_pair_miner m) : held_(std::move(m)) {}
    trine::identity identity_of() const { return held_.identity_of(); }
    template <class Positive, class Negative>
    void mine_pairs(trine::miners::anchor_view<float> const& a, trine::random_stream& stream, Positive&& positive,
                    Negative&& negative) const {
        held_.mine_pairs(a, stream, positive, negative, nullptr);
    }

private:
    any_pair_miner held_;
};

/// A loss over the pairs of an anchor, called once an anchor. `Sums` is a term_sum, or split_sums.
template <class Sums>
class any_pair_loss {
public:
    static constexpr std::string_view name = "any_pair_loss";
    template <class Self, class Visit>
    static void values(Self&, Visit&&) {}

    template <class Loss>
    explicit any_pair_loss(Loss l) : reduction(l.reduction), held_(std::make_shared<model<Loss>>(std::move(l))) {}
    trine::identity identity_of() const { return held_->identity_of(); }
    Sums row(trine::losses::pair_row<float> const& r) const { return held_->row(r); }
    double weight_of(trine::label who) const { return held_->weight_of(who); }

    trine::losses::reducer reduction;

private:
    struct interface {
        virtual ~interface() = default;
        virtual trine::identity identity_of() const = 0;
        virtual Sums row(trine::losses::pair_row<float> const&) const = 0;
        virtual double weight_of(trine::label) const = 0;
    };
    template <class Loss>
    struct model final : interface {
        explicit model(Loss l) : loss(std::move(l)) {}
        trine::identity identity_of() const override { return trine::identity::of(loss); }
        Sums row(trine::losses::pair_row<float> const& r) const override { return loss.row(r); }
        double weight_of(trine::label who) const override {
            if constexpr (requires { loss.weight_of(who); })
                return loss.weight_of(who);
            else
                return 1;
        }
        Loss loss;
    };
    std::shared_ptr<interface const> held_;
};

/// A loss over all photos of a person, called once a person.
class any_class_loss {
public:
    static constexpr std::string_view name = "any_class_loss";
    template <class Self, class Visit>
    static void values(Self&, Visit&&) {}

    template <class Loss>
    explicit any_class_loss(Loss l) : reduction(l.reduction), held_(std::make_shared<model<Loss>>(std::move(l))) {}
    trine::identity identity_of() const { return held_->identity_of(); }
    trine::losses::term_sum of_class(trine::losses::class_view<float> const& v) const { return held_->of_class(v); }

    trine::losses::reducer reduction;

private:
    struct interface {
        virtual ~interface() = default;
        virtual trine::identity identity_of() const = 0;
        virtual trine::losses::term_sum of_class(trine::losses::class_view<float> const&) const = 0;
    };
    template <class Loss>
    struct model final : interface {
        explicit model(Loss l) : loss(std::move(l)) {}
        trine::identity identity_of() const override { return trine::identity::of(loss); }
        trine::losses::term_sum of_class(trine::losses::class_view<float> const& v) const override {
            return loss.of_class(v);
        }
        Loss loss;
    };
    std::shared_ptr<interface const> held_;
};

/// What a loss remembers before its first batch, if anything.
template <class Loss>
std::vector<double> memory_at_first([[maybe_unused]] Loss const& loss, [[maybe_unused]] std::size_t classes) {
    if constexpr (requires { loss.initial_memory(classes); })
        return loss.initial_memory(classes);
    else
        return {};
}

/// A loss over all pairs of a batch, called once a batch.
class any_batch_loss {
public:
    static constexpr std::string_view name = "any_batch_loss";
    template <class Self, class Visit>
    static void values(Self&, Visit&&) {}

    template <class Loss>
    explicit any_batch_loss(Loss l) : held_(std::make_shared<model<Loss>>(std::move(l))) {}
    trine::identity identity_of() const { return held_->identity_of(); }
    std::vector<double> initial_memory(std::size_t classes) const { return held_->initial_memory(classes); }
    trine::losses::term_sum of_batch(trine::losses::whole_batch<float> const& v) const { return held_->of_batch(v); }

private:
    struct interface {
        virtual ~interface() = default;
        virtual trine::identity identity_of() const = 0;
        virtual std::vector<double> initial_memory(std::size_t) const = 0;
        virtual trine::losses::term_sum of_batch(trine::losses::whole_batch<float> const&) const = 0;
    };
    template <class Loss>
    struct model final : interface {
        explicit model(Loss l) : loss(std::move(l)) {}
        trine::identity identity_of() const override { return trine::identity::of(loss); }
        std::vector<double> initial_memory(std::size_t classes) const override {
            return memory_at_first(loss, classes);
        }
        trine::losses::term_sum of_batch(trine::losses::whole_batch<float> const& v) const override {
            return loss.of_batch(v);
        }
        Loss loss;
    };
    std::shared_ptr<interface const> held_;
};

/// A penalty on the rows of a matrix.
class any_regularizer {
public:
    static constexpr std::string_view name = "any_regularizer";
    template <class Self, class Visit>
    static void values(Self&, Visit&&) {}

    template <class Regularizer>
    explicit any_regularizer(Regularizer r) : held_(std::make_shared<model<Regularizer>>(std::move(r))) {}
    trine::identity identity_of() const { return held_->identity_of(); }
    double add(trine::matrix_view<float const> rows, trine::matrix_view<float> gradient, double factor) const {
        return held_->add(rows, gradient, factor);
    }

private:
    struct interface {
        virtual ~interface() = default;
        virtual trine::identity identity_of() const = 0;
        virtual double add(trine::matrix_view<float const>, trine::matrix_view<float>, double) const = 0;
    };
    template <class Regularizer>
    struct model final : interface {
        explicit model(Regularizer r) : regularizer(std::move(r)) {}
        trine::identity identity_of() const override { return trine::identity::of(regularizer); }
        double add(trine::matrix_view<float const> rows, trine::matrix_view<float> gradient,
                   double factor) const override {
            return regularizer.add(rows, gradient, factor);
        }
        Regularizer regularizer;
    };
    std::shared_ptr<interface const> held_;
};

/// Penalties on class weights, each with its weight.
struct weight_penalties {
    std::vector<std::pair<double, any_regularizer>> all{};

    double add(trine::matrix_view<float const> rows, trine::matrix_view<float> gradient, double factor) const {
        double sum = 0;
        for (auto const& [weight, one] : all)
            sum += weight * one.add(rows, gradient, factor * weight);
        return sum;
    }
    /// A loss's identity with these, as `losses::regularized` has it.
    trine::identity added_to(trine::identity loss) const {
        for (std::size_t i = 0; i < all.size(); ++i) {
            std::string const number = i == 0 ? "" : "_" + std::to_string(i + 1);
            loss.with("regularizer" + number, all[i].second.identity_of());
            loss.with("regularizer_weight" + number, all[i].first);
        }
        return loss;
    }
};

/// A loss over cosines to class weights, called once a batch, with penalties on these.
template <bool UnitWeights = false>
class any_proxy_loss {
public:
    static constexpr std::string_view name = "any_proxy_loss";
    static constexpr bool normalized = true, unit_weights = UnitWeights;
    template <class Self, class Visit>
    static void values(Self&, Visit&&) {}

    template <class Loss>
    explicit any_proxy_loss(Loss l, weight_penalties penalties = {})
        : centers(l.centers), regularizer(std::move(penalties)), held_(std::make_shared<model<Loss>>(std::move(l))) {
        static_assert(UnitWeights == requires { requires Loss::unit_weights; });
    }
    trine::identity identity_of() const { return regularizer.added_to(held_->identity_of()); }
    std::vector<double> initial_memory(std::size_t classes) const { return held_->initial_memory(classes); }
    double evaluate(trine::losses::proxy_view<float> const& v) const { return held_->evaluate(v); }

    std::size_t centers;
    weight_penalties regularizer;
    double regularizer_weight = 1;

private:
    struct interface {
        virtual ~interface() = default;
        virtual trine::identity identity_of() const = 0;
        virtual std::vector<double> initial_memory(std::size_t) const = 0;
        virtual double evaluate(trine::losses::proxy_view<float> const&) const = 0;
    };
    template <class Loss>
    struct model final : interface {
        explicit model(Loss l) : loss(std::move(l)) {}
        trine::identity identity_of() const override { return trine::identity::of(loss); }
        std::vector<double> initial_memory(std::size_t classes) const override {
            return memory_at_first(loss, classes);
        }
        double evaluate(trine::losses::proxy_view<float> const& v) const override { return loss.evaluate(v); }
        Loss loss;
    };
    std::shared_ptr<interface const> held_;
};

/// The same with a part of the classes in every batch, of a `losses::partial`.
template <bool UnitWeights = false>
class any_partial_loss : public any_proxy_loss<UnitWeights> {
public:
    template <class Loss>
    explicit any_partial_loss(Loss l, weight_penalties penalties = {})
        : any_proxy_loss<UnitWeights>(l, std::move(penalties)), draw(l.draw) {}

    trine::losses::share_of_classes draw;
};

} // namespace program
