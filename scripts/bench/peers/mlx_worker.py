#!/usr/bin/env python3
"""MLX's side of the comparison: one rank of the multilayer perceptron, alone or under mpirun with MLX's MPI backend.

    mlx_worker.py --precision float32 --seconds 1

The step is compiled by mx.compile where there is one rank; with several, gradients are averaged between two compiled parts."""

import argparse
import functools
import os
import sys
import time

import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers as optimizers
import numpy
import protocol
from mlx.utils import tree_flatten, tree_map

batch, images, clip_norm = 64, 10_240, 1.0


class MLP(nn.Module):
    """784-512-256-10 with ReLU. Shapes: [N, 784] to [N, 10]."""

    def __init__(self):
        super().__init__()
        self.hidden = [nn.Linear(784, 512), nn.Linear(512, 256)]
        self.output = nn.Linear(256, 10)

    def __call__(self, x):
        for layer in self.hidden:
            x = nn.relu(layer(x))
        return self.output(x)


class Step:
    """One training step: forward, backward, average over the ranks, clipping by global norm, AdamW."""

    def __init__(self, precision, group):
        self.group, self.ranks = group, group.size()
        mx.random.seed(1)
        self.network = MLP()
        self.optimizer = optimizers.AdamW(learning_rate=1e-3, weight_decay=0.01, bias_correction=True)
        self.optimizer.init(self.network.trainable_parameters())
        mx.eval(self.network.parameters(), self.optimizer.state)
        self.dtype = mx.bfloat16 if precision == "bf16" else mx.float32
        draws = numpy.random.default_rng(group.rank())
        self.x = mx.array(draws.standard_normal((images, 784), dtype=numpy.float32))
        self.y = mx.array(draws.integers(0, 10, images))
        self.draws = draws
        self.state = [self.network.state, self.optimizer.state]
        compiled = functools.partial(mx.compile, inputs=self.state, outputs=self.state)
        self.whole = compiled(lambda x, y: self.update(*self.gradients(x, y)))
        self.backward, self.finish = compiled(self.gradients), compiled(self.update)

    def loss(self, x, y):
        logits = self.network(x.astype(self.dtype)).astype(mx.float32)
        return nn.losses.cross_entropy(logits, y, reduction="mean")

    def gradients(self, x, y):
        full = self.network.parameters()
        if self.dtype != mx.float32:
            self.network.update(tree_map(lambda p: p.astype(self.dtype), full))
        loss, gradients = nn.value_and_grad(self.network, self.loss)(x, y)
        self.network.update(full)
        return loss, tree_map(lambda g: g.astype(mx.float32), gradients)

    def update(self, loss, gradients):
        gradients, _ = optimizers.clip_grad_norm(gradients, clip_norm)
        self.optimizer.update(self.network, gradients)
        return loss

    def run(self):
        chosen = mx.array(self.draws.integers(0, images, batch))
        x, y = self.x[chosen], self.y[chosen]
        if self.ranks == 1:
            loss = self.whole(x, y)
        else:
            loss, gradients = self.backward(x, y)
            loss = self.finish(loss, nn.average_gradients(gradients, group=self.group))
        mx.eval(loss, self.state)


def largest(group, value):
    """The largest of a value over the ranks."""
    if group.size() == 1:
        return value
    return float(mx.distributed.all_max(mx.array(value, dtype=mx.float32), group=group, stream=mx.cpu).item())


def seconds_of(step, count):
    largest(step.group, 0.0)
    start = time.perf_counter()
    for _ in range(count):
        step.run()
    return largest(step.group, time.perf_counter() - start)


class Starter:
    """Rank 0 waits for a line; the others read a named pipe, since waiting in MPI keeps a core busy."""

    def __init__(self, group):
        self.rank, self.others = group.rank(), group.size() - 1
        folder = os.environ.get("TMPDIR", "/tmp")
        self.path = lambda rank: f"{folder}/mlx-go-{os.environ.get('OMPI_MCA_ess_base_jobid', os.getpid())}-{rank}"
        if self.others and self.rank:
            os.mkfifo(self.path(self.rank))
        largest(group, 0.0)
        self.pipes = []
        if self.others and self.rank:
            self.input = open(self.path(self.rank))
            os.unlink(self.path(self.rank))
        elif self.others:
            self.pipes = [open(self.path(rank), "w") for rank in range(1, self.others + 1)]

    def go(self):
        if self.rank:
            return bool(self.input.readline())
        if not protocol.asked_to_go():
            return False
        for pipe in self.pipes:
            pipe.write("go\n")
            pipe.flush()
        return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    mx.set_default_device(mx.cpu)
    several = int(os.environ.get("OMPI_COMM_WORLD_SIZE", "1")) > 1
    group = mx.distributed.init(strict=True, backend="mpi") if several else mx.distributed.init()
    step, starter = Step(options.precision, group), Starter(group)
    seconds_of(step, 20)
    steps = max(1, round(options.seconds / (seconds_of(step, 50) / 50)))
    parameters = sum(value.size for _, value in tree_flatten(step.network.trainable_parameters()))
    if group.rank() == 0:
        protocol.say(
            {
                "ready": True,
                "ranks": group.size(),
                "model": "mlp",
                "precision": options.precision,
                "parameters": parameters,
            }
        )
    repetition = 0
    while starter.go():
        seconds = seconds_of(step, steps)
        peak = largest(group, float(protocol.peak_memory_bytes()))
        if group.rank() == 0:
            samples = steps * batch * group.size()
            protocol.say(
                {
                    "repetition": repetition,
                    "steps": steps,
                    "samples": samples,
                    "seconds": seconds,
                    "samples_per_second": samples / seconds,
                    "milliseconds": {"step": 1000 * seconds / steps},
                    "peak_memory_bytes": int(peak),
                }
            )
        repetition += 1


if __name__ == "__main__":
    sys.exit(main())
