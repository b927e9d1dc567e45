#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "chain.hpp"
#include "layer.hpp"
#include "sequential.hpp"

namespace trine::nn {

namespace detail {

/// What the passes of a `concat` depend on, and how it shares out its memory: the branches' tapes, then the input's
/// gradient of one branch, then its output or that's gradient.
struct concat_plan {
    std::span<layer_facts const> branches;
    std::size_t pixels; ///< of the output

    constexpr std::size_t channels_of(std::size_t i) const { return branches[i].output / pixels; }
    constexpr std::size_t channels() const {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < branches.size(); ++i)
            sum += channels_of(i);
        return sum;
    }
    // A branch's output on its own is needed until it is put into place; a branch that reads it again keeps it on the
    // tape.
    constexpr std::size_t kept(std::size_t i, std::size_t batch) const {
        return branches[i].needs_output ? whole_lines(batch * branches[i].output) : 0;
    }
    constexpr std::size_t tape_of(std::size_t batch) const {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < branches.size(); ++i)
            sum += kept(i, batch) + branches[i].tape_of(batch);
        return sum;
    }
    constexpr std::size_t branch_output(std::size_t batch) const {
        std::size_t most = 0;
        for (auto const& branch : branches)
            most = branch.output > most ? branch.output : most;
        return whole_lines(batch * most);
    }
    constexpr std::size_t branch_gradient(std::size_t batch) const {
        return branches.size() > 1 ? whole_lines(batch * branches[0].input) : 0;
    }
};

template <class T>
std::size_t concat_memory(concat_plan plan, training_table<T> functions, std::size_t batch);
template <class T>
void concat_forward(concat_plan plan, training_table<T> functions, layer_context<T> const& context, T const* x, T* y,
                    T* tape);
template <class T>
void concat_backward(concat_plan plan, training_table<T> functions, layer_context<T> const& context, T const* x,
                     T const* dy, T* dx, T* tape);
template <class T>
std::size_t concat_inference_workspace(concat_plan plan, inference_table<T> functions, std::size_t batch);
template <class T>
void concat_infer(concat_plan plan, inference_table<T> functions, layer_context<T> const& context, T const* x, T* y);

std::string branch_name(std::size_t i);

} // namespace detail

/// Branches side by side: each sees the same input, and their channels are put together in the order of the branches.
/// All give maps of one height and width.
///
/// @see C. Szegedy et al., "Going Deeper with Convolutions", CVPR 2015
template <class... Branches>
struct concat {
    static_assert(sizeof...(Branches) > 0, "concat needs at least one branch");

    template <class In>
    struct at : detail::layer_parts<detail::bound<Branches, In>...> {
        using parts = detail::layer_parts<detail::bound<Branches, In>...>;
        template <class First, class...>
        struct first {
            using output = typename First::output;
        };
        using first_output = typename first<detail::bound<Branches, In>...>::output;
        template <class Branch, class Output>
        static constexpr bool same_map =
            layer_fits<Branch, Output, shape<Output::channels, first_output::height, first_output::width>,
                       (Output::height == first_output::height && Output::width == first_output::width)>::value;
        static_assert((same_map<Branches, typename detail::bound<Branches, In>::output> && ...));

        static constexpr detail::concat_plan plan{parts::facts, first_output::pixels};
        using input = In;
        using output = shape<plan.channels(), first_output::height, first_output::width>;
        static constexpr bool keeps_gradient = true, needs_output = false;

        static constexpr std::size_t tape_of(std::size_t batch) { return plan.tape_of(batch); }
        template <class T>
        static std::size_t memory(std::size_t batch) {
            return detail::concat_memory<T>(plan, parts::template training<T>, batch);
        }
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y, T* tape) {
            detail::concat_forward<T>(plan, parts::template training<T>, context, x, y, tape);
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const* x, T const*, T* dy, T* dx, T* tape) {
            detail::concat_backward<T>(plan, parts::template training<T>, context, x, dy, dx, tape);
        }

        template <class T>
        static std::size_t prepared() {
            return detail::prepared_parts<T>(parts::template inference<T>);
        }
        template <class T>
        static void prepare(layer_context<T> const& context, T* to) {
            detail::prepare_parts<T>(parts::facts, parts::template inference<T>, context, to);
        }
        template <class T>
        static std::size_t inference_workspace(std::size_t batch) {
            return detail::concat_inference_workspace<T>(plan, parts::template inference<T>, batch);
        }
        template <class T>
        static void infer(layer_context<T> const& context, T const* x, T* y) {
            detail::concat_infer<T>(plan, parts::template inference<T>, context, x, y);
        }

        static void list(inventory& all, std::string const& prefix) {
            std::size_t i = 0;
            (detail::list_layer<detail::bound<Branches, In>>(all, prefix + detail::branch_name(i++) + "."), ...);
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            std::size_t i = 0;
            (detail::describe_layer<detail::bound<Branches, In>>(rows,
                                                                 detail::row_name(prefix, detail::branch_name(i++))),
             ...);
            rows.push_back({prefix, "concat", output::text(), 0, 0, output::size});
        }
    };
};

} // namespace trine::nn

#ifdef TRINE_HEADER_ONLY
#include "concat_impl.hpp"
#endif
