#!/usr/bin/env python3
"""The exact searches of benchmarks/neighbors in Faiss: IndexFlatL2 and IndexFlatIP.

Reads a benchmark's name a line from standard input and answers "name milliseconds", the median of several; "none" for what Faiss is not asked to do. Driven by
compare_neighbors.py.
"""

import argparse
import re
import statistics
import sys
import time

import faiss
import numpy


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    faiss.omp_set_num_threads(arguments.threads)
    generator = numpy.random.default_rng(1)
    points = generator.standard_normal((1_000_000, 128), dtype=numpy.float32)
    queries = generator.standard_normal((1000, 128), dtype=numpy.float32)
    held, index = None, None
    for line in sys.stdin:
        name = line.strip()
        match = re.fullmatch(r"(l2|ip)/n(\d+)/q(\d+)/k(\d+)", name)
        if not match:
            print(name, "none", flush=True)
            continue
        metric, n, q, k = match[1], int(match[2]), int(match[3]), int(match[4])
        if held != (metric, n):
            index = None
            index = (faiss.IndexFlatL2 if metric == "l2" else faiss.IndexFlatIP)(128)
            index.add(points[:n])
            held = (metric, n)
        asked = numpy.ascontiguousarray(queries[:q])
        index.search(asked, k)
        times, began = [], time.perf_counter()
        while len(times) < 3 or (time.perf_counter() - began < 0.5 and len(times) < 200):
            start = time.perf_counter()
            index.search(asked, k)
            times.append(time.perf_counter() - start)
        print(name, 1e3 * statistics.median(times), flush=True)


if __name__ == "__main__":
    main()
