#include <trine/nn/layers.hpp>
#include <trine/nn/model.hpp>

// Refused: it learns, and does not name what.
struct scaled {
    template <class In>
    struct at : trine::nn::layer_shapes<In> {
        static constexpr std::size_t parameters = 1;
        template <class T>
        static void forward(trine::nn::layer_context<T> const& context, T const* x, T* y) {
            for (std::size_t i = 0; i < context.batch * In::size; ++i)
                y[i] = context.parameters[0] * x[i];
        }
        template <class T>
        static void backward(trine::nn::layer_context<T> const& context, T const* x, T const*, T const* dy, T* dx) {
            for (std::size_t i = 0; i < context.batch * In::size; ++i)
                dx[i] = context.parameters[0] * dy[i], context.gradients[0] += dy[i] * x[i];
        }
    };
};

using net = trine::nn::network<trine::nn::shape<3, 4, 4>, trine::nn::sequential<scaled, trine::nn::flatten>>;
int main() { return static_cast<int>(net::embedding_size); }
