"""The five families of the comparison in PyTorch.

MLP, CNN and ResNet are the networks that the tests compare with (scripts/pytorch/models.py); GPT and LSTM have the names of Lockstep's
checkpoints. Shapes: images [N, C, H, W] or [N, features] to [N, 10]; bytes [N, T] to [N, T, 256]."""

import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "pytorch"))
import models  # noqa: E402  (the module beside the tests' scripts)


class Attention(nn.Module):
    """Causal attention of several heads, as torch.nn.MultiheadAttention names its parameters. Shapes: [N, T, width] to the same."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width).normal_(std=0.02))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, x):
        samples, length, width = x.shape
        projected = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        query, key, value = projected.view(samples, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.out_proj(y.transpose(1, 2).reshape(samples, length, width))


class Block(nn.Module):
    """Normalisation before attention and before the two dense layers, each with a residual connection."""

    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.linear1, self.linear2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.linear2(F.gelu(self.linear1(self.norm2(x))))


class GPT(nn.Module):
    """model: {gpt: {layers: 4, width: 256, heads: 4, dropout: 0.0, tied: true}}."""

    def __init__(self, layers=4, width=256, heads=4, context=128, vocabulary=256):
        super().__init__()
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.position_embedding = nn.Embedding(context, width)
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        nn.init.normal_(self.position_embedding.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens):
        x = self.token_embedding(tokens) + self.position_embedding.weight[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.token_embedding.weight)


class RecurrentModel(nn.Module):
    """model: {lstm: {layers: 1, embedding: 128, hidden: 256}}.

    `time_major` runs the recurrence over [T, N, ...], PyTorch's own layout; the result is the same."""

    def __init__(self, embedding=128, hidden=256, vocabulary=256, time_major=False):
        super().__init__()
        self.time_major = time_major
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, hidden, batch_first=not time_major)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, tokens):
        if not self.time_major:
            return self.head(self.lstm(self.embedding(tokens))[0])
        return self.head(self.lstm(self.embedding(tokens.t()))[0]).transpose(0, 1)


def make(family, time_major=False):
    """The network of a family."""
    return {
        "mlp": lambda: models.MLP(784, [512, 256], 10),
        "cnn": lambda: models.CNN(28, 1, [32, 64], [128], 10),
        "resnet": lambda: models.ResNet(3, 20, 16, 10),
        "gpt": GPT,
        "lstm": lambda: RecurrentModel(time_major=time_major),
    }[family]()
