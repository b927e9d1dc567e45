"""Trine's backbones as modules of PyTorch. Their state_dict has the names, shapes and order of values that Trine's
safetensors have, so weights go either way:

    network = trine.torch_networks.compact((1, 112, 92), 128, 32)
    trine.torch_networks.load(network, "model.safetensors", prefix="model.")
    trine.torch_networks.save(network, "mine.safetensors")

`docs/interchange.md` says more."""

import json
import math
import struct
import warnings

import numpy as np
import torch
from torch import nn

warnings.filterwarnings("ignore", "Lazy modules are a new feature")

__all__ = [
    "compact",
    "conv_4",
    "ir_18",
    "ir_50",
    "load",
    "mobile_face_net",
    "nn4",
    "nn4_small2",
    "read",
    "resnet_18",
    "resnet_34",
    "resnet_50",
    "save",
    "vgg_16",
]


class L2Normalize(nn.Module):
    """Rows to length 1."""

    def forward(self, x):
        return nn.functional.normalize(x)


class L2Pool(nn.Module):
    """Length of the values of every window."""

    def __init__(self, kernel, stride):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x):
        means = nn.functional.avg_pool2d(x * x, self.kernel, self.stride)
        return (means * self.kernel**2).clamp_min(1e-30).sqrt()  # at 0 a root has no slope


class Residual(nn.Module):
    """body(x) + shortcut(x)."""

    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body = body
        if shortcut is not None:
            self.shortcut = shortcut

    def forward(self, x):
        return self.body(x) + (self.shortcut(x) if hasattr(self, "shortcut") else x)


class Branches(nn.Module):
    """Branches side by side, their channels one behind the other."""

    def __init__(self, *branches):
        super().__init__()
        for i, branch in enumerate(branches):
            setattr(self, f"branch{i}", branch)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.children()], 1)


def conv(outputs, kernel, stride=1, groups=1, bias=False, padding=None):
    return nn.LazyConv2d(outputs, kernel, stride, kernel // 2 if padding is None else padding, groups=groups, bias=bias)


def norm(eps=1e-5):
    return nn.LazyBatchNorm2d(eps=eps)


def block(outputs, kernel, stride=1, bias=False):
    return nn.Sequential(conv(outputs, kernel, stride, bias=bias), norm(), nn.ReLU())


def built(shape, network):
    """The network with its values, which lazy modules have once they have seen a photo."""
    network.eval()
    with torch.no_grad():
        network(torch.zeros(2, *shape))
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            fan_in = module.weight[0].numel()
            nn.init.normal_(module.weight, 0, math.sqrt(2 / fan_in))  # He et al., as Trine begins
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network.train()


def compact(shape, embedding_size=128, width=32):
    return built(shape, nn.Sequential(
        block(width, 5, 2), nn.MaxPool2d(2), block(2 * width, 3), nn.MaxPool2d(2), block(4 * width, 3), nn.MaxPool2d(2),
        block(4 * width, 3), nn.AvgPool2d(2), nn.Flatten(), nn.LazyLinear(embedding_size), L2Normalize()))


def conv_4(shape=(1, 28, 28), width=64):
    one = lambda: nn.Sequential(conv(width, 3, bias=True), norm(), nn.ReLU(), nn.MaxPool2d(2))
    return built(shape, nn.Sequential(nn.Sequential(*(one() for _ in range(4))), nn.Flatten()))


def vgg_16(shape, embedding_size=128, width=64):
    def stage(outputs, count):
        return nn.Sequential(nn.Sequential(*(block(outputs, 3, bias=True) for _ in range(count))), nn.MaxPool2d(2))

    stages = (stage(width * times, count) for times, count in ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3)))
    return built(shape, nn.Sequential(*stages, nn.Flatten(), nn.LazyLinear(embedding_size), L2Normalize()))


def with_shortcut(body, inputs, outputs, stride):
    if inputs == outputs and stride == 1:
        return Residual(body)
    return Residual(body, nn.Sequential(conv(outputs, 1, stride), norm()))


