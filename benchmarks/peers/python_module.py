#!/usr/bin/env python3
"""Trine from Python beside what a Python researcher has: a loss with all triplets beside PyTorch Metric Learning's way,
and exact search beside Faiss. The crossing between the languages is in all times; blocks of both alternate.

    PYTHONPATH=build/release/examples/python/package benchmarks/peers/python_module.py
"""

import argparse
import statistics
import time

import numpy as np
import torch

import trine
import trine.torch
from pytorch_objective import batch, batch_all

try:
    import faiss
except ImportError:
    faiss = None


def alternate(rounds, **work):
    """Median seconds of each, a few calls of one and then of the other, so that neither has the quiet minutes."""
    times = {name: [] for name in work}
    for name, f in work.items():
        f()
    for _ in range(rounds):
        for name, f in work.items():
            begin = time.perf_counter()
            f()
            times[name].append(time.perf_counter() - begin)
    return {name: statistics.median(t) for name, t in times.items()}


def objective(photos, rounds):
    e, labels = batch(photos)
    ours = trine.torch.Objective("all", "triplet_margin", "squared_euclidean")

    def step(f):
        e.grad = None
        f().backward()
        return e.grad.clone()

    work = {"trine": lambda: step(lambda: ours(e, labels)), "pytorch": lambda: step(lambda: batch_all(e, labels))}
    # PyTorch's own arithmetic in double is what both are compared with.
    wide = e.detach().double().requires_grad_()
    batch_all(wide, labels).backward()
    differences = {name: float((f().double() - wide.grad).norm() / wide.grad.norm()) for name, f in work.items()}
    t = alternate(rounds, **work)
    print(f"batch_all, {photos} photos of 4 a person: Trine {1e3 * t['trine']:.2f} ms, "
          f"PyTorch {1e3 * t['pytorch']:.1f} ms, {t['pytorch'] / t['trine']:.0f} times; gradient's relative difference to PyTorch in double: "
          f"Trine {differences['trine']:.1e}, PyTorch in float {differences['pytorch']:.1e}")


def search(references, dimensions, queries, rounds):
    random = np.random.default_rng(1)
    r = random.normal(size=(references, dimensions)).astype(np.float32)
    q = random.normal(size=(queries, dimensions)).astype(np.float32)
    index = trine.Index(dimensions)
    index.add(r)
    theirs = faiss.IndexFlatL2(dimensions)
    theirs.add(r)
    index.search(q[:1], 10)
    t = alternate(rounds, trine=lambda: index.search(q, 10), faiss=lambda: theirs.search(q, 10))
    same = (index.search(q, 10)[1] == theirs.search(q, 10)[1]).mean()
    print(f"search, {queries} of {references} x {dimensions}, k = 10: Trine {1e3 * t['trine']:.2f} ms, Faiss "
          f"{1e3 * t['faiss']:.2f} ms, {t['faiss'] / t['trine']:.2f} times; {100 * same:.2f} % the same places")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=11)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    trine.set_threads(arguments.threads)
    objective(512, arguments.rounds)
    if faiss is None:
        print("Faiss was not found: search is not compared")
        return
    faiss.omp_set_num_threads(arguments.threads)
    for queries in (1, 16, 1000):
        search(100_000, 128, queries, arguments.rounds)


if __name__ == "__main__":
    main()
