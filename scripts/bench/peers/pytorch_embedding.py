#!/usr/bin/env python3
"""PyTorch's side of scripts/bench/embedding: one rank of the network of Examples/Recommender.

    pytorch_embedding.py --users 2000000 --items 100000 --width 64 --batch 4096

Alone it is one rank without torch.distributed; under torchrun it is a rank of DistributedDataParallel over Gloo, which exchanges sparse
gradients as lists of rows."""

import argparse
import os
import sys

import protocol
import torch
from pytorch_worker import Ranks, times_of, warm_up


class Recommender(torch.nn.Module):
    def __init__(self, sizes, width, sparse):
        super().__init__()
        self.tables = torch.nn.ModuleList(torch.nn.Embedding(size, width, sparse=sparse) for size in sizes)
        for table in self.tables:
            torch.nn.init.normal_(table.weight, std=0.05)
        self.network = torch.nn.Sequential(torch.nn.Linear(3 * width, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))

    def forward(self, ids):
        rows = [table(column) for table, column in zip(self.tables, ids)]
        return self.network(torch.cat([*rows, rows[0] * rows[1]], 1))


class Step:
    """A training step on batches that repeat; the ids are distributed as in the example."""

    def __init__(self, options, ranks):
        torch.manual_seed(ranks.rank)
        sizes = [options.users, options.items]
        self.batch, self.number = options.batch // ranks.count, 0
        self.ids = [
            [(torch.rand(self.batch) ** 3 * size).long().clamp(max=size - 1) for size in sizes] for _ in range(64)
        ]
        self.targets = torch.rand(self.batch, 1)
        self.model = Recommender(sizes, options.width, not options.dense)
        if ranks.count > 1:
            self.model = torch.nn.parallel.DistributedDataParallel(self.model)
        tables, others = [], []
        for name, parameter in self.model.named_parameters():
            (tables if "tables" in name else others).append(parameter)
        if options.dense:
            self.optimizers = [torch.optim.Adam(tables + others, lr=0.003, fused=True)]
        else:
            self.optimizers = [
                torch.optim.SparseAdam(tables, lr=0.003),
                torch.optim.Adam(others, lr=0.003, fused=True),
            ]

    def run(self):
        loss = torch.nn.functional.mse_loss(self.model(self.ids[self.number % 64]), self.targets)
        self.number += 1
        for optimizer in self.optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer in self.optimizers:
            optimizer.step()


def main():
    parser = argparse.ArgumentParser()
    for name in ["users", "items", "width", "batch"]:
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--dense", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
    ranks = Ranks()
    step = Step(options, ranks)
    steps = max(1, round(0.5 / warm_up(step, ranks)))
    ranks.say({"ready": True, "ranks": ranks.count, "torch": torch.__version__})
    repetition = 0
    while ranks.go():
        seconds, _ = times_of(step, steps, ranks)
        (peak,) = ranks.largest(protocol.peak_memory_bytes())
        ranks.say({"repetition": repetition, "steps": steps, "seconds": seconds, "peak_memory_bytes": int(peak)})
        repetition += 1
    if ranks.count > 1:
        # Gloo's threads and Python's shutdown race; all output has been written.
        ranks.meet()
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
