"""What is used of scikit-learn, or an error that names the extra."""

from __future__ import annotations

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_random_state, compute_sample_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight as checked_weights
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError:
    raise ImportError(
        "nn.Classifier, nn.Regressor: scikit-learn 1.6 or later is not installed; they are estimators of it; "
        "pip install 'autograd-mini[sklearn]', or train with nn.fit"
    ) from None

__all__ = [
    "BaseEstimator",
    "ClassifierMixin",
    "RegressorMixin",
    "check_classification_targets",
    "check_is_fitted",
    "check_random_state",
    "checked_weights",
    "compute_sample_weight",
    "train_test_split",
    "validate_data",
]
