"""The two networks: plain convolutions only, so that every inference engine runs them well."""

import torch
from torch import nn

BLANK = 36


def block(cin, cout, stride=1, kernel=3):
    pad = kernel // 2 if isinstance(kernel, int) else tuple(k // 2 for k in kernel)
    return nn.Sequential(nn.Conv2d(cin, cout, kernel, stride, pad, bias=False), nn.BatchNorm2d(cout), nn.ReLU(inplace=True))


class Reader(nn.Module):
    """Grey 48×144 → log-probabilities over 36 characters and blank at 36 places."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            block(1, 24, (2, 1)), block(24, 32, (1, 2)), block(32, 48), block(48, 64, 2), block(64, 80), block(80, 112, (2, 1)), block(112, 128),
            nn.Conv2d(128, 160, (6, 1), bias=False), nn.BatchNorm2d(160), nn.ReLU(inplace=True),
            block(160, 160, 1, (1, 5)), block(160, 160, 1, (1, 3)), nn.Dropout(0.1), nn.Conv2d(160, BLANK + 1, 1))

    def forward(self, x):
        return torch.log_softmax(self.body(x).squeeze(2), 1)  # N, 37, 36


class Detector(nn.Module):
    """Grey N×1×H×W (both multiples of 16) → N×9×H/8×W/8: heat logit, then four corner offsets in strides."""

    def __init__(self):
        super().__init__()
        self.early = nn.Sequential(block(1, 16, 2), block(16, 32, 2), block(32, 32), block(32, 64, 2), block(64, 64), block(64, 64))
        self.wide = nn.Sequential(block(64, 96, 2), block(96, 96), block(96, 96), block(96, 96), block(96, 64, 1, 1))
        self.head = nn.Sequential(block(64, 64), nn.Conv2d(64, 9, 1))
        nn.init.constant_(self.head[-1].bias, 0)
        nn.init.constant_(self.head[-1].bias[:1], -4.0)

    def forward(self, x):
        near = self.early(x)
        far = nn.functional.interpolate(self.wide(near), scale_factor=2.0, mode="nearest")
        return self.head(near + far)
