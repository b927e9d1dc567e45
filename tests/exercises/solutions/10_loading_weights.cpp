#include <algorithm>

#include "exercise.hpp"

namespace exercises {

loading_report load(std::span<file_tensor const> file, std::span<weight_name const> table,
                    std::span<network_tensor const> network) {
    loading_report report;
    std::vector<bool> used(file.size());
    for (auto const& to : network) {
        auto const names =
            std::find_if(table.begin(), table.end(), [&](weight_name const& name) { return name.ours == to.name; });
        auto const from = names == table.end() ? file.end()
                                               : std::find_if(file.begin(), file.end(),
                                                              [&](auto const& t) { return t.name == names->theirs; });
        if (from == file.end()) {
            report.missing.push_back(to.name);
            continue;
        }
        if (from->shape != to.shape) {
            report.misshapen.push_back(to.name);
            continue;
        }
        if (to.shape.size() == 4) {
            std::size_t const outputs = to.shape[0], channels = to.shape[1], rows = to.shape[2], cols = to.shape[3];
            std::size_t at = 0;
            for (std::size_t o = 0; o < outputs; ++o)
                for (std::size_t c = 0; c < channels; ++c)
                    for (std::size_t i = 0; i < rows; ++i)
                        for (std::size_t j = 0; j < cols; ++j)
                            to.values[((i * cols + j) * channels + c) * outputs + o] = from->values[at++];
        } else {
            std::copy(from->values.begin(), from->values.end(), to.values.begin());
        }
        used[static_cast<std::size_t>(from - file.begin())] = true;
        report.loaded.push_back(to.name);
    }
    report.unused = static_cast<std::size_t>(std::count(used.begin(), used.end(), false));
    return report;
}

} // namespace exercises

EXERCISE(10, exercises::load)
