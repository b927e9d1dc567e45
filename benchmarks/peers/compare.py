#!/usr/bin/env python3
"""The same work in Trine and in its peers, interleaved, as one table of ratios.

    benchmarks/peers/compare.py --build build/release                    single layers, whole steps, inference; 2 threads, then 1
    benchmarks/peers/compare.py --build build/release --only 'k3_s1'     some of it

Every measurement is taken by a process that stays alive and is asked in turn: ours, then each peer, and again, --rounds times. The table holds medians, and the
ratio of the fastest peer's median to ours: 2.0 means twice as fast. Peers that are not installed (python3-torch, libdnnl-dev) are left out, and said so.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys

LAYERS = ["3x96x96->32_k3_s1_g1", "1x112x92->32_k3_s1_g1", "32x96x96->32_k3_s1_g1", "64x48x48->64_k3_s1_g1", "128x24x24->128_k3_s1_g1", "256x12x12->256_k3_s1_g1",
          "64x56x56->64_k1_s1_g1", "256x14x14->1024_k1_s1_g1", "64x56x56->128_k3_s2_g1", "3x96x96->64_k7_s2_g1", "32x28x28->64_k5_s1_g1", "64x48x48->64_k3_s1_g64"]
DIRECTIONS = ["forward", "gradient_data", "gradient_weights"]
NETWORKS = [("compact_1x112x92", 64), ("compact_3x96x96", 64), ("resnet18_3x112x112", 32)]


KEEPING = "_keeping_maps"  # ours alone: a network that computes no maps again


def work():
    for layer in LAYERS:
        for direction in DIRECTIONS:
            if direction == "gradient_data" and int(layer.split("x")[0]) < 8:
                continue  # a first layer's gradient of data is never computed
            yield f"{layer}/{direction}"
    for network, batch in NETWORKS:
        yield f"step/{network}/b{batch}"
        yield f"inference/{network}/b1"
        yield f"inference/{network}/b32"
    yield f"step/resnet18_3x112x112{KEEPING}/b32"
    yield "inference/mobile_face_net/b1"
    yield "inference/mobile_face_net/b32"


class Process:
    """A benchmark program that has started, and answers a line for a line."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.ask("memory")  # answered once it has started: what a program loads takes time from others

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if not answer:
            raise RuntimeError(f"{self.process.args} ended while measuring {line}")
        return None if answer[-1] == "none" else float(answer[-1])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def python_with(module):
    """The Python that has a module, this one or the system's."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


def variants(name, peers):
    """(peer, line) pairs that do the work of `name`."""
    name = name.replace(KEEPING, "")
    if "torch" in peers:
        layouts = ["nchw", "channels_last"]
        if name.startswith("inference"):
            layouts += ["traced_nchw", "traced_channels_last"]
        yield from (("torch", f"{name}@{v}") for v in layouts)
    if "onednn" in peers and "/" in name and not name.startswith(("step", "inference")):
        yield from (("onednn", f"{name}@{v}") for v in ["auto", "direct", "winograd"])


def memory(command, line):
    process = Process(command)
    process.ask(line)
    used = process.ask("memory")
    process.close()
    return used


def read_arguments(description):
    """The options of every program that compares."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="where the benchmarks were built")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1])
    parser.add_argument("--only", default="", help="regular expression that names must contain")
    return parser.parse_args()


def main():
    arguments = read_arguments(__doc__)
    here, folder = os.path.dirname(os.path.abspath(__file__)), os.path.join(arguments.build, "benchmarks")
    names = [n for n in work() if re.search(arguments.only, n)]
    torch_python = python_with("torch")
    onednn = os.path.join(folder, "onednn_convolution")
    for peer, there in (("PyTorch", torch_python), ("oneDNN", os.path.exists(onednn))):
        if not there:
            print(f"{peer} is not installed here and is left out", file=sys.stderr)
    for threads in arguments.threads:
        flags = ["--threads", str(threads)]
        ours = {kind: Process([os.path.join(folder, kind), "--serve", "--benchmark_min_time=0.2", *flags]) for kind in ("convolution", "training_step")}
        torch_command = [torch_python, os.path.join(here, "pytorch_network.py"), *flags]
        peers = {}
        if torch_python:
            peers["torch"] = Process(torch_command)
        if os.path.exists(onednn):
            peers["onednn"] = Process([onednn, *flags])
        print(f"\n{threads} thread(s); medians of {arguments.rounds} rounds, milliseconds\n")
        print("| work | Trine | PyTorch | which | oneDNN | which | ratio to PyTorch | ratio to the fastest |")
        print("|---|---|---|---|---|---|---|---|")
        ratios, exchanges = {}, []
        for name in names:
            exchanges.append(ours["convolution"].ask("exchange"))
            own = ours["training_step" if name.startswith(("step", "inference")) else "convolution"]
            times = {"own": []}
            for _ in range(arguments.rounds):
                times["own"].append(own.ask(name))
                for peer, line in variants(name, peers):
                    value = peers[peer].ask(line)
                    if value is not None:
                        times.setdefault((peer, line.partition("@")[2]), []).append(value)
            median = {k: statistics.median(v) for k, v in times.items()}
            cells = []
            best = {}
            for peer in ("torch", "onednn"):
                found = {k: v for k, v in median.items() if k[0] == peer}
                if found:
                    key = min(found, key=found.get)
                    best[peer] = found[key]
                    cells += [f"{found[key]:.2f}", key[1]]
                else:
                    cells += ["", ""]
            ratio = {p: b / median["own"] for p, b in best.items()}
            ratios[name] = ratio.get("torch")
            print(f"| {name} | {median['own']:.2f} | {' | '.join(cells)} | {ratio.get('torch', float('nan')):.2f} | {min(ratio.values(), default=float('nan')):.2f} |", flush=True)
        for process in [*ours.values(), *peers.values()]:
            process.close()

        def geometric(pattern, title):
            chosen = [r for n, r in ratios.items() if r and re.search(pattern, n)]
            if chosen:
                print(f"{title}: geometric mean {statistics.geometric_mean(chosen):.2f}, least {min(chosen):.2f}, of {len(chosen)}")
        print()
        if threads > 1:
            apart = sum(e > 80 for e in exchanges)
            print(f"a line of cache went from thread to thread in {min(exchanges):.0f} to {max(exchanges):.0f} ns; before {apart} of the table's {len(exchanges)} lines it took more than 80: the cores then shared no cache")
        square = r"^(32|64|128|256)x\d+x\d+->\d+_k3_s1_g1/"
        for direction in DIRECTIONS:
            geometric(square + direction + "$", f"3x3 stride 1, {direction}")
        geometric(r"^[13]x", "first layers")
        geometric(r"(^(64|256)x\d+x\d+->\d+_k1|k5|^64.*k3_s2)", "1x1, 5x5, 3x3 stride 2")
        geometric(r"g64", "depthwise 3x3")
        for line in names:
            if torch_python and line.startswith("step"):
                own = memory([os.path.join(folder, "training_step"), "--serve", "--benchmark_min_time=0.2", *flags], line)
                other = min(memory(torch_command, f"{line.replace(KEEPING, '')}@{v}") for v in ("nchw", "channels_last"))
                print(f"peak memory of {line}: {own:.0f} MB, PyTorch {other:.0f} MB, share {own / other:.2f}")


if __name__ == "__main__":
    main()
