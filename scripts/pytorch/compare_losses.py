#!/usr/bin/env python3
"""Compares the losses of a run with PyTorch's, from the same initial weights and the same batches.

    compare_losses.py MODEL RUN-DIRECTORY PROBE-OUTPUT OPTIMIZER [CLIP-NORM]

MODEL is a name in models.py, OPTIMIZER is `adam` or `sgd` (momentum 0.9). The rule: the losses fall by at least 20%; the first 5
steps agree to 1e-4 of max(1, loss); all steps agree to 3 times the largest difference between PyTorch runs (1 against 2 threads,
float32 against float64). Ends with status 1 if they do not.
"""

import json
import pathlib
import sys

if {"-h", "--help"} & set(sys.argv[1:]):
    sys.exit(print(__doc__))

import models
import torch
from safetensors.torch import load_file

name, run, probe, optimizer_name = sys.argv[1:5]
clip = float(sys.argv[5]) if len(sys.argv) > 5 else None
lines = [json.loads(line) for line in (pathlib.Path(run) / "metrics.jsonl").read_text().splitlines()]
steps = [line for line in lines if "gradient_norm" in line]
initial = load_file(f"{probe}/initial/latest/model.safetensors")
batches = load_file(f"{probe}/batches/latest/model.safetensors")


def losses(dtype, threads):
    torch.set_num_threads(threads)
    network = models.make(name)
    network.load_state_dict(initial, strict=True)
    network.to(dtype)
    if optimizer_name == "adam":
        optimizer = torch.optim.Adam(network.parameters(), lr=1.0)
    else:
        optimizer = torch.optim.SGD(network.parameters(), lr=1.0, momentum=0.9)
    result = []
    for index, step in enumerate(steps):
        for group in optimizer.param_groups:
            group["lr"] = step["learning_rate"]
        x, targets = batches[f"inputs.{index}"], batches[f"targets.{index}"].long()
        outputs = network(models.nchw(x.to(dtype)) if x.is_floating_point() else x.long())
        loss = torch.nn.functional.cross_entropy(outputs.flatten(0, -2), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(network.parameters(), clip)
        optimizer.step()
        result.append(loss.item())
    return result


ours = [step["loss"] for step in steps]
one, two, double = losses(torch.float32, 1), losses(torch.float32, 2), losses(torch.float64, 1)
gap = max(max(abs(a - b), abs(a - c)) for a, b, c in zip(one, two, double))
worst = max(abs(a - b) for a, b in zip(ours, one))
first = max(abs(a - b) / max(1, b) for a, b in zip(ours[:5], one[:5]))
fall = 1 - min(ours[-5:]) / ours[0]
print(f"{name}: {len(ours)} steps, loss {ours[0]:.4f} to {ours[-1]:.4f} (falls by {fall:.0%})")
print(f"first 5 steps: {first:.2e} (at most 1e-4); all: {worst:.2e}; PyTorch's own gap: {gap:.2e}")
ok = len(ours) >= 50 and fall >= 0.2 and first <= 1e-4 and worst <= 3 * gap
print("equal" if ok else "DIFFERENT")
sys.exit(0 if ok else 1)
