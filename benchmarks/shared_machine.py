#!/usr/bin/env python3
"""What is left of Trine's speed, and of its peers', on a machine that others use too.

    benchmarks/shared_machine.py --build build/release                  the quickstart's training, steps, inference, objectives, searches
    benchmarks/shared_machine.py --build build/release --only inference some of it

Every measurement is taken idle, beside one busy process, and beside one a core and two a core, in turn, --rounds times: the busy processes compute for ever, at the
same priority, on no core in particular. The tables hold medians over the rounds, of the mean over single calls (so that a call that waited counts), the share that
is left of the idle speed, the ratio to one thread under the same load, and the 99th percentile of calls. Peers that are not installed (python3-torch, python3-faiss)
are left out, and said so; their times are medians of calls, as their drivers measure them.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "peers"))
from compare import Process, python_with, variants  # noqa: E402

QUICKSTART = "quickstart's training"
WORK = {
    "training_step": ["step/compact_3x96x96/b64", "inference/compact_3x96x96/b1", "inference/compact_3x96x96/b32", "step/resnet18_3x112x112/b32",
                      "inference/resnet18_3x112x112/b1", "inference/resnet18_3x112x112/b32"],
    "objective": ["batch_hard/256", "batch_hard/1024"],
    "neighbors": ["ip/n10000/q1/k10", "l2/n100000/q1/k10", "l2/n100000/q1000/k10"],
}
PEERS = {"training_step": ("torch", "pytorch_network.py"), "objective": ("torch", "pytorch_objective.py"), "neighbors": ("faiss", "faiss_search.py")}


class BusyProcesses:
    """Processes that compute for as long as the block lasts."""

    def __init__(self, count):
        self.processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
        time.sleep(0.3 if count else 0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for p in self.processes:
            p.kill()
            p.wait()


class Calls(Process):
    """Single calls of a benchmark: their mean and 99th percentile, in milliseconds."""

    def ask(self, line):
        if line == "memory":
            return super().ask(line)
        self.process.stdin.write(f"calls {line}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if len(answer) != 5:
            raise RuntimeError(f"{self.process.args} does not know {line}")
        return float(answer[2]), float(answer[3])


def train(folder, threads):
    """Milliseconds a photo of the quickstart's training, and no percentile."""
    with tempfile.TemporaryDirectory() as output:
        run = subprocess.run([os.path.join(folder, "examples", "train_faces"), "--epochs", "8", "--threads", str(threads), "--output", output],
                             stdout=subprocess.PIPE, text=True, check=True)
    speeds = [float(s) for s in re.findall(r"([0-9]+) photos/s", run.stdout)]
    return 1e3 / statistics.harmonic_mean(speeds[1:]), float("nan")  # the first epoch starts the threads and lays out memory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release", help="where the benchmarks and examples were built")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=0.5, help="how long one measurement takes at least")
    parser.add_argument("--only", default="", help="regular expression that names must contain")
    parser.add_argument("--no-peers", action="store_true", help="measure Trine alone")
    arguments = parser.parse_args()
    loads = sorted({0, 1, os.cpu_count(), 2 * os.cpu_count()})
    print(f"{arguments.threads} threads on {os.cpu_count()} processors; medians of {arguments.rounds} rounds\n")
    print("| work | " + " | ".join(["idle, ms"] + [f"share beside {n}" for n in loads[1:]]) + " | " + " | ".join(f"1 thread ÷ ours, beside {n}" for n in loads)
          + " | p99 idle, ms | " + " | ".join(f"p99 beside {n}" for n in loads[1:]) + " | " + " | ".join(f"peer ÷ ours, beside {n}" for n in loads) + " |")
    print("|---" * (1 + 4 * len(loads)) + "|", flush=True)
    said = set()
    for program in ["train_faces", *WORK]:
        names = [n for n in ([QUICKSTART] if program == "train_faces" else WORK[program]) if re.search(arguments.only, n)]
        if not names:
            continue
        peer, processes = None, []
        if program == "train_faces":
            many, one = (lambda name: train(arguments.build, arguments.threads)), (lambda name: train(arguments.build, 1))
        else:
            command = [os.path.join(arguments.build, "benchmarks", program), "--serve", f"--benchmark_min_time={arguments.seconds}"]
            processes = [Calls([*command, "--threads", str(t)]) for t in (arguments.threads, 1)]
            many, one = processes[0].ask, processes[1].ask
            module, driver = PEERS[program]
            python = None if arguments.no_peers else python_with(module)
            if python:
                peer = Process([python, os.path.join(HERE, "peers", driver), "--threads", str(arguments.threads)])
            elif module not in said:
                said.add(module)
                print(f"{module} is left out", file=sys.stderr)
        for name in names:
            times = {}
            line = name  # a peer's fastest way, when idle
            if peer and program == "training_step":
                line = min((v for _, v in variants(name, {"torch": peer})), key=peer.ask)
            for _ in range(arguments.rounds):
                for n in loads:
                    with BusyProcesses(n):
                        mean, late = many(name)
                        times.setdefault(("many", n), []).append(mean)
                        times.setdefault(("late", n), []).append(late)
                        times.setdefault(("one", n), []).append(one(name)[0])
                        if peer:
                            times.setdefault(("peer", n), []).append(peer.ask(line))
            median = {k: statistics.median(v) for k, v in times.items()}
            idle = median["many", 0]
            cells = [f"{idle:.3f}"] + [f"{idle / median['many', n]:.2f}" for n in loads[1:]] + [f"{median['one', n] / median['many', n]:.2f}" for n in loads]
            cells += [f"{median['late', n]:.2f}" for n in loads]
            cells += [f"{median['peer', n] / median['many', n]:.2f}" if peer else "–" for n in loads]
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
        for p in processes + ([peer] if peer else []):
            p.close()


if __name__ == "__main__":
    main()
