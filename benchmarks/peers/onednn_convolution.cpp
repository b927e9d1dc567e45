// The work of benchmarks/convolution in oneDNN, a measurement at a time: reads "name@auto", "name@direct" or
// "name@winograd" a line from standard input and answers "name milliseconds", or "none" where oneDNN has no such
// implementation. Driven by compare.py.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <unordered_map>

#include <omp.h>
#include <dnnl.hpp>

namespace {

using dnnl::memory;
using tag = memory::format_tag;

struct layer {
    long c, h, w, o, k, stride, groups;
};

double measure(layer const& l, std::string const& direction, dnnl::algorithm algorithm) {
    dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    dnnl::stream stream(engine);
    long const n = 32, pad = l.k == 1 ? 0 : l.k / 2, oh = (l.h + 2 * pad - l.k) / l.stride + 1,
               ow = (l.w + 2 * pad - l.k) / l.stride + 1;
    memory::dims const xd{n, l.c, l.h, l.w}, yd{n, l.o, oh, ow}, strides{l.stride, l.stride}, pads{pad, pad};
    memory::dims const wd = l.groups > 1 ? memory::dims{l.groups, l.o / l.groups, l.c / l.groups, l.k, l.k}
                                         : memory::dims{l.o, l.c, l.k, l.k};
    auto const f32 = memory::data_type::f32;
    // The layouts are oneDNN's own choice, and bringing data into them is not timed.
    memory::desc const x(xd, f32, tag::any), y(yd, f32, tag::any), w(wd, f32, tag::any);
    dnnl::convolution_forward::desc const forward(dnnl::prop_kind::forward_training, algorithm, x, w, y, strides, pads,
                                                  pads);
    dnnl::convolution_forward::primitive_desc const hint(forward, engine);
    std::unordered_map<int, memory> arguments;
    dnnl::primitive primitive;
    auto const fill = [&](memory::desc const& d) {
        memory m(d, engine);
        std::memset(m.get_data_handle(), 0, d.get_size());
        return m;
    };
    if (direction == "forward") {
        primitive = dnnl::convolution_forward(hint);
        arguments = {{DNNL_ARG_SRC, fill(hint.src_desc())},
                     {DNNL_ARG_WEIGHTS, fill(hint.weights_desc())},
                     {DNNL_ARG_DST, fill(hint.dst_desc())}};
    } else if (direction == "gradient_data") {
        dnnl::convolution_backward_data::desc const d(algorithm, x, w, y, strides, pads, pads);
        dnnl::convolution_backward_data::primitive_desc const p(d, engine, hint);
        primitive = dnnl::convolution_backward_data(p);
        arguments = {{DNNL_ARG_DIFF_SRC, fill(p.diff_src_desc())},
                     {DNNL_ARG_WEIGHTS, fill(p.weights_desc())},
                     {DNNL_ARG_DIFF_DST, fill(p.diff_dst_desc())}};
    } else {
        dnnl::convolution_backward_weights::desc const d(algorithm, x, w, y, strides, pads, pads);
        dnnl::convolution_backward_weights::primitive_desc const p(d, engine, hint);
        primitive = dnnl::convolution_backward_weights(p);
        arguments = {{DNNL_ARG_SRC, fill(p.src_desc())},
                     {DNNL_ARG_DIFF_WEIGHTS, fill(p.diff_weights_desc())},
                     {DNNL_ARG_DIFF_DST, fill(p.diff_dst_desc())}};
    }
    auto const once = [&] {
        primitive.execute(stream, arguments);
        stream.wait();
    };
    once();
    auto const start = std::chrono::steady_clock::now();
    for (int count = 1;; ++count) {
        once();
        double const passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        if (passed > 0.2)
            return 1000 * passed / count;
    }
}

} // namespace

int main(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; ++i)
        if (std::strcmp(argv[i], "--threads") == 0)
            omp_set_num_threads(std::atoi(argv[i + 1]));
    for (std::string line; std::getline(std::cin, line);) {
        layer l{};
        char direction[32] = "", how[32] = "";
        double ms = 0;
        if (std::sscanf(line.c_str(), "%ldx%ldx%ld->%ld_k%ld_s%ld_g%ld/%31[^@]@%31s", &l.c, &l.h, &l.w, &l.o, &l.k,
                        &l.stride, &l.groups, direction, how) == 9)
            try {
                std::string const a = how;
                ms = measure(l, direction,
                             a == "direct"     ? dnnl::algorithm::convolution_direct
                             : a == "winograd" ? dnnl::algorithm::convolution_winograd
                                               : dnnl::algorithm::convolution_auto);
            } catch (dnnl::error const&) {
            }
        if (ms > 0)
            std::printf("%s %.6f\n", line.c_str(), ms);
        else
            std::printf("%s none\n", line.c_str());
        std::fflush(stdout);
    }
}
