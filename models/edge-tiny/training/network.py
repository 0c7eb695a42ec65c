"""The network: a Llama in plain PyTorch, trained on packed conversations, saved as a Hugging Face checkpoint."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONTEXT = 4096


@dataclass(frozen=True, slots=True)
class Geometry:
    """The shape of the network."""

    vocab: int = 4096
    width: int = 384
    layers: int = 10
    heads: int = 6
    kv_heads: int = 2
    head_width: int = 64
    inner: int = 1024
    rope_theta: float = 10_000.0
    epsilon: float = 1e-5


@dataclass(frozen=True, slots=True)
class Packing:
    """Where conversations lie in a packed row of tokens: `bounds` (N+1, int32), positions (T), the longest."""

    bounds: Tensor
    positions: Tensor
    longest: int = CONTEXT


def _reference_attention(query: Tensor, key: Tensor, value: Tensor, packing: Packing) -> Tensor:
    """Attention inside each conversation by a dense mask: slow, right, and on any device."""
    owner = torch.bucketize(torch.arange(query.shape[0], device=query.device), packing.bounds[1:], right=True)
    mask = (owner[:, None] == owner[None, :]).tril()
    heads = (t.transpose(0, 1).unsqueeze(0) for t in (query, key, value))
    return F.scaled_dot_product_attention(*heads, attn_mask=mask).squeeze(0).transpose(0, 1)


def _packed_attention(query: Tensor, key: Tensor, value: Tensor, packing: Packing) -> Tensor:
    """The same by the variable-length flash kernel of the GPU."""
    from torch.nn.attention.varlen import varlen_attn  # noqa: PLC0415 - only where there is a GPU

    causal = (
        {"window_size": (-1, 0)} if "window_size" in inspect.signature(varlen_attn).parameters else {"is_causal": True}
    )
    return varlen_attn(
        query.contiguous(),
        key.contiguous(),
        value.contiguous(),
        packing.bounds,
        packing.bounds,
        packing.longest,
        packing.longest,
        **causal,
    )


def attention_for(device: str) -> Callable[[Tensor, Tensor, Tensor, Packing], Tensor]:
    """The attention of a device, proven equal to the reference there."""
    if device == "cpu":
        return _reference_attention
    query, key, value = (
        torch.randn(96, 4, 64, device=device, dtype=torch.bfloat16, requires_grad=True) for _ in range(3)
    )
    packing = Packing(torch.tensor([0, 30, 96, 96], dtype=torch.int32, device=device), torch.arange(96, device=device))
    grads = []
    for attend in (_reference_attention, _packed_attention):
        out = attend(query, key, value, packing)
        grads.append((out.detach(), *torch.autograd.grad(out.square().sum(), (query, key, value))))
    for ours, theirs in zip(*grads, strict=True):
        if (ours.float() - theirs.float()).abs().max() > 0.1 * theirs.float().abs().max():
            raise RuntimeError("the packed attention is not the reference attention")
    return _packed_attention


class RMSNorm(nn.Module):
    """Root mean square norm with a gain."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        """Norm in float32, as Llama does."""
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon)).to(x.dtype) * self.weight.to(
            x.dtype
        )


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Layer(nn.Module):
    """Attention with grouped keys and values, then SwiGLU; names as in Hugging Face's Llama."""

    def __init__(self, g: Geometry, attend: Callable[[Tensor, Tensor, Tensor, Packing], Tensor]) -> None:
        super().__init__()
        self.g, self.attend = g, attend
        self.input_layernorm = RMSNorm(g.width, g.epsilon)
        self.post_attention_layernorm = RMSNorm(g.width, g.epsilon)
        self.q_proj = nn.Linear(g.width, g.heads * g.head_width, bias=False)
        self.k_proj = nn.Linear(g.width, g.kv_heads * g.head_width, bias=False)
        self.v_proj = nn.Linear(g.width, g.kv_heads * g.head_width, bias=False)
        self.o_proj = nn.Linear(g.heads * g.head_width, g.width, bias=False)
        self.gate_proj = nn.Linear(g.width, g.inner, bias=False)
        self.up_proj = nn.Linear(g.width, g.inner, bias=False)
        self.down_proj = nn.Linear(g.inner, g.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, packing: Packing) -> Tensor:
        """One layer on (T, width)."""
        g, h = self.g, self.input_layernorm(x)
        query = _rotate(self.q_proj(h).view(-1, g.heads, g.head_width), cos, sin)
        key = _rotate(self.k_proj(h).view(-1, g.kv_heads, g.head_width), cos, sin)
        value = self.v_proj(h).view(-1, g.kv_heads, g.head_width)
        group = g.heads // g.kv_heads
        key, value = key.repeat_interleave(group, dim=1), value.repeat_interleave(group, dim=1)
        x = x + self.o_proj(self.attend(query, key, value.to(query.dtype), packing).reshape(-1, g.heads * g.head_width))
        h = self.post_attention_layernorm(x)
        return x + self.down_proj(F.silu(self.gate_proj(h)) * self.up_proj(h))


