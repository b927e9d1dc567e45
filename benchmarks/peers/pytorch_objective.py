#!/usr/bin/env python3
"""The work of benchmarks/objective in PyTorch, the way that PyTorch Metric Learning does it: lists of indices, gathered distances, autograd.

Reads a benchmark's name a line from standard input and answers "name milliseconds"; "memory" answers the peak resident memory beyond that after the import, in MB.
Driven by compare_objectives.py.
"""

import argparse
import resource
import sys

import torch
import torch.nn.functional as F

from pytorch_network import measure


def batch(n):
    generator = torch.Generator().manual_seed(1)
    e = torch.randn(n // 4, 1, 128, generator=generator) + torch.randn(n // 4, 4, 128, generator=generator)
    return F.normalize(e.reshape(n, 128)).requires_grad_(), torch.arange(n) // 4


def masks(labels):
    same = labels[:, None] == labels[None]
    return same & ~torch.eye(len(labels), dtype=torch.bool), ~same


def squared(e):
    return torch.cdist(e, e) ** 2


def mean_of_active(losses):
    active = losses[losses > 0]
    return active.mean() if len(active) else losses.sum() * 0


def all_triplets(labels):
    positive, negative = masks(labels)
    return torch.where(positive[:, :, None] & negative[:, None, :])


def batch_hard(e, labels):
    positive, negative = masks(labels)
    with torch.no_grad():  # the miner has distances of its own
        d = squared(e)
        p = torch.where(positive, d, torch.full_like(d, -1)).argmax(1)
        n = torch.where(negative, d, torch.full_like(d, 1e9)).argmin(1)
        a = torch.arange(len(e))
    d = squared(e)
    return mean_of_active(F.relu(d[a, p] - d[a, n] + 0.2))


def batch_all(e, labels):
    a, p, n = all_triplets(labels)
    d = squared(e)
    return mean_of_active(F.relu(d[a, p] - d[a, n] + 0.2))


def semi_hard(e, labels):
    a, p, n = all_triplets(labels)
    with torch.no_grad():
        d = squared(e)
        gap = d[a, n] - d[a, p]
        keep = (gap > 0) & (gap <= 0.2)
        a, p, n = a[keep], p[keep], n[keep]
    d = squared(e)
    return mean_of_active(F.relu(d[a, p] - d[a, n] + 0.2))


def log_sum_exp(x, keep):
    # 1 inside the sum, as a column of zeros.
    x = torch.where(keep, x, torch.full_like(x, torch.finfo(x.dtype).min))
    return torch.logsumexp(torch.cat([torch.zeros(len(x), 1), x], 1), 1)


def multi_similarity(e, labels):
    positive, negative = masks(labels)
    unit = F.normalize(e)
    s = unit @ unit.T
    with torch.no_grad():  # the miner
        hardest_negative = torch.where(negative, s, torch.full_like(s, -2)).max(1, keepdim=True).values
        hardest_positive = torch.where(positive, s, torch.full_like(s, 2)).min(1, keepdim=True).values
        positive, negative = positive & (s < hardest_negative + 0.1), negative & (s > hardest_positive - 0.1)
        # The library hands over lists of indices, and makes masks of them again.
        a1, p = torch.where(positive)
        a2, n = torch.where(negative)
        positive, negative = torch.zeros_like(positive), torch.zeros_like(negative)
        positive[a1, p], negative[a2, n] = True, True
    unit = F.normalize(e)
    s = unit @ unit.T
    return (log_sum_exp(2 * (0.5 - s), positive) / 2 + log_sum_exp(50 * (s - 0.5), negative) / 50).mean()


def soft_margin_all(e, labels):
    a, p, n = all_triplets(labels)
    d = squared(e)
    return F.softplus(d[a, p] - d[a, n]).mean()


def nt_xent(e, labels):
    positive, negative = masks(labels)
    unit = F.normalize(e)
    s = unit @ unit.T / 0.07
    a, p = torch.where(positive)
    pairs = s[a, p]
    others = torch.where(negative, s, torch.full_like(s, torch.finfo(s.dtype).min))[a]
    largest = torch.maximum(pairs, others.max(1).values).detach()
    numerator = torch.exp(pairs - largest)
    return -torch.log(numerator / (numerator + torch.exp(others - largest[:, None]).sum(1))).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work = {f.__name__: f for f in (batch_hard, batch_all, semi_hard, multi_similarity, soft_margin_all, nt_xent)}
    for line in sys.stdin:
        line = line.strip()
        if line == "memory":
            print("memory", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start) / 1000, flush=True)
            continue
        name, _, size = line.partition("/")
        if int(size) > 1024 and name in ("batch_all", "semi_hard"):
            print(line, "none", flush=True)  # its lists would take gigabytes
            continue
        e, labels = batch(int(size))

        def step():
            e.grad = None
            work[name](e, labels).backward()
        print(line, measure(step), flush=True)


if __name__ == "__main__":
    main()
