"""`Transformer` and its parts: layers of attention and of two affine maps, and stacks of them.

Masks are those of `MultiheadAttention`: booleans, True where a position may *not* be looked at, or numbers that are
added to the scores. is_causal masks what comes later, with or without a mask, where PyTorch takes it for a hint at
what the mask says. Outputs at padded positions are computed as all others are.

Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.1; norm_first is of Xiong et al., "On Layer
Normalization in the Transformer Architecture" (2020).
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeVar

import numpy as np

from autograd_mini import ShapeError, relu

from ..checks import as_operand, check_choice, check_whole, shape_of
from ..init import xavier_uniform
from ..module import Module
from .activation_functions import gelu
from .attention import MultiheadAttention
from .dropout import Dropout
from .linear import Linear
from .normalisation import LayerNorm

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

Activation = str | Callable[[Any], Any]
Layer = TypeVar("Layer", bound=Module)


class TransformerEncoderLayer(Module):
    """Self-attention, then two affine maps, each added to what goes in and normalised.  (S, N, E) -> (S, N, E)

    Normalised after the sum, or, with norm_first, before each of the two. batch_first: N before S; without a batch, N
    is missing. activation: "relu", "gelu", or a function, between the maps, the first of which gives dim_feedforward
    numbers. Names and starts of parameters are PyTorch's.

    Raises: UsageError for sizes and settings; as MultiheadAttention, when called.

    Example
    -------
    >>> layer = TransformerEncoderLayer(4, 2, dim_feedforward=8, batch_first=True, rng=np.random.default_rng(0))
    >>> layer(np.ones((3, 5, 4)), is_causal=True).shape
    (3, 5, 4)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.activation = activation_of("TransformerEncoderLayer", activation)
        rng = np.random.default_rng() if rng is None else rng
        self.norm_first = norm_first
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=rng
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=rng)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1 = Dropout(dropout, rng=rng)
        self.dropout2 = Dropout(dropout, rng=rng)

    def __call__(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Any:
        """(S, N, E) -> (S, N, E); masks: (S, S) or (N * nhead, S, S), and (N, S)."""

        def attended(x: Any) -> Any:
            y, _ = self.self_attn(
                x, x, x, src_key_padding_mask, need_weights=False, attn_mask=src_mask, is_causal=is_causal
            )
            return self.dropout1(y)

        def mapped(x: Any) -> Any:
            return self.dropout2(applied(x, self.linear1, self.activation, self.dropout, self.linear2))

        x = residual(as_operand(src), attended, self.norm1, norm_first=self.norm_first)
        return residual(x, mapped, self.norm2, norm_first=self.norm_first)


class TransformerDecoderLayer(Module):
    """Self-attention, attention to a memory, then two affine maps.  (T, N, E), (S, N, E) -> (T, N, E)

    Arguments and the rest are as in `TransformerEncoderLayer`.

    Raises: UsageError for sizes and settings; as MultiheadAttention, when called.

    Example
    -------
    >>> layer = TransformerDecoderLayer(4, 2, dim_feedforward=8, batch_first=True, rng=np.random.default_rng(0))
    >>> layer(np.ones((3, 5, 4)), np.ones((3, 7, 4)), tgt_is_causal=True).shape
    (3, 5, 4)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.activation = activation_of("TransformerDecoderLayer", activation)
        rng = np.random.default_rng() if rng is None else rng
        self.norm_first = norm_first
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=rng
        )
        self.multihead_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype, rng=rng
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype, rng=rng)
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)
        self.dropout1 = Dropout(dropout, rng=rng)
        self.dropout2 = Dropout(dropout, rng=rng)
        self.dropout3 = Dropout(dropout, rng=rng)

    def __call__(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        """(T, N, E), (S, N, E) -> (T, N, E); masks: (T, T) and (T, S), also for each head, and (N, T) and (N, S)."""

        def attended(x: Any) -> Any:
            y, _ = self.self_attn(
                x, x, x, tgt_key_padding_mask, need_weights=False, attn_mask=tgt_mask, is_causal=tgt_is_causal
            )
            return self.dropout1(y)

        def attended_to_memory(x: Any) -> Any:
            y, _ = self.multihead_attn(
                x,
                memory,
                memory,
                memory_key_padding_mask,
                need_weights=False,
                attn_mask=memory_mask,
                is_causal=memory_is_causal,
            )
            return self.dropout2(y)

        def mapped(x: Any) -> Any:
            return self.dropout3(applied(x, self.linear1, self.activation, self.dropout, self.linear2))

        x = residual(as_operand(tgt), attended, self.norm1, norm_first=self.norm_first)
        x = residual(x, attended_to_memory, self.norm2, norm_first=self.norm_first)
        return residual(x, mapped, self.norm3, norm_first=self.norm_first)


class TransformerEncoder(Module):
    """`num_layers` encoder layers in a row, then `norm`, if there is one.  (S, N, E) -> (S, N, E)

    The layers are copies of `encoder_layer`, which start with its numbers, as in PyTorch, and share its generator.

    Raises: UsageError for num_layers; as TransformerEncoderLayer, when called.

    Example
    -------
    >>> layer = TransformerEncoderLayer(4, 2, dim_feedforward=8, rng=np.random.default_rng(0))
    >>> TransformerEncoder(layer, num_layers=2)(np.ones((5, 3, 4))).shape
    (5, 3, 4)
    """

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        check_whole("TransformerEncoder", "num_layers", num_layers)
        self.layers = copies(encoder_layer, num_layers)
        self.norm = norm

    def __call__(self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        """(S, N, E) -> (S, N, E); masks are as in the layers, which all have them."""
        x = src
        for layer in self.layers:
            x = layer(x, mask, src_key_padding_mask, is_causal)
        return x if self.norm is None else self.norm(x)


class TransformerDecoder(Module):
    """`num_layers` decoder layers in a row, then `norm`, if there is one.  (T, N, E), (S, N, E) -> (T, N, E)

    The layers are copies of `decoder_layer`, which start with its numbers, as in PyTorch, and share its generator.

    Raises: UsageError for num_layers; as TransformerDecoderLayer, when called.

    Example
    -------
    >>> layer = TransformerDecoderLayer(4, 2, dim_feedforward=8, rng=np.random.default_rng(0))
    >>> TransformerDecoder(layer, num_layers=2)(np.ones((5, 3, 4)), np.ones((7, 3, 4))).shape
    (5, 3, 4)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        check_whole("TransformerDecoder", "num_layers", num_layers)
        self.layers = copies(decoder_layer, num_layers)
        self.norm = norm

    def __call__(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        """(T, N, E), (S, N, E) -> (T, N, E); masks are as in the layers, which all have them."""
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        x = tgt
        for layer in self.layers:
            x = layer(x, memory, *masks, tgt_is_causal, memory_is_causal)
        return x if self.norm is None else self.norm(x)


class Transformer(Module):
    """An encoder of a source, and a decoder of a target that looks at it.  (S, N, E), (T, N, E) -> (T, N, E)

    Parameters of two axes start uniform, with the variance of Glorot and Bengio (2010), as in PyTorch. custom_encoder
    and custom_decoder: modules to be called in place of those. The rest is as in `TransformerEncoderLayer`.

    Raises: UsageError for sizes and settings; ShapeError for a source and a target that do not fit.

    Example
    -------
    >>> net = Transformer(4, 2, 1, 1, dim_feedforward=8, rng=np.random.default_rng(0))
    >>> net(np.ones((7, 3, 4)), np.ones((5, 3, 4)), tgt_is_causal=True).shape
    (5, 3, 4)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        rng = np.random.default_rng() if rng is None else rng
        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)

        def norm() -> Module:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        def encoder() -> Module:
            return TransformerEncoder(TransformerEncoderLayer(*sizes, dtype=dtype, rng=rng), num_encoder_layers, norm())

        def decoder() -> Module:
            return TransformerDecoder(TransformerDecoderLayer(*sizes, dtype=dtype, rng=rng), num_decoder_layers, norm())

        self.encoder = encoder() if custom_encoder is None else custom_encoder
        self.decoder = decoder() if custom_decoder is None else custom_decoder
        for p in self.parameters():
            if len(p.shape) > 1:
                p.data = xavier_uniform(p.shape, rng=rng, dtype=p.dtype)
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def __call__(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool = False,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        """(S, N, E), (T, N, E) -> (T, N, E); masks as in encoder and decoder"""
        shapes = [shape_of(src), shape_of(tgt)]
        n = len(shapes[0])
        is_batch = n == 3 == len(shapes[1])
        along = 0 if self.batch_first else 1
        if not (is_batch or n == 2 == len(shapes[1])) or (is_batch and shapes[0][along] != shapes[1][along]):
            raise ShapeError(
                f"Transformer: got src of shape {shapes[0]} and tgt of shape {shapes[1]}; they must have "
                f"equally many axes, 3 or 2, and equal batches along axis {along}, as batch_first={self.batch_first}; "
                "reshape them"
            )
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        return self.decoder(tgt, memory, *masks, tgt_is_causal, memory_is_causal)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, dtype: Any = np.float64) -> Any:
        """A mask (sz, sz) to be added: 0, and -inf for what comes later; is_causal does the same without one."""
        return np.triu(np.full((sz, sz), -np.inf, dtype), 1)


def residual(x: Any, body: Callable[[Any], Any], norm: Module, *, norm_first: bool) -> Any:
    """The sum of x and what a body makes of it, normalised before the body or after the sum."""
    return x + body(norm(x)) if norm_first else norm(x + body(x))


def applied(x: Any, *steps: Callable[[Any], Any]) -> Any:
    """What steps that map the last axis make of x in turn, with all positions in one axis: products of matrices."""
    y = np.reshape(x, (-1, x.shape[-1]))
    for step in steps:
        y = step(y)
    return np.reshape(y, (*x.shape[:-1], y.shape[-1]))


def copies(layer: Layer, n: int) -> list[Layer]:
    """Layers with the numbers of one, which draw from its generators: copies of those would draw the same numbers."""
    sources = [source for m in layer.modules() if isinstance(source := vars(m).get("_rng"), np.random.Generator)]
    return [deepcopy(layer, {id(source): source for source in sources}) for _ in range(n)]


def activation_of(where: str, activation: Activation) -> Callable[[Any], Any]:
    """The function that a name stands for, or the function itself."""
    if callable(activation):
        return activation
    check_choice(where, "activation", activation, ("relu", "gelu"))
    return relu if activation == "relu" else gelu
