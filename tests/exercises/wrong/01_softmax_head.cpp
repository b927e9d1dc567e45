#include "../variants.hpp"

#include "../solutions/01_softmax_head.cpp"

using namespace exercises;
enum class slip { sum, sign, overflow, log_of_zero, columns, no_one, gradient_sum, gradient_sign };

template <slip S>
double loss_wrongly(matrix_view<double const> logits, std::span<std::size_t const> people,
                    matrix_view<double> gradient) {
    double const n = static_cast<double>(logits.rows());
    double loss = 0;
    for (std::size_t i = 0; i < logits.rows(); ++i)
        for (std::size_t j = 0; j < logits.cols(); ++j) {
            std::size_t const among = S == slip::columns ? logits.rows() : logits.cols();
            auto const z = [&](std::size_t m) { return S == slip::columns ? logits(m, j) : logits(i, m); };
            double largest = z(0);
            for (std::size_t m = 0; m < among; ++m)
                largest = std::max(largest, z(m));
            if (S == slip::overflow)
                largest = 0;
            double sum = 0;
            for (std::size_t m = 0; m < among; ++m)
                sum += std::exp(z(m) - largest);
            double const p = std::exp(logits(i, j) - largest) / sum;
            if (j == people[i])
                loss += S == slip::log_of_zero ? -std::log(p) : std::log(sum) - (logits(i, j) - largest);
            gradient(i, j) = (S == slip::gradient_sign ? -1 : 1) * (p - (j == people[i] && S != slip::no_one ? 1 : 0)) /
                             (S == slip::gradient_sum ? 1 : n);
        }
    return S == slip::sum ? loss : S == slip::sign ? -loss / n : loss / n;
}

head_cost without_moments(std::size_t people, std::size_t features, std::size_t batch) {
    auto c = cost(people, features, batch);
    c.bytes -= 8 * c.weights;
    return c;
}
head_cost without_biases(std::size_t people, std::size_t features, std::size_t batch) {
    auto c = cost(people, features, batch);
    c.weights = static_cast<double>(people) * static_cast<double>(features);
    return c;
}
head_cost forward_alone(std::size_t people, std::size_t features, std::size_t batch) {
    auto c = cost(people, features, batch);
    c.multiply_adds /= 3;
    return c;
}

VARIANTS(1, {"sum", "the loss is the sum over the photos: the mean was forgotten", {loss_wrongly<slip::sum>, cost}},
         {"sign", "the loss has the wrong sign", {loss_wrongly<slip::sign>, cost}},
         {"overflow", "take the row's largest logit away first", {loss_wrongly<slip::overflow>, cost}},
         {"log of zero", "p is 0 there", {loss_wrongly<slip::log_of_zero>, cost}},
         {"columns", "the softmax is taken along a column", {loss_wrongly<slip::columns>, cost}},
         {"no one", "− [j = t] is missing", {loss_wrongly<slip::no_one>, cost}},
         {"gradient's sum", "not divided by the number of photos", {loss_wrongly<slip::gradient_sum>, cost}},
         {"gradient's sign", "the gradient has the wrong sign", {loss_wrongly<slip::gradient_sign>, cost}},
         {"no moments", "Adam's two moments were forgotten", {softmax_loss, without_moments}},
         {"no biases", "the biases were forgotten", {softmax_loss, without_biases}},
         {"forward alone", "only the way forward was counted", {softmax_loss, forward_alone}})
