"""The windows of a text for language models, as in Lockstep: bytes are tokens, the end of the text is held out.

Training windows do not overlap and start at another position in every epoch; each held-out byte is predicted once, in windows
that advance by `stride` (see Sources/LockstepDatasets/Preparation: TextWindows and EvaluationWindows). Shapes: windows [N, context]."""

import gzip
import pathlib
import subprocess

import torch

vocabulary = 256


def read(data):
    """The bytes of a configuration's `data`, and its options."""
    ((kind, options),) = data.items()
    if kind == "tokens" or options.get("tokenizer", "none") != "none":
        raise SystemExit("language_data.py: only texts of bytes are prepared here, not tokens of a tokenizer")
    if kind == "king_james":
        return subprocess.run(
            [options["program"], "-f", "gen1:1-rev22:21"], capture_output=True, check=True
        ).stdout, options
    if kind == "text":
        content = pathlib.Path(options["path"]).read_bytes()
        return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content, options
    raise SystemExit(f"language_data.py: data of the kind {kind} are not prepared here, only king_james and text")


class Text:
    """A text with the windows of a run's configuration."""

    def __init__(self, configuration):
        content, options = read(configuration["data"])
        self.bytes = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        self.context, self.batch = options["context"], configuration["batch"]
        share = options["validation"]
        self.held = int(len(content) * share + 0.5) if isinstance(share, float) else 0
        stride = configuration["evaluate"]["stride"]
        self.stride = stride if isinstance(stride, int) else self.context
        self.random_offset = options["random_offset"]

    def windows(self, starts):
        """Inputs and targets of the windows that start at these positions."""
        places = starts.unsqueeze(1) + torch.arange(self.context + 1)
        tokens = self.bytes[places].long()
        return tokens[:, :-1], tokens[:, 1:]

    def training(self):
        """Endless batches; the last one of an epoch may be smaller."""
        trained = len(self.bytes) - self.held
        whole = (trained - 1) // self.context
        count = max(1, whole - 1) if self.random_offset else whole
        offsets = min(self.context, trained - count * self.context) if self.random_offset else 1
        while True:
            starts = torch.randperm(count) * self.context + torch.randint(offsets, (1,))
            for chosen in starts.split(self.batch):
                yield self.windows(chosen)

    def evaluation(self, batch=64):
        """Inputs, targets, and which of the targets count."""
        first = len(self.bytes) - self.held
        rest = max(0, self.held - self.context)
        number = torch.arange(1 + (rest + self.stride - 1) // self.stride)
        starts = torch.minimum(first - 1 + number * self.stride, torch.tensor(len(self.bytes) - 1 - self.context))
        begins = first + torch.where(number == 0, 0, self.context + (number - 1) * self.stride)
        left_out = begins - (starts + 1)
        for chosen, skipped in zip(starts.split(batch), left_out.split(batch)):
            inputs, targets = self.windows(chosen)
            yield inputs, targets, torch.arange(self.context) >= skipped.unsqueeze(1)
