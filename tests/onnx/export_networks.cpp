// Writes every backbone, and networks of all other layers, as ONNX with photos and what Trine makes of them:
//   export_networks FOLDER [times]
// of the width that it is compiled for. For each network FOLDER/NAME.onnx, NAME.folded.onnx, NAME.images.npy and
// NAME.embeddings.npy; with `times`, NAME.milliseconds, which Trine takes for a photo.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include <trine/backbones/compact.hpp>
#include <trine/backbones/conv_4.hpp>
#include <trine/backbones/inception.hpp>
#include <trine/backbones/mobile_face_net.hpp>
#include <trine/backbones/resnet.hpp>
#include <trine/backbones/vgg.hpp>
#include <trine/io/file.hpp>
#include <trine/io/npy.hpp>
#include <trine/nn/onnx.hpp>

#include "support/random_values.hpp"

using namespace trine;
using namespace trine::nn;

namespace {

/// A user's layer: x·2.
struct doubled {
    template <class In>
    struct at : layer_shapes<In> {
        template <class T>
        static void forward(layer_context<T> const& context, T const* x, T* y) {
            for (std::size_t i = 0; i < context.batch * In::size; ++i)
                y[i] = 2 * x[i];
        }
        template <class T>
        static void backward(layer_context<T> const& context, T const*, T const*, T const* dy, T* dx) {
            for (std::size_t i = 0; i < context.batch * In::size; ++i)
                dx[i] = 2 * dy[i];
        }
        static onnx_place to_onnx(onnx_graph& graph, std::string const& prefix, onnx_place const& x) {
            return graph.add("Add", prefix, "", {x.name, x.name}, x);
        }
    };
};

using activations =
    network<shape<3, 9, 7>,
            sequential<conv2d<8, 3, with_bias>, prelu, conv2d<8, 3, groups<4>>, leaky_relu<20>, scale_shift,
                       conv2d<8, 3, groups<8>, stride<2>>, sigmoid, dropout<30>, softmax,
                       constant_scale<std::ratio<3, 2>, std::ratio<-1, 8>>, doubled, flatten, linear<12>, batch_norm,
                       prelu, scale_shift, linear<6>, softmax, constant_scale<std::ratio<7>>>>;
using poolings = network<shape<2, 23, 18>,
                         sequential<concat<max_pool<3, 2, padding<1>>, average_pool<3, 2, padding<1>>,
                                           average_pool<3, 2, padding<1>, count_padding>, l2_pool<3, 2, padding<1>>>,
                                    zero_padding<2, 1>, average_pool<4, 3, round_up>, max_pool<2>, flatten, linear<5>>>;
using rounded_poolings = network<
    shape<2, 23, 18>,
    sequential<concat<max_pool<3, 2, padding<1>, round_up>, average_pool<3, 2, padding<1>, round_up>,
                      average_pool<3, 2, padding<1>, count_padding, round_up>, l2_pool<3, 2, padding<1>, round_up>>,
               flatten>>;
using unpadded_poolings =
    network<shape<2, 20, 17>, sequential<concat<max_pool<3, 3, round_up>, average_pool<3, 3, round_up>,
                                                average_pool<3, 3, count_padding, round_up>>,
                                         l2_pool<2, 2>, flatten>>;
using responses =
    network<shape<9, 5, 6>,
            sequential<local_response_norm<5, std::ratio<1, 2>>, conv2d<7, 3>,
                       local_response_norm<4, std::ratio<1, 3>, std::ratio<3, 5>, std::ratio<2>>,
                       local_response_norm<3, std::ratio<1, 4>>, global_average_pool, linear<4>, l2_normalize>>;
using branches =
    network<shape<4, 8, 8>,
            sequential<batch_norm, residual<sequential<batch_norm, conv2d<4, 3>, batch_norm, prelu>>, conv2d<6, 3>,
                       residual<sequential<batch_norm, conv2d<6, 3>>>, relu,
                       recomputed<concat<identity, residual<conv2d<3, 1>, sequential<conv2d<3, 1>, batch_norm>>>>,
                       global_average_pool, residual<linear<9>, sequential<conv2d<9, 1>, relu>>,
                       concat<linear<3>, conv2d<2, 1>>, batch_norm>>;

/// Values such that no part of a network passes by unseen: normalisations that do something, and outputs of all sizes.
template <class Network>
void fill(model<Network>& m) {
    std::uint64_t seed = 100;
    for (auto const& info : m.tensors()) {
        auto const noise = random_values<float>(info.size(), ++seed);
        auto const values = m.values_of(info);
        bool const variance = info.name.ends_with("running_var"), vector = info.shape.size() == 1;
        for (std::size_t i = 0; vector && i < values.size(); ++i)
            values[i] = variance ? 0.5f + noise[i] * noise[i] : values[i] + 0.2f * noise[i];
    }
}

bool measured = false;

template <class Network>
void write(std::filesystem::path const& folder, std::string const& name) {
    using in = typename Network::input;
    model<Network> m(7);
    fill(m);
    std::size_t const count = 3;
    auto images = make_tensor<float>(count, in::channels, in::height, in::width);
    auto const values = random_values<float>(images.size(), 1);
    std::copy(values.begin(), values.end(), images.begin());
    auto embeddings = m.embed(images);
    io::write_npy<float>(folder / (name + ".images.npy"), {count, in::channels, in::height, in::width}, values);
    io::write_npy<float>(folder / (name + ".embeddings.npy"), {count, Network::embedding_size},
                         {embeddings.data(), embeddings.size()});
    save_onnx(folder / (name + ".onnx"), m, {.fold_normalization = false});
    save_onnx(folder / (name + ".folded.onnx"), m);
    std::printf("%s\n", name.c_str());
    if (measured) { // one photo, the median of some
        std::vector<double> times;
        for (int i = 0; i < 15; ++i) {
            auto const start = std::chrono::steady_clock::now();
            m.embed(images.data(), 1, embeddings.data());
            times.push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
        }
        std::nth_element(times.begin(), times.begin() + 7, times.end());
        io::write_file(folder / (name + ".milliseconds"), std::to_string(times[7]));
    }
}

template <std::size_t Width>
void write_all(std::filesystem::path const& to) {
    using face = shape<3, 112, 112>;
    write<backbones::compact<shape<1, 112, 92>, 128, Width / 2>>(to, "compact");
    write<backbones::conv_4<shape<1, 28, 28>, Width>>(to, "conv_4");
    write<backbones::resnet_18<face, 128, Width>>(to, "resnet_18");
    write<backbones::resnet_34<face, 128, Width>>(to, "resnet_34");
    write<backbones::resnet_50<face, 128, Width>>(to, "resnet_50");
    write<backbones::ir_18<face, 512, Width>>(to, "ir_18");
    write<backbones::ir_50<face, 512, Width>>(to, "ir_50");
    write<backbones::vgg_16<face, 128, Width>>(to, "vgg_16");
    write<backbones::nn4<128, Width>>(to, "nn4");
    write<backbones::nn4_small2<128, Width>>(to, "nn4_small2");
    write<backbones::mobile_face_net<>>(to, "mobile_face_net");
    write<backbones::mobile_face_net_features<>>(to, "mobile_face_net_features");
    write<backbones::mobile_face_net_tuned<>>(to, "mobile_face_net_tuned");
}

} // namespace

int main(int argc, char** argv) {
    measured = argc == 3 && std::string(argv[2]) == "times";
    if (argc != 2 && !measured) {
        std::fprintf(stderr, "usage: export_networks FOLDER [times]\n");
        return 2;
    }
    try {
        std::filesystem::path const to = argv[1];
        std::filesystem::create_directories(to);
        write<activations>(to, "activations");
        write<poolings>(to, "poolings");
        write<rounded_poolings>(to, "rounded_poolings");
        write<unpadded_poolings>(to, "unpadded_poolings");
        write<responses>(to, "responses");
        write<branches>(to, "branches");
        write_all<TRINE_TEST_WIDTH>(to);
    } catch (std::exception const& e) {
        std::fprintf(stderr, "export_networks: %s\n", e.what());
        return 1;
    }
    return 0;
}
