#include <algorithm>

#include "../grader/check.hpp"

using namespace grading;

namespace {

struct place {
    std::string ours, theirs;
    std::vector<std::size_t> shape;
};

std::size_t size_of(std::vector<std::size_t> const& shape) {
    std::size_t n = 1;
    for (std::size_t const s : shape)
        n *= s;
    return n;
}

// A network with memory of its own, a file, and the table between them.
struct exchange {
    std::vector<file_tensor> file;
    std::vector<weight_name> table;
    std::vector<network_tensor> network;
    std::vector<guarded<float>> memory;

    void in_file(inputs& in, std::string name, std::vector<std::size_t> shape) {
        std::vector<float> values(size_of(shape));
        for (float& v : values)
            v = static_cast<float>(in.random.normal());
        file.push_back({std::move(name), std::move(shape), std::move(values)});
    }
    void in_network(inputs& in, std::string name, std::vector<std::size_t> shape) {
        memory.push_back(in.to_fill<float>("network", size_of(shape), 1));
        network.push_back({std::move(name), std::move(shape), memory.back().span()});
    }
    void both(inputs& in, place const& p) {
        in_file(in, p.theirs, p.shape);
        in_network(in, p.ours, p.shape);
        table.push_back({p.ours, p.theirs});
    }
};

// A convolution's values with the file's dimensions in another order in memory: order[k] is the file's k-th from
// outside.
std::vector<double> in_order(file_tensor const& t, std::vector<std::size_t> const& order) {
    std::vector<std::size_t> stride(4);
    std::size_t step = 1;
    for (std::size_t k = 4; k-- > 0; step *= t.shape[order[k]])
        stride[order[k]] = step;
    std::vector<double> out(t.values.size());
    std::size_t at = 0;
    for (std::size_t o = 0; o < t.shape[0]; ++o)
        for (std::size_t c = 0; c < t.shape[1]; ++c)
            for (std::size_t i = 0; i < t.shape[2]; ++i)
                for (std::size_t j = 0; j < t.shape[3]; ++j)
                    out[o * stride[0] + c * stride[1] + i * stride[2] + j * stride[3]] =
                        static_cast<double>(t.values[at++]);
    return out;
}

std::string listed(std::vector<std::string> const& names) {
    std::string text;
    for (auto const& n : names)
        text += (text.empty() ? "" : ", ") + n;
    return text.empty() ? "nothing" : text;
}

void require_list(std::string const& what, std::vector<std::string> const& yours, std::vector<std::string> const& right,
                  std::string const& hint = "") {
    if (yours != right)
        wrong("the list of what is ", what, " has ", listed(yours), ", and should have ", listed(right), hint);
}

} // namespace

CHECK(10, 2, "tensors of one and two dimensions are copied as they lie") {
    exchange e;
    for (auto const& p : {place{"1.weight", "fc.weight", {3, 5}}, place{"1.bias", "fc.bias", {3}}})
        e.both(in, p);
    std::reverse(e.file.begin(), e.file.end());
    auto const report = submitted.load(e.file, e.table, e.network);
    require_list("loaded", report.loaded, {"1.weight", "1.bias"});
    require_list("missing", report.missing, {});
    require_list("misshapen", report.misshapen, {});
    compare(e.memory[0].read(), in_order({"", {1, 1, 3, 5}, e.file[1].values}, {0, 1, 2, 3}), 0,
            {.what = "1.weight", .row = "output", .column = "input", .cols = 5},
            {{in_order({"", {1, 1, 3, 5}, e.file[1].values}, {0, 1, 3, 2}),
              "a tensor of two dimensions was turned: it lies as in the file"}});
    compare(e.memory[1].read(), std::vector<double>(e.file[0].values.begin(), e.file[0].values.end()), 0,
            {.what = "1.bias"});
}

CHECK(10, 3, "weights of a convolution are put in the network's order") {
    exchange e;
    e.both(in, {"0.weight", "conv1.weight", {3, 2, 4, 5}});
    auto const report = submitted.load(e.file, e.table, e.network);
    require_list("loaded", report.loaded, {"0.weight"});
    auto const& t = e.file[0];
    compare(e.memory[0].read(), in_order(t, {2, 3, 1, 0}), 0,
            {.what = "0.weight", .row = "row, column and channel", .column = "output", .cols = 3},
            {{in_order(t, {0, 1, 2, 3}), "its values lie as in the file, O×C×H×W, and should lie H×W×C×O"},
             {in_order(t, {2, 3, 0, 1}), "channels and outputs are exchanged: its values lie H×W×O×C"},
             {in_order(t, {3, 2, 1, 0}), "rows and columns are exchanged: its values lie W×H×C×O"},
             {in_order(t, {1, 0, 2, 3}), "its values lie C×O×H×W, and should lie H×W×C×O"}});
}

CHECK(10, 2, "names are looked up in the table") {
    exchange e;
    // Their names are ours for something else: who looks for our names in the file takes the wrong one.
    for (auto const& p : {place{"a", "b", {2}}, place{"b", "c", {2}}, place{"c", "a", {2}}})
        e.both(in, p);
    std::rotate(e.table.begin(), e.table.begin() + 1, e.table.end());
    auto const report = submitted.load(e.file, e.table, e.network);
    require_list("loaded", report.loaded, {"a", "b", "c"}, " (in the network's order)");
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            if (i != j && e.memory[i](0) == e.file[j].values[0])
                wrong("tensor ", e.network[i].name, " has the values of the file's ", e.file[j].name,
                      ", and the table says ", e.file[i].name,
                      e.file[j].name == e.network[i].name ? ": its own name was looked for in the file"
                                                          : ": the table is searched by name, not by place");
    for (std::size_t i = 0; i < 3; ++i)
        compare(e.memory[i].read(), std::vector<double>(e.file[i].values.begin(), e.file[i].values.end()), 0,
                {.what = "tensor " + e.network[i].name});
}

CHECK(10, 3, "what is missing, misshapen and unused is said, and left alone") {
    exchange e;
    e.both(in, {"0.bias", "conv1.bias", {4}});
    e.in_network(in, "not in the table", {2});
    e.in_network(in, "not in the file", {2});
    e.table.push_back({"not in the file", "head.weight"});
    // As many values, another shape.
    e.in_network(in, "1.weight", {2, 6});
    e.in_file(in, "fc.weight", {3, 4});
    e.table.push_back({"1.weight", "fc.weight"});
    e.in_file(in, "optimizer.step", {1});
    auto const report = submitted.load(e.file, e.table, e.network);
    for (std::size_t i = 1; i < 4; ++i)
        for (float const v : e.memory[i].read())
            if (v != static_cast<float>(never_written))
                wrong("tensor \"", e.network[i].name, "\" was written to, and should keep its values",
                      i == 3 ? ": 3×4 and 2×6 are as many values, but another shape" : "");
    require_list("loaded", report.loaded, {"0.bias"});
    require_list("missing", report.missing, {"not in the table", "not in the file"});
    require_list("misshapen", report.misshapen, {"1.weight"});
    if (report.unused != 2)
        wrong("of the file's three tensors conv1.bias is loaded, fc.weight does not fit and optimizer.step is "
              "nobody's: 2 are "
              "unused, and yours says ",
              report.unused);
}
