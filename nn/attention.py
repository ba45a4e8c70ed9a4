"""`scaled_dot_product_attention` and `MultiheadAttention`: outputs that are weighted means of values, by similarity.

Laws of masks: what they block has weight 0 exactly, whatever its score, and passes no derivative. A query that may
look at nothing has weights 0 and output 0; PyTorch's answer there is 0 or nan, depending on the path it takes.
Values that are blocked must be finite all the same, as in PyTorch: 0 times nan is nan.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from autograd_mini import DtypeError, ShapeError, UsageError, Value, softmax

from .checks import as_operand, check_whole, shape_of
from .dropout import Dropout
from .init import xavier_normal, xavier_uniform
from .linear import Linear
from .module import Module

__all__ = ["MultiheadAttention", "scaled_dot_product_attention"]


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    *,
    rng: np.random.Generator | None = None,
) -> Any:
    """softmax(scale * query @ key.T) @ value.  (..., L, E), (..., S, E), (..., S, V) -> (..., L, V)

    attn_mask: what broadcasts to (..., L, S): booleans, True where a query may look, or numbers that are added to
    the scores, -inf where it may not. is_causal: query i looks at keys up to i only; together with a mask, both hold,
    where PyTorch refuses. scale: 1 / sqrt(E) when None. enable_gqa: key and value have fewer heads, along the axis
    before the last two, each of which serves equally many heads of query. dropout_p: the share of weights dropped
    from `rng`; always, so give 0.0 when predicting. Masks and rows that are masked altogether: see this module's laws.

    Raises: ShapeError for shapes that do not fit; DtypeError for a mask of whole numbers.
    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.2.1.

    Example
    -------
    >>> x = np.eye(2)
    >>> scaled_dot_product_attention(x, x, x, is_causal=True)[0]
    array([1., 0.])
    """
    where = "scaled_dot_product_attention"
    query, key, value = map(as_operand, (query, key, value))
    shapes = [shape_of(x) for x in (query, key, value)]
    (*_, e), (*_, s, e_key), (*_, s_value, _) = (shape if len(shape) > 1 else (0, 0) for shape in shapes)
    if min(map(len, shapes)) < 2 or e != e_key or s != s_value:
        raise ShapeError(
            f"{where}: got query, key and value of shapes {shapes[0]}, {shapes[1]} and {shapes[2]}; they must be "
            "(..., L, E), (..., S, E) and (..., S, V); transpose or project them to fit"
        )
    if enable_gqa:
        key, value = grouped(where, key, shapes[0]), grouped(where, value, shapes[0])
    dropout = Dropout(dropout_p, rng=rng) if dropout_p else None
    allowed, added = split_mask(where, attn_mask)
    if is_causal:
        allowed = both(allowed, causal(shapes[0][-2], s))
    return attended(query, key, value, allowed, added, 1 / sqrt(e) if scale is None else scale, dropout)[0]


class MultiheadAttention(Module):
    """Attention in `num_heads` parts of embed_dim / num_heads numbers, of projected queries, keys and values.

    (L, N, embed_dim), (S, N, kdim), (S, N, vdim) -> (L, N, embed_dim) and weights (N, L, S); batch_first: N before L
    and S; without a batch, N is missing everywhere.

    Names, layouts and starts of parameters are PyTorch's: in_proj_weight (3 embed_dim, embed_dim), or q_proj_weight,
    k_proj_weight and v_proj_weight where kdim or vdim differ, in_proj_bias, out_proj.weight, out_proj.bias, and with
    add_bias_kv bias_k and bias_v, which are one more key and value. add_zero_attn: one more key and value of zeros.
    dropout: the share of weights that training drops; those that are returned are without them too.

    Raises: UsageError for sizes, and an embed_dim that num_heads does not divide; when called, ShapeError for inputs
    or masks that do not fit, DtypeError for masks of whole numbers.
    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.2.2.

    Example
    -------
    >>> attention = MultiheadAttention(4, 2, batch_first=True, rng=np.random.default_rng(0))
    >>> x = np.ones((3, 5, 4))
    >>> output, weights = attention(x, x, x)
    >>> output.shape, weights.shape
    ((3, 5, 4), (3, 5, 5))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        kdim, vdim = embed_dim if kdim is None else kdim, embed_dim if vdim is None else vdim
        for name, n in (("embed_dim", embed_dim), ("num_heads", num_heads), ("kdim", kdim), ("vdim", vdim)):
            check_whole("MultiheadAttention", name, n)
        if embed_dim % num_heads:
            raise UsageError(
                f"MultiheadAttention: got embed_dim = {embed_dim} and num_heads = {num_heads}; each head has an equal "
                "share of embed_dim; give a num_heads that divides it"
            )
        rng = np.random.default_rng() if rng is None else rng
        self.embed_dim, self.num_heads, self.kdim, self.vdim = embed_dim, num_heads, kdim, vdim
        self.add_zero_attn, self.batch_first = add_zero_attn, batch_first
        if kdim == embed_dim == vdim:
            self.in_proj_weight = Value(xavier_uniform((3 * embed_dim, embed_dim), rng=rng, dtype=dtype))
        else:
            self.q_proj_weight = Value(xavier_uniform((embed_dim, embed_dim), rng=rng, dtype=dtype))
            self.k_proj_weight = Value(xavier_uniform((embed_dim, kdim), rng=rng, dtype=dtype))
            self.v_proj_weight = Value(xavier_uniform((embed_dim, vdim), rng=rng, dtype=dtype))
        self.in_proj_bias: Any = Value(np.zeros(3 * embed_dim, dtype)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype, rng=rng)
        if bias:
            self.out_proj.bias = Value(np.zeros(embed_dim, dtype))
        self.bias_k: Any = Value(xavier_normal((1, 1, embed_dim), rng=rng, dtype=dtype)) if add_bias_kv else None
        self.bias_v: Any = Value(xavier_normal((1, 1, embed_dim), rng=rng, dtype=dtype)) if add_bias_kv else None
        self.dropout = Dropout(dropout, rng=rng)

    def __call__(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """(output, weights of the values); the weights are None without need_weights.

        key_padding_mask: (N, S), attn_mask: (L, S) or (N * num_heads, L, S); booleans, True where a query may *not*
        look, the other way round than in `scaled_dot_product_attention`, or numbers that are added to the scores.
        average_attn_weights: the mean over the heads; else weights are (N, num_heads, L, S). is_causal: query i looks
        at keys up to i only, with or without a mask, where PyTorch asks for that mask as well.
        """
        xs = self.by_batch(query, key, value)
        batch_shape = shape_of(xs[0])
        n_queries, n_keys = batch_shape[1], shape_of(xs[1])[1]
        allowed, added = self.masks(key_padding_mask, attn_mask, is_causal, (batch_shape[0], n_queries, n_keys))
        q, k, v = self.projected(*xs)
        output, weights = attended(q, k, v, allowed, added, 1 / sqrt(self.embed_dim // self.num_heads), self.dropout)
        # With all positions in one axis it is a product of matrices, whose rule sums nothing over a batch.
        output = self.out_proj(np.reshape(np.swapaxes(output, 1, 2), (-1, self.embed_dim)))
        output = np.reshape(output, (-1, n_queries, self.embed_dim))
        if need_weights:
            weights = np.mean(weights, 1) if average_attn_weights else weights
        is_batch = len(shape_of(query)) == 3
        if not is_batch:
            output, weights = output[0], weights[0]
        elif not self.batch_first:
            output = np.swapaxes(output, 0, 1)
        return output, weights if need_weights else None

    def by_batch(self, query: Any, key: Any, value: Any) -> list[Any]:
        """The three inputs with N first, what was one object still being one; an error if they do not fit."""
        given = [query, key, value]
        shapes = [shape_of(x) for x in given]
        n = len(shapes[0])
        along = {2: 0, 3: int(self.batch_first)}.get(n, 0)
        fits = n in {2, 3} and all(len(shape) == n for shape in shapes)
        fits = fits and [shape[-1] for shape in shapes] == [self.embed_dim, self.kdim, self.vdim]
        fits = fits and shapes[1][along] == shapes[2][along]
        if not fits or (n == 3 and len({shape[1 - along] for shape in shapes}) > 1):
            layouts = ("(N, L, {})", "(N, S, {})") if self.batch_first else ("(L, N, {})", "(S, N, {})")
            wanted = [layouts[i > 0].format(d) for i, d in enumerate((self.embed_dim, self.kdim, self.vdim))]
            raise ShapeError(
                f"MultiheadAttention: got query, key and value of shapes {shapes[0]}, {shapes[1]} and {shapes[2]}; "
                f"they must be {wanted[0]}, {wanted[1]} and {wanted[2]}, or without N; reshape them, or set batch_first"
            )
        made: dict[int, Any] = {}
        for x in given:
            y = as_operand(x)
            made[id(x)] = y[None] if n == 2 else y if self.batch_first else np.swapaxes(y, 0, 1)
        return [made[id(x)] for x in given]

    def projected(self, *xs: Any) -> list[Any]:
        """Queries, keys and values of all heads, with the additional ones.  (N, L, E) -> (N, heads, L, E / heads)"""
        e, bias = self.embed_dim, self.in_proj_bias
        thirds = [slice(i * e, (i + 1) * e) for i in range(3)]
        if hasattr(self, "q_proj_weight"):
            weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        elif xs[0] is xs[1] is xs[2]:
            z = affine(xs[0], self.in_proj_weight, bias)
            return self.by_head([z[..., part] for part in thirds])
        else:
            weights = [self.in_proj_weight[part] for part in thirds]
        biases = [None if bias is None else bias[part] for part in thirds]
        return self.by_head([affine(x, w, b) for x, w, b in zip(xs, weights, biases, strict=True)])

    def by_head(self, parts: list[Any]) -> list[Any]:
        """Parts of each head, keys and values with the additional ones.  (N, L, E) -> (N, heads, L, E / heads)"""
        shape = (parts[0].shape[0], 1, self.embed_dim)
        for i, bias in ((1, self.bias_k), (2, self.bias_v)):
            more = [] if bias is None else [np.broadcast_to(bias, shape)]
            more += [np.zeros(shape, parts[i].dtype)] if self.add_zero_attn else []
            parts[i] = np.concatenate([parts[i], *more], 1) if more else parts[i]
        n = self.num_heads
        return [np.swapaxes(np.reshape(z, (-1, z.shape[1], n, self.embed_dim // n)), 1, 2) for z in parts]

    def masks(self, of_keys: Any, of_pairs: Any, is_causal: bool, shape: tuple[int, int, int]) -> tuple[Any, Any]:
        """(which keys queries may look at, what is added to scores), each broadcasting to (N, heads, L, S), or None."""
        where = "MultiheadAttention"
        n, n_queries, n_keys = shape
        of_keys, of_pairs = as_operand(of_keys), as_operand(of_pairs)
        if of_keys is not None:
            if shape_of(of_keys) not in {(n, n_keys), (n_keys,) if n == 1 else (n, n_keys)}:
                raise ShapeError(
                    f"{where}: got key_padding_mask of shape {shape_of(of_keys)}; it must be (N, S) = {(n, n_keys)}, "
                    "or (S,) without a batch; reshape it"
                )
            of_keys = np.reshape(of_keys, (-1, 1, 1, n_keys))
        if of_pairs is not None:
            each = (n * self.num_heads, n_queries, n_keys)
            if shape_of(of_pairs) not in {each, each[1:]}:
                raise ShapeError(
                    f"{where}: got attn_mask of shape {shape_of(of_pairs)}; it must be (L, S) = {each[1:]} or "
                    f"(N * num_heads, L, S) = {each}; reshape it"
                )
            if len(shape_of(of_pairs)) == 3:
                of_pairs = np.reshape(of_pairs, (-1, self.num_heads, n_queries, n_keys))
        allowed, added = None, None
        for mask in (of_keys, of_pairs):
            may, more = split_mask(where, mask, is_inverted=True)
            allowed, added = both(allowed, may), more if added is None else added if more is None else added + more
        if is_causal:
            allowed = both(allowed, causal(n_queries, n_keys))
        n_more = (self.bias_k is not None) + self.add_zero_attn
        if n_more:
            allowed = None if allowed is None else grown(allowed, n_more, np.True_)
            added = None if added is None else grown(added, n_more, 0.0)
        return allowed, added


def attended(
    query: Any, key: Any, value: Any, allowed: Any, added: Any, scale: Any, dropout: Dropout | None
) -> tuple[Any, Any]:
    """(output, weights), of masks that broadcast to (..., L, S), or None."""
    scores = (query * scale) @ np.swapaxes(key, -1, -2)
    if added is not None:
        scores = scores + (added.astype(scores.dtype) if isinstance(added, np.ndarray) else added)
    if allowed is None:
        weights = softmax(scores)
    else:
        # Half of the lowest number: no score differs from it by an infinity, and exp of the difference is 0.
        weights = softmax(np.where(allowed, scores, float(np.finfo(scores.dtype).min) / 2))
        if not isinstance(allowed, np.ndarray) or not allowed.any(-1).all():
            weights = np.where(allowed, weights, 0.0)
    if dropout is not None:
        weights = dropout(weights)
    return weights @ value, weights


def split_mask(where: str, mask: Any, *, is_inverted: bool = False) -> tuple[Any, Any]:
    """(which keys queries may look at, what is added to scores), each None where a mask says nothing of it.

    is_inverted: True of a boolean stands for what is blocked.
    """
    mask = as_operand(mask)
    if mask is None:
        return None, None
    if mask.dtype.kind == "b":
        return (np.logical_not(mask) if is_inverted else mask), None
    if mask.dtype.kind != "f":
        raise DtypeError(
            f"{where}: got a mask of dtype {mask.dtype}; it must hold booleans, or real numbers that are added to the "
            "scores; convert it, as in mask == 1"
        )
    is_blocked = np.equal(mask, -np.inf)
    if isinstance(is_blocked, np.ndarray) and not is_blocked.any():
        return None, mask
    return np.logical_not(is_blocked), np.where(is_blocked, 0.0, mask)


def both(a: Any, b: Any) -> Any:
    """What two masks allow; None allows everything."""
    return b if a is None else a if b is None else np.logical_and(a, b)


def causal(n_queries: int, n_keys: int) -> Any:
    """True where key j is not after query i."""
    return np.tri(n_queries, n_keys, dtype=bool)


def grown(mask: Any, n: int, fill: Any) -> Any:
    """A mask with n more keys."""
    return np.concatenate([mask, np.full((*mask.shape[:-1], n), fill, mask.dtype)], -1)


def grouped(where: str, x: Any, shape: tuple[int, ...]) -> Any:
    """Keys or values with each head repeated for those queries that share it."""
    n_heads = shape_of(x)[-3] if len(shape_of(x)) > 2 < len(shape) else 0
    if not n_heads or shape[-3] % n_heads:
        raise ShapeError(
            f"{where}: got query of shape {shape} and key or value of shape {shape_of(x)} with enable_gqa; the heads "
            "of query, along the axis before the last two, must be a multiple of theirs; reshape them"
        )
    return np.repeat(x, shape[-3] // n_heads, -3)


def affine(x: Any, w: Any, b: Any) -> Any:
    """The product x @ w.T + b, of matrices.  (N, L, in) -> (N, L, out)"""
    z = np.reshape(x, (-1, x.shape[-1])) @ w.T
    return np.reshape(z if b is None else z + b, (-1, x.shape[1], w.shape[0]))
