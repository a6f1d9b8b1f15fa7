"""Batches from a data set in memory: one index operation per step on tensors that are ready for the network.

The images are Fashion-MNIST's where Debian's package is installed; the rest is drawn from a seed, of the shapes and sizes of the other
side's data. Values do not affect the time of a step. The set is stored as float32, already normalized, and small, so that it
does not add much to PyTorch's peak memory."""

import gzip
import pathlib

import torch
from pytorch_models import tokens

fashion = pathlib.Path("/usr/share/datasets/fashion-mnist")
batch_sizes = {"mlp": 64, "cnn": 64, "resnet": 64, "gpt": 8, "lstm": 32}
batch_sizes |= {"gpt2-small": 1, "gpt2-small-50257": 1, "resnet50": 8, "lstm-1024": 32, "mlp-1": 1, "mlp-4096": 4096}
contexts = {"gpt": 128, "lstm": 64, "gpt2-small": 512, "gpt2-small-50257": 512, "lstm-1024": 64}
images = 10_240
drawn_images = {"resnet": ((images // 2, 3, 32, 32), 10), "resnet50": ((64, 3, 224, 224), 1000)}
corpus_bytes = 4_404_412


def fashion_images(generator):
    """Normalized images [images, 784], and labels [images]."""
    try:
        pixels = gzip.open(fashion / "train-images-idx3-ubyte.gz").read(16 + images * 784)[16:]
        labels = gzip.open(fashion / "train-labels-idx1-ubyte.gz").read(8 + images)[8:]
    except OSError:
        return torch.randn(images, 784, generator=generator), torch.randint(10, (images,), generator=generator)
    x = torch.frombuffer(bytearray(pixels), dtype=torch.uint8).view(images, 784).float().div_(255)
    return (x - x.mean()) / x.std(), torch.frombuffer(bytearray(labels), dtype=torch.uint8).long()


class Batches:
    """An endless source of (inputs, targets) for one rank: a new order of the samples in every epoch."""

    def __init__(self, family, rank, ranks, channels_last):
        generator = torch.Generator().manual_seed(1)
        self.batch, self.context = batch_sizes[family], contexts.get(family)
        if self.context:
            if family in tokens.vocabularies:
                shape, vocabulary = (tokens.count,), tokens.vocabularies[family]
                self.text = torch.randint(vocabulary, shape, generator=generator, dtype=torch.int32)
            else:
                self.text = torch.randint(32, 127, (corpus_bytes,), generator=generator, dtype=torch.uint8)
            self.window = torch.arange(self.context + 1)
            count = (len(self.text) - 1) // self.context
        elif family in drawn_images:
            shape, classes = drawn_images[family]
            self.x = torch.randn(shape, generator=generator)
            self.y = torch.randint(classes, shape[:1], generator=generator)
            count = len(self.y)
        else:
            self.x, self.y = fashion_images(generator)
            if family == "cnn":
                self.x = self.x.view(-1, 1, 28, 28)
            count = len(self.y)
        if channels_last and not self.context:
            self.x = self.x.contiguous(memory_format=torch.channels_last)
        self.generator = torch.Generator().manual_seed(rank)
        self.first, self.count = rank * (count // ranks), count // ranks
        self.order, self.position = None, self.count

    def next(self):
        if self.position + self.batch > self.count:
            self.order = torch.randperm(self.count, generator=self.generator) + self.first
            self.position = 0
        chosen = self.order[self.position : self.position + self.batch]
        self.position += self.batch
        if self.context:
            windows = self.text[(chosen * self.context).unsqueeze(1) + self.window].long()
            return windows[:, :-1], windows[:, 1:]
        return self.x[chosen], self.y[chosen]