def basic(inputs, width, stride):
    body = nn.Sequential(conv(width, 3, stride), norm(), nn.ReLU(), conv(width, 3), norm())
    return nn.Sequential(with_shortcut(body, inputs, width, stride), nn.ReLU())


def bottleneck(inputs, width, stride):
    body = nn.Sequential(conv(width, 1), norm(), nn.ReLU(), conv(width, 3, stride), norm(), nn.ReLU(),
                         conv(4 * width, 1), norm())
    return nn.Sequential(with_shortcut(body, inputs, 4 * width, stride), nn.ReLU())


def improved(inputs, width, stride):
    body = nn.Sequential(norm(), conv(width, 3), norm(), nn.PReLU(width), conv(width, 3, stride), norm())
    return with_shortcut(body, inputs, width, stride)


def stages(make, expansion, width, first_stride, counts):
    all, inputs = [], width
    for i, count in enumerate(counts):
        wide, stride, blocks = width << i, first_stride if i == 0 else 2, []
        for b in range(count):
            blocks.append(make(inputs, wide, stride if b == 0 else 1))
            inputs = wide * expansion
        all.append(nn.Sequential(*blocks))
    return nn.Sequential(*all)


def resnet(shape, embedding_size, width, make, expansion, counts):
    return built(shape, nn.Sequential(
        conv(width, 7, 2), norm(), nn.ReLU(), stages(make, expansion, width, 1, counts),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), nn.LazyLinear(embedding_size), L2Normalize()))


def resnet_18(shape, embedding_size=128, width=64):
    return resnet(shape, embedding_size, width, basic, 1, (2, 2, 2, 2))


def resnet_34(shape, embedding_size=128, width=64):
    return resnet(shape, embedding_size, width, basic, 1, (3, 4, 6, 3))


def resnet_50(shape, embedding_size=128, width=64):
    return resnet(shape, embedding_size, width, bottleneck, 4, (3, 4, 6, 3))


def improved_resnet(shape, embedding_size, width, counts):
    return built(shape, nn.Sequential(
        conv(width, 3), norm(), nn.PReLU(width), stages(improved, 1, width, 2, counts), norm(), nn.Flatten(),
        nn.LazyLinear(embedding_size), nn.BatchNorm1d(embedding_size), L2Normalize()))


def ir_18(shape=(3, 112, 112), embedding_size=512, width=64):
    return improved_resnet(shape, embedding_size, width, (2, 2, 2, 2))


def ir_50(shape=(3, 112, 112), embedding_size=512, width=64):
    return improved_resnet(shape, embedding_size, width, (3, 4, 14, 3))


