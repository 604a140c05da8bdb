"""Calls of stattools.bounds whose start-up and memory are measured, by `benchmarks.budgets` and `benchmarks.memory`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Call = Callable[[], Any]
EXPERIMENT = (50, 100, 300)  # k1, k2, n of the memory of supersamples


def _losses(n: int = 1000) -> Any:
    return np.random.default_rng(1).beta(2, 18, n)


def _labelled(n: int = 200, d: int = 5) -> tuple[Any, Any]:
    x = np.random.default_rng(1).standard_normal((n, d))
    return x, (x[:, 0] > 0).astype(int)


def _experiment(k1: int = 6, k2: int = 8, n: int = 5) -> tuple[Any, Any, Any]:
    from benchmarks.bounds import experiment

    return experiment(k1, k2, n)


# first calls ---------------------------------------------------------------------------------------------------------
def _call(name: str, *arguments: Any, **options: Any) -> Callable[[], Call]:
    def prepare() -> Call:
        from stattools import bounds

        return lambda: getattr(bounds, name)(*arguments, **options)

    return prepare


def _of_losses(name: str, **options: Any) -> Callable[[], Call]:
    def prepare() -> Call:
        from stattools import bounds

        losses = _losses()
        return lambda: getattr(bounds, name)(losses, **options)

    return prepare


def _supersample(**options: Any) -> Callable[[], Call]:
    def prepare() -> Call:
        from stattools.bounds import supersample

        data = _experiment()
        return lambda: supersample(*data, **options)

    return prepare


def _supersample_experiment() -> Call:
    from sklearn.tree import DecisionTreeClassifier

    from stattools.bounds import supersample_experiment

    data = _labelled()
    return lambda: supersample_experiment(
        DecisionTreeClassifier(max_depth=2), *data, n=20, k1=2, k2=4, random_state=1, progress=False
    )


def _linear_certificate() -> Call:
    from sklearn.linear_model import LogisticRegression

    from stattools.bounds import linear_certificate

    data = _labelled()
    return lambda: linear_certificate(LogisticRegression(), *data, rng=1)


def _forest_certificate() -> Call:
    from sklearn.ensemble import RandomForestClassifier

    from stattools.bounds import forest_certificate

    data = _labelled()
    forest = RandomForestClassifier(10, random_state=1).fit(*data)
    return lambda: forest_certificate(forest, *data)


def _compare() -> Call:
    from stattools.bounds import compare, test_set

    table = test_set(errors=3, n=100, method="all")
    return lambda: compare(table, union=True)


def _risk_control() -> Call:
    from stattools.bounds import conformal_risk_control

    thresholds = np.linspace(0, 1, 21)
    missed = _losses()[:, None] > thresholds
    return lambda: conformal_risk_control(missed, thresholds)


def _eigenvalues() -> Call:
    from stattools.bounds import relu_kernel, sphere_eigenvalues

    return lambda: sphere_eigenvalues(relu_kernel, 5, 20)


CALLS: dict[str, Callable[[], Call]] = {
    "kl_inverse": _call("kl_inverse", 0.1, 0.05),
    "binomial_tail_inverse": _call("binomial_tail_inverse", 3, 100, 0.05),
    "test_set, errors": _call("test_set", errors=3, n=100),
    "test_set, all": _of_losses("test_set", method="all", variance=0.0043),
    "confidence_sequence": _of_losses("confidence_sequence"),
    "conformal": _of_losses("conformal"),
    "conformal_risk_control": _risk_control,
    "pac_bayes, all": _call("pac_bayes", 0.1, 5.0, 1000, "all"),
    "occam": _call("occam", 0.1, 1000, log_prior=-20.0),
    "linear_certificate": _linear_certificate,
    "forest_certificate": _forest_certificate,
    "vc": _call("vc", 0.05, 10**5, 10),
    "rademacher": _call("rademacher", 0.1, 0.02, 10**4),
    "compression": _call("compression", 10, 1000, 20),
    "stability": _call("stability", 0.1, 1e-4, 10**4),
    "mutual_information": _call("mutual_information", 10.0, 1000),
    "supersample": _supersample(),
    "supersample, bootstrap": _supersample(n_boot=100, n_perm=20, rng=1),
    "supersample_experiment": _supersample_experiment,
    "information_gap": _call("information_gap", 0.1, 0.01),
    "compare": _compare,
    "sample_size": _call("sample_size", "binomial", 0.03, risk=0.01),
    "bound_curve": _call("bound_curve", ["binomial", "kl", "hoeffding"], risk=0.1),
    "sphere_eigenvalues": _eigenvalues,
    "contrastive": _call("contrastive", 0.6, 10**4, tau=0.1, radius=1.0, complexity=10.0),
}


# memory: what is prepared, the formula of the docstring, and its bytes ----------------------------------------------
Prepare = Callable[..., Call]


def _kl_inverse(*, small: bool) -> Call:
    from stattools.bounds import kl_inverse

    rng = np.random.default_rng(1)
    q, c = rng.random(100 if small else 2_000_000), rng.random(100 if small else 2_000_000)
    return lambda: kl_inverse(q, c)


def _mean_of_losses(name: str, n: int, **options: Any) -> Prepare:
    def prepare(*, small: bool) -> Call:
        from stattools import bounds

        losses = _losses(100 if small else n)
        return lambda: getattr(bounds, name)(losses, **options)

    return prepare


def _tables(predictions: bool, **options: Any) -> Prepare:
    def prepare(*, small: bool) -> Call:
        from stattools.bounds import supersample

        losses, masks, labels = _experiment(*((5, 8, 5) if small else EXPERIMENT))
        given = (losses.astype(np.float64), masks)
        return lambda: supersample(*given, labels if predictions else None, rng=1, **options)

    return prepare


def _table_bytes(cell: float, k: float) -> float:
    k1, k2, n = EXPERIMENT
    return cell * k1 * k2 * n + 32.0 * k * k1 * n


MEMORY: dict[str, tuple[Prepare, str, float]] = {
    "kl_inverse": (_kl_inverse, "32 n", 32.0 * 2e6),
    "test_set, kl": (_mean_of_losses("test_set", 4_000_000, method="kl"), "24 n", 24.0 * 4e6),
    "test_set, betting": (
        _mean_of_losses("test_set", 1_000_000, method="betting", alternative="two-sided"), "24 n", 24.0 * 1e6
    ),
    "confidence_sequence": (_mean_of_losses("confidence_sequence", 1_000_000), "60 n", 60.0 * 1e6),
    "supersample": (_tables(False), "40 k1 k2 n + 32 K k1 n", _table_bytes(40, 4)),
    "supersample, predictions": (_tables(True), "100 k1 k2 n + 32 K k1 n", _table_bytes(100, 4)),
    "supersample, permutations": (_tables(False, n_perm=5), "160 k1 k2 n + 32 K k1 n", _table_bytes(160, 4)),
    "supersample, bootstrap": (
        _tables(False, n_boot=100), "40 k1 k2 n + 32 K k1 n + 5,000 K n",
        _table_bytes(40, 4) + 5000.0 * 4 * EXPERIMENT[2],
    ),
}  # fmt: skip
