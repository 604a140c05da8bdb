"""Bounds of the expected test risk by what losses tell about which half of a supersample was trained on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import AssumptionWarning, InvalidDataError, InvalidParameterError, Notes
from stattools._provenance import Provenance
from stattools._threads import one_blas_thread
from stattools._typing import FloatArray, IntArray, Seed
from stattools.bounds import counts as counting
from stattools.bounds.counts import Counts, Observations
from stattools.bounds.ingredients import COLUMNS, POOLS, Averages, Ingredients, NeighbourIngredients, averages
from stattools.bounds.supersample_formulas import CMI_TITLE, FORMULAS, KEYS, STEINKE, gaps_of, pool_of
from stattools.bounds.supersample_words import CIRCULAR, FLOOR, SINGLE, Doubts, mask_doubts, of_bound, say
from stattools.bounds.table import BoundTable
from stattools.bounds.tables_mi import CORRECTIONS
from stattools.resampling import Bootstrap, RowPermutation, resample
from stattools.results import BoundResult
from stattools.results.interval import ConfidenceInterval

ESTIMATORS = ("bernoulli", "plugin", "bins", "ksg")
LARGEST_ENUMERATED = 16
FEWEST = 5  # supersamples of a bootstrap


def supersample(
    losses: Any,
    masks: Any,
    predictions: Any = None,
    *,
    methods: str | Iterable[str] = "all",
    loss_range: tuple[float, float] = (0.0, 1.0),
    pool: str = "auto",
    estimator: str = "bernoulli",
    correction: str | None = None,
    columns: str = "symmetrized",
    gamma: float = 1.0,
    n_bins: int = 8,
    n_boot: int = 0,
    confidence_level: float = 0.95,
    n_perm: int = 0,
    rng: Seed = None,
    n_jobs: int | None = None,
) -> BoundTable:
    """Information-theoretic bounds of the expected test risk, from a supersample experiment.

    A supersample is n rows of two points. A mask chooses a point of each row for training; the other is for testing.
    The less the losses of a row tell about the mask, the smaller the gap between test and training risk.
    `supersample_experiment` runs the experiment.

    Parameters
    ----------
    losses : (k1, k2, n, 2) array_like
        Losses of the points in both columns, for k1 supersamples and k2 masks of each.
    masks : (k1, k2, n) array_like
        0 or 1: the column of the row that was trained on.
    predictions : (k1, k2, n, 2) array_like, optional
        Labels that were predicted, of any type that sorts; needed for f_cmi.
    methods : "all", str or iterable of str
        Any of cmi, f_cmi, e_cmi, ld_cmi, e_mi, ld_mi, single_loss, fast_rate, fast_explicit, variance, sharpness,
        kl_cmi, sz_fast, interpolating, single_js, ld_tight, fast_pair. "all" leaves out what the data do not allow,
        and says so.
    loss_range : (float, float), default (0, 1)
        Smallest and largest loss that are possible.
    pool : {"auto", "none", "supersample", "all"}
        What shares a table of counts. "none": each supersample and row has its own (conditional, disintegrated
        information). "supersample": each row has one, over all supersamples. "all": there is one, which assumes that
        rows are exchangeable. "auto": each bound's usual choice. f_cmi, e_cmi and ld_cmi are always "none".
    estimator : {"bernoulli", "plugin", "bins", "ksg"}
        "bernoulli": losses become coins with the same mean, for which the bounds hold as they stand. "plugin": counts
        of the values of the losses, of which there may be 32. "bins" and "ksg" (nearest neighbours) are diagnostics:
        what they give need not be a bound. All but "ksg" are the same for losses of 0 and 1.
    correction : {None, "miller-madow", "shrinkage", "jackknife"}
        Of the upward bias of plug-in information; see Notes for what is lost.
    columns : {"symmetrized", "mean", "first", "minimum"}
        The information of one loss: from both columns in one table, the mean of two tables, the first column's, or the
        smaller of two, which is no bound when it is estimated and warns.
    gamma : float, default 1
        Between 0 and 1, for variance and sharpness. At 1 both equal fast_rate, their optimum.
    n_bins : int, default 8
        For "bins", at most 32.
    n_boot : int, default 0
        Bootstrap draws of supersamples, for an interval of each bound.
    confidence_level : float, default 0.95
        Of the intervals.
    n_perm : int, default 0
        Permutations of masks within supersamples, for a noise floor: the mean gap that each bound gives when masks and
        losses are unrelated. That of interpolating is ``I / ln 2`` of the information under permuted masks: the upward
        bias of the estimate, though its condition, a training risk of 0, does not outlive the permutation.
    rng : None, int, SeedSequence or Generator
        For the bootstrap and the permutations.
    n_jobs : int, optional
        joblib's meaning, for the bootstrap and the permutations; the numbers do not depend on it.

    Returns
    -------
    BoundTable
        Each bound's ``value`` is training risk plus gap, in the units of the losses. ``components`` has the
        ``empirical_gap``, the ``information`` in nats, averaged and by row, and the constants. Nothing is clipped.
        Where an option or the masks void a bound, its ``diagnostic`` says why, and so does its printed form.

    Raises
    ------
    InvalidDataError
        Shapes that do not go together, NaN, a loss outside of `loss_range`, a mask that is neither 0 nor 1; or
        interpolating was asked for and the training risk is not 0.
    InvalidParameterError
        An unknown option; f_cmi was asked for without predictions; a bootstrap of one supersample.

    Warns
    -----
    AssumptionWarning
        Masks are not uniform, or are constant in some row; ``columns="minimum"``; or a bootstrap of fewer than five
        supersamples. The text is on the bounds that are affected.

    Notes
    -----
    All bounds are about averages over supersamples, masks and the rule's own randomness. Write a for the training
    risk, b for the test risk, U for the mask of a row, L and L' for the losses in its columns, D = L' - L, all scaled
    to [0, 1].

    With I the information that is named, averaged over rows, the gap b - a is at most

    - f_cmi, e_cmi, ld_cmi: the mean of sqrt(2 I) of predictions, of loss pairs, of loss differences, in each
      supersample; e_mi and ld_mi: the same with supersamples pooled. These five, and cmi, bound ``|b - a|``;
    - single_loss: twice the mean of sqrt(2 I) of one loss;
    - fast_rate: the smallest ``C1 a + I / C2`` with ``exp(2 C2) + exp(-2 C2 (1 + C1)) <= 2``, of one loss;
      fast_explicit: ``4 I + 4 sqrt(I a)``, which is larger;
    - variance, sharpness: the smallest ``C1 V + I / C2`` with ``exp(2 C2) + exp(-2 C2 (1 + C1 gamma^2)) <= 2`` and
      ``V = a - (1 - gamma^2) S``, S the mean square of a run's training risk, or of a point's mean training loss. As
      S is at most a, V is at least gamma^2 a, and no gamma beats fast_rate;
    - kl_cmi: the largest with ``kl(a, (a + b) / 2) <= I``, of pairs;
    - sz_fast: the smallest ``(g - 1) a + I / x`` with ``x (1 - g) + (exp(x) - 1 - x) (1 + g^2) <= 0``, of pairs;
    - interpolating, for a = 0: ``I / ln 2`` of differences, from both columns in one table, which is b itself;
      components have those of pairs and of one loss, which may be larger;
    - single_js, ld_tight, fast_pair: see below.

    *Square roots.* (-1)^U D has mean b - a. Under independence it is symmetric and at most 1, so that by Donsker and
    Varadhan ``t (b - a) <= I + t^2 / 2`` for every t, hence ``|b - a| <= sqrt(2 I)``. Only the uniformity of U is used.
    single_loss has the factor 2 of its source; with the loss centred at 1/2 the same argument gives
    ``b - a <= sqrt(2 I)``, and single_js is smaller still.

    *Inverses.* For given a, b the least information that D may have is s phi((b - a) / s), with phi(x) = ln 2 less the
    entropy of a coin of bias x, at the largest probability s of D != 0, which is 1 - |a + b - 1|; it is jointly convex,
    and ld_tight is its inverse in b. For one loss it is the Jensen-Shannon divergence of coins a and b: single_js.
    fast_pair is the fast rate of the pair, ``exp(x) + exp(-x (1 + C1)) <= 2``.

    *Balanced masks.* Let each mask come with its complement. Then U is uniform in the data themselves, whatever k1 and
    k2 are, and the theorems hold of the empirical distribution: no bound with ``correction=None``, the estimator
    "bernoulli" or "plugin" and columns "symmetrized" or "mean" is below the empirical gap. With other masks they have
    a sampling error of the order of 1 / sqrt(k2). Masks that are not uniform give no bound: exact binomial tests of the
    shares of ones, over all masks, in each row, and in each row of each supersample, are made at a joint level of
    1e-4.

    *cmi* is the square root bound for the information of all outputs about the whole mask. It is estimated where the
    masks run through all 2^n; otherwise n ln 2, its largest value, is taken.

    *Intervals* are basic bootstrap intervals over supersamples, reflected about the estimate, since pooled information
    is biased upward in the sample and again in its bootstrap.

    With K symbols a table takes 16 K bytes; the pairs of losses have 4, those of "plugin" and "bins" the square of the
    number of values. Memory is near 40 k1 k2 n + 32 K k1 n bytes, 100 k1 k2 n with predictions, 160 k1 k2 n for
    permutations, and 5,000 K n for the bootstrap.

    References
    ----------
    .. [1] Wang and Mao (2023), Tighter information-theoretic generalization bounds from supersamples, ICML, arXiv
       2302.02432. Bounds follow the authors' public settings and are derived anew; ld_tight, single_js, fast_pair, the
       coins and the balanced masks are derived here.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> half = rng.integers(0, 2, (4, 10, 6))
    >>> masks = np.concatenate([half, 1 - half], axis=1)
    >>> trained = np.stack([masks == 0, masks == 1], axis=-1)
    >>> losses = np.where(trained, 0.05, 0.3) * rng.random((4, 20, 6, 2))
    >>> table = supersample(losses, masks)
    >>> bound = table["ld_mi"]
    >>> bool(bound.gap >= bound.components["empirical_gap"] > 0)
    True
    """
    notes = Notes()
    low, high = _range(loss_range)
    data, has_predictions = _observe(losses, masks, predictions, (low, high), estimator, n_bins)
    doubts = Doubts(mask_doubts(data.masks), estimator, correction, columns, _is_binary(data))
    _validation.choice(pool, ("auto", *POOLS), "pool")
    _validation.choice(columns, COLUMNS, "columns")
    if correction is not None:
        _validation.choice(correction, CORRECTIONS, "correction")
    gamma = _validation.real(gamma, "gamma", minimum=0, maximum=1)
    if gamma == 0:
        raise InvalidParameterError("gamma is 0; it must be above 0 and at most 1")
    n_boot = _validation.integer(n_boot, "n_boot", minimum=0)
    n_perm = _validation.integer(n_perm, "n_perm", minimum=0)
    level = _validation.real(confidence_level, "confidence_level", minimum=0, maximum=1, exclusive=True)
    if estimator == "ksg" and (n_boot or correction):
        name = "n_boot" if n_boot else "correction"
        raise InvalidParameterError(f"{name} is {n_boot or correction!r}; estimator='ksg' is a diagnostic without it")
    few = _few(n_boot, len(data.losses))
    seed = _random.seed_sequence(rng)
    task = _Task(data, averages(data), counting.count(data), estimator, correction, columns, pool, gamma, ())
    keys = _keys(methods, has_predictions, float(task.averages.risk.max()), notes)
    task = replace(task, keys=tuple(key for key in keys if key != "cmi"))
    say(doubts, keys, notes, "cmi" in keys and not enumerates(data.masks))
    if n_perm and "interpolating" in keys:
        notes.remark(FLOOR)
    for text in few:
        notes.warn(text, AssumptionWarning)
    with one_blas_thread():
        found = task.ingredients(np.ones((1, len(data.losses))))
        gaps = gaps_of(found, task.keys, pool, gamma)
        intervals = task.intervals(found, gaps, n_boot, level, _random.child_seed(seed, 0), n_jobs)
        floors = task.floors(n_perm, _random.child_seed(seed, 1), n_jobs)
    report = _Report(
        task, found, (low, high), level, n_boot, doubts, few, Provenance.capture(
            "supersample(losses, masks)",
            seed=seed if n_boot or n_perm else None,
            sizes=dict(zip(("k1", "k2", "n"), data.masks.shape, strict=True)),
        ),
    )  # fmt: skip
    with one_blas_thread():
        bounds = [
            report.cmi() if key == "cmi" else report.bound(key, *gaps[key], intervals.get(key), floors.get(key))
            for key in keys
        ]
    return report.table(keys, bounds, notes)


# input ---------------------------------------------------------------------------------------------------------------
def _range(loss_range: Any) -> tuple[float, float]:
    try:
        low, high = loss_range
    except (TypeError, ValueError):
        raise InvalidParameterError(f"loss_range is {loss_range!r}; it takes two numbers") from None
    low, high = _validation.real(low, "loss_range"), _validation.real(high, "loss_range")
    if not low < high:
        raise InvalidParameterError(f"loss_range is ({low}, {high}); the first must be below the second")
    return low, high


def _observe(
    losses: Any, masks: Any, predictions: Any, limits: tuple[float, float], estimator: str, n_bins: int
) -> tuple[Observations, bool]:
    _validation.choice(estimator, ESTIMATORS, "estimator")
    n_bins = _validation.integer(n_bins, "n_bins", minimum=2, maximum=counting.MOST_VALUES)
    loss = _validation.float_array(losses, "losses", ndim=4)
    if loss.shape[3] != 2:
        raise InvalidDataError(f"losses has shape {loss.shape}; the last dimension is the column, of which there are 2")
    low, high = limits
    outside = (loss < low) | (loss > high)
    if outside.any():
        where = np.unravel_index(int(np.argmax(outside)), loss.shape)
        raise InvalidDataError(
            f"losses has {loss[where]} at {_validation.place(where, 4)}, outside of loss_range ({low:g}, {high:g})"
        )
    mask = _mask_array(masks, loss.shape[:3])
    codes = None if predictions is None else _codes(predictions, loss.shape)
    scaled = loss if (low, high) == (0.0, 1.0) else np.clip((loss - low) / (high - low), 0.0, 1.0)
    return counting.observe(scaled, mask, codes, estimator, n_bins), codes is not None


def _mask_array(masks: Any, shape: tuple[int, ...]) -> IntArray:
    values = _validation.float_array(masks, "masks", ndim=3)
    if values.shape != shape:
        raise InvalidDataError(f"masks has shape {values.shape}; losses of shape {(*shape, 2)} need {shape}")
    strange = (values != 0) & (values != 1)
    if strange.any():
        where = np.unravel_index(int(np.argmax(strange)), shape)
        raise InvalidDataError(f"masks has {values[where]:g} at {_validation.place(where, 3)}; a mask is 0 or 1")
    return values.astype(np.int64)


def _is_binary(data: Observations) -> bool:
    return bool(((data.losses == 0.0) | (data.losses == 1.0)).all())


def _few(n_boot: int, k1: int) -> tuple[str, ...]:
    """What is wrong with a bootstrap of so few supersamples."""
    if n_boot and k1 == 1:
        raise InvalidParameterError(
            f"n_boot is {n_boot} and there is one supersample; intervals resample supersamples, take {FEWEST} or more"
        )
    if not n_boot or k1 >= FEWEST:
        return ()
    return (f"the intervals resample {k1} supersamples, and are too short as a rule; take {FEWEST} or more",)


def _codes(predictions: Any, shape: tuple[int, ...]) -> IntArray:
    try:
        values = np.asarray(predictions)
    except ValueError as error:
        raise InvalidDataError(f"predictions cannot be read as a rectangular array: {error}") from None
    if values.shape != shape:
        raise InvalidDataError(f"predictions has shape {values.shape}; losses have {shape}")
    if values.dtype.kind in "biu":  # a check of each label would take most of the time
        return np.unique(values, return_inverse=True)[1].reshape(shape).astype(np.int64)
    return _validation.group_codes(values.ravel(), "predictions")[0].reshape(shape).astype(np.int64)


def _keys(methods: Any, has_predictions: bool, risk: float, notes: Notes) -> tuple[str, ...]:
    """The bounds that were asked for, in order; "all" leaves out those that the data do not allow."""
    everything = isinstance(methods, str) and methods == "all"
    if everything:
        names = list(KEYS)
    else:
        if not isinstance(methods, Iterable):
            raise InvalidParameterError(f"methods is {methods!r}; it takes 'all', a bound or several")
        names = [methods] if isinstance(methods, str) else list(methods)
        names = [_validation.choice(name, KEYS, "methods") for name in names]
        if not names:
            raise InvalidParameterError("methods is empty; name a bound, or take 'all'")
    refused = {}
    if not has_predictions:
        refused["f_cmi"] = "predictions is None; f_cmi needs the predicted labels"
    if risk > 0:
        refused["interpolating"] = f"training risk is not 0 (largest {risk:.3g}); interpolating would be no bound"
    for name, reason in refused.items():
        if name in names and not everything:
            raise InvalidParameterError(reason) if name == "f_cmi" else InvalidDataError(reason)
        if name in names:
            notes.remark(f"{name} is left out: {reason}")
    return tuple(dict.fromkeys(name for name in names if name not in refused))


# computation ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Task:
    """All that the bounds of one call are computed from."""

    data: Observations
    averages: Averages
    counts: Counts
    estimator: str
    correction: str | None
    columns: str
    pool: str
    gamma: float
    keys: tuple[str, ...]

    def ingredients(self, weights: FloatArray) -> Ingredients:
        if self.estimator == "ksg":
            return NeighbourIngredients(self.data, self.counts, self.averages, self.columns)
        return Ingredients(self.counts, self.averages, weights, self.correction, self.columns)

    def values(self, weights: FloatArray) -> FloatArray:
        """(b, 2 K): training risk plus gap, and gap, of each bound."""
        found = self.ingredients(weights)
        gaps = np.column_stack([gap for gap, _ in gaps_of(found, self.keys, self.pool, self.gamma).values()])
        return np.hstack([found.risk[:, None] + gaps, gaps])

    def bootstrap(self, draws: IntArray) -> FloatArray:
        k1 = len(self.data.losses)
        weights = np.stack([np.bincount(draw, minlength=k1) for draw in draws]).astype(np.float64)
        return self.values(weights)

    def permuted(self, orders: IntArray) -> FloatArray:
        """(b, K) gaps under masks whose runs have been permuted."""
        masks = self.data.masks.reshape(-1, self.data.masks.shape[2])
        found = []
        for order in orders:
            data = self.data.with_masks(masks[order].reshape(self.data.masks.shape))
            task = replace(self, data=data, averages=averages(data), counts=counting.count(data))
            found.append(task.values(np.ones((1, len(data.losses))))[0, len(self.keys) :])
        return np.array(found)

    def intervals(
        self, found: Ingredients, gaps: Any, n_boot: int, level: float, seed: np.random.SeedSequence, n_jobs: int | None
    ) -> dict[str, FloatArray]:
        """(2, 2) for each bound: limits of the value and of the gap, by the basic bootstrap."""
        if not n_boot or not self.keys:
            return {}
        scheme = Bootstrap(n_boot, codes=np.zeros(len(self.data.losses), dtype=np.int32))
        drawn = resample(self.bootstrap, scheme, rng=seed, n_jobs=n_jobs).values
        tails = np.quantile(drawn, [(1 + level) / 2, (1 - level) / 2], axis=0)
        limits = {}
        for k, key in enumerate(self.keys):
            gap = float(gaps[key][0][0])
            observed = np.array([found.risk[0] + gap, gap])
            limits[key] = 2 * observed[:, None] - tails[:, [k, len(self.keys) + k]].T
        return limits

    def floors(self, n_perm: int, seed: np.random.SeedSequence, n_jobs: int | None) -> dict[str, float]:
        """Mean gap of each bound under permuted masks."""
        if not n_perm or not self.keys:
            return {}
        k1, k2, _ = self.data.masks.shape
        scheme = RowPermutation(n_perm, n=k1 * k2, strata=np.repeat(np.arange(k1), k2))
        values = resample(self.permuted, scheme, rng=seed, n_jobs=n_jobs).values
        return dict(zip(self.keys, values.mean(axis=0).tolist(), strict=True))


def enumerates(masks: IntArray) -> bool:
    """Whether the masks of each supersample are all 2^n, equally often.

    Examples
    --------
    >>> enumerates(np.array([[[0], [1]]])), enumerates(np.array([[[0], [0]]]))
    (True, False)
    """
    k2, n = masks.shape[1:]
    if n > LARGEST_ENUMERATED or k2 % 2**n:
        return False
    codes = masks @ (1 << np.arange(n))
    return all((np.bincount(of_one, minlength=2**n) == k2 // 2**n).all() for of_one in codes)


def whole_information(data: Observations) -> float:
    """Information of all losses and predictions of a run about its whole mask, averaged over supersamples, in nats.

    Examples
    --------
    >>> masks = np.array([[[0], [1]]])
    >>> whole_information(Observations(np.array([[[[0.0, 1.0]], [[1.0, 0.0]]]]), masks))
    0.6931471805599453
    """
    found = []
    for z in range(len(data.losses)):
        outputs = data.losses[z].reshape(len(data.masks[z]), -1)
        if data.symbols is not None:
            outputs = np.hstack([outputs, data.symbols[z]])
        parts = (outputs, data.masks[z], np.hstack([outputs, data.masks[z]]))
        of_output, of_mask, of_both = (_entropy(np.unique(part, axis=0, return_counts=True)[1]) for part in parts)
        found.append(of_output + of_mask - of_both)
    return float(np.mean(found))


def _entropy(sizes: IntArray) -> float:
    share = sizes / sizes.sum()
    return float(-(share * np.log(share)).sum())


# results -------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Report:
    """Turns gaps of scaled losses into results in the units of the losses."""

    task: _Task
    found: Ingredients
    limits: tuple[float, float]
    level: float
    n_boot: int
    doubts: Doubts
    few: tuple[str, ...]
    provenance: Provenance

    @property
    def _scale(self) -> float:
        return self.limits[1] - self.limits[0]

    def bound(
        self, key: str, gaps: FloatArray, constants: Any, interval: FloatArray | None, floor: float | None
    ) -> BoundResult:
        formula, pool = FORMULAS[key], pool_of(key, self.task.pool)
        information = self.found.information(formula.variable, pool)
        components = {"information": float(information.mean[0])}
        components |= {name: float(value[0]) for name, value in constants.items()}
        rows = self.found.by_row(formula.variable, pool)
        extra: dict[str, Any] = {} if pool == "all" else {"information_by_row": rows}
        if interval is not None:
            extra["gap_interval"] = interval[1] * self._scale
        return self._result(
            key, formula.title, float(gaps[0]), components | extra, formula.citation,
            interval=None if interval is None else self._interval(interval[0]),
            floor=floor, pool=pool, two_sided=formula.two_sided, assumptions=self._assumptions(key, pool),
        )  # fmt: skip

    def cmi(self) -> BoundResult:
        n = self.task.data.masks.shape[2]
        exact = enumerates(self.task.data.masks)
        information = whole_information(self.task.data) if exact else n * float(np.log(2.0))
        told = "information of losses and predictions, over all masks" if exact else "n ln 2, the largest information"
        return self._result(
            "cmi", CMI_TITLE, float(np.sqrt(2 * information / n)), {"information": information}, STEINKE,
            interval=None, floor=None, pool="none", two_sided=True, assumptions=(*self._common(), f"uses the {told}"),
        )  # fmt: skip

    def _result(
        self, key: str, title: str, gap: float, components: dict[str, Any], citation: str, *,
        interval: ConfidenceInterval | None, floor: float | None, pool: str, two_sided: bool,
        assumptions: tuple[str, ...],
    ) -> BoundResult:  # fmt: skip
        risk = self.limits[0] + self._scale * float(self.found.risk[0])
        empirical = float(self.found.test[0] - self.found.risk[0]) * self._scale
        below = gap * self._scale < (abs(empirical) if two_sided else empirical) - 1e-12 * self._scale
        said = ("this bound is below the empirical gap, which it would not be with exact information",) if below else ()
        diagnostic, warned, noted = of_bound(self.doubts, key)
        if key != "cmi" or enumerates(self.task.data.masks):
            single = key != "cmi" and FORMULAS[key].variable == "single"
            said = (f"{CIRCULAR}. {SINGLE}" if single else CIRCULAR, *said)
        if key == "interpolating" and floor is not None:
            said = (*said, FLOOR)
        return BoundResult(
            provenance=self.provenance, warnings=(*warned, *(self.few if interval else ())), notes=(*noted, *said),
            diagnostic=diagnostic, method=title, value=risk + gap * self._scale,
            gap=gap * self._scale, empirical_risk=risk, kind="expectation", n=self.task.data.masks.shape[2],
            data_name=self._data_name(), assumptions=assumptions,
            components={"empirical_gap": empirical} | components, largest=self.limits[1], interval=interval,
            noise_floor=None if floor is None else floor * self._scale, citation=citation,
            settings={"pool": pool, "sides": "two" if two_sided else "one", "estimator": self.task.estimator},
        )  # fmt: skip

    def _interval(self, limits: FloatArray) -> ConfidenceInterval:
        low, high = (self.limits[0] + self._scale * float(limit) for limit in limits)
        how = f"basic bootstrap of supersamples, {self.n_boot} draws"
        return ConfidenceInterval(low, high, self.level, method=how, of="the bound")

    def _common(self) -> tuple[str, ...]:
        low, high = self.limits
        return (
            "the points of all supersamples are independent and of one law",
            "masks are uniform, independent of the points, and name the column that was trained on",
            f"losses lie in [{low:g}, {high:g}]",
        )

    def _assumptions(self, key: str, pool: str) -> tuple[str, ...]:
        assumed = list(self._common())
        assumed.append(f"the information is as estimated ({self.task.estimator}, {self.task.correction or 'plug-in'})")
        if pool == "all":
            assumed.append("rows are exchangeable: the rule does not depend on their order")
        if FORMULAS[key].variable in ("single", "symmetric difference"):
            assumed.append("columns are exchangeable: the rule sees the points, not the columns they came from")
        if key == "interpolating":
            assumed.append("the training risk is 0")
        if key in ("variance", "sharpness"):
            assumed.append(f"gamma = {self.task.gamma:g}")
        return tuple(assumed)

    def _data_name(self) -> str:
        k1, k2, n = self.task.data.masks.shape
        return f"{k1} supersample{'s' if k1 > 1 else ''} of {n} row{'s' if n > 1 else ''}, {k2} masks each"

    def table(self, keys: tuple[str, ...], bounds: list[BoundResult], notes: Notes) -> BoundTable:
        empirical = float(self.found.test[0] - self.found.risk[0]) * self._scale
        settings: dict[str, Any] = {"empirical gap": empirical, "pool": self.task.pool}
        settings |= {"estimator": self.task.estimator, "columns": self.task.columns}
        settings |= {} if self.task.correction is None else {"correction": self.task.correction}
        return BoundTable(
            provenance=self.provenance, warnings=notes.warnings, notes=notes.remarks, bounds=tuple(bounds), keys=keys,
            method="Supersample bounds of the test risk", data_name=self._data_name(), settings=settings,
        )  # fmt: skip
