// Two training steps of every backbone, from parameters that are given or its own, in double:
//   training_steps FOLDER
// FOLDER/NAME.start.safetensors is read where it is there, and written where not; FOLDER/NAME.images.npy is what the
// network sees, FOLDER/NAME.end.safetensors what became of it. training_steps.py does the same in PyTorch.

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
#include <trine/distances/euclidean.hpp>
#include <trine/io/npy.hpp>
#include <trine/losses/triplet.hpp>
#include <trine/miners/triplet_miners.hpp>
#include <trine/nn/optimizers.hpp>
#include <trine/nn/parameters_file.hpp>
#include <trine/objectives/objective.hpp>

#include "support/random_values.hpp"

using namespace trine;

namespace {

template <class Network>
void train(std::filesystem::path const& folder, std::string const& name) {
    using in = typename Network::input;
    constexpr std::size_t batch = 8;
    nn::model<Network, double> model(7);
    auto const start = folder / (name + ".start.safetensors");
    if (std::filesystem::exists(start))
        load_parameters(model, io::safetensors::load(start));
    else {
        io::safetensors file;
        store_parameters(model, file);
        file.save(start);
    }
    auto const images = random_values<double>(batch * in::size, 1);
    io::write_npy<double>(folder / (name + ".images.npy"), {batch, in::channels, in::height, in::width}, images);
    std::vector<label> const labels{0, 0, 1, 1, 2, 2, 3, 3};

    objective<miners::all, losses::soft_margin, distances::squared_euclidean, double> loss;
    nn::sgd const optimizer{.momentum = 0.9, .weight_decay = 1e-3};
    std::vector<double> kept(Network::parameters), gradient(batch * Network::embedding_size);
    for (std::uint32_t step = 0; step < 2; ++step) {
        auto const embeddings = model.forward(images.data(), batch, step);
        matrix_view<double> const g(gradient.data(), batch, Network::embedding_size);
        loss(embeddings, labels, g, 1, step);
        model.backward(g);
        for (auto const& info : model.tensors())
            if (info.learnt)
                optimizer.step<double>(model.values_of(info),
                                       std::span<double const>(model.gradients()).subspan(info.offset, info.size()),
                                       std::span(kept).subspan(info.offset, info.size()), 0.05, step + 1, info.decays);
    }
    io::safetensors file;
    store_parameters(model, file);
    file.save(folder / (name + ".end.safetensors"));
    std::printf("%s\n", name.c_str());
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: training_steps FOLDER\n");
        return 2;
    }
    try {
        using face = nn::shape<3, 64, 64>;
        std::filesystem::path const folder = argv[1];
        std::filesystem::create_directories(folder);
        train<backbones::compact<nn::shape<1, 64, 64>, 32, 8>>(folder, "compact");
        train<backbones::conv_4<nn::shape<1, 28, 28>, 8>>(folder, "conv_4");
        train<backbones::resnet_18<face, 32, 8>>(folder, "resnet_18");
        train<backbones::resnet_34<face, 32, 8>>(folder, "resnet_34");
        train<backbones::resnet_50<face, 32, 8>>(folder, "resnet_50");
        train<backbones::ir_18<face, 32, 8>>(folder, "ir_18");
        train<backbones::ir_50<face, 32, 8>>(folder, "ir_50");
        train<backbones::vgg_16<face, 32, 8>>(folder, "vgg_16");
        train<backbones::nn4<32, 16>>(folder, "nn4");
        train<backbones::nn4_small2<32, 16>>(folder, "nn4_small2");
        train<backbones::mobile_face_net<face, 32>>(folder, "mobile_face_net");
    } catch (std::exception const& e) {
        std::fprintf(stderr, "training_steps: %s\n", e.what());
        return 1;
    }
    return 0;
}
