#!/usr/bin/env python3
"""Trains the language model of a Lockstep run in PyTorch, with the same settings: network, initial
distribution, text, windows, batch, optimizer, schedule, clipping, dropout, precision (bf16 by autocast), and number of steps. Only the
random draws differ. Prints bits per byte of the held-out part, in the same windows, beside Lockstep's.

    train_language_model.py RUN-DIRECTORY [--threads 2] [--output RESULTS.json] [--max-steps N]
    train_language_model.py RUN-DIRECTORY --checkpoint       evaluates the run's newest checkpoint in PyTorch instead: the same figure

RUN-DIRECTORY is one of `lockstep train` on a gpt, lstm, gru or rnn. Needs what scripts/setup --with-pytorch installs."""

import argparse
import json
import pathlib
import sys
import time

if {"-h", "--help"} & set(sys.argv[1:]):
    sys.exit(print(__doc__))

import language_data
import sequence_models
import torch
import yaml
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


def initialize(network, kind, layers):
    """Lockstep's initial distributions where they differ from PyTorch's: GPT-2's for a gpt, biases of zero."""
    for name, parameter in network.named_parameters():
        if kind == "gpt" and parameter.dim() == 2:
            ends_branch = name.endswith(("out_proj.weight", "linear2.weight", "w2.weight"))
            nn.init.normal_(parameter, std=0.02 / (2 * layers) ** 0.5 if ends_branch else 0.02)
        elif name.endswith(".bias") or name.endswith("in_proj_bias"):
            nn.init.zeros_(parameter)


def make(model, context):
    """The network of a configuration's `model`."""
    ((kind, options),) = model.items()
    vocabulary = language_data.vocabulary
    if kind == "gpt":
        activation = options.get("activation", "gelu")
        hidden, kv_heads = options.get("hidden", "auto"), options.get("kv_heads", "auto")
        network = sequence_models.GPT(
            options["layers"],
            options["width"],
            options["heads"],
            vocabulary,
            context,
            options["tied"],
            options["dropout"],
            "tanh" if activation == "gelu_tanh" else "none",
            positions=options.get("positions", "learned"),
            norm=options.get("norm", "layer"),
            swiglu=activation == "swiglu",
            hidden=None if hidden == "auto" else hidden,
            bias=options.get("bias", True),
            kv_heads=None if kv_heads == "auto" else kv_heads,
        )
    elif kind in ("lstm", "gru", "rnn"):
        network = sequence_models.RecurrentLanguageModel(
            kind,
            options["layers"],
            options["embedding"],
            options["hidden"],
            vocabulary,
            options.get("nonlinearity", "tanh"),
            dropout=options["dropout"],
        )
    else:
        sys.exit(f"train_language_model.py: a {kind} is no language model")
    initialize(network, kind, options["layers"])
    return network


def make_optimizer(configuration, parameters):
    ((kind, options),) = configuration["optimizer"].items()
    kinds = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    if kind not in kinds:
        sys.exit(f"train_language_model.py: the optimizer {kind} is not prepared here, only adam and adamw")
    return kinds[kind](
        parameters,
        lr=options["learning_rate"],
        betas=(options["beta1"], options["beta2"]),
        eps=options["epsilon"],
        weight_decay=options["weight_decay"],
        fused=True,
    )


def learning_rate_factor(schedule, step, total):
    """Lockstep's schedules constant and cosine, each with its warm-up."""
    ((kind, options),) = ({schedule: {}} if isinstance(schedule, str) else schedule).items()
    options = options or {}
    warmup = options.get("warmup_steps", 0)
    if step < warmup:
        start = options.get("warmup_start", "auto")
        start = 1 / warmup if start == "auto" else start
        return start + (1 - start) * step / warmup
    if kind == "constant":
        return 1.0
    if kind != "cosine":
        sys.exit(f"train_language_model.py: the schedule {kind} is not prepared here, only constant and cosine")
    share = min(1.0, (step - warmup) / max(1, total - warmup))
    return options["final"] + (1 - options["final"]) * (1 + torch.cos(torch.tensor(torch.pi * share)).item()) / 2


