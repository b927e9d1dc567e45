#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>

#include "../kernels/elementwise.hpp"
#include "layer.hpp"
#include "parts.hpp"
#include "sequential.hpp"

namespace trine::nn {

/// Branches side by side: each sees the same input, and their channels are put together in the order of the branches.
/// All give maps of one height and width.
///
/// @see C. Szegedy et al., "Going Deeper with Convolutions", CVPR 2015
template <class... Branches>
struct concat {
    static_assert(sizeof...(Branches) > 0, "concat needs at least one branch");

    template <class In>
    struct at : detail::layer_parts<std::tuple<typename Branches::template at<In>...>> {
        using parts = detail::layer_parts<std::tuple<typename Branches::template at<In>...>>;
        static constexpr std::size_t count =
            parts::count; // its own: GCC 12 loses an inherited one inside generic lambdas
        using parts::each, parts::sum_before, parts::parameters_before, parts::state_before, parts::layers_before;
        template <std::size_t I>
        using branch = typename parts::template part<I>;
        using first_output = typename branch<0>::output;
        template <class Branch, class Output>
        static constexpr bool same_map =
            layer_fits<Branch, Output, shape<Output::channels, first_output::height, first_output::width>,
                       (Output::height == first_output::height && Output::width == first_output::width)>::value;
        static_assert((same_map<Branches, typename Branches::template at<In>::output> && ...));

        template <class F>
        static constexpr std::size_t largest(F&& f) {
            std::size_t most = 0;
            each([&]<std::size_t I>() { most = std::max(most, f.template operator()<I>()); });
            return most;
        }
        static constexpr std::size_t channels_before(std::size_t i) {
            return sum_before(i, []<std::size_t I>() { return branch<I>::output::channels; });
        }

        using input = In;
        using output = shape<channels_before(count), first_output::height, first_output::width>;
        static constexpr bool in_place = false, keeps_gradient = true, needs_input = true, needs_output = false;

        // A branch's output on its own is needed until it is put into place; a branch that reads it again keeps it on
        // the tape.
        template <std::size_t I>
        static constexpr std::size_t kept(std::size_t batch) {
            return branch<I>::needs_output ? extent::round(batch * branch<I>::output::size) : 0;
        }
        static constexpr std::size_t tape_before(std::size_t end, std::size_t batch) {
            return sum_before(end, [=]<std::size_t I>() { return kept<I>(batch) + branch<I>::tape_of(batch); });
        }
        static constexpr std::size_t tape_of(std::size_t batch) { return tape_before(count, batch); }
        static constexpr std::size_t slot(std::size_t batch) {
            return extent::round(batch * largest([]<std::size_t I>() { return branch<I>::output::size; }));
        }
        static constexpr std::size_t in(std::size_t batch) { return count > 1 ? extent::round(batch * In::size) : 0; }
        // The branches' memory, and at its end the output or gradient of one.
        template <class T>
        static std::size_t memory(std::size_t batch) {
            return slot(batch) + in(batch) + largest([=]<std::size_t I>() {
                       return tape_before(I, batch) + kept<I>(batch) + detail::memory_of<T, branch<I>>(batch);
                   });
        }

        // Calls body(first scalar of a pixel in the branch's map, the same in the joint map), in parallel.
        template <std::size_t I, class Body>
        static void each_pixel(std::size_t batch, Body&& body) {
            constexpr std::size_t own = branch<I>::output::channels;
            parallel_blocks(batch * output::pixels, std::max<std::size_t>(1, kernels::elementwise_block / own),
                            [&](std::size_t first, std::size_t last) {
                                for (std::size_t pixel = first; pixel < last; ++pixel)
                                    body(pixel * own, pixel * output::channels + channels_before(I));
                            });
        }
        template <std::size_t I, class T>
        static void put(std::size_t batch, T const* from, T* y) {
            each_pixel<I>(batch, [=](std::size_t own, std::size_t joint) {
                std::copy_n(from + own, branch<I>::output::channels, y + joint);
            });
        }
        template <class T>
        static void forward(pass<T> const& p, T const* x, T* y, T* tape) {
            T* const end = tape + memory<T>(p.batch) - slot(p.batch);
            each([&]<std::size_t I>() {
                T *const own_output = tape + tape_before(I, p.batch), *const own_tape = own_output + kept<I>(p.batch);
                T* const out = branch<I>::needs_output ? own_output : end;
                branch<I>::forward(
                    p.template training<branch<I>>(layers_before(I), parameters_before(I), state_before(I), own_tape),
                    x, out, own_tape);
                put<I>(p.batch, static_cast<T const*>(out), y);
            });
        }
        template <class T>
        static void backward(pass<T> const& p, T const* x, T const*, T* dy, T* dx, T* tape) {
            T *const gradient = tape + memory<T>(p.batch) - slot(p.batch), *const apart = gradient - in(p.batch);
            // The last branch first: what is behind a branch's tape is then free.
            auto const one = [&]<std::size_t I>() {
                T *const own_output = tape + tape_before(I, p.batch), *const own_tape = own_output + kept<I>(p.batch);
                each_pixel<I>(p.batch, [=](std::size_t own, std::size_t joint) {
                    std::copy_n(dy + joint, branch<I>::output::channels, gradient + own);
                });
                T* const to = !dx ? nullptr : I + 1 == count ? dx : apart;
                branch<I>::backward(
                    p.template training<branch<I>>(layers_before(I), parameters_before(I), state_before(I), own_tape),
                    x, static_cast<T const*>(own_output), gradient, to, own_tape);
                if (dx && I + 1 < count)
                    kernels::add(p.batch * In::size, static_cast<T const*>(to), dx);
            };
            parts::each_backwards(one);
        }

        template <class T>
        static std::size_t inference_workspace(std::size_t batch) {
            return slot(batch) +
                   largest([=]<std::size_t I>() { return branch<I>::template inference_workspace<T>(batch); });
        }
        template <class T>
        static void infer(pass<T> const& p, T const* x, T* y) {
            each([&]<std::size_t I>() {
                branch<I>::infer(p.inside(layers_before(I), parameters_before(I), state_before(I), slot(p.batch),
                                          parts::template prepared_before<T>(I)),
                                 x, p.workspace);
                put<I>(p.batch, static_cast<T const*>(p.workspace), y);
            });
        }

        static std::string name(std::size_t i) { return "branch" + std::to_string(i); }
        static void list(inventory& all, std::string const& prefix) {
            each([&]<std::size_t I>() { branch<I>::list(all, prefix + name(I) + "."); });
        }
        static void describe(std::vector<layer_row>& rows, std::string const& prefix) {
            each([&]<std::size_t I>() { branch<I>::describe(rows, detail::row_name(prefix, name(I))); });
            rows.push_back({prefix, "concat", output::text(), 0, 0, output::size});
        }
    };
};

} // namespace trine::nn