class Network(nn.Module):
    """Tied embedding, layers, norm."""

    def __init__(self, g: Geometry, attend: Callable[[Tensor, Tensor, Tensor, Packing], Tensor]) -> None:
        super().__init__()
        self.g = g
        self.embed_tokens = nn.Embedding(g.vocab, g.width)
        self.layers = nn.ModuleList(Layer(g, attend) for _ in range(g.layers))
        self.norm = RMSNorm(g.width, g.epsilon)
        angles = torch.outer(
            torch.arange(CONTEXT).float(), g.rope_theta ** -(torch.arange(0, g.head_width, 2).float() / g.head_width)
        )
        self.register_buffer("cos", torch.cat((angles, angles), -1).cos(), persistent=False)
        self.register_buffer("sin", torch.cat((angles, angles), -1).sin(), persistent=False)
        for name, p in self.named_parameters():
            if p.ndim > 1:
                nn.init.normal_(
                    p, std=0.02 / ((2 * g.layers) ** 0.5 if name.endswith(("o_proj.weight", "down_proj.weight")) else 1)
                )

    def forward(self, tokens: Tensor, packing: Packing) -> Tensor:
        """Hidden states (T, width) of packed tokens (T)."""
        x = self.embed_tokens(tokens).to(torch.bfloat16 if tokens.is_cuda else torch.float32)
        cos, sin = (t[packing.positions][:, None, :].to(x.dtype) for t in (self.cos, self.sin))
        for layer in self.layers:
            x = layer(x, cos, sin, packing)
        return self.norm(x)

    def loss(self, tokens: Tensor, packing: Packing, targets: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Weighted cross entropy of the next token, and the plain one of the answers alone."""
        logits = F.linear(self.forward(tokens, packing), self.embed_tokens.weight).float()
        each = F.cross_entropy(logits, targets, reduction="none")
        answer = (weights >= 1).float()
        return (each * weights).sum() / weights.sum(), (each * answer).sum().detach() / answer.sum()


_ATTENTION = {"q_proj", "k_proj", "v_proj", "o_proj"}


def _hub_name(name: str) -> str:
    """A parameter's name in Hugging Face's Llama."""
    head, _, tail = name.rpartition(".")
    module = head.rsplit(".", 1)[-1]
    if module.endswith("_proj"):
        head = head.replace(module, f"{'self_attn' if module in _ATTENTION else 'mlp'}.{module}")
    return f"model.{head}.{tail}"


def load_checkpoint(network: Network, folder: Path) -> None:
    """Read back what `save_checkpoint` wrote; layers beyond the saved ones begin by changing nothing."""
    from safetensors.torch import load_file  # noqa: PLC0415 - not needed to train from nothing

    saved = load_file(folder / "model.safetensors")
    state = network.state_dict()
    for name, fresh in state.items():
        if _hub_name(name) in saved:
            state[name] = saved[_hub_name(name)]
        elif name.endswith(("o_proj.weight", "down_proj.weight")):
            state[name] = torch.zeros_like(fresh)
    network.load_state_dict(state)


def save_checkpoint(network: Network, folder: Path, tokenizer: Path) -> None:
    """Write `model.safetensors` and `config.json` as Hugging Face's Llama reads them.

    Args:
        network: The trained network.
        folder: Where; made when missing.
        tokenizer: The tokenizer's folder, for the ids of `bos`, `eos` and `pad`.
    """
    from safetensors.torch import save_file  # noqa: PLC0415 - not needed to train

    state = {
        _hub_name(name): value.detach().to("cpu", torch.float16).contiguous()
        for name, value in network.state_dict().items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    g = network.g
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": g.vocab,
        "hidden_size": g.width,
        "intermediate_size": g.inner,
        "num_hidden_layers": g.layers,
        "num_attention_heads": g.heads,
        "num_key_value_heads": g.kv_heads,
        "head_dim": g.head_width,
        "hidden_act": "silu",
        "max_position_embeddings": CONTEXT,
        "rms_norm_eps": g.epsilon,
        "rope_theta": g.rope_theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": g.rope_theta},
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "torch_dtype": "float16",
    }
    named = json.loads((tokenizer / "tokenizer_config.json").read_text(encoding="utf-8"))
    added = json.loads((tokenizer / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    ids = {token["content"]: token["id"] for token in added}
    config |= {f"{name}_token_id": ids[named[f"{name}_token"]] for name in ("bos", "eos", "pad")}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
