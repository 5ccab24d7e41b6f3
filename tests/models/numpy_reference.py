"""The model's forward in plain NumPy, written from the reference, with PyTorch's names."""

import numpy as np
from scipy.special import erf


def layer_norm(x, weight, bias):
    mean = x.mean(-1, keepdims=True)
    var = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(var + 1e-6) * weight + bias


def attention(x, p, heads):
    n, d = x.shape
    width = d // heads
    rows = p["attn.qkv.weight"]
    q = x @ rows[:d].T + p["attn.q_bias"]
    k = x @ rows[d : 2 * d].T
    v = x @ rows[2 * d :].T + p["attn.v_bias"]
    out = np.zeros_like(x)
    for h in range(heads):
        part = slice(h * width, (h + 1) * width)
        logits = q[:, part] @ k[:, part].T / np.sqrt(width)
        if "attn.rpb_table" in p:
            a, b = np.mgrid[:n, :n]  # query, key
            row = (a // 14 - b // 14 + 13) * 27 + (a % 14 - b % 14 + 13)
            logits += p["attn.rpb_table"][row, h]
        weights = np.exp(logits - logits.max(-1, keepdims=True))
        out[:, part] = weights / weights.sum(-1, keepdims=True) @ v[:, part]
    return out @ p["attn.proj.weight"].T + p["attn.proj.bias"]


def ffn(x, p):
    h = x @ p["mlp.fc1.weight"].T + p["mlp.fc1.bias"]
    h = 0.5 * h * (1 + erf(h / np.sqrt(2)))
    return h @ p["mlp.fc2.weight"].T + p["mlp.fc2.bias"]


def positions(count, width):
    table = np.zeros((count, width))
    for pos in range(count):
        for j in range(width):
            angle = pos / 10000 ** (2 * (j // 2) / width)
            table[pos, j] = np.sin(angle) if j % 2 == 0 else np.cos(angle)
    return table


def head(x, p):
    if "head.weight" in p:
        return x @ p["head.weight"].T + p["head.bias"]
    d = x.shape[1]
    grid = np.pad(x.reshape(14, 14, d), ((1, 1), (1, 1), (0, 0)), mode="reflect")
    kernel = p["head.head.weight"]  # [512, D, 3, 3]
    out = np.zeros((14, 14, kernel.shape[0]))
    for i in range(3):
        for j in range(3):
            out += grid[i : i + 14, j : j + 14] @ kernel[:, :, i, j].T
    return out.reshape(196, -1) + p["head.head.bias"]


def without_noise(block, logits):
    """The decisions of evaluation."""
    return logits > 0


def forward(p, image, heads, decide=without_noise):
    """Colors `[224, 224, 2]` and decisions `[depth, 2]` of `image` `[224, 224, 4]`.

    `decide` makes of a block's number and its two logits what the sublayers are multiplied by.
    """
    p = {name: np.asarray(value, np.float64) for name, value in p.items()}
    kernel = p["patch_embed.proj.weight"]  # [D, 4, 16, 16]
    tokens = np.zeros((196, kernel.shape[0]))
    for r in range(14):
        for c in range(14):
            patch = image[r * 16 : r * 16 + 16, c * 16 : c * 16 + 16]
            tokens[r * 14 + c] = np.einsum("yxc,dcyx->d", patch, kernel)
    x = tokens + p["patch_embed.proj.bias"]
    gated = "policy_token" in p
    if gated:
        x = np.concatenate([p["policy_token"][0], x])
    x = x + positions(len(x), x.shape[1])
    depth = 1 + max(int(name.split(".")[1]) for name in p if name.startswith("blocks."))
    decisions = np.ones((depth, 2))
    for i in range(depth):
        prefix = f"blocks.{i}."
        b = {n[len(prefix) :]: v for n, v in p.items() if n.startswith(prefix)}
        if gated:
            weight, bias = b["layer_select.mlp_head.weight"], b["layer_select.mlp_head.bias"]
            decisions[i] = decide(i, weight @ x[0] + bias)
        normed = layer_norm(x, b["norm1.weight"], b["norm1.bias"])
        x = x + decisions[i, 0] * attention(normed, b, heads)
        normed = layer_norm(x, b["norm2.weight"], b["norm2.bias"])
        x = x + decisions[i, 1] * ffn(normed, b)
    x = layer_norm(x, p["norm.weight"], p["norm.bias"])
    flat = np.tanh(head(x[int(gated) :], p))
    out = flat.reshape(14, 14, 16, 16, 2).swapaxes(1, 2).reshape(224, 224, 2)
    return out, decisions
