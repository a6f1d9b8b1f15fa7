"""One training step of PyTorch: forward, backward, clipping by global norm 1, update."""

import contextlib
import functools

import pytorch_data
import pytorch_models  # which also adds the folder of `comparing` to the path
import torch
from comparing import cases
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

clip_norm = 1.0


class Step:
    """A network with its optimizer and its data, in a variant (see comparing/pytorch_variants.py)."""

    def __init__(self, family, precision, variant, rank, ranks):
        words = set(variant.split("+"))
        if cases.kind(family) not in ("cnn", "resnet"):
            words.discard("channels_last")
        torch.manual_seed(1)
        network = pytorch_models.make(family, time_major="time_major" in words)
        if "channels_last" in words:
            network = network.to(memory_format=torch.channels_last)
        self.parameters = list(network.parameters())
        self.count = sum(parameter.numel() for parameter in self.parameters)
        compiling = None
        if "compile" in words:
            compiling = torch.compile
        elif "autotune" in words:
            compiling = functools.partial(torch.compile, mode="max-autotune-no-cudagraphs")
        if compiling and "outer" not in words:
            network = compiling(network)
        if ranks > 1:
            network = DistributedDataParallel(
                network,
                gradient_as_bucket_view="bucket_view" in words,
                static_graph="static_graph" in words,
                bucket_cap_mb=1000 if "one_bucket" in words else None,
            )
        if compiling and "outer" in words:
            network = compiling(network)
        self.network = network
        self.optimizer = self.make_optimizer(family, words)
        self.clip_and_update = self.update
        if "compiled" in words:
            self.clip_and_update = torch.compile(self.update)
        self.batches = pytorch_data.Batches(family, rank, ranks, "channels_last" in words)
        self.cast = contextlib.nullcontext
        if precision == "bf16":
            self.cast = lambda: torch.autocast("cpu", dtype=torch.bfloat16)

    def make_optimizer(self, family, words):
        fused = {"fused": True} if "fused" in words else {"foreach": True}
        if cases.kind(family) == "resnet":
            return torch.optim.SGD(self.parameters, lr=0.05, momentum=0.9, **fused)
        return torch.optim.AdamW(self.parameters, lr=1e-3, weight_decay=0.01, **fused)

    def update(self):
        torch.nn.utils.clip_grad_norm_(self.parameters, clip_norm)
        self.optimizer.step()

    def run(self):
        """One step; the loss as a tensor."""
        inputs, targets = self.batches.next()
        self.optimizer.zero_grad(set_to_none=True)
        with self.cast():
            logits = self.network(inputs)
            loss = F.cross_entropy(logits.flatten(0, -2), targets.flatten())
        loss.backward()
        self.clip_and_update()
        return loss.detach()
