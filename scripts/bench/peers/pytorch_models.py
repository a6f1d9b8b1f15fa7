"""The networks of the comparison in PyTorch, which the tests compare with, too (scripts/pytorch).

Shapes: images [N, C, H, W] or [N, features] to [N, classes]; tokens [N, T] to [N, T, vocabulary]."""

import pathlib
import sys

scripts = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(scripts / "pytorch"), str(scripts / "bench")]
import models  # noqa: E402  (the modules beside the tests' scripts)
import sequence_models  # noqa: E402
from comparing import tokens  # noqa: E402


class TimeMajorLSTM(sequence_models.RecurrentLanguageModel):
    """The same network with its recurrence over [T, N, ...], PyTorch's native layout."""

    def __init__(self, **sizes):
        super().__init__(**sizes)
        self.lstm.batch_first = False

    def forward(self, ids):
        return self.head(self.lstm(self.embedding(ids.t()))[0]).transpose(0, 1)


def make(family, time_major=False):
    """The network of a family."""
    recurrent = TimeMajorLSTM if time_major else sequence_models.RecurrentLanguageModel
    return {
        "mlp": lambda: models.MLP(784, [512, 256], 10),
        "mlp-1": lambda: models.MLP(784, [512, 256], 10),
        "mlp-4096": lambda: models.MLP(784, [512, 256], 10),
        "cnn": lambda: models.CNN(28, 1, [32, 64], [128], 10),
        "resnet": lambda: models.ResNet(3, 20, 16, 10),
        "gpt": sequence_models.GPT,
        "lstm": recurrent,
        "gpt2-small": lambda: sequence_models.GPT(layers=12, width=768, heads=12, context=512),
        "gpt2-small-50257": lambda: sequence_models.GPT(
            layers=12, width=768, heads=12, vocabulary=tokens.vocabularies["gpt2-small-50257"], context=512
        ),
        "resnet50": lambda: models.ResNet(3, 50, 64, 1000, blocks=[3, 4, 6, 3], bottleneck=True, pooled=True),
        "lstm-1024": lambda: recurrent(layers=2, embedding=256, hidden=1024),
    }[family]()
