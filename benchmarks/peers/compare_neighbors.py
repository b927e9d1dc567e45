#!/usr/bin/env python3
"""Exact search in Trine and in Faiss, and hnsw beside hnswlib itself, interleaved, as one table of ratios.

    benchmarks/peers/compare_neighbors.py --build build/release

D = 128, random points. The table holds medians of --rounds rounds; 2.0 means that Trine is twice as fast. Needs python3-faiss.
"""

import os
import re
import statistics
import sys

from compare import Process, python_with, read_arguments

SEARCHES = [f"{metric}/n{n}/q{q}/k{k}" for n in (10_000, 100_000, 1_000_000) for q in (1, 100, 1000) for metric in ("l2", "ip") for k in (1, 10) if q == 1 or k == 10]
STORAGES = [f"{storage}/n1000000/q{q}/k10" for q in (1, 100) for storage in ("float16", "int8")]
WALKS = [f"hnsw/ef{ef}" for ef in (16, 32, 64, 128)]


def main():
    arguments = read_arguments(__doc__)
    python = python_with("faiss")
    if not python:
        sys.exit("python3-faiss is not installed here: run build/release/benchmarks/neighbors for Trine's own times")
    for threads in arguments.threads:
        flags = ["--threads", str(threads)]
        ours = Process([os.path.join(arguments.build, "benchmarks", "neighbors"), "--serve", "--benchmark_min_time=0.3", *flags])
        theirs = Process([python, os.path.join(os.path.dirname(os.path.abspath(__file__)), "faiss_search.py"), *flags])
        peak, reading = [ours.ask("peak")], [ours.ask("bandwidth")]
        print(f"\n{threads} thread(s); medians of {arguments.rounds} rounds, milliseconds\n")
        print("| search | Trine | peer | ratio | GB/s | GFLOP/s |\n|---|---|---|---|---|---|")

        def row(name, ask_peer, bytes_a_value=4):
            own, other = [], []
            ours.ask(name), ask_peer()  # the first makes the points, and is not counted
            for _ in range(arguments.rounds):
                own.append(ours.ask(name))
                other.append(ask_peer())
            peak.append(ours.ask("peak"))
            reading.append(ours.ask("bandwidth"))
            mine, peer = statistics.median(own), statistics.median(other)
            rates = " | "
            if (size := re.search(r"n(\d+)/q(\d+)", name)):
                values = int(size[1]) * 128
                rates = f"{values * bytes_a_value / mine / 1e6:.1f} | {2 * values * int(size[2]) / mine / 1e6:.0f}"
            print(f"| {name} | {mine:.3f} | {peer:.3f} | {peer / mine:.2f} | {rates} |", flush=True)

        for name in (n for n in SEARCHES if re.search(arguments.only, n)):
            row(name, lambda: theirs.ask(name))
        theirs.close()
        for name in (n for n in STORAGES if re.search(arguments.only, n)):  # the peer is float32
            row(name, lambda: ours.ask(re.sub(r"^\w+", "l2", name)), 2 if name.startswith("float16") else 1)
        for name in (n for n in WALKS if re.search(arguments.only, n)):
            row(name, lambda: ours.ask(name.replace("hnsw", "hnswlib")))
        print(f"\nmeasured in the same run, between the rows: multiply-adds {statistics.median(peak):.0f} GFLOP/s, reading {statistics.median(reading):.1f} GB/s (medians)")
        ours.close()


if __name__ == "__main__":
    main()
