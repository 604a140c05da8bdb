"""A PAC-Bayes certificate of a linear classifier: prior from one part of the data, bound from the other."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import InvalidDataError, InvalidParameterError, Notes
from stattools._typing import FloatArray, IntArray, Seed
from stattools.bounds import assembly, pacbayes_forms as forms
from stattools.bounds.gibbs import exact_risk, sampled_risk, scores_of
from stattools.bounds.pacbayes import DELTA_MC, posterior_risk
from stattools.bounds.splits import Parts, prior_and_posterior, transformed
from stattools.results.bound import BoundResult

PRIOR_SCALES = tuple(2.0**k for k in range(-1, 9))
POSTERIOR_SCALES = np.geomspace(0.5, 1024, 23)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class LinearCertificate(BoundResult):
    """A bound of the risk of a Gaussian randomised linear classifier, with that classifier.

    Attributes
    ----------
    mean : (k, d + 1) ndarray
        Mean of the posterior, whose coordinates are independent with variance 1: one row for two classes, otherwise one
        for each class; the intercept last. It acts on ``(x - location) / spread``.
    location, spread : (d,) ndarray
        Means and standard deviations of the features in the part that made the prior.
    classes : tuple
    prior_rows : (m,) ndarray of int
        Rows of the data that made the prior.
    steps : tuple of str
        Of a pipeline, the steps before the last, fitted on `prior_rows`; `predict` applies them. Copies and pickles
        keep them, JSON does not.

    Notes
    -----
    ``value`` is about the classifier that draws new weights for each prediction (`predict_gibbs`), ``deterministic``
    about the one that uses their mean (`predict`).

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X = (X - X[:100].mean(axis=0)) / X[:100].std(axis=0)
    >>> certificate = linear_certificate(LogisticRegression(C=0.1), X, y, rng=0)
    >>> certificate.deterministic == min(1.0, 2 * certificate.value)
    True
    """

    mean: FloatArray
    location: FloatArray
    spread: FloatArray
    classes: tuple[Any, ...] = field(default=())
    prior_rows: IntArray
    steps: tuple[str, ...] = field(default=())
    _prepare: Any = field(default=None, init=False, compare=False)

    @property
    def deterministic(self) -> float:
        """Bound of the risk of the classifier with the mean weights, which is at most twice that of the random one.

        Where the mean errs, some other class has a mean score no lower than the true one's, and beats it under random
        weights with probability at least 1/2.
        """
        return min(1.0, 2 * self.value)

    def predict(self, X: Any) -> Any:
        """Labels by the mean weights.

        Parameters
        ----------
        X : (n, d) array_like
            As they were given to `linear_certificate`; the steps of a pipeline are applied to them.

        Raises
        ------
        InvalidParameterError
            The steps of a pipeline were lost, because the certificate was read from JSON.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.linear_model import LogisticRegression
        >>> X, y = load_iris(return_X_y=True)
        >>> linear_certificate(LogisticRegression(max_iter=1000), X, y, rng=0).predict(X[:2])
        array([0, 0])
        """
        return np.array(self.classes)[_decide(scores_of(self._rows(X), self.mean))]

    def predict_gibbs(self, X: Any, *, rng: Seed = None) -> Any:
        """Labels by weights that are drawn from the posterior for each row.

        Parameters
        ----------
        X : (n, d) array_like
            As for `predict`.
        rng : None, int, SeedSequence or Generator

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from sklearn.linear_model import LogisticRegression
        >>> X, y = load_iris(return_X_y=True)
        >>> linear_certificate(LogisticRegression(max_iter=1000), X, y, rng=0).predict_gibbs(X[:2], rng=1)
        array([0, 0])
        """
        rows = self._rows(X)
        noise = _random.generator(_random.seed_sequence(rng)).standard_normal((len(rows), len(self.mean)))
        # the scores of one row are independent with the variance of its squared length
        scores = scores_of(rows, self.mean) + noise * np.linalg.norm(rows, axis=1)[:, None]
        return np.array(self.classes)[_decide(scores)]

    def _rows(self, X: Any) -> FloatArray:
        if self.steps and self._prepare is None:
            raise InvalidParameterError(
                f"the steps of the pipeline before the last ({', '.join(self.steps)}) are not stored in JSON; "
                "use pickle, or certify again with the same rng"
            )
        points = X if self.steps and hasattr(X, "columns") else assembly.array(X, "X", ndim=2)
        points = points if self._prepare is None else transformed(self._prepare, points)
        if points.shape[1] != len(self.location):
            raise InvalidDataError(f"X has {points.shape[1]} columns; the classifier has {len(self.location)} features")
        return with_constant((points - self.location) / self.spread)


def linear_certificate(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    prior_fraction: float = 0.5,
    prior_scales: Any = PRIOR_SCALES,
    gibbs: str = "exact",
    mc_samples: int = 1000,
    delta_mc: float = DELTA_MC,
    xi: str = "exact",
    delta: float = 0.05,
    rng: Seed = None,
    data_name: str = "",
) -> LinearCertificate:
    """Certify a linear classifier of scikit-learn, without data that are set aside for testing only.

    The data are split at random. One part fits the classifier whose weights are the mean of the prior; the posterior is
    Gaussian around the weights fitted on all data. The bound is computed on the other part.

    Parameters
    ----------
    estimator : scikit-learn linear classifier, or a pipeline that ends in one
        Scores linear in the features, of which the largest decides: LogisticRegression, LinearSVC, RidgeClassifier,
        SGDClassifier, Perceptron, LinearDiscriminantAnalysis and the like. If it is fitted, its weights are the
        direction of the posterior; if not, a clone is fitted on all data. The steps of a pipeline before the last are
        always fitted on the first part alone, because they may not depend on the data behind the bound.
    X : (n, d) array_like
        A pipeline also takes a DataFrame, whose columns its steps may call by name.
    y : (n,) array_like
        Two or more classes.
    prior_fraction : float, default 0.5
        Share of the data in the first part, in (0, 1).
    prior_scales : sequence of float
        Lengths that the mean of the prior may have, fixed in advance; KL pays the logarithm of their number.
    gibbs : {"exact", "monte_carlo"}
        How the posterior's empirical risk is computed: by the normal law of the scores, or from `mc_samples` draws
        of weights, for which `delta_mc` is added to delta.
    mc_samples : int, default 1000
    delta_mc : float, default 0.01
    xi : {"exact", "maurer"}
        As in `pac_bayes`.
    delta : float, default 0.05
    rng : None, int, SeedSequence or Generator
        Of the split, of the draws, and of clones of an estimator whose ``random_state`` is None.
    data_name : str

    Returns
    -------
    LinearCertificate

    Raises
    ------
    InvalidParameterError
        `estimator` does not decide by the largest linear score, or holds a part that keeps its fit, such as a
        FrozenEstimator.
    InvalidDataError
        The first part lacks a class.

    Notes
    -----
    In features that are standardized by the first part, with a constant, the prior is N(s u_0, I) and the posterior
    N(t u, I), u_0 and u the two vectors of weights scaled to length 1 [1]_, [2]_. So KL = |t u - s u_0|^2 / 2 +
    ln(number of s), and s and t are those with the smallest bound, t freely. The risk of the posterior is the mean of
    Phi(-y t u.x / |x|) for two classes [1]_. For more, the scores of x are independent normal variables of one
    variance, and the chance that the right one is largest is an integral over one variable (derived here). The bound is
    the inverse of kl [3]_.

    Strongly regularized fits are easier to certify, because their direction moves less between the parts. To certify
    the classifier of the first part, a test-set bound on the second is smaller; this certificate is about one fitted on
    all data, and about many posteriors at once. Memory is 8 n (d + 1) bytes beside the data.

    References
    ----------
    .. [1] Langford and Shawe-Taylor (2002), PAC-Bayes and margins, NIPS 15.
    .. [2] Parrado-Hernandez, Ambroladze, Shawe-Taylor and Sun (2012), PAC-Bayes bounds with data dependent priors, JMLR
       13, 3507-3531.
    .. [3] Seeger (2002), JMLR 3, 233-269; Maurer (2004), arXiv cs/0411099.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> certificate = linear_certificate(make_pipeline(StandardScaler(), LogisticRegression(C=0.1)), X, y, rng=0)
    >>> certificate.value < 0.15
    True
    """
    points = _points(estimator, X)
    codes, classes = _validation.group_codes(y, "y", n=points.shape[0])
    if len(classes) < 2:
        raise InvalidDataError(f"y has {len(classes)} class; a classifier needs at least 2")
    share = _validation.real(prior_fraction, "prior_fraction", minimum=0, maximum=1, exclusive=True)
    scales = assembly.numbers(prior_scales, "prior_scales", low=0, high=1e6).ravel()
    sampled = _validation.choice(gibbs, ("exact", "monte_carlo"), "gibbs") == "monte_carlo"
    _validation.choice(xi, forms.CONSTANTS, "xi")
    failure, seed, notes = assembly.level(delta), _random.seed_sequence(rng), Notes()
    parts = prior_and_posterior(estimator, points, codes, classes, share, seed, notes)
    choice = _best(parts, scales, failure, xi)
    mean = choice.posterior_scale * parts.posterior
    components: dict[str, Any] = {
        "KL": choice.kl,
        "prior scale": choice.prior_scale,
        "posterior scale": choice.posterior_scale,
        "n of the prior": len(parts.prior_rows),
    }
    risk, limit, total = choice.risk, choice.risk, failure
    if sampled:
        extra, draws = assembly.level(delta_mc, "delta_mc"), assembly.size(mc_samples, "mc_samples")
        total = assembly.level(failure + extra, "delta + delta_mc")
        risk = sampled_risk(parts.rows, parts.codes, mean, draws, seed)
        limit = posterior_risk(risk, draws, extra)
        components |= {"posterior risk": limit, "posterior draws": draws}
    value = _bound(limit, choice.kl, len(parts.rows), failure, xi)
    components["bound for mean weights"] = min(1.0, 2 * value)
    settings = {"estimator": parts.name, "posterior risk": gibbs.replace("_", " "), "prior scales": scales.size}
    return _finished(value, risk, total, parts, mean, classes, components, settings, data_name, seed, notes)


def _finished(
    value: float, risk: float, delta: float, parts: Parts, mean: FloatArray, classes: tuple[Any, ...],
    components: dict[str, Any], settings: dict[str, Any], data_name: str, seed: np.random.SeedSequence, notes: Notes,
) -> LinearCertificate:  # fmt: skip
    found = assembly.finished(
        "linear_certificate(estimator, X, y)", "PAC-Bayes certificate of a linear classifier", value, delta=delta,
        empirical_risk=risk, n=len(parts.rows), of="risk of the Gibbs classifier", data_name=data_name,
        assumptions=(
            "the data are independent and identically distributed, and were not used to choose or scale the features",
            "the split, the prior scales and the kind of estimator were fixed before the data were seen",
            "the classifier draws its weights anew from the posterior for each prediction; that with their mean has at "
            "most twice the risk",
        ),
        components=components, settings=settings, notes=notes, seed=seed, cls=LinearCertificate,
        citation="Langford and Shawe-Taylor (2002), NIPS 15; Parrado-Hernandez et al. (2012), JMLR 13, 3507-3531",
        mean=mean, location=parts.location, spread=parts.spread, classes=classes, prior_rows=parts.prior_rows,
        steps=() if parts.prepare is None else tuple(name for name, _ in parts.prepare.steps),
    )  # fmt: skip
    assert isinstance(found, LinearCertificate)
    object.__setattr__(found, "_prepare", parts.prepare)
    return found


def _points(estimator: Any, X: Any) -> Any:
    """A matrix; a pipeline of several steps gets a DataFrame as it is."""
    from sklearn.pipeline import Pipeline

    if isinstance(estimator, Pipeline) and len(estimator) > 1 and hasattr(X, "columns") and len(X.shape) == 2:
        return X
    return assembly.array(X, "X", ndim=2)


def with_constant(points: FloatArray) -> FloatArray:
    """Rows with a 1 at their end.

    Examples
    --------
    >>> with_constant(np.zeros((1, 2)))
    array([[0., 0., 1.]])
    """
    return np.column_stack([points, np.ones(len(points))])


@dataclass(frozen=True, slots=True)
class Choice:
    """Scales of prior and posterior, and what they give.

    Examples
    --------
    >>> Choice(prior_scale=1.0, posterior_scale=2.0, risk=0.1, kl=3.0).kl
    3.0
    """

    prior_scale: float
    posterior_scale: float
    risk: float
    kl: float


def _bound(risk: float, kl: float, n: int, delta: float, xi: str) -> float:
    return float(forms.seeger(risk, (kl + float(forms.log_constant(n, xi)) - math.log(delta)) / n))


def _best(parts: Parts, scales: FloatArray, delta: float, xi: str) -> Choice:
    """The pair of scales with the smallest bound: a coarse grid of posterior scales, then a fine one."""
    coarse = _best_of(parts, scales, POSTERIOR_SCALES, delta, xi)
    fine = coarse.posterior_scale * np.geomspace(0.75, 4 / 3, 9)
    return _best_of(parts, scales, fine, delta, xi)


def _best_of(parts: Parts, scales: FloatArray, candidates: FloatArray, delta: float, xi: str) -> Choice:
    risks = np.array([exact_risk(parts.rows, parts.codes, t * parts.posterior) for t in candidates])
    cosine = float(np.sum(parts.prior * parts.posterior))
    s, t = scales[:, None], candidates[None, :]
    kl = ((t - s) ** 2 + 2 * s * t * max(1 - cosine, 0.0)) / 2 + math.log(scales.size)
    n = len(parts.rows)
    bounds = forms.seeger(risks[None, :], (kl + float(forms.log_constant(n, xi)) - math.log(delta)) / n)
    i, j = np.unravel_index(int(np.argmin(bounds)), bounds.shape)
    return Choice(float(scales[i]), float(candidates[j]), float(risks[j]), float(kl[i, j]))


def _decide(scores: FloatArray) -> IntArray:
    """Number of the class, from one score for two classes or one for each."""
    return (scores[:, 0] > 0).astype(np.intp) if scores.shape[1] == 1 else np.argmax(scores, axis=1)
