"""Training: data, the loop over it, what watches it, and estimators of scikit-learn."""
