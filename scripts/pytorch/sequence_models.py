"""Language models as PyTorch modules, with the parameter names, shapes and order of checkpoints."""

import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    """Causal multi-head self-attention with the parameters of nn.MultiheadAttention."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.normal_(self.in_proj_weight, std=0.02)

    def forward(self, x):
        n, length, width = x.shape
        qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = qkv.view(n, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out_proj(y.transpose(1, 2).reshape(n, length, width))


class Block(nn.Module):
    def __init__(self, width, heads, dropout=0.0, approximate="none"):
        super().__init__()
        self.dropout = dropout
        self.approximate = approximate
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.linear1 = nn.Linear(width, 4 * width)
        self.linear2 = nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + F.dropout(self.attention(self.norm1(x)), self.dropout, self.training)
        y = F.gelu(self.linear1(self.norm2(x)), approximate=self.approximate)
        return x + F.dropout(self.linear2(y), self.dropout, self.training)


class GPT(nn.Module):
    """A decoder-only Transformer: ids [N, L] to logits [N, L, vocabulary]. Dropout follows the embeddings and each branch."""

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
    ):
        super().__init__()
        self.dropout = dropout
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.position_embedding = nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads, dropout, approximate) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = None if tied else nn.Linear(width, vocabulary, bias=False)

    def forward(self, ids):
        x = self.token_embedding(ids) + self.position_embedding.weight[: ids.shape[1]]
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
