#include "networks.hpp"

#include <cstdio>

#include "built_networks.hpp"
#include "networks/network_of.hpp"
#include "policies.hpp"

namespace program {

using namespace trine;

#define PROGRAM_DECLARE(name) network_row name##_row();
PROGRAM_EACH_BUILT_NETWORK(PROGRAM_DECLARE)
#undef PROGRAM_DECLARE

namespace {

std::vector<network_row> const& rows() {
#define PROGRAM_ROW(name) name##_row(),
    static std::vector<network_row> const all{PROGRAM_EACH_BUILT_NETWORK(PROGRAM_ROW)};
#undef PROGRAM_ROW
    return all;
}

} // namespace

tensor<float, 2> any_network::embed(tensor<float, 4> const& images) {
    nn::images_view<float> const view(images);
    require<shape_error>(view.channels() == channels && view.height() == height && view.width() == width, "images of ",
                         view.channels(), "×", view.height(), "×", view.width(), " for a network that takes ", channels,
                         "×", height, "×", width);
    auto points = make_tensor<float>(view.count(), embedding_size);
    embed(view.data(), view.count(), points.data());
    return points;
}
std::vector<identification> any_network::identify(tensor<float, 4> const& images, decision_rule const& rule) {
    auto const points = embed(images);
    return identify(as_matrix(points), rule);
}

std::vector<std::string> const& network_names() {
    static std::vector<std::string> const names = [] {
        std::vector<std::string> all;
        for (auto const& row : rows())
            all.emplace_back(row.name);
        return all;
    }();
    return names;
}

std::unique_ptr<any_network> make_network(std::string const& backbone, std::uint64_t seed) {
    for (auto const& row : rows())
        if (row.name == backbone)
            return row.make(row.name, seed);
    fail<argument_error>("backbone: there is no \"", backbone, "\", but ", one_of(network_names()));
}

std::string backbone_of(std::string const& signature) {
    for (auto const& row : rows())
        if (row.signature() == signature)
            return row.name;
    return "";
}

bool is_recognizer(io::safetensors const& file) {
    return file.metadata.contains("format") && file.text_of("format").starts_with("trine recognizer");
}

void require_network(io::safetensors const& file, std::filesystem::path const& path, std::string const& backbone,
                     std::string const& signature) {
    auto const found = file.text_of("network");
    if (found == signature)
        return;
    auto const other = backbone_of(found);
    fail<format_error>(path.string(), ": is of another network than ", backbone, ": ",
                       other.empty() ? network_difference(found, signature) : "it is of " + other);
}

std::string list_networks() {
    std::string all = "backbones, with input, values of an embedding, parameters and multiply-adds a photo";
    if (rows().size() < PROGRAM_NETWORK_COUNT)
        all += "; these are " + std::to_string(rows().size()) + " of " + std::to_string(PROGRAM_NETWORK_COUNT) +
               ": cmake --preset release -DTRINE_NETWORKS=all and a build bring the others";
    all += "\n";
    for (auto const& row : rows()) {
        char line[128];
        std::snprintf(line, sizeof line, "    %s: %s, %zu, %.2f M, %.0f M\n", row.name, row.input.c_str(),
                      row.embedding_size, static_cast<double>(row.parameters) / 1e6,
                      static_cast<double>(row.multiply_adds) / 1e6);
        all += line;
    }
    return all;
}

} // namespace program
