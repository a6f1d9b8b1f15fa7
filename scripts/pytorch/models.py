"""The networks of Lockstep's run files in PyTorch, with the same names of parameters: load_state_dict takes a checkpoint's
model.safetensors as it is. Inputs are NCHW."""

import torch
from torch import nn
from torch.nn import functional as F


class MLP(nn.Module):
    """model: {mlp: {hidden: [...]}} with ReLU."""

    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        widths = [inputs, *hidden]
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        self.output = nn.Linear(widths[-1], outputs)

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.hidden:
            x = F.relu(layer(x))
        return self.output(x)


class Stage(nn.Module):
    def __init__(self, inputs, channels, normalized):
        super().__init__()
        self.convolutions = nn.ModuleList([nn.Conv2d(inputs, channels, 3, padding=1, bias=not normalized)])
        if normalized:
            self.normalizations = nn.ModuleList([nn.BatchNorm2d(channels)])
        self.normalized = normalized

    def forward(self, x):
        x = self.convolutions[0](x)
        if self.normalized:
            x = self.normalizations[0](x)
        return F.max_pool2d(F.relu(x), 2)


class CNN(nn.Module):
    """model: {cnn: {stages: [{channels: ...}, ...], dense: [...]}} without dropout, kernels 3, max pooling."""

    def __init__(self, side, inputs, channels, dense, outputs, normalized=False):
        super().__init__()
        widths = [inputs, *channels]
        self.stages = nn.ModuleList(Stage(a, b, normalized) for a, b in zip(widths, widths[1:]))
        for _ in channels:
            side //= 2
        widths = [side * side * channels[-1], *dense]
        self.dense = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        self.output = nn.Linear(widths[-1], outputs)

    def forward(self, x):
        for stage in self.stages:
            x = stage(x)
        x = x.flatten(1)
        for layer in self.dense:
            x = F.relu(layer(x))
        return self.output(x)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class ResNet(nn.Module):
    """model: {resnet: {depth: 6n + 2, width: w}}."""

    def __init__(self, inputs, depth, width, outputs):
        super().__init__()
        n = (depth - 2) // 6
        self.conv1 = nn.Conv2d(inputs, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        channels = width
        for group in range(3):
            blocks = []
            for number in range(n):
                blocks.append(Block(channels, width << group, 2 if group and not number else 1))
                channels = width << group
            setattr(self, f"layer{group + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, outputs)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


def make(name):
    """The networks of the comparisons, for 28 x 28 grey images and 10 classes."""
    return {
        "mlp": lambda: MLP(784, [512, 256], 10),
        "cnn": lambda: CNN(28, 1, [32, 64], [128], 10),
        "fashion_cnn": lambda: CNN(28, 1, [32, 64, 128], [128], 10, normalized=True),
        "resnet": lambda: ResNet(1, 8, 16, 10),
    }[name]()


def nchw(x):
    """Images from Lockstep's NHWC; other inputs as they are."""
    return x.permute(0, 3, 1, 2).contiguous() if x.dim() == 4 else x
