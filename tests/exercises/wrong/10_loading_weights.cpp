#include "../variants.hpp"

#include "../solutions/10_loading_weights.cpp"

using namespace exercises;
enum class slip {
    as_they_lie,
    exchanged,
    transposed,
    own_names,
    by_place,
    by_size,
    unused_all,
    missing_unsaid,
    turned
};

template <slip S>
loading_report load_wrongly(std::span<file_tensor const> file, std::span<weight_name const> table,
                            std::span<network_tensor const> network) {
    loading_report report;
    for (std::size_t at = 0; at < network.size(); ++at) {
        auto const& to = network[at];
        auto names =
            std::find_if(table.begin(), table.end(), [&](weight_name const& name) { return name.ours == to.name; });
        if (S == slip::by_place)
            names = at < table.size() ? table.begin() + static_cast<std::ptrdiff_t>(at) : table.end();
        auto const from = std::find_if(file.begin(), file.end(), [&](auto const& t) {
            return S == slip::own_names ? t.name == to.name : names != table.end() && t.name == names->theirs;
        });
        if (from == file.end()) {
            (S == slip::missing_unsaid ? report.loaded : report.missing).push_back(to.name);
            continue;
        }
        if (S == slip::by_size ? from->values.size() != to.values.size() : from->shape != to.shape) {
            report.misshapen.push_back(to.name);
            continue;
        }
        if (to.shape.size() == 4 && S != slip::as_they_lie) {
            std::size_t const outputs = to.shape[0], channels = to.shape[1], rows = to.shape[2], cols = to.shape[3];
            std::size_t next = 0;
            for (std::size_t o = 0; o < outputs; ++o)
                for (std::size_t c = 0; c < channels; ++c)
                    for (std::size_t i = 0; i < rows; ++i)
                        for (std::size_t j = 0; j < cols; ++j) {
                            std::size_t const tap = S == slip::transposed ? j * rows + i : i * cols + j;
                            to.values[S == slip::exchanged ? (tap * outputs + o) * channels + c
                                                           : (tap * channels + c) * outputs + o] = from->values[next++];
                        }
        } else if (to.shape.size() == 2 && S == slip::turned) {
            for (std::size_t i = 0; i < to.shape[0]; ++i)
                for (std::size_t j = 0; j < to.shape[1]; ++j)
                    to.values[j * to.shape[0] + i] = from->values[i * to.shape[1] + j];
        } else {
            std::copy(from->values.begin(), from->values.end(), to.values.begin());
        }
        report.loaded.push_back(to.name);
    }
    report.unused = S == slip::unused_all ? file.size() : file.size() - report.loaded.size();
    return report;
}

VARIANTS(10, {"as they lie", "its values lie as in the file, O×C×H×W", {load_wrongly<slip::as_they_lie>}},
         {"exchanged", "channels and outputs are exchanged", {load_wrongly<slip::exchanged>}},
         {"transposed", "rows and columns are exchanged", {load_wrongly<slip::transposed>}},
         {"own names", "its own name was looked for in the file", {load_wrongly<slip::own_names>}},
         {"by place", "the table is searched by name, not by place", {load_wrongly<slip::by_place>}},
         {"by size", "as many values, but another shape", {load_wrongly<slip::by_size>}},
         {"all unused", "2 are unused, and yours says 3", {load_wrongly<slip::unused_all>}},
         {"missing unsaid",
          "the list of what is loaded has 0.bias, not in the table",
          {load_wrongly<slip::missing_unsaid>}},
         {"turned", "a tensor of two dimensions was turned", {load_wrongly<slip::turned>}})
