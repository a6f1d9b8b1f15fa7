"""Language models as PyTorch modules, with the parameter names, shapes and order of checkpoints."""

import torch
import torch.nn.functional as F
from torch import nn


def rotary(x, base=10000.0):
    """Rotates the elements i and i + d / 2 of x [..., length, d] by angles that grow with the step."""
    length, width = x.shape[-2:]
    frequencies = base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.arange(length, dtype=torch.float64)[:, None] * frequencies
    cosine, sine = angles.cos().to(x), angles.sin().to(x)
    a, b = x.chunk(2, -1)
    return torch.cat((a * cosine - b * sine, b * cosine + a * sine), -1)


class Attention(nn.Module):
    """Causal multi-head self-attention with the parameters of nn.MultiheadAttention."""

    def __init__(self, width, heads, positions="learned", bias=True, kv_heads=None):
        super().__init__()
        self.heads = heads
        self.kv_heads = kv_heads or heads
        self.positions = positions
        rows = width + 2 * self.kv_heads * (width // heads)
        self.in_proj_weight = nn.Parameter(torch.empty(rows, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(rows)) if bias else None
        self.out_proj = nn.Linear(width, width, bias)
        nn.init.normal_(self.in_proj_weight, std=0.02)

    def forward(self, x):
        n, length, width = x.shape
        qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        parts = qkv.view(n, length, -1, width // self.heads).transpose(1, 2)
        q, k, v = parts.split((self.heads, self.kv_heads, self.kv_heads), 1)
        if self.positions == "rotary":
            q, k = rotary(q), rotary(k)
        if self.kv_heads < self.heads:
            k, v = (part.repeat_interleave(self.heads // self.kv_heads, 1) for part in (k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out_proj(y.transpose(1, 2).reshape(n, length, width))


class RMSNorm(nn.Module):
    def __init__(self, width, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight


class SwiGLU(nn.Module):
    def __init__(self, width, hidden, bias):
        super().__init__()
        self.w1 = nn.Linear(width, hidden, bias)
        self.w2 = nn.Linear(hidden, width, bias)
        self.w3 = nn.Linear(width, hidden, bias)

    def forward(self, x):
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


def normalization(kind, width):
    return RMSNorm(width) if kind == "rms" else nn.LayerNorm(width)


class Block(nn.Module):
    def __init__(
        self,
        width,
        heads,
        dropout=0.0,
        approximate="none",
        positions="learned",
        norm="layer",
        swiglu=False,
        hidden=None,
        bias=True,
        kv_heads=None,
    ):
        super().__init__()
        self.dropout = dropout
        self.approximate = approximate
        self.norm1 = normalization(norm, width)
        self.attention = Attention(width, heads, positions, bias, kv_heads)
        self.norm2 = normalization(norm, width)
        hidden = hidden or ((8 * width // 3 + 63) // 64 * 64 if swiglu else 4 * width)
        if swiglu:
            self.feed_forward = SwiGLU(width, hidden, bias)
        else:
            self.linear1 = nn.Linear(width, hidden, bias)
            self.linear2 = nn.Linear(hidden, width, bias)

    def network(self, x):
        if hasattr(self, "feed_forward"):
            return self.feed_forward(x)
        return self.linear2(F.gelu(self.linear1(x), approximate=self.approximate))

    def forward(self, x):
        x = x + F.dropout(self.attention(self.norm1(x)), self.dropout, self.training)
        return x + F.dropout(self.network(self.norm2(x)), self.dropout, self.training)


class GPT(nn.Module):
    """A decoder-only Transformer: ids [N, L] to logits [N, L, vocabulary]. Dropout follows the embeddings and each branch.

    `options` are those of the blocks: positions, norm, swiglu, hidden, bias, kv_heads."""

    def __init__(
        self,
        layers=4,
        width=256,
        heads=4,
        vocabulary=256,
        context=128,
        tied=True,
        dropout=0.0,
        approximate="none",
        **options,
    ):
        super().__init__()
        self.dropout = dropout
        self.token_embedding = nn.Embedding(vocabulary, width)
        learned = options.get("positions", "learned") == "learned"
        self.position_embedding = nn.Embedding(context, width) if learned else None
        self.blocks = nn.ModuleList(Block(width, heads, dropout, approximate, **options) for _ in range(layers))
        self.norm = normalization(options.get("norm", "layer"), width)
        self.head = None if tied else nn.Linear(width, vocabulary, bias=False)

    def forward(self, ids):
        x = self.token_embedding(ids)
        if self.position_embedding is not None:
            x = x + self.position_embedding.weight[: ids.shape[1]]
        x = F.dropout(x, self.dropout, self.training)
        for block in self.blocks:
            x = block(x)
        weight = self.token_embedding.weight if self.head is None else self.head.weight
        return F.linear(self.norm(x), weight)


class RecurrentLanguageModel(nn.Module):
    """Embedding, recurrent layers (`cell` is lstm, gru or rnn), head: ids [N, L] to logits [N, L, vocabulary]."""

    def __init__(
        self,
        cell="lstm",
        layers=1,
        embedding=128,
        hidden=256,
        vocabulary=256,
        nonlinearity="tanh",
        bidirectional=False,
        dropout=0.0,
    ):
        super().__init__()
        self.cell = cell
        self.embedding = nn.Embedding(vocabulary, embedding)
        kinds = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
        options = {"nonlinearity": nonlinearity} if cell == "rnn" else {}
        # Only between layers: PyTorch warns if there is one.
        options["dropout"] = dropout if layers > 1 else 0.0
        setattr(
            self, cell, kinds[cell](embedding, hidden, layers, batch_first=True, bidirectional=bidirectional, **options)
        )
        self.head = nn.Linear(hidden * (2 if bidirectional else 1), vocabulary)

    def forward(self, ids):
        return self.head(getattr(self, self.cell)(self.embedding(ids))[0])
