"""A small network, for PyTorch.

    import small

    network = small.load()  # reads the safetensors file beside this file
    names, probabilities = network.predict(small.encode(rows))

Input: input float64 [batch, 3].
Output: logits float32 [batch, 2].
Output: probabilities float32 [batch, 2].
Images are [batch, channels, height, width]. Numbers are as the data have them: the network normalizes them.
Written by `lockstep export --torch`, version 1.2. Needs torch only.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F
from torch import nn

WEIGHTS = pathlib.Path(__file__).with_suffix(".safetensors")
CLASSES = ["no", "yes\\maybe"]
# The categories of each column of the table; None for numbers.
COLUMNS = {
    "kind": ["red", "blue"],
    "time": None,
}
MISSING = ["", "NA"]


def encode(rows):
    """Rows of the table, each with its values by column as csv.DictReader has them, as the input of the network."""
    lines = [[_encode(column, categories, row[column]) for column, categories in COLUMNS.items()] for row in rows]
    return torch.tensor([sum(line, []) for line in lines], dtype=torch.float64)


def _encode(column, categories, value):
    """The numbers of a value; of a category a 1 for it and a 0 for each other one."""
    if value is None or value in MISSING:
        return [math.nan] if categories is None else [0.0] * len(categories)
    if categories is None:
        return [float(value)]
    if str(value) not in categories:
        raise ValueError(f"{value!r} in column {column!r} is none of {categories}")
    return [float(str(value) == category) for category in categories]


def batch_norm(x, layer, eps):
    """Batch normalization with the running statistics of a layer."""
    return F.batch_norm(x, layer.running_mean, layer.running_var, layer.weight, layer.bias, eps=eps)


class Scope(nn.Module):
    """Tensors and scopes by their names in the weights: scope[0] is the one named 0."""

    def __getitem__(self, name):
        return getattr(self, str(name))

    def _place(self, name):
        *path, last = name.split(".")
        scope = self
        for part in path:
            if part not in scope._modules:
                scope.add_module(part, Scope())
            scope = scope._modules[part]
        return scope, last

    def _parameter(self, name, *shape):
        scope, last = self._place(name)
        scope.register_parameter(last, nn.Parameter(torch.zeros(shape)))

    def _buffer(self, name, *shape, dtype=torch.float32):
        scope, last = self._place(name)
        scope.register_buffer(last, torch.zeros(shape, dtype=dtype))

    def _constant(self, name, values):
        self.register_buffer(name, values, persistent=False)


class Network(Scope):
    """input [batch, 3] to logits [batch, 2], probabilities [batch, 2]; for any batch."""

    def __init__(self):
        super().__init__()
        self._constant("input_offsets", torch.tensor([0.1, 0.0, 1000000000.0], dtype=torch.float64))
        self._parameter("hidden.0.weight", 3, 3)
        self._parameter("hidden.0.bias", 3)
        self._parameter("norm.weight", 3)
        self._parameter("norm.bias", 3)
        self._buffer("norm.running_mean", 3)
        self._buffer("norm.running_var", 3)
        self._parameter("class.weight", 2, 3)

    def forward(self, input):
        input = input.to(torch.float64)
        x = input - self.input_offsets
        x = x.to(torch.float32)
        x = F.linear(x, self.hidden[0].weight, self.hidden[0].bias)
        y = batch_norm(x, self.norm, eps=0.001)
        y = F.relu(y)
        y = y * 0.5
        x = x + y
        logits = F.linear(x, self["class"].weight)
        probabilities = F.softmax(logits, -1)
        return logits, probabilities

    @torch.no_grad()
    def predict(self, input):
        """The most probable class of each sample, and the probabilities of all classes."""
        probabilities = self(input)[1]
        return [CLASSES[index] for index in probabilities.argmax(1)], probabilities


def read_safetensors(path):
    """The tensors of a safetensors file by name."""
    data = bytearray(pathlib.Path(path).read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    types = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64"}
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            kind = getattr(torch, types[entry["dtype"]])
            tensors[name] = torch.frombuffer(data[start + begin : start + end], dtype=kind).reshape(entry["shape"])
    return tensors


def load(path=WEIGHTS):
    """The network with the weights of a file: the one beside this file, or model.safetensors of a checkpoint."""
    network = Network()
    state = read_safetensors(path)
    network.load_state_dict({name: state[name] for name in network.state_dict()})
    return network.eval()