def newest_checkpoint(run):
    """The folder of a run's newest checkpoint; the link `latest` does not exist on all file systems."""
    return max((run / "checkpoints").glob("step-*/manifest.json"), key=lambda path: int(path.parent.name[5:])).parent


class Training:
    """A run: `configuration` is a run directory's config.yaml."""

    def __init__(self, configuration, total):
        self.configuration, self.total = configuration, total
        torch.manual_seed(configuration["seed"])
        self.text = language_data.Text(configuration)
        self.network = make(configuration["model"], self.text.context)
        self.optimizer = make_optimizer(configuration, self.network.parameters())
        self.autocast = torch.autocast("cpu", dtype=torch.bfloat16, enabled=configuration["precision"] == "bf16")
        clip = configuration["clip"]
        self.clip = clip["norm"] if isinstance(clip, dict) else None

    def loss(self, inputs, targets, reduction):
        with self.autocast:
            logits = self.network(inputs)
        return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction=reduction)

    def step(self, number, inputs, targets):
        """One step, counted from 0; its loss."""
        rate = learning_rate_factor(self.configuration["schedule"], number, self.total)
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial"] * rate
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(inputs, targets, "mean")
        loss.backward()
        if self.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
        self.optimizer.step()
        return loss.item()

    def bits_per_byte(self):
        """Of the held-out part; each byte counts once."""
        self.network.eval()
        total, count = 0.0, 0
        with torch.no_grad():
            for inputs, targets, counted in self.text.evaluation():
                nats = self.loss(inputs, targets, "none").view(targets.shape)
                total += nats[counted].double().sum().item()
                count += int(counted.sum())
        self.network.train()
        assert count == self.text.held
        return total / count / 0.6931471805599453

    def run(self, every):
        """Runs all steps; returns the last value, and the seconds of training without evaluations."""
        for group in self.optimizer.param_groups:
            group["initial"] = group["lr"]
        seconds, start, recent, tokens = 0.0, time.perf_counter(), [], 0
        self.network.train()
        for number, (inputs, targets) in zip(range(self.total), self.text.training()):
            recent.append(self.step(number, inputs, targets))
            tokens += targets.numel()
            done = number + 1
            if done % self.configuration["log_every_steps"] == 0:
                so_far = seconds + time.perf_counter() - start
                print(
                    f"step {done}/{self.total}  loss {sum(recent) / len(recent):.4f}  {tokens / so_far:,.0f} tokens/s  {so_far:,.0f} s",
                    flush=True,
                )
                recent = []
            if done == self.total or (every and done % every == 0):
                seconds += time.perf_counter() - start
                bits = self.bits_per_byte()
                print(f"held back, after step {done}: {bits:.4f} bits per byte", flush=True)
                start = time.perf_counter()
        return bits, seconds, tokens


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--max-steps", type=int, help="to see whether it works: the schedule is as short")
    parser.add_argument("--checkpoint", action="store_true")
    parser.add_argument("--output", type=pathlib.Path)
    options = parser.parse_args()
    configuration = yaml.safe_load((options.run / "config.yaml").read_text())
    summary = options.run / "summary.json"
    ours = json.loads(summary.read_text()) if summary.exists() else {}
    total = options.max_steps or ours.get("steps") or configuration["max_steps"]
    torch.set_num_threads(options.threads)
    training = Training(configuration, total)
    if options.checkpoint:
        training.network.load_state_dict(load_file(newest_checkpoint(options.run) / "model.safetensors"), strict=True)
        bits, seconds, tokens = training.bits_per_byte(), 0.0, 0
    else:
        every = configuration["evaluate"]["every_steps"]
        bits, seconds, tokens = training.run(every if isinstance(every, int) else None)
    result = {
        "torch": torch.__version__,
        "threads": options.threads,
        "steps": total,
        "tokens": tokens,
        "bits_per_byte": bits,
        "seconds": seconds,
        "parameters": sum(parameter.numel() for parameter in training.network.parameters()),
        "lockstep_bits_per_byte": ours.get("validation_bits_per_byte"),
        "lockstep_seconds": ours.get("seconds"),
    }
    print(json.dumps(result, indent=1))
    if options.output:
        options.output.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
