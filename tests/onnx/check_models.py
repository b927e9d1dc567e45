#!/usr/bin/env python3
"""Checks exported networks with ONNX's own checker, and computes them operator by operator in PyTorch.

    check_models.py FOLDER

The folder is one that export_networks wrote. PyTorch imports no ONNX, so that its own operators are called here, as the
nodes of the graph say; without PyTorch the models are checked alone."""

import pathlib
import sys

import numpy as np
import onnx
from onnx import numpy_helper

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    torch = None


def pads_of(node):
    """ONNX's pads (all beginnings, then all ends) as PyTorch's (last dimension first), of maps."""
    top, left, bottom, right = node.get("pads", [0, 0, 0, 0])
    return [left, right, top, bottom]


def pooled(x, a, value, f):
    return f(F.pad(x, pads_of(a), value=value), a["kernel_shape"], a["strides"])


def average(x, a):
    sums = pooled(x, a, 0.0, F.avg_pool2d)
    assert not a.get("count_include_pad", 0)
    return sums / pooled(torch.ones_like(x), a, 0.0, F.avg_pool2d)


def convolution(a, x, w, b=None):
    pads = pads_of(a)
    return F.conv2d(F.pad(x, pads), w, b, a.get("strides", [1, 1]), groups=a.get("group", 1))


OPERATORS = {
    "Conv": convolution,
    "BatchNormalization": lambda a, x, w, b, mean, var: F.batch_norm(x, mean, var, w, b, False, 0, a["epsilon"]),
    "Relu": lambda a, x: F.relu(x),
    "PRelu": lambda a, x, slope: torch.where(x > 0, x, x * slope),
    "LeakyRelu": lambda a, x: F.leaky_relu(x, a["alpha"]),
    "Sigmoid": lambda a, x: torch.sigmoid(x),
    "Softmax": lambda a, x: torch.softmax(x, a["axis"]),
    "MaxPool": lambda a, x: pooled(x, a, -np.inf, F.max_pool2d),
    "AveragePool": lambda a, x: average(x, a),
    "LpPool": lambda a, x: torch.sqrt(pooled(x * x, a, 0.0, F.avg_pool2d) * np.prod(a["kernel_shape"])),
    "GlobalAveragePool": lambda a, x: x.mean((2, 3), keepdim=True),
    "Pad": lambda a, x, pads: F.pad(x, [int(pads[i]) for i in (3, 7, 2, 6)]),
    "LRN": lambda a, x: F.local_response_norm(x, a["size"], a["alpha"], a["beta"], a["bias"]),
    "Flatten": lambda a, x: x.flatten(1),
    "Unsqueeze": lambda a, x, axes: x[:, :, None, None],
    "Gemm": lambda a, x, w, b: F.linear(x, w, b),
    "ReduceL2": lambda a, x: x.norm(dim=a["axes"], keepdim=True),
    "Max": lambda a, x, y: torch.maximum(x, y),
    "Add": lambda a, x, y: x + y,
    "Mul": lambda a, x, y: x * y,
    "Div": lambda a, x, y: x / y,
    "Pow": lambda a, x, y: x**y,
    "Concat": lambda a, *parts: torch.cat(parts, a["axis"]),
}


def compute(model, images):
    values = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in model.graph.initializer}
    values[model.graph.input[0].name] = images
    for node in model.graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        values[node.output[0]] = OPERATORS[node.op_type](attributes, *(values[i] for i in node.input))
    return values[model.graph.output[0].name]


def main():
    folder = pathlib.Path(sys.argv[1])
    names = sorted(f.name[: -len(".images.npy")] for f in folder.glob("*.images.npy"))
    failures = 0
    for name in names:
        images, expected = (np.load(folder / f"{name}.{what}.npy") for what in ("images", "embeddings"))
        line = f"{name:26}"
        for kind in ("onnx", "folded.onnx"):
            path = folder / f"{name}.{kind}"
            onnx.checker.check_model(str(path), full_check=True)
            model = onnx.load(str(path))
            assert model.opset_import[0].version == 17
            inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
            shape = [d.dim_param or d.dim_value for d in inferred.graph.output[0].type.tensor_type.shape.dim]
            assert shape == ["N", expected.shape[1]], f"{path}: the output's shape is {shape}"
            if torch:
                with torch.no_grad():
                    found = compute(model, torch.from_numpy(images)).numpy()
                difference = (np.linalg.norm(found - expected, axis=1) / np.linalg.norm(expected, axis=1)).max()
                failures += not difference < 1e-5
                line += f"  {kind} {difference:.1e}"
        print(line, flush=True)
    if failures or not names:
        sys.exit(f"{failures} of {len(names)} networks differ")
    print(f"{len(names)} networks pass ONNX's checker" + (" and agree with PyTorch" if torch else ""))


if __name__ == "__main__":
    main()