def inception(embedding_size, w, middles, reduced_at_end, pooled_at_end, single_at_end):
    one = lambda outputs, kernel, stride=1: block(outputs, kernel, stride, bias=True)
    reduced = lambda few, outputs, kernel, stride=1: nn.Sequential(one(few, 1), one(outputs, kernel, stride))
    pooled = lambda pool, outputs, before, after: nn.Sequential(
        pool, one(outputs, 1), nn.ZeroPad2d((before, after, before, after)))
    largest, length = lambda: nn.MaxPool2d(3, 2), lambda: L2Pool(3, 3)
    halved, lrn = lambda: nn.MaxPool2d(3, 2, 1), lambda: nn.LocalResponseNorm(5)
    stem = nn.Sequential(
        one(w, 7, 2), halved(), lrn(), one(w, 1), one(3 * w, 3), lrn(), halved(),
        Branches(reduced(3 * w // 2, 2 * w, 3), reduced(w // 4, w // 2, 5), pooled(largest(), w // 2, 3, 4), one(w, 1)),
        Branches(reduced(3 * w // 2, 2 * w, 3), reduced(w // 2, w, 5), pooled(length(), w, 4, 4), one(w, 1)),
        Branches(reduced(2 * w, 4 * w, 3, 2), reduced(w // 2, w, 5, 2), halved()))
    of = lambda channels: channels * w // 64
    middle = [Branches(reduced(of(a), of(b), 3), reduced(w // 2, w, 5), pooled(length(), 2 * w, 2, 2), one(of(c), 1))
              for a, b, c in middles]
    narrowing = Branches(reduced(5 * w // 2, 4 * w, 3, 2), reduced(w, 2 * w, 5, 2), halved())
    end = lambda pool: Branches(reduced(of(reduced_at_end), 6 * w, 3), pooled(pool, of(pooled_at_end), 1, 1),
                                one(of(single_at_end), 1))
    head = nn.Sequential(end(length()), end(largest()), nn.AvgPool2d(3), nn.Flatten(), nn.LazyLinear(embedding_size),
                         L2Normalize())
    return built((3, 96, 96), nn.Sequential(stem, *middle, narrowing, head))


def nn4(embedding_size=128, width=64):
    middles = ((96, 192, 256), (112, 224, 224), (128, 256, 192), (144, 288, 160))
    return inception(embedding_size, width, middles, 192, 128, 384)


def nn4_small2(embedding_size=128, width=64):
    return inception(embedding_size, width, ((96, 192, 256),), 96, 96, 256)


def mobile_face_net(shape=(3, 112, 112), embedding_size=128):
    def sloped(outputs, kernel, stride=1, groups=1):
        return nn.Sequential(conv(outputs, kernel, stride, groups), norm(1e-3), nn.PReLU(outputs))

    def narrow(wide, outputs, stride):
        return nn.Sequential(sloped(wide, 1), sloped(wide, 3, stride, wide), conv(outputs, 1), norm(1e-3))

    def residuals(wide, outputs, count):
        return nn.Sequential(*(Residual(narrow(wide, outputs, 1)) for _ in range(count)))

    trunk = nn.Sequential(
        sloped(64, 3, 2), sloped(64, 3, 1, 64), narrow(128, 64, 2), residuals(128, 64, 4), narrow(256, 128, 2),
        residuals(256, 128, 6), narrow(512, 128, 2), residuals(256, 128, 2))
    head = nn.Sequential(
        sloped(512, 1), conv(512, shape[1] // 16, groups=512, padding=0), norm(1e-3), nn.Flatten(),
        nn.LazyLinear(embedding_size), nn.BatchNorm1d(embedding_size, eps=1 / 50000))
    return built(shape, nn.Sequential(trunk, head, L2Normalize()))


TYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64}


def read(path):
    """The tensors of a safetensors file by their names. (The package `safetensors` does the same.)"""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), file.read()
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] not in TYPES:
            continue
        first, last = entry["data_offsets"]
        values = np.frombuffer(data[first:last], TYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


def load(network, path, prefix=""):
    """Sets a network's values from what Trine saved; train_faces puts "model." before all names. All have to fit."""
    tensors = {name[len(prefix):]: t for name, t in read(path).items() if name.startswith(prefix)}
    wanted = {name: t for name, t in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    wrong = sorted(wanted.keys() ^ (tensors.keys() if not prefix else tensors.keys() & wanted.keys()))
    wrong += [name for name in wanted if name in tensors and tensors[name].shape != wanted[name].shape]
    if wrong:
        raise ValueError(f"{path}: does not fit this network: {', '.join(wrong[:5])}")
    network.load_state_dict({name: tensors[name] for name in wanted}, strict=False)


def save(network, path, prefix=""):
    """Writes what Trine's load_parameters reads."""
    header, data = {}, b""
    for name, tensor in network.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        values = tensor.detach().cpu().contiguous().numpy()
        kind = next(kind for kind, dtype in TYPES.items() if values.dtype == dtype)
        header[prefix + name] = {"dtype": kind, "shape": list(values.shape),
                                 "data_offsets": [len(data), len(data) + values.nbytes]}
        data += values.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
