"""Train a rule on halves of supersamples and keep its losses on all points."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any

import numpy as np

from stattools import _random, _validation
from stattools._errors import DegenerateDataError, InvalidDataError, InvalidParameterError
from stattools._progress import Report
from stattools._provenance import Provenance
from stattools._threads import one_blas_thread
from stattools._typing import Progress, Seed
from stattools.bounds import mask_designs
from stattools.bounds.checkpoint import Checkpoint, checked_path, digest_of, points_digest, stored_seed
from stattools.bounds.runs import Chunk, Rule, run_chunk
from stattools.bounds.supersample_data import SupersampleData

CHUNK = 16  # masks that one task trains on; a fixed number, so that checkpoints do not depend on n_jobs
MOST_ENUMERATED = 12
KEPT = 2**28  # bytes of drawn points that are kept until they are used
ROWS, MASKS, RULE = 0, 1, 2  # keys of the seeds


def supersample_experiment(
    estimator: Any,
    X: Any = None,
    y: Any = None,
    *,
    n: int,
    k1: int = 10,
    k2: int = 30,
    loss: str | Callable[[Any, Any], Any] = "zero_one",
    loss_range: tuple[float, float] = (0.0, 1.0),
    response_method: str = "predict",
    masks: str = "antithetic",
    sampler: Callable[[np.random.Generator, int], tuple[Any, Any]] | None = None,
    on_single_class: str = "resample",
    random_state: Seed = None,
    n_jobs: int | None = None,
    progress: Progress = True,
    checkpoint: str | PathLike[str] | None = None,
) -> SupersampleData:
    """Run a scikit-learn estimator in the supersample protocol.

    k1 times, 2 n points are put into n rows of two; k2 times, a mask chooses the point of each row that is trained on,
    and the loss of the fitted estimator is measured on all 2 n points.

    Parameters
    ----------
    estimator : estimator
        A scikit-learn classifier or regressor, or a pipeline; it is cloned for each fit. A ``random_state`` of None
        gets a seed of its own in each fit; an integer is kept. numpy's global generator, from which parts without a
        ``random_state`` draw, is seeded for each fit and restored.
    X : array_like or DataFrame, optional
        (N, p), N at least 2 n. Not with `sampler`.
    y : (N,) array_like, optional
    n : int
        Size of a training set.
    k1 : int, default 10
        Supersamples.
    k2 : int, default 30
        Masks of each; even for "antithetic", not used for "enumerate".
    loss : "zero_one" or callable, default "zero_one"
        A callable receives (2 n,) true values and the responses of all points and returns (2 n,) losses. With another
        `response_method` than "predict", labels come to it as the numbers of the sorted classes, which are the columns
        of probabilities.
    loss_range : (float, float), default (0, 1)
        Smallest and largest loss that are possible; a loss outside is refused.
    response_method : {"predict", "predict_proba", "decision_function"}
    masks : {"antithetic", "random", "enumerate"}
        "antithetic": a mask and its complement in turn, for which bounds with plug-in information hold without sampling
        error. "enumerate": all 2^n, for n up to 12.
    sampler : callable, optional
        ``sampler(generator, 2 n)`` returns X and y of new points, drawn from that generator alone. It is called once
        for each supersample and once more to check that; again, where all points together exceed 256 MB.
    on_single_class : {"resample", "constant", "raise"}
        What to do about a mask that would train a classifier on one class. "resample" draws it and its complement
        again, which conditions masks on having two classes; each row's mask stays uniform. "constant" predicts that
        class. "enumerate" takes "constant" or "raise".
    random_state : None, int, SeedSequence or Generator
        The same seed gives the same bits for any `n_jobs` and backend.
    n_jobs : int, optional
        joblib's meaning; ``joblib.parallel_config`` chooses the backend. Fits in threads take turns, because these
        share numpy's global generator; processes do not.
    progress : bool or callable, default True
        A callable receives ``(done, total)`` fits.
    checkpoint : path, optional
        A file that the run writes as it goes and continues from; the data are then the same as of a run in one go.
        Without `random_state` the seed is read from it. It takes the size of the result and stays when the run is done.
        A run with other data, settings, versions, or other code is refused. Code is that of functions and of methods
        of estimators, with the variables of their modules that they name; what they reach through other modules or
        objects, and data that a class holds, may change unnoticed.

    Returns
    -------
    SupersampleData
        ``losses``, ``masks``, ``predictions``; ``bounds()``, ``save()``.

    Raises
    ------
    InvalidDataError
        There are fewer than 2 n points, a loss is outside of its range, or `checkpoint` was written for other data,
        settings or package versions.
    InvalidParameterError
        An unknown option; an odd number of antithetic masks; zero-one loss of a regressor; an estimator with a part
        that keeps its fit, such as a FrozenEstimator; labels that are text without a classifier.
    DegenerateDataError
        Almost no mask has two classes.

    Notes
    -----
    Supersamples from X and y are drawn without replacement inside each one, and overlap between supersamples when
    2 n k1 exceeds N. They are independent given the data only; `sampler` makes them independent.

    Memory is near 11 k1 k2 n bytes for zero-one loss, 25 to 33 k1 k2 n for others, twice that while a checkpoint is
    read.

    References
    ----------
    Steinke and Zakynthinou (2020), COLT, PMLR 125, 3437-3452. Masks in pairs are derived here.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(1)
    >>> X = rng.normal(size=(200, 3))
    >>> y = (X[:, 0] + rng.normal(size=200) > 0).astype(int)
    >>> data = supersample_experiment(
    ...     LogisticRegression(), X, y, n=20, k1=3, k2=10, random_state=1, progress=False
    ... )
    >>> data
    <SupersampleData: 3 supersamples of 20 rows, 10 masks each>
    >>> bound = data.bounds(methods="ld_tight")["ld_tight"]
    >>> bound.gap >= data.empirical_gap
    True
    """
    path = checked_path(checkpoint)
    _check_run(n_jobs, progress)
    plan = _plan(
        estimator, X, y, n=n, k1=k1, k2=k2, loss=loss, loss_range=loss_range, response_method=response_method,
        design=masks, sampler=sampler, on_single_class=on_single_class,
    )  # fmt: skip
    kept = stored_seed(path) if random_state is None else None
    seed = kept if kept is not None else _random.seed_sequence(random_state, name="random_state")
    draws = plan.draws(seed)
    state = Checkpoint(
        digest="" if path is None else plan.digest(draws), seed=seed, arrays=plan.empty(), path=path,
        done=np.zeros(plan.k1 * plan.n_chunks, dtype=bool),
    )  # fmt: skip
    state.read()
    with one_blas_thread():
        _run(plan, seed, draws, state, n_jobs, progress)
    return SupersampleData(
        losses=state.arrays["losses"], masks=np.stack([draw.masks for draw in draws]),
        predictions=state.arrays.get("predictions"),
        rows=None if plan.sampler is not None else np.stack([draw.rows for draw in draws]),
        classes=plan.storable_classes(), loss_range=plan.rule.loss_range, design=plan.design,
        n_rejected=sum(draw.n_rejected for draw in draws),
        provenance=Provenance.capture(
            "supersample_experiment(estimator, X, y)", seed=seed, sizes={"k1": plan.k1, "k2": plan.k2, "n": plan.n}
        ),
    )  # fmt: skip


# plan ----------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Draw:
    """One supersample: rows (n, 2) of the data, masks (k2, n), and what a sampler returned or a digest of it."""

    rows: Any
    masks: Any
    n_rejected: int
    digest: str = ""
    points: tuple[Any, Any] | None = None


@dataclass(frozen=True)
class _Plan:
    """A checked experiment."""

    rule: Rule
    X: Any
    y: Any
    classes: Any
    n: int
    k1: int
    k2: int
    design: str
    sampler: Callable[[np.random.Generator, int], tuple[Any, Any]] | None
    on_single_class: str

    @property
    def n_chunks(self) -> int:
        return -(-self.k2 // CHUNK)

    def rows(self, seed: np.random.SeedSequence, z: int) -> Any:
        """(n, 2) rows of the data in supersample z."""
        if self.sampler is not None:
            return np.arange(2 * self.n).reshape(self.n, 2)
        return _random.generator(seed, ROWS, z).permutation(len(self.y))[: 2 * self.n].reshape(self.n, 2)

    def sampled(self, seed: np.random.SeedSequence, z: int) -> tuple[Any, Any]:
        """What the sampler returns for supersample z."""
        X, y = _sampled(self.sampler, _random.generator(seed, ROWS, z), 2 * self.n)
        self.rule.check_labels(y)
        return X, y

    def draws(self, seed: np.random.SeedSequence) -> list[_Draw]:
        """All supersamples; points of a sampler stay with them as long as there is room."""
        if self.sampler is None:
            return [self._draw(seed, z, None) for z in range(self.k1)]
        found: list[_Draw] = []
        room = KEPT
        for z in range(self.k1):
            points = self.sampled(seed, z)
            draw = self._draw(seed, z, points)
            room -= _bytes_of(points)
            found.append(draw if room >= 0 else replace(draw, points=None))
        _require_same(found[0], self.sampled(seed, 0))
        return found

    def _draw(self, seed: np.random.SeedSequence, z: int, points: tuple[Any, Any] | None) -> _Draw:
        rows = self.rows(seed, z)
        y = self.y[rows.ravel()] if points is None else points[1]
        labels = y.reshape(self.n, 2) if self.rule.classifies else None
        avoided = labels if self.on_single_class == "resample" else None
        generator = _random.generator(seed, MASKS, z)
        try:
            masks, n_rejected = mask_designs.draw_masks(self.design, self.k2, self.n, generator, avoided)
        except DegenerateDataError as error:
            raise DegenerateDataError(f"supersample {z}: {error}") from None
        if labels is not None and self.on_single_class == "raise":
            _refuse_single_class(masks, labels, z)
        return _Draw(rows, masks, n_rejected, "" if points is None else points_digest(*points), points)

    def chunks(self, seed: np.random.SeedSequence, draws: list[_Draw], parts: list[int]) -> Iterator[Chunk]:
        """The parts in their order, which is that of supersamples; each is indexed or sampled once."""
        held, X, y = -1, self.X, self.y
        for part in parts:
            z, c = divmod(part, self.n_chunks)
            if z != held:
                held, (X, y) = z, self._points(seed, draws[z], z)
            masks = draws[z].masks[c * CHUNK : (c + 1) * CHUNK]
            classes = np.unique(y) if self.rule.classifies and self.classes is None else self.classes
            seeds = [_random.child_seed(seed, RULE, z, c * CHUNK + j) for j in range(len(masks))]
            yield Chunk(z, c * CHUNK, X, y, classes, masks, seeds)

    def _points(self, seed: np.random.SeedSequence, draw: _Draw, z: int) -> tuple[Any, Any]:
        """X and y; the first 2 points are row 0."""
        from sklearn.utils import _safe_indexing

        if self.sampler is None:
            rows = draw.rows.ravel()
            return _safe_indexing(self.X, rows), self.y[rows]
        if draw.points is not None:
            return draw.points
        points = self.sampled(seed, z)
        _require_same(draw, points)
        return points

    def empty(self) -> dict[str, Any]:
        shape = (self.k1, self.k2, self.n, 2)
        arrays = {"losses": np.zeros(shape, dtype=np.int8 if self.rule.loss == "zero_one" else np.float64)}
        if self.rule.response_method == "predict":
            arrays["predictions"] = np.zeros(shape, dtype=np.int32 if self.rule.classifies else np.float64)
        return arrays

    def digest(self, draws: list[_Draw]) -> str:
        rule = self.rule
        settings = (self.n, self.k1, self.k2, self.design, self.on_single_class, rule.loss_range, rule.response_method)
        drawn = [draw.digest for draw in draws]
        return digest_of(type(rule.estimator), rule.estimator, self.X, self.y, settings, rule.loss, self.sampler, drawn)

    def storable_classes(self) -> Any:
        """Labels that an npz file can hold."""
        if self.classes is None or not self.classes.dtype.hasobject:
            return self.classes
        names = self.classes.tolist()
        return np.array(names) if all(isinstance(name, str) for name in names) else None


def _plan(
    estimator: Any, X: Any, y: Any, *, n: int, k1: int, k2: int, loss: Any, loss_range: Any, response_method: str,
    design: str, sampler: Any, on_single_class: str,
) -> _Plan:  # fmt: skip
    n = _validation.integer(n, "n", minimum=1)
    k1 = _validation.integer(k1, "k1", minimum=1)
    k2 = _validation.integer(k2, "k2", minimum=1)
    _validation.choice(design, mask_designs.DESIGNS, "masks")
    _validation.choice(on_single_class, ("resample", "constant", "raise"), "on_single_class")
    rule = Rule.checked(estimator, loss, loss_range, response_method, on_single_class)
    if design == "antithetic" and k2 % 2:
        raise InvalidParameterError(f"k2 is {k2}; antithetic masks come in pairs, so it must be even")
    if design == "enumerate":
        if n > MOST_ENUMERATED:
            raise InvalidParameterError(
                f"n is {n}; masks='enumerate' needs 2^n fits and takes n up to {MOST_ENUMERATED}"
            )
        if rule.classifies and on_single_class == "resample":
            raise InvalidParameterError(
                "on_single_class is 'resample'; masks='enumerate' has each mask once and takes 'constant' or 'raise'"
            )
        k2 = 2**n
    if sampler is not None:
        if X is not None or y is not None:
            raise InvalidParameterError("X, y and sampler are given; take either data or a sampler")
        if not callable(sampler):
            raise InvalidParameterError(
                f"sampler is a {type(sampler).__name__}; it takes a function of (generator, size)"
            )
        return _Plan(rule, None, None, None, n, k1, k2, design, sampler, on_single_class)
    if X is None or y is None:
        raise InvalidParameterError(f"{'X' if X is None else 'y'} is None; give X and y, or a sampler")
    X, labels = _checked_data(X, y, n)
    rule.check_labels(labels)
    classes = np.unique(labels) if rule.classifies else None
    return _Plan(rule, X, labels, classes, n, k1, k2, design, None, on_single_class)


def _checked_data(X: Any, y: Any, n: int) -> tuple[Any, Any]:
    X = X if hasattr(X, "iloc") or hasattr(X, "tocsr") or isinstance(X, np.ndarray) else np.asarray(X)
    X = X.tocsr() if hasattr(X, "tocsr") else X
    labels = _one_dimension(y)
    if X.shape[0] != len(labels):
        raise InvalidDataError(f"X has {X.shape[0]} rows and y {len(labels)} values")
    if 2 * n > len(labels):
        raise InvalidDataError(f"n is {n}; a supersample has 2 n = {2 * n} points, and the data have {len(labels)}")
    return X, labels


def _one_dimension(y: Any) -> Any:
    labels = np.asarray(y)
    if labels.ndim != 1:
        raise InvalidDataError(f"y has shape {labels.shape}; it must be one value for each row")
    if labels.dtype.kind == "f":
        _validation.float_array(labels, "y")
    elif labels.dtype.kind not in "biu":
        _validation.group_codes(labels, "y")
    return labels


def _sampled(sampler: Any, generator: np.random.Generator, size: int) -> tuple[Any, Any]:
    drawn = sampler(generator, size)
    if not isinstance(drawn, tuple) or len(drawn) != 2:
        raise InvalidParameterError(f"sampler returned a {type(drawn).__name__}; it must return (X, y)")
    X, y = drawn[0], _one_dimension(drawn[1])
    X = X if hasattr(X, "shape") else np.asarray(X)
    if X.shape[0] != size or len(y) != size:
        raise InvalidDataError(f"sampler returned {X.shape[0]} rows and {len(y)} values; {size} of each were asked for")
    return X, y


def _require_same(draw: _Draw, points: tuple[Any, Any]) -> None:
    if points_digest(*points) != draw.digest:
        raise InvalidParameterError("sampler gave two answers for one generator; it must draw from that alone")


def _bytes_of(points: tuple[Any, Any]) -> int:
    """Size of arrays, of the parts of sparse ones, and of frames; 8 bytes for each value of anything else."""
    X, y = points
    size = getattr(X, "nbytes", None)
    if size is None and hasattr(X, "data") and hasattr(X.data, "nbytes"):
        size = 2 * X.data.nbytes
    return int(8 * np.prod(X.shape) if size is None else size) + int(y.nbytes)


def _refuse_single_class(masks: Any, labels: Any, z: int) -> None:
    single = mask_designs.single_class(masks, labels)
    if single.any():
        j = int(np.argmax(single))
        label = labels[0, masks[j, 0] : masks[j, 0] + 1].tolist()[0]
        raise DegenerateDataError(
            f"mask {j} of supersample {z} trains on the single class {label!r}; take on_single_class='constant' or "
            "more rows"
        )


def _check_run(n_jobs: Any, progress: Any) -> None:
    if n_jobs is not None and _validation.integer(n_jobs, "n_jobs") == 0:
        raise InvalidParameterError("n_jobs is 0; it takes None, a number of workers, or -1 for all cores")
    if not callable(progress):
        _validation.boolean(progress, "progress")


# run -----------------------------------------------------------------------------------------------------------------
def _run(
    plan: _Plan, seed: np.random.SeedSequence, draws: list[_Draw], state: Checkpoint, n_jobs: int | None,
    progress: Progress,
) -> None:  # fmt: skip
    """Fill the arrays of the state, part by part."""
    import joblib

    pending = np.flatnonzero(~state.done).tolist()
    report = Report(progress, plan.k1 * plan.k2, "fit")
    sizes = np.tile(np.minimum(CHUNK, plan.k2 - CHUNK * np.arange(plan.n_chunks)), plan.k1)
    report(int(sizes[state.done].sum()))
    chunks = plan.chunks(seed, draws, pending)
    try:
        for part, found in zip(pending, _results(joblib, plan.rule, chunks, n_jobs), strict=True):
            z, c = divmod(part, plan.n_chunks)
            for name, values in found.items():
                state.arrays[name][z, c * CHUNK : c * CHUNK + len(values)] = values
            state.done[part] = True
            state.write_if_due()
            report(int(sizes[state.done].sum()))
    finally:
        report.close()
        if pending:
            state.write()


def _results(joblib: Any, rule: Rule, chunks: Iterator[Chunk], n_jobs: int | None) -> Iterator[dict[str, Any]]:
    workers = joblib.effective_n_jobs(n_jobs)
    if workers == 1:
        for chunk in chunks:
            yield run_chunk(rule, chunk)
        return
    try:
        parallel = joblib.Parallel(n_jobs=n_jobs, return_as="generator")
    except ValueError:  # the backend returns lists only
        with joblib.Parallel(n_jobs=n_jobs) as parallel:
            while batch := list(itertools.islice(chunks, 2 * workers)):
                yield from parallel(joblib.delayed(run_chunk)(rule, chunk) for chunk in batch)
        return
    yield from parallel(joblib.delayed(run_chunk)(rule, chunk) for chunk in chunks)
