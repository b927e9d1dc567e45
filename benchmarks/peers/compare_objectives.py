#!/usr/bin/env python3
"""Mining, loss and gradient of a batch in Trine and in PyTorch the way that PyTorch Metric Learning does it, interleaved, as one table of ratios.

    benchmarks/peers/compare_objectives.py --build build/release

D = 128, four photos a person. The table holds medians of --rounds rounds; 2.0 means that Trine is twice as fast. Needs python3-torch.
"""

import os
import re
import statistics
import sys

from compare import Process, python_with, read_arguments

WORK = [f"{name}/{n}" for name, sizes in (("batch_hard", (256, 1024, 4096)), ("batch_all", (256, 512, 1024, 4096)), ("semi_hard", (256, 512, 1024, 4096)),
                                           ("multi_similarity", (256, 512, 1024, 4096)), ("soft_margin_all", (256, 512)), ("nt_xent", (256, 512))) for n in sizes]


def main():
    arguments = read_arguments(__doc__)
    python = python_with("torch")
    if not python:
        sys.exit("python3-torch is not installed here: run build/release/benchmarks/objective for Trine's own times")
    for threads in arguments.threads:
        flags = ["--threads", str(threads)]
        ours_command = [os.path.join(arguments.build, "benchmarks", "objective"), "--serve", "--benchmark_min_time=0.2", *flags]
        torch_command = [python, os.path.join(os.path.dirname(os.path.abspath(__file__)), "pytorch_objective.py"), *flags]
        ours, torch = Process(ours_command), Process(torch_command)
        print(f"\n{threads} thread(s); medians of {arguments.rounds} rounds, milliseconds; memory of a process that did this alone, beyond its start, MB\n")
        print("| miner and loss / B | Trine | PyTorch | ratio | Trine MB | PyTorch MB |")
        print("|---|---|---|---|---|---|")
        for name in (n for n in WORK if re.search(arguments.only, n)):
            own, other = [], []
            for _ in range(arguments.rounds):
                own.append(ours.ask(name))
                value = torch.ask(name)
                if value is not None:
                    other.append(value)
            memory = []
            for command in (ours_command, torch_command):
                process = Process(command)
                memory.append(process.ask("memory") if process.ask(name) is not None else None)
                process.close()
            mine = statistics.median(own)
            if other:
                peer = statistics.median(other)
                print(f"| {name} | {mine:.2f} | {peer:.1f} | {peer / mine:.1f} | {memory[0]:.0f} | {memory[1]:.0f} |", flush=True)
            else:
                print(f"| {name} | {mine:.2f} | | | {memory[0]:.0f} | |", flush=True)
        ours.close()
        torch.close()


if __name__ == "__main__":
    main()
