#!/usr/bin/env python3
"""Evaluates a checkpoint in PyTorch on the test set that ExperimentProbe wrote: evaluate.py MODEL CHECKPOINT PROBE-OUTPUT."""

import sys

if {"-h", "--help"} & set(sys.argv[1:]):
    sys.exit(print(__doc__))

import models
import torch
from safetensors.torch import load_file

name, checkpoint, probe = sys.argv[1:4]
network = models.make(name)
network.load_state_dict(load_file(f"{checkpoint}/model.safetensors"), strict=True)
network.eval()
test = load_file(f"{probe}/test/latest/model.safetensors")
with torch.no_grad():
    right = sum(
        (network(models.nchw(x)).argmax(1) == t).sum().item()
        for x, t in zip(test["inputs.0"].split(500), test["targets.0"].long().split(500))
    )
print(f"test accuracy {right / len(test['targets.0'])}")
