"""The linear surrogate: weighted ridge regression of the model's outputs on the masks."""

from dataclasses import dataclass

import numpy as np
import scipy.linalg


@dataclass(frozen=True)
class Fit:
    """A fitted surrogate for all targets.

    Attributes
    ----------
    weights : np.ndarray [shape=(n_targets, n_segments)]
        The regression's coefficients.
    intercepts : np.ndarray [shape=(n_targets,)]
    standard_errors : np.ndarray [shape=(n_targets, n_segments)]
    """

    weights: np.ndarray
    intercepts: np.ndarray
    standard_errors: np.ndarray


def cosine_distance_to_whole(masks: np.ndarray) -> np.ndarray:
    """Return the cosine distance of each mask to the mask that keeps everything, shape (n_calls,).

    The empty mask, whose angle is undefined, gets 1, as in scikit-learn.
    """
    # The cosine of a 0/1 vector with k ones and the vector of n ones is k / sqrt(k n) = sqrt(k / n).
    return 1.0 - np.sqrt(np.mean(masks, axis=1, dtype=float))


def exponential_kernel(distances: np.ndarray, width: float = 0.25) -> np.ndarray:
    """Return LIME's proximity sqrt(exp(-d^2 / width^2)), in 0 to 1.

    Raises
    ------
    ValueError
        If the width is not above 0.
    """
    if not width > 0:
        raise ValueError(f"recipe field 'method_parameters': kernel_width must be above 0; it is {width!r}")
    return np.sqrt(np.exp(-(distances**2) / width**2))


def fit(
    masks: np.ndarray,
    outputs: np.ndarray,
    weights: np.ndarray,
    *,
    ridge: float = 1.0,
    clusters: np.ndarray | None = None,
) -> Fit:
    """Solve every target's weighted ridge regression with one factorisation.

    Minimises sum_i weight_i (output_i - b - masks_i . c)^2 + ridge |c|^2; the intercept is not
    penalised.

    Parameters
    ----------
    masks : np.ndarray [shape=(n_calls, n_segments)]
    outputs : np.ndarray [shape=(n_calls, n_targets)]
    weights : np.ndarray [shape=(n_calls,)]
        Not negative.
    ridge : float
        Penalty, at least 0; with 0 a design without full rank gets the solution of least norm.
    clusters : np.ndarray of int [shape=(n_calls,)], optional
        Rows drawn together. The standard errors are a cluster-robust sandwich [1]_ with the
        leverage correction HC2 for each row; by default each row is its own cluster.

    .. [1] Liang & Zeger 1986, Biometrika 73(1); MacKinnon & White 1985, J. Econometrics 29(3).
    """
    X = np.asarray(masks, dtype=float)
    Y = np.asarray(outputs, dtype=float)
    total = weights.sum()
    mean_mask = weights @ X / total
    mean_output = weights @ Y / total
    # Centring by the weighted means takes the intercept out of the regression, so it is not penalised.
    centred = X - mean_mask
    weighted = centred * weights[:, None]
    inverse = _inverse(weighted.T @ centred + ridge * np.eye(X.shape[1]))
    coefficients = inverse @ (weighted.T @ (Y - mean_output))
    residuals = Y - mean_output - centred @ coefficients
    leverage = np.einsum("ij,jk,ik->i", weighted, inverse, centred) + weights / total
    # HC2 divides by 1 - leverage; a row that nearly determines its own fit must not blow up the error.
    residuals = residuals / np.sqrt(np.clip(1 - leverage, 0.05, 1))[:, None]
    influence = weighted @ inverse
    errors = clustered_errors(influence, residuals, clusters)
    return Fit(coefficients.T, mean_output - mean_mask @ coefficients, errors)


def clustered_errors(influence: np.ndarray, residuals: np.ndarray, clusters: np.ndarray | None) -> np.ndarray:
    """Return sandwich standard errors of a linear estimator [shape=(n_targets, n_segments)].

    Parameters
    ----------
    influence : np.ndarray [shape=(n_calls, n_segments)]
        Derivative of each coefficient with respect to each output.
    residuals : np.ndarray [shape=(n_calls, n_targets)]
    clusters : np.ndarray of int [shape=(n_calls,)] or None
    """
    if clusters is None or len(np.unique(clusters)) == len(clusters):
        return np.sqrt((residuals**2).T @ influence**2)
    # Rows of a cluster are summed before squaring, so their (usually negative) covariance counts.
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.diff(clusters[order], prepend=clusters[order][0] - 1))
    errors = np.empty((residuals.shape[1], influence.shape[1]))
    for target, residual in enumerate(residuals.T):
        sums = np.add.reduceat((influence * residual[:, None])[order], starts, axis=0)
        errors[target] = np.sqrt((sums**2).sum(axis=0))
    return errors


def _inverse(gram: np.ndarray) -> np.ndarray:
    """Return the inverse of a Gram matrix, or its pseudo-inverse if it is singular."""
    try:
        factor = scipy.linalg.cho_factor(gram)
    except scipy.linalg.LinAlgError:
        return scipy.linalg.pinvh(gram)
    diagonal = np.abs(np.diag(factor[0]))
    # Cholesky also succeeds on matrices that are singular up to rounding; their inverse would be noise.
    if diagonal.min() < 1e-7 * diagonal.max():
        return scipy.linalg.pinvh(gram)
    return scipy.linalg.cho_solve(factor, np.eye(len(gram)))
