#!/usr/bin/env python3
"""The work of benchmarks/convolution and benchmarks/training_step in PyTorch, a measurement at a time.

Reads a benchmark's name a line from standard input, with @nchw, @channels_last, @traced_nchw or @traced_channels_last behind it, and answers
"name milliseconds"; "memory" answers the peak resident memory beyond that after the import, in MB. Driven by compare.py.
"""

import argparse
import re
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def measure(work, seconds=0.2):
    """Mean time of a call in milliseconds, after one call to warm up."""
    work()
    count, start = 0, time.perf_counter()
    while True:
        work()
        count += 1
        passed = time.perf_counter() - start
        if passed > seconds:
            return 1000 * passed / count


def layer(name, direction, layout):
    c, h, w, o, k, stride, groups = map(int, re.fullmatch(r"(\d+)x(\d+)x(\d+)->(\d+)_k(\d+)_s(\d+)_g(\d+)", name).groups())
    x = torch.rand(32, c, h, w).contiguous(memory_format=layout)
    weight = torch.rand(o, c // groups, k, k).contiguous(memory_format=layout)
    padding = 0 if k == 1 else k // 2
    y = F.conv2d(x, weight, stride=stride, padding=padding, groups=groups)
    dy = torch.rand_like(y).contiguous(memory_format=layout)
    if direction == "forward":
        def work():
            with torch.no_grad():
                F.conv2d(x, weight, stride=stride, padding=padding, groups=groups)
    else:
        mask = [direction == "gradient_data", direction == "gradient_weights", False]

        def work():
            torch.ops.aten.convolution_backward(dy, x, weight, None, [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], groups, mask)
    return work


def block(i, o):
    return [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True)]


class Normalize(nn.Module):
    def forward(self, x):
        return F.normalize(x)


def compact(channels):
    return nn.Sequential(*block(channels, 32), nn.MaxPool2d(2), *block(32, 64), nn.MaxPool2d(2), *block(64, 128), nn.MaxPool2d(2), *block(128, 128),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 128), Normalize())


class BasicBlock(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True),
                                  nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o))
        self.shortcut = nn.Sequential() if i == o and stride == 1 else nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x), inplace=True)


def resnet18():
    stages = [BasicBlock(i, o, s) for i, o, s in [(64, 64, 1), (64, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2), (512, 512, 1)]]
    return nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True), *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(512, 128), Normalize())


def mobile_block(i, o, kernel=1, stride=1, groups=1, padding=None, slopes=True):
    padding = kernel // 2 if padding is None else padding
    return [nn.Conv2d(i, o, kernel, stride, padding, groups=groups, bias=False), nn.BatchNorm2d(o, eps=1e-3)] + ([nn.PReLU(o)] if slopes else [])


class Bottleneck(nn.Module):
    def __init__(self, i, wide, o, stride=1):
        super().__init__()
        self.body = nn.Sequential(*mobile_block(i, wide), *mobile_block(wide, wide, 3, stride, wide), *mobile_block(wide, o, slopes=False))
        self.residual = i == o and stride == 1

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


def mobile_face_net():
    stages = []
    i = 64
    for o, strided, wide, count in [(64, 128, 128, 4), (128, 256, 256, 6), (128, 512, 256, 2)]:
        stages += [Bottleneck(i, strided, o, 2)] + [Bottleneck(o, wide, o) for _ in range(count)]
        i = o
    return nn.Sequential(*mobile_block(3, 64, 3, 2), *mobile_block(64, 64, 3, groups=64), *stages, *mobile_block(128, 512),
                         *mobile_block(512, 512, 7, groups=512, padding=0, slopes=False), nn.Flatten(), nn.Linear(512, 128), nn.BatchNorm1d(128), Normalize())


def network(name):
    if name.startswith("mobile_face_net"):
        return mobile_face_net(), (3, 112, 112)
    if name.startswith("resnet18"):
        return resnet18(), (3, 112, 112)
    shape = tuple(map(int, name.split("_")[1].split("x")))
    return compact(shape[0]), shape


def batch_hard(e, same):
    """Hinge of the hardest positive and negative of each anchor on squared distances of unit vectors, margin 0.2."""
    d = 2 - 2 * e @ e.t()
    positive = d.masked_fill(~same, -1).max(1).values
    negative = d.masked_fill(same, 9).min(1).values
    return F.relu(positive - negative + 0.2).mean()


def step(name, batch, layout):
    model, shape = network(name)
    model = model.to(memory_format=layout).train()
    x = torch.rand(batch, *shape).contiguous(memory_format=layout)
    labels = torch.arange(batch) // 4
    same = labels[:, None] == labels[None, :]
    optimizer = torch.optim.SGD(model.parameters(), 1e-3, momentum=0.9, weight_decay=5e-4)

    def work():
        optimizer.zero_grad(set_to_none=True)
        batch_hard(model(x), same).backward()
        optimizer.step()
    return work


def inference(name, batch, layout, traced):
    model, shape = network(name)
    model = model.to(memory_format=layout).eval()
    x = torch.rand(batch, *shape).contiguous(memory_format=layout)
    with torch.no_grad():
        if traced:
            model = torch.jit.freeze(torch.jit.trace(model, x))
            for _ in range(3):
                model(x)

    def work():
        with torch.no_grad():
            model(x)
    return work


def make(line):
    name, _, variant = line.partition("@")
    layout = torch.channels_last if variant.endswith("channels_last") else torch.contiguous_format
    parts = name.split("/")
    if parts[0] == "step":
        return step(parts[1], int(parts[2][1:]), layout)
    if parts[0] == "inference":
        return inference(parts[1], int(parts[2][1:]), layout, variant.startswith("traced"))
    return layer(parts[0], parts[1], layout)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000 * 1.024


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    start, cache = peak(), {}
    for line in map(str.strip, sys.stdin):
        if line == "memory":
            print(f"memory {peak() - start:.3f}", flush=True)
            continue
        if line not in cache:
            cache.clear()
            cache[line] = make(line)
        print(f"{line} {measure(cache[line]):.6f}", flush=True)


if __name__ == "__main__":
    main()
