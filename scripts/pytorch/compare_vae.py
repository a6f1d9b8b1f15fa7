#!/usr/bin/env python3
"""Compares the losses of the example VAE with PyTorch's: the same initial weights, images and noise.

    compare_vae.py INITIAL RUN

INITIAL is a run directory with the initial weights (one step with a learning rate of 0), RUN one with a line of the log for every
step; both of one shard, trained with Adam on Fashion-MNIST without validation. Draws are made again from the seed. Loss,
reconstruction and kl of all steps agree to 1e-4 of the loss. Ends with status 1 if they do not.

Adam divides by the square root of averaged squares: with its default epsilon it turns gradients that are rounding errors into
full steps, and two runs diverge after some dozen steps. An epsilon of 1e-4 and a learning rate of 0.0003 avoid that: the largest
difference over 200 steps is then about 1e-7 (1e-2 with the epsilon of 1e-8 and a learning rate of 0.001).
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
from safetensors.torch import load_file
from torch.nn import functional

initial, run = map(pathlib.Path, sys.argv[1:3])
configuration = yaml.safe_load((run / "config.yaml").read_text())
lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
steps = [line for line in lines if "gradient_norm" in line]
seed, batch = configuration["seed"], configuration["batch"]
latent = configuration["task"]["vae"]["latent"]
weights = load_file(initial / "checkpoints/latest/model.safetensors")
weights = {name: tensor.clone().requires_grad_() for name, tensor in weights.items()}
folder = pathlib.Path(configuration["data"]["fashion_mnist"]["directory"])
with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
    images = numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 1, 28, 28)


def terms(x, noise):
    """Reconstruction and KL divergence of each image."""
    h = x
    for layer in range(2):
        name = f"encoder.shrink.{layer}"
        h = functional.conv2d(h, weights[name + ".weight"], weights[name + ".bias"], stride=2, padding=1).relu()
    h = h.flatten(1)
    mean, log_variance = (
        functional.linear(h, weights[f"encoder.{name}.weight"], weights[f"encoder.{name}.bias"])
        for name in ("mean", "log_variance")
    )
    z = mean + torch.exp(0.5 * log_variance) * noise
    h = functional.linear(z, weights["decoder.dense.weight"], weights["decoder.dense.bias"]).relu()
    # The rows of the dense layer are pixels of 2 x channels numbers.
    h = h.view(len(x), 7, 7, -1).permute(0, 3, 1, 2)
    for layer in range(2):
        name = f"decoder.enlarge.{layer}"
        h = functional.conv_transpose2d(h, weights[name + ".weight"], weights[name + ".bias"], stride=2, padding=1)
        h = h if layer else h.relu()
    reconstruction = functional.binary_cross_entropy_with_logits(h, x, reduction="none").sum((1, 2, 3))
    kl = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum(1)
    return reconstruction, kl


torch.set_num_threads(1)
optimizer = torch.optim.Adam(weights.values(), eps=configuration["optimizer"]["adam"]["epsilon"])
per_epoch = -(-len(images) // batch)
worst = 0.0
for index, step in enumerate(steps):
    if index % per_epoch == 0:
        order = draws.order(len(images), seed=seed, epoch=index // per_epoch)
    samples = order[index % per_epoch * batch :][:batch]
    x = torch.from_numpy(images[samples]).float() / 255
    noise = draws.normal(len(samples) * latent, seed=seed, layer=1, major=index, minor=0)
    reconstruction, kl = terms(x, torch.from_numpy(noise).view(len(samples), latent))
    loss = (reconstruction + kl).mean()
    for name, value in (("loss", loss), ("reconstruction", reconstruction.mean()), ("kl", kl.mean())):
        worst = max(worst, abs(step[name] - value.item()) / loss.item())
    if index % 20 == 0:
        print(f"step {index + 1}: {step['loss']:.5f}, PyTorch {loss.item():.5f}, largest difference {worst:.1e}")
    for group in optimizer.param_groups:
        group["lr"] = step["learning_rate"]
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"{len(steps)} steps, loss {steps[0]['loss']:.4f} to {steps[-1]['loss']:.4f}; largest difference {worst:.1e}")
sys.exit(0 if worst <= 1e-4 and len(steps) >= 50 else 1)
