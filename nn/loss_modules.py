"""The losses as modules, under PyTorch's names: settings are given once, and operands at every call."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Any, ClassVar

import numpy as np

from autograd_mini import UsageError

from . import classification, ctc, distances, entropy, losses
from .module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "CosineEmbeddingLoss",
    "CosineSimilarity",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PairwiseDistance",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]


class Loss(Module):
    """A function of operands, with its settings: the arguments that have defaults, in the function's order.

    Weights that are arrays or lists are buffers, saved with the state and converted by `astype`.
    What a loss computes, and what it raises when it is called, its function says. A class of one's
    own is derived from this, with `function = staticmethod(my_loss)`.

    Raises: UsageError for settings that the function does not have.

    Example
    -------
    >>> loss = CrossEntropyLoss(weight=[1.0, 2.0], reduction="sum")
    >>> loss
    CrossEntropyLoss(weight=array of shape (2,), ignore_index=-100, reduction='sum', label_smoothing=0.0)
    >>> loss(np.zeros((1, 2)), np.array([1]))
    np.float64(1.3862943611198906)
    """

    function: ClassVar[Callable[..., Any]]
    __signature__: ClassVar[Signature]

    def __init_subclass__(cls) -> None:
        settings = [p for p in signature(cls.function).parameters.values() if p.default is not Parameter.empty]
        cls.__signature__ = Signature(settings)

    def __init__(self, *args: Any, **settings: Any) -> None:
        try:
            given = type(self).__signature__.bind(*args, **settings)
        except TypeError as error:
            known = ", ".join(type(self).__signature__.parameters)
            raise UsageError(f"{type(self).__name__}: {error}; its settings are {known}; give these") from None
        given.apply_defaults()
        for name, x in given.arguments.items():
            setattr(self, name, np.array(x) if isinstance(x, (list, tuple, np.ndarray)) else x)

    def __call__(self, *operands: Any, **named: Any) -> Any:
        """The loss of the operands that the function takes first, by position or by name."""
        settings = {name: getattr(self, name) for name in type(self).__signature__.parameters}
        return type(self).function(*operands, **named, **settings)


# ---- of numbers


class MSELoss(Loss):
    """`mse_loss` with its settings."""

    function = staticmethod(losses.mse_loss)


class L1Loss(Loss):
    """`l1_loss` with its settings."""

    function = staticmethod(losses.l1_loss)


class SmoothL1Loss(Loss):
    """`smooth_l1_loss` with its settings."""

    function = staticmethod(losses.smooth_l1_loss)


class HuberLoss(Loss):
    """`huber_loss` with its settings."""

    function = staticmethod(losses.huber_loss)


class KLDivLoss(Loss):
    """`kl_div` with its settings."""

    function = staticmethod(losses.kl_div)


class PoissonNLLLoss(Loss):
    """`poisson_nll_loss` with its settings."""

    function = staticmethod(losses.poisson_nll_loss)


class GaussianNLLLoss(Loss):
    """`gaussian_nll_loss` with its settings."""

    function = staticmethod(losses.gaussian_nll_loss)


# ---- of classes


class CrossEntropyLoss(Loss):
    """`cross_entropy` with its settings."""

    function = staticmethod(entropy.cross_entropy)


class NLLLoss(Loss):
    """`nll_loss` with its settings."""

    function = staticmethod(entropy.nll_loss)


class BCELoss(Loss):
    """`binary_cross_entropy` with its settings."""

    function = staticmethod(classification.binary_cross_entropy)


class BCEWithLogitsLoss(Loss):
    """`binary_cross_entropy_with_logits` with its settings."""

    function = staticmethod(classification.binary_cross_entropy_with_logits)


class SoftMarginLoss(Loss):
    """`soft_margin_loss` with its settings."""

    function = staticmethod(classification.soft_margin_loss)


class MultiMarginLoss(Loss):
    """`multi_margin_loss` with its settings."""

    function = staticmethod(classification.multi_margin_loss)


class MultiLabelMarginLoss(Loss):
    """`multilabel_margin_loss` with its settings."""

    function = staticmethod(classification.multilabel_margin_loss)


class MultiLabelSoftMarginLoss(Loss):
    """`multilabel_soft_margin_loss` with its settings."""

    function = staticmethod(classification.multilabel_soft_margin_loss)


class CTCLoss(Loss):
    """`ctc_loss` with its settings."""

    function = staticmethod(ctc.ctc_loss)


# ---- of distances


class HingeEmbeddingLoss(Loss):
    """`hinge_embedding_loss` with its settings."""

    function = staticmethod(classification.hinge_embedding_loss)


class MarginRankingLoss(Loss):
    """`margin_ranking_loss` with its settings."""

    function = staticmethod(classification.margin_ranking_loss)


class CosineEmbeddingLoss(Loss):
    """`cosine_embedding_loss` with its settings."""

    function = staticmethod(distances.cosine_embedding_loss)


class TripletMarginLoss(Loss):
    """`triplet_margin_loss` with its settings."""

    function = staticmethod(distances.triplet_margin_loss)


class TripletMarginWithDistanceLoss(Loss):
    """`triplet_margin_with_distance_loss` with its settings."""

    function = staticmethod(distances.triplet_margin_with_distance_loss)


class CosineSimilarity(Loss):
    """`cosine_similarity` with its settings."""

    function = staticmethod(distances.cosine_similarity)


class PairwiseDistance(Loss):
    """`pairwise_distance` with its settings."""

    function = staticmethod(distances.pairwise_distance)
