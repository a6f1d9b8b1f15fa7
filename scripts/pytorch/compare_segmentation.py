#!/usr/bin/env python3
"""Trains the network of the example Segmentation in PyTorch, on the same canvases in the same order.

    compare_segmentation.py RUN

RUN is the directory of a finished run with `log_every_steps: 1`: its configuration, learning rates and test metrics are read; the
canvases are drawn again from the seeds. Initial weights are drawn by PyTorch. Prints both mean intersections over union; ends
with status 1 if they differ by more than 0.01 or the run's is below 0.85.
"""

import gzip
import json
import pathlib
import sys

if {"-h", "--help"} & set(sys.argv[1:]):
    sys.exit(print(__doc__))

import draws
import numpy
import torch
import yaml
from torch import nn

SIDE, ITEM = 64, 28
run = pathlib.Path(sys.argv[1])
configuration = yaml.safe_load((run / "config.yaml").read_text())
steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
steps = [line for line in steps if "gradient_norm" in line]
canvases, unet = configuration["data"]["canvases"], configuration["model"]["unet"]
seed, batch = configuration["seed"], configuration["batch"]
folder = pathlib.Path("/usr/share/datasets/fashion-mnist")


def items(name):
    """The first 5,000 images of a set, from 0 to 1: [5000, 784]."""
    with gzip.open(folder / f"{name}-images-idx3-ubyte.gz") as file:
        return numpy.frombuffer(file.read(16 + 5000 * ITEM * ITEM), numpy.uint8, offset=16).reshape(5000, -1) / 255


def index(key, element, bound):
    """An integer below `bound`."""
    words = draws.blocks([element], **key)[0]
    return (int(words[0]) << 32 | int(words[1])) * bound >> 64


def canvas(pool, **key):
    """An image and its labels, as in CanvasDataset."""
    numbers = draws.uniform(0, 16, **key)
    y, x = numpy.mgrid[:SIDE, :SIDE]
    image = 0.2 + 0.4 * numbers[0] + 0.1 * draws.uniform(1000, SIDE * SIDE, **key).reshape(SIDE, SIDE)
    for wave in range(1, 13, 4):
        a, b, c, d = numbers[wave : wave + 4]
        image = image + 0.15 * d * numpy.sin((2 * a - 1) * x + (2 * b - 1) * y + 6 * c)
    image = image.clip(0, 1)
    labels = numpy.zeros((SIDE, SIDE), numpy.int64)
    for element in range(101, 102 + 3 * index(key, 100, 3), 3):
        item = pool[index(key, element, len(pool))].reshape(ITEM, ITEM)
        top, left = (index(key, element + 1 + axis, SIDE - ITEM + 1) for axis in range(2))
        place = numpy.s_[top : top + ITEM, left : left + ITEM]
        image[place] = numpy.where(item > 0.12, item, image[place])
        labels[place] |= item > 0.12
    return image, labels


def batch_of(keys, pool):
    """Images [n, 1, 64, 64] and labels [n, 64, 64]."""
    images, labels = zip(*(canvas(pool, **key) for key in keys))
    return torch.from_numpy(numpy.stack(images)).float()[:, None], torch.from_numpy(numpy.stack(labels))


def block(inputs, outputs):
    """Two convolutions, each with batch normalization."""
    layers = []
    for count in (inputs, outputs):
        convolution = nn.Conv2d(count, outputs, 3, padding=1, bias=False)
        nn.init.kaiming_normal_(convolution.weight)
        layers += [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.down = nn.ModuleList(block(a, b) for a, b in zip([1] + channels, channels))
        self.up = nn.ModuleList(block(a + b, a) for a, b in zip(channels, channels[1:]))
        self.head = nn.Conv2d(channels[0], 2, 1)

    def level(self, number, x):
        own = self.down[number](x)
        if number == len(self.up):
            return own
        below = self.level(number + 1, nn.functional.max_pool2d(own, 2))
        return self.up[number](torch.cat([own, nn.functional.interpolate(below, scale_factor=2)], 1))

    def forward(self, x):
        return self.head(self.level(0, x))


torch.manual_seed(seed)
torch.set_num_threads(1)
network = UNet([unet["channels"] << level for level in range(unet["levels"])])
optimizer = torch.optim.Adam(network.parameters())
per_epoch = -(-canvases["training"] // batch)
pool = items("train")
for number, step in enumerate(steps):
    epoch, place = divmod(number, per_epoch)
    if place == 0:
        order = draws.order(canvases["training"], seed=seed, epoch=epoch)
    samples = order[place * batch :][:batch]
    images, labels = batch_of(
        [{"seed": seed, "purpose": draws.AUGMENTATION, "major": epoch, "minor": sample} for sample in samples], pool
    )
    for group in optimizer.param_groups:
        group["lr"] = step["learning_rate"]
    loss = nn.functional.cross_entropy(network(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if number % 50 == 0:
        print(f"step {number + 1}: {step['loss']:.4f}, PyTorch {loss.item():.4f}", flush=True)

network.eval()
both, either, pool = numpy.zeros(2), numpy.zeros(2), items("t10k")
with torch.no_grad():
    for first in range(0, canvases["test"], 100):
        numbers = range(first, min(first + 100, canvases["test"]))
        images, labels = batch_of(
            [{"seed": canvases["seed"], "purpose": draws.SYNTHETIC, "layer": 1, "minor": n} for n in numbers], pool
        )
        found = network(images).argmax(1)
        for label in range(2):
            both[label] += ((found == label) & (labels == label)).sum().item()
            either[label] += ((found == label) | (labels == label)).sum().item()
theirs = (both / either).mean()
ours = json.loads((run / "summary.json").read_text())["test_mean_iou"]
print(f"mean intersection over union: {ours:.4f}, PyTorch {theirs:.4f}")
sys.exit(0 if ours >= 0.85 and abs(ours - theirs) <= 0.01 else 1)
