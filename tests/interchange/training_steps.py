#!/usr/bin/env python3
"""Two training steps in PyTorch and in Trine, from the same parameters, for every backbone and in both directions.

    training_steps.py PROGRAM FOLDER

PROGRAM is the compiled training_steps."""

import importlib.util
import pathlib
import shutil
import subprocess
import sys

import numpy as np

try:
    import torch
except ImportError:
    print("not checked: PyTorch was not found")
    sys.exit(0)

sources = pathlib.Path(__file__).resolve().parents[2] / "examples/python/package/trine/torch_networks.py"
spec = importlib.util.spec_from_file_location("torch_networks", sources)
networks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(networks)

FACE = (3, 64, 64)
BACKBONES = {
    "compact": lambda: networks.compact((1, 64, 64), 32, 8),
    "conv_4": lambda: networks.conv_4((1, 28, 28), 8),
    "resnet_18": lambda: networks.resnet_18(FACE, 32, 8),
    "resnet_34": lambda: networks.resnet_34(FACE, 32, 8),
    "resnet_50": lambda: networks.resnet_50(FACE, 32, 8),
    "ir_18": lambda: networks.ir_18(FACE, 32, 8),
    "ir_50": lambda: networks.ir_50(FACE, 32, 8),
    "vgg_16": lambda: networks.vgg_16(FACE, 32, 8),
    "nn4": lambda: networks.nn4(32, 16),
    "nn4_small2": lambda: networks.nn4_small2(32, 16),
    "mobile_face_net": lambda: networks.mobile_face_net(FACE, 32),
}


def train(network, images):
    labels = torch.arange(8) // 2
    same = labels[:, None] == labels[None]
    a, p, n = torch.where((same & ~torch.eye(8, dtype=torch.bool))[:, :, None] & ~same[:, None, :])
    decaying = [m.weight for m in network.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    ids = {id(w) for w in decaying}
    others = [w for w in network.parameters() if id(w) not in ids]
    optimizer = torch.optim.SGD([{"params": decaying, "weight_decay": 1e-3}, {"params": others}], 0.05, 0.9)
    network.train()
    for _ in range(2):
        e = network(images)
        d = ((e[:, None] - e[None]) ** 2).sum(2)
        optimizer.zero_grad()
        torch.nn.functional.softplus(d[a, p] - d[a, n]).mean().backward()
        optimizer.step()


def run(program, folder):
    subprocess.run([program, folder], check=True, stdout=subprocess.DEVNULL)


def compare(folder, name):
    """Trains from the start that Trine had, and compares how far each tensor went."""
    network = BACKBONES[name]().double()
    start = folder / f"{name}.start.safetensors"
    networks.load(network, start)
    train(network, torch.from_numpy(np.load(folder / f"{name}.images.npy")))
    before, after = networks.read(start), networks.read(folder / f"{name}.end.safetensors")
    worst = 0.0
    for tensor, value in network.state_dict().items():
        if tensor.endswith("num_batches_tracked"):
            continue
        ours, theirs = after[tensor] - before[tensor], value - before[tensor]
        # What a normalisation takes away again, such as a bias before it, has no gradient but rounding.
        rounding = 1e-12 * max(1.0, float(before[tensor].norm()))
        if theirs.norm() < rounding and ours.norm() < rounding:
            continue
        worst = max(worst, float((ours - theirs).norm() / theirs.norm()))
    return worst


def main():
    program, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    there, back = folder / "from_trine", folder / "from_pytorch"
    shutil.rmtree(folder, ignore_errors=True)
    back.mkdir(parents=True)
    run(program, there)
    torch.manual_seed(5)
    for name, make in BACKBONES.items():
        network = make().double()
        for module in network.modules():  # other values than Trine begins with, in all that it saves
            if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
                torch.nn.init.uniform_(module.weight, 0.5, 1.5), torch.nn.init.normal_(module.bias, 0, 0.1)
                torch.nn.init.normal_(module.running_mean, 0, 0.1), torch.nn.init.uniform_(module.running_var, 0.5, 2)
        networks.save(network, back / f"{name}.start.safetensors")
    run(program, back)
    failures = 0
    for name in BACKBONES:
        differences = [compare(folder, name) for folder in (there, back)]
        failures += not max(differences) < 1e-9
        print(f"{name:16} from Trine {differences[0]:.1e}  from PyTorch {differences[1]:.1e}", flush=True)
    if failures:
        sys.exit(f"{failures} of {len(BACKBONES)} networks differ")
    print(f"{len(BACKBONES)} networks train alike in both")


if __name__ == "__main__":
    main()
