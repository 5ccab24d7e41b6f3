"""The same model in eager PyTorch, for ratios in one run. Needs the `torch` extra."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, n, d = x.shape
        qkv = self.qkv(x).reshape(b, n, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        weights = ((q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(b, n, d))


class Block(nn.Module):
    def __init__(self, width: int, num_heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attention = Attention(width, num_heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor, computed: tuple[bool, bool] = (True, True)) -> torch.Tensor:
        if computed[0]:
            x = x + self.attention(self.norm1(x))
        if computed[1]:
            x = x + self.fc2(F.gelu(self.fc1(self.norm2(x))))
        return x


class DenseColorizer(nn.Module):
    """The dense model of a size: patches, blocks, 3x3 head, pixel shuffle."""

    def __init__(self, width: int = 192, depth: int = 12, num_heads: int = 3) -> None:
        super().__init__()
        self.embed = nn.Conv2d(4, width, 16, 16)
        self.blocks = nn.ModuleList(Block(width, num_heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Conv2d(width, 512, 3, padding=1, padding_mode="reflect")

    def forward(
        self, x: torch.Tensor, decisions: list[tuple[bool, bool]] | None = None
    ) -> torch.Tensor:
        """Maps `[B, 4, H, W]` to `[B, 2, H, W]`; decisions are Python branches."""
        x = self.embed(x)
        b, d, rows, columns = x.shape
        x = x.flatten(2).transpose(1, 2)
        for i, block in enumerate(self.blocks):
            x = block(x) if decisions is None else block(x, decisions[i])
        x = self.norm(x).transpose(1, 2).reshape(b, d, rows, columns)
        return torch.tanh(F.pixel_shuffle(self.head(x), 16))
