#include <cmath>

#include <trine/distances/euclidean.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/objectives/objective.hpp>

#include "../grader/check.hpp"

using namespace grading;

namespace {

std::string at(double positive, double negative) {
    return "with the positive at " + shown(positive) + " and the negative at " + shown(negative) + ", ";
}

// A student's loss, as the library takes losses.
struct submitted_loss {
    static constexpr std::string_view name = "submitted";
    trine::losses::reducer reduction = trine::losses::reducer::mean;
    triplet_value (*call)(double, double) = nullptr;

    template <class Self, class Visit>
    static void values(Self& self, Visit&& visit) {
        visit("reduction", self.reduction);
    }
    template <class T>
    trine::losses::triplet_value<T> operator()(T positive, T negative) const {
        auto const v = call(static_cast<double>(positive), static_cast<double>(negative));
        return {static_cast<T>(v.value), static_cast<T>(v.by_positive), static_cast<T>(v.by_negative)};
    }
};

} // namespace

CHECK(9, 2, "never below 0, and above 0 where the negative is nearer") {
    for (int i = 0; i < 500; ++i) {
        double const p = in.random.uniform(0, 4), n = in.random.uniform(0, 4);
        auto const v = submitted.own_loss(p, n);
        if (!(v.value >= 0))
            wrong(at(p, n), "the value is ", shown(v.value),
                  ": a loss that may fall without end pushes easy negatives ever farther");
        if (p > n + 0.01 && !(v.value > 0))
            wrong(at(p, n), "the value is 0: the negative is nearer, and nobody says that it is wrong");
    }
}

CHECK(9, 2, "rises with the positive's distance, falls with the negative's") {
    for (int i = 0; i < 500; ++i) {
        double const p = in.random.uniform(0, 4), n = in.random.uniform(0, 4), step = in.random.uniform(0.05, 0.5);
        double const here = submitted.own_loss(p, n).value, farther = submitted.own_loss(p + step, n).value,
                     apart = submitted.own_loss(p, n + step).value;
        if (farther < here - 1e-12)
            wrong(at(p, n), "the value falls when the positive goes away by ", shown(step), ": from ", shown(here),
                  " to ", shown(farther), "; are the two exchanged?");
        if (apart > here + 1e-12)
            wrong(at(p, n), "the value rises when the negative goes away by ", shown(step), ": from ", shown(here),
                  " to ", shown(apart));
    }
    if (submitted.own_loss(2, 1).value == submitted.own_loss(2, 1.5).value &&
        submitted.own_loss(1, 0.25).value == submitted.own_loss(1, 0.75).value)
        wrong("the value does not depend on the negative's distance: all photos may lie in one point");
}

CHECK(9, 4, "the slopes agree with central differences") {
    int compared = 0;
    for (int i = 0; i < 400; ++i) {
        double const p = in.random.uniform(0.05, 4), n = in.random.uniform(0.05, 4), h = 1e-5;
        auto const v = submitted.own_loss(p, n);
        auto const slopes = [&](double dp, double dn) {
            double const before = submitted.own_loss(p - h * dp, n - h * dn).value,
                         after = submitted.own_loss(p + h * dp, n + h * dn).value;
            // Where it differs left and right, there is a corner, and no slope to compare with.
            double const left = (v.value - before) / h, right = (after - v.value) / h;
            return std::pair((after - before) / (2 * h), std::abs(left - right) < 1e-2 * (1 + std::abs(left)));
        };
        auto const [by_p, smooth_p] = slopes(1, 0);
        auto const [by_n, smooth_n] = slopes(0, 1);
        auto const look = [&](double yours, double right, std::string const& which) {
            ++compared;
            double const room = 1e-4 * (1 + std::abs(right));
            if (std::abs(yours - right) <= room)
                return;
            std::string const numbers =
                " (" + at(p, n) + "yours " + shown(yours) + ", central difference " + shown(right) + ")";
            if (std::abs(yours + right) <= room)
                wrong("the slope by the ", which, " has the wrong sign", numbers);
            if (std::abs(right) > room && std::abs(yours / right - std::round(yours / right)) < 1e-3 && yours != 0)
                wrong("the slope by the ", which, " is ", std::round(yours / right), " times too large", numbers);
            if (std::abs(right) > room && yours != 0 && std::abs(right / yours - std::round(right / yours)) < 1e-3)
                wrong("the slope by the ", which, " is ", std::round(right / yours), " times too small", numbers);
            if (yours == 0)
                wrong("the slope by the ", which, " is missing", numbers);
            wrong("the slope by the ", which, " is another", numbers);
        };
        if (smooth_p)
            look(v.by_positive, by_p, "positive");
        if (smooth_n)
            look(v.by_negative, by_n, "negative");
    }
    if (compared < 200)
        wrong("the value jumps or bends nearly everywhere: a loss has slopes to follow");
}

CHECK(9, 2, "finite from 0 to 10,000") {
    for (double const p : {0.0, 1e-12, 1.0, 100.0, 1000.0, 10000.0})
        for (double const n : {0.0, 1e-12, 1.0, 100.0, 1000.0, 10000.0}) {
            auto const v = submitted.own_loss(p, n);
            for (auto const& [what, value] :
                 {std::pair("the value", v.value), std::pair("the slope by the positive", v.by_positive),
                  std::pair("the slope by the negative", v.by_negative)})
                if (!std::isfinite(value))
                    wrong(at(p, n), what, " is ", shown(value),
                          p + n < 3 ? ": something is divided by 0, or the root of 0 has no slope"
                                    : ": an exponential of something large? ln(1 + exp(x)) is x + ln(1 + exp(−x))");
        }
}

COMPARISON(9) {
    // Forty photos of eight people, their points moved along each loss's gradient for 300 steps.
    std::size_t const n = 40, dimensions = 8;
    auto const labels = in.labels(8, 5);
    auto const start = in.normal<double>("points", n, dimensions);
    auto const found = [&](auto objective) {
        std::vector<double> e(start.span().begin(), start.span().end()), gradient(e.size());
        for (double& v : e)
            v *= 0.3;
        trine::matrix_view<double> const points(e.data(), n, dimensions), slopes(gradient.data(), n, dimensions);
        for (int step = 0; step < 300; ++step) {
            objective(points, labels, slopes);
            for (std::size_t i = 0; i < e.size(); ++i)
                e[i] -= 0.5 * gradient[i];
        }
        std::size_t right = 0;
        for (std::size_t i = 0; i < n; ++i) {
            double least = 1e300;
            label who = -1;
            for (std::size_t j = 0; j < n; ++j) {
                double d = 0;
                for (std::size_t k = 0; k < dimensions; ++k)
                    d += (points(i, k) - points(j, k)) * (points(i, k) - points(j, k));
                if (j != i && d < least)
                    least = d, who = labels[j];
            }
            right += who == labels[i];
        }
        return 100.0 * static_cast<double>(right) / static_cast<double>(n);
    };
    using trine::miners::all, trine::distances::squared_euclidean;
    return {{"nearest is right after 300 steps",
             found(trine::objective<all, submitted_loss, squared_euclidean, double>(
                 all{}, submitted_loss{.call = submitted.own_loss}, squared_euclidean{})),
             found(trine::objective<all, trine::losses::triplet_margin, squared_euclidean, double>(
                 all{}, trine::losses::triplet_margin{}, squared_euclidean{})),
             "%", "the library's triplet_margin on the same points"}};
}
