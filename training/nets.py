"""The two networks: plain convolutions with biases only, so that every inference engine runs them well.

There is no batch norm: weights start from the shipped ONNX files (`load_onnx`), where the norms of the first training are
folded in, and go on from there at half the price per sample.
"""

import onnx
import torch
from onnx import numpy_helper
from torch import nn

BLANK = 36


def padding(kernel):
    return kernel // 2 if isinstance(kernel, int) else tuple(k // 2 for k in kernel)


def block(cin, cout, stride=1, kernel=3):
    return nn.Sequential(nn.Conv2d(cin, cout, kernel, stride, padding(kernel)), nn.ReLU(inplace=True))


class Residual(nn.Module):
    """Two convolutions beside the straight way; the second starts at zero, so that adding one to a trained net changes nothing."""

    def __init__(self, width, kernel=3):
        super().__init__()
        self.a, self.b = (nn.Conv2d(width, width, kernel, 1, padding(kernel)) for _ in range(2))
        nn.init.zeros_(self.b.weight)
        nn.init.zeros_(self.b.bias)

    def forward(self, x):
        return torch.relu(x + self.b(torch.relu(self.a(x))))


class Reader(nn.Module):
    """Grey 48×144 → log-probabilities over 36 characters and blank at 36 places."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            block(1, 24, (2, 1)), block(24, 32, (1, 2)), block(32, 48), block(48, 64, 2), Residual(64), block(64, 80), block(80, 112, (2, 1)), block(112, 128),
            Residual(128), nn.Conv2d(128, 160, (6, 1)), nn.ReLU(inplace=True), block(160, 160, 1, (1, 5)), block(160, 160, 1, (1, 3)), Residual(160, (1, 5)),
            nn.Conv2d(160, BLANK + 1, 1))

    def forward(self, x):
        return torch.log_softmax(self.body(x).squeeze(2).float(), 1)  # N, 37, 36


class Detector(nn.Module):
    """Grey N×1×H×W (both multiples of 16) → N×9×H/8×W/8: heat logit, then four corner offsets in strides."""

    def __init__(self):
        super().__init__()
        self.early = nn.Sequential(block(1, 16, 2), block(16, 32, 2), block(32, 32), block(32, 64, 2), block(64, 64), block(64, 64))
        self.wide = nn.Sequential(block(64, 96, 2), block(96, 96), block(96, 96), block(96, 96), block(96, 64, 1, 1))
        self.head = nn.Sequential(block(64, 64), nn.Conv2d(64, 9, 1))

    def forward(self, x):
        near = self.early(x)
        far = nn.functional.interpolate(self.wide(near), scale_factor=2.0, mode="nearest")
        return self.head(near + far)


def load_onnx(net, path):
    """Copies the convolutions of an exported net in order; where `net` has residual blocks that the file lacks, they stay as they are."""
    model = onnx.load(path)
    tensors = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in model.graph.initializer}
    saved = [(tensors[n.input[1]], tensors[n.input[2]]) for n in model.graph.node if n.op_type == "Conv"]
    convolutions = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    if len(saved) < len(convolutions):
        inner = {id(c) for r in net.modules() if isinstance(r, Residual) for c in (r.a, r.b)}
        convolutions = [c for c in convolutions if id(c) not in inner]
    if len(saved) != len(convolutions):
        raise ValueError(f"{path} holds {len(saved)} convolutions, the net {len(convolutions)}")
    with torch.no_grad():
        for conv, (weight, bias) in zip(convolutions, saved):
            conv.weight.copy_(weight)
            conv.bias.copy_(bias)
