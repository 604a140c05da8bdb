"""Results with fixed provenance, so that their printed forms do not depend on the day or the machine."""

import numpy as np

from stattools._provenance import Provenance
from stattools.results import BoundResult, ConfidenceInterval, FitResult, HTestResult, ResamplingInfo

SEED = np.random.SeedSequence(20240501)
PROVENANCE = Provenance(
    call="isw_test(x, y, domain=Circle(360), rng=20240501)",
    seed=20240501,
    versions={"python": "3.12.1", "stattools": "0.1.0", "numpy": "2.0.0"},
    time="2026-01-02T03:04:05+00:00",
    sizes={"n1": 120, "n2": 115},
)


def htest(**changes):
    k = np.arange(25)
    fields = {
        "provenance": PROVENANCE,
        "method": "Intrinsic sliced Wasserstein two-sample test",
        "data_name": "wind direction by day: JFK (n1 = 120) and LGA (n2 = 115) on Circle(360 deg)",
        "statistic": 0.031271,
        "pvalue": 0.0042,
        "statistic_name": "T*",
        "parameter": {"slices": 40},
        "alternative_text": "the two populations of distributions differ in mean embedding",
        "estimate": {"distance": 10.13, "R-squared": 0.0412},
        "n": {"JFK": 120, "LGA": 115},
        "resampling": ResamplingInfo.from_counts("permutation", n_exceeding=41, n_resamples=9999, seed=SEED),
        "null_distribution": np.linspace(-1.0, 1.0, 99),
        "components": {"term": [f"slice {i}" for i in k], "share": k / 300, "p_value": (k + 1) / 26},
    }
    return HTestResult(**{**fields, **changes})


def welch(**changes):
    fields = {
        "provenance": PROVENANCE,
        "method": "Welch two-sample t-test",
        "data_name": "x and y",
        "statistic": -12.5,
        "pvalue": 3.2e-9,
        "statistic_name": "t",
        "parameter": {"df": 17.776},
        "estimate": {"mean of x": 0.75, "mean of y": 2.33},
        "estimate_units": "mm",
        "null_value": {"difference in means": 0.0},
        "conf_int": ConfidenceInterval(-1.85, -1.31, 0.95, of="difference in means"),
    }
    return HTestResult(**{**fields, **changes})


def fit(**changes):
    rng = np.random.default_rng(0)
    fields = {
        "provenance": PROVENANCE,
        "method": "Weighted least squares",
        "data_name": "y on x1 and temperature",
        "coefficients": [0.8453, -2.00011, 0.018],
        "covariance": np.diag([0.03, 0.04, 0.02]),
        "param_names": ("x1", "temperature", "x1:temperature"),
        "nobs": 40,
        "df_resid": 37,
        "df_model": 2,
        "scale": 0.9479,
        "fitted": rng.normal(size=40),
        "residuals": rng.normal(size=40),
        "leverage": rng.uniform(size=40),
        "statistics": {"R-squared": 0.9712},
        "settings": {"solver": "QR"},
    }
    return FitResult(**{**fields, **changes})


def bound(**changes):
    fields = {
        "provenance": PROVENANCE,
        "method": "PAC-Bayes-kl bound",
        "data_name": "MNIST, 4 against 9",
        "value": 0.12341,
        "gap": 0.07341,
        "empirical_risk": 0.05,
        "kind": "high-probability",
        "delta": 0.05,
        "n": 1000,
        "components": {"KL": 12.3, "lambda": np.arange(3.0)},
        "assumptions": ("the losses lie in [0, 1]", "the observations are independent and identically distributed"),
        "citation": "Maurer (2004), arXiv:cs/0411099",
    }
    return BoundResult(**{**fields, **changes})


ALL = {"htest": htest, "welch": welch, "fit": fit, "bound": bound}
