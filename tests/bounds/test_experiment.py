"""Supersample experiments with scikit-learn estimators."""

import os
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from stattools.bounds import SupersampleData, supersample_experiment
from stattools.bounds.mask_designs import draw_masks, single_class
from stattools.exceptions import DegenerateDataError, InvalidDataError, InvalidParameterError
from tests.bounds import kill_experiment
from tests.bounds.supersamples import TWO_SIDED

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(150, 3))
    return X, (X[:, 0] + rng.normal(size=150) > 0).astype(int)


def squared(truth, prediction):
    return np.minimum((truth - prediction) ** 2 / 9, 1.0)


def improbability(truth, probability):
    return 1 - probability[np.arange(len(truth)), truth]


def sample(generator, size):
    X = generator.normal(size=(size, 2))
    return X, (X[:, 0] > 0).astype(int)


def run(estimator, *data, **options):
    settings = {"n": 10, "k1": 3, "k2": 20, "random_state": 1, "progress": False, **options}
    return supersample_experiment(estimator, *data, **settings)


# naive ---------------------------------------------------------------------------------------------------------------
def test_losses_equal_a_loop_over_the_protocol(points):
    X, y = points
    data = run(KNeighborsClassifier(3), X, y)
    assert data.losses.shape == data.predictions.shape == (3, 20, 10, 2) and data.masks.shape == (3, 20, 10)
    assert data.losses.dtype == data.masks.dtype == np.int8
    for z in range(3):
        rows = data.rows[z]
        assert len(set(rows.ravel())) == 20
        for j in range(20):
            training = [rows[i, data.masks[z, j, i]] for i in range(10)]
            fitted = KNeighborsClassifier(3).fit(X[training], y[training])
            for column in (0, 1):
                predicted = fitted.predict(X[rows[:, column]])
                np.testing.assert_array_equal(data.classes[data.predictions[z, j, :, column]], predicted)
                np.testing.assert_array_equal(data.losses[z, j, :, column], predicted != y[rows[:, column]])
    training = np.take_along_axis(data.losses, data.masks[..., None].astype(int), 3)
    test = np.take_along_axis(data.losses, 1 - data.masks[..., None].astype(int), 3)
    assert data.empirical_gap == pytest.approx(test.mean() - training.mean(), abs=1e-15)


# property ------------------------------------------------------------------------------------------------------------
ESTIMATORS = {
    "tree": (DecisionTreeClassifier(splitter="random"), {}),
    "logistic": (make_pipeline(StandardScaler(), LogisticRegression()), {}),
    "constant": (DummyClassifier(strategy="stratified"), {}),
    "probabilities": (LogisticRegression(), {"loss": improbability, "response_method": "predict_proba"}),
    "forest": (RandomForestClassifier(5), {"k2": 6}),
    "ridge": (Ridge(), {"loss": squared}),
    "neighbours": (KNeighborsRegressor(1), {"loss": squared}),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_no_bound_is_below_the_empirical_gap(points, name):
    estimator, options = ESTIMATORS[name]
    data = run(estimator, *points, **options)
    for pool in ("auto", "none", "all"):
        for key, bound in data.bounds(pool=pool).items():
            empirical = bound.components["empirical_gap"]
            assert bound.gap >= (abs(empirical) if key in TWO_SIDED else empirical) - 1e-12, (key, pool)
    assert bound.components["empirical_gap"] == pytest.approx(data.empirical_gap, abs=1e-12)


@pytest.mark.parametrize("estimator", [KNeighborsClassifier(1), DecisionTreeClassifier(max_depth=2, random_state=0)])
def test_enumerated_masks_give_exact_informations(points, estimator):
    """Each row by itself: gap at most sqrt(2 I), and differences tell less than pairs and predictions."""
    data = run(estimator, *points, n=7, k1=4, masks="enumerate", on_single_class="constant")
    assert data.masks.shape == (4, 128, 7)
    assert (data.masks.mean(axis=1) == 0.5).all()
    signs = 1 - 2 * data.masks.astype(float)
    gaps = (signs * (data.losses[..., 1].astype(float) - data.losses[..., 0])).mean(axis=1)
    for z in range(4):
        one = SupersampleData(losses=data.losses[[z]], masks=data.masks[[z]], predictions=data.predictions[[z]])
        table = one.bounds()
        rows = {key: table[key].components["information_by_row"] for key in ("ld_cmi", "e_cmi", "f_cmi")}
        assert (np.abs(gaps[z]) <= np.sqrt(2 * rows["ld_cmi"]) + 1e-12).all()
        assert (rows["ld_cmi"] <= rows["e_cmi"] + 1e-14).all() and (rows["e_cmi"] <= rows["f_cmi"] + 1e-14).all()
        assert table["cmi"].components["information"] <= 7 * np.log(2) + 1e-12
        assert table["cmi"].gap >= abs(one.empirical_gap) - 1e-12
        # a row's information is part of that of the whole
        assert table["cmi"].components["information"] >= rows["f_cmi"].sum() - 1e-12


@pytest.mark.parametrize("loss", ["zero_one", improbability])
def test_bits_depend_on_the_seed_alone(points, loss):
    estimator = DecisionTreeClassifier(splitter="random", max_depth=2)
    method = "predict" if loss == "zero_one" else "predict_proba"
    options = {"loss": loss, "response_method": method, "k2": 36}
    one = run(estimator, *points, **options)
    assert run(estimator, *points, n_jobs=2, **options) == one
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert run(estimator, *points, **options) == one
    with joblib.parallel_config(backend="multiprocessing", n_jobs=2):
        assert run(estimator, *points, **options) == one
    assert run(estimator, *points, **{**options, "random_state": 2}) != one
    # the first supersamples and masks do not depend on how many there are
    fewer = run(estimator, *points, **{**options, "k1": 2, "k2": 10})
    np.testing.assert_array_equal(fewer.losses, one.losses[:2, :10])


@pytest.mark.parametrize("processes", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["threads", "processes"])
def test_dask_workers_give_the_same_bits(points, processes):
    """Threads of one worker take turns; processes start anew. dask returns lists, so that runs go batch by batch."""
    distributed = pytest.importorskip("distributed")
    estimator = DecisionTreeClassifier(splitter="random", max_depth=2)
    one = run(estimator, *points, k2=36)
    where = {"n_workers": 2, "threads_per_worker": 1} if processes else {"n_workers": 1, "threads_per_worker": 2}
    cluster = distributed.LocalCluster(processes=processes, dashboard_address=None, **where)
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        assert joblib.effective_n_jobs() == 2
        assert run(estimator, *points, k2=36) == one


def test_forms_of_input(points):
    X, y = points
    one = run(LogisticRegression(), X, y)
    frame = pd.DataFrame(X, columns=list("abc"))
    np.testing.assert_array_equal(run(LogisticRegression(), frame, pd.Series(y)).losses, one.losses)
    np.testing.assert_array_equal(run(LogisticRegression(), X.tolist(), y.tolist()).losses, one.losses)
    np.testing.assert_array_equal(run(LogisticRegression(), sparse.csr_array(X), y).losses, one.losses)
    names = run(LogisticRegression(), X, np.array(["no", "yes"], dtype=object)[y])
    np.testing.assert_array_equal(names.predictions, one.predictions)
    assert names.classes.tolist() == ["no", "yes"] and names.classes.dtype.kind == "U"


def test_labels_may_be_missing_from_a_training_set(points):
    X, _ = points
    y = np.arange(150) % 5
    data = run(LogisticRegression(max_iter=300), X, y, n=6, loss=improbability, response_method="predict_proba")
    assert data.losses.min() >= 0 and data.losses.max() == 1.0  # a class that was not trained on has probability 0


def test_a_sampler_draws_independent_points():
    data = run(KNeighborsClassifier(1), n=8, k1=4, sampler=sample)
    assert data.rows is None and data.classes is None
    assert run(KNeighborsClassifier(1), n=8, k1=4, sampler=sample, n_jobs=2) == data
    assert not any("share points" in note for note in data.bounds(methods="ld_mi").notes)
    assert data.bounds(methods="f_cmi")["f_cmi"].gap >= abs(data.empirical_gap)


def test_random_states_are_given_to_all_parts_that_have_none(points):
    same = run(DecisionTreeClassifier(splitter="random", random_state=0), *points, k1=1, masks="enumerate", n=3,
               on_single_class="constant")  # fmt: skip
    other = run(DecisionTreeClassifier(splitter="random", random_state=np.random.RandomState(1)), *points)
    again = run(DecisionTreeClassifier(splitter="random", random_state=np.random.RandomState(2)), *points)
    assert same.losses.shape == (1, 8, 3, 2)
    assert other == again  # their state is replaced


class DrawsGlobally(ClassifierMixin, BaseEstimator):
    """Predicts by numpy's global generator."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.weights_ = np.random.standard_normal(X.shape[1])  # noqa: NPY002
        return self

    def predict(self, X):
        noise = np.random.standard_normal(len(X))  # noqa: NPY002
        return self.classes_[(X @ self.weights_ + noise > 0).astype(int)]


@pytest.mark.parametrize(
    "estimator",
    [
        DrawsGlobally(),
        GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2, 5]}, cv=KFold(3, shuffle=True)),
    ],
    ids=["estimator", "splitter"],
)
def test_numpys_global_generator_repeats_and_is_restored(points, estimator):
    X, _ = points
    options = {"n": 12, "k1": 1, "k2": 18, "on_single_class": "resample"}
    y = (X[:, 0] > 0).astype(int)
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    one = run(estimator, X, y, **options)
    assert run(estimator, X, y, **options) == one
    assert run(estimator, X, y, n_jobs=2, **options) == one
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert run(estimator, X, y, **options) == one
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert run(estimator, X, y, **{**options, "random_state": 2}) != one


def test_fits_do_not_share_one_seed(points):
    X, y = points
    data = run(DrawsGlobally(), X, y, k1=1, k2=20)
    assert len(np.unique(data.predictions[0].reshape(20, -1), axis=0)) > 15


# masks ---------------------------------------------------------------------------------------------------------------
def test_antithetic_masks_come_with_their_complements(points):
    data = run(KNeighborsClassifier(1), *points)
    np.testing.assert_array_equal(data.masks[:, ::2] + data.masks[:, 1::2], 1)
    random = run(KNeighborsClassifier(1), *points, masks="random", k2=21)
    assert random.masks.shape == (3, 21, 10) and not (random.masks.mean(axis=1) == 0.5).all()
    assert any("not balanced" in note for note in random.bounds().notes)


def test_masks_with_a_single_class_are_redrawn_with_their_complements(points):
    X, _ = points
    rare = np.where(np.arange(150) < 50, 1, 0)
    data = run(LogisticRegression(), X, rare, n=7, k1=6)
    assert data.n_rejected > 0 and data.n_rejected % 2 == 0
    assert f"{data.n_rejected} rejected" in repr(data)
    for z in range(6):
        labels = rare[data.rows[z]]
        assert not single_class(data.masks[z], labels).any()
    assert (data.masks.mean(axis=1) == 0.5).all()
    notes = data.bounds(methods="ld_mi").notes
    assert any(note.startswith(f"{data.n_rejected} masks were drawn again") for note in notes)
    kept = run(LogisticRegression(), X, rare, n=7, k1=6, on_single_class="constant")
    assert kept.n_rejected == 0
    single = np.array([single_class(kept.masks[z], rare[kept.rows[z]]) for z in range(6)])
    assert single.any()
    for z, j in np.argwhere(single):
        assert len(np.unique(kept.predictions[z, j])) == 1
    with pytest.raises(DegenerateDataError, match="trains on the single class 0"):
        run(LogisticRegression(), X, rare, n=7, k1=6, on_single_class="raise")
    with pytest.raises(DegenerateDataError, match=r"supersample 0: of .* masks .* have two classes"):
        run(LogisticRegression(), X, np.zeros(150), n=7)


def test_rejection_keeps_each_row_uniform():
    labels = np.array([[0, 1], [0, 1], [0, 0]])
    masks, rejected = draw_masks("random", 4000, 3, np.random.default_rng(1), labels)
    assert rejected > 0 and not single_class(masks, labels).any()
    # four standard errors
    assert np.abs(masks.mean(axis=0) - 0.5).max() < 4 * 0.5 / np.sqrt(4000)


def test_masks_without_two_classes_end():
    with pytest.raises(DegenerateDataError, match="of 201 masks 0 have two classes in both halves"):
        draw_masks("antithetic", 2, 3, np.random.default_rng(1), np.zeros((3, 2)))


def test_all_masks():
    masks, _ = draw_masks("enumerate", 0, 4, np.random.default_rng(1))
    assert len(np.unique(masks, axis=0)) == 16


# checkpoints ---------------------------------------------------------------------------------------------------------
def test_a_killed_experiment_continues_to_the_identical_result(tmp_path):
    whole = kill_experiment.run(None)
    checkpoint, result = tmp_path / "run.npz", tmp_path / "data.npz"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, kill_experiment.__file__, str(checkpoint), str(result)]
    deaths = np.random.default_rng(4).integers(17, 90, 4)
    done = []
    for last in deaths:
        process = subprocess.run([*command, str(last)], env=environment, capture_output=True, cwd=ROOT)
        if process.returncode == 0:
            break
        assert process.returncode == -9, process.stderr.decode()
        assert not result.exists()
        with np.load(checkpoint) as kept:
            done.append(int(kept["done"].sum()))
    assert done == sorted(done) and done[-1] > 0
    finished = subprocess.run(command, env=environment, capture_output=True, cwd=ROOT)
    assert finished.returncode == 0, finished.stderr.decode()
    assert SupersampleData.load(result) == whole
    assert list(tmp_path.glob(".*")) == []  # what a killed writer left is gone


def test_a_finished_checkpoint_is_read_and_nothing_is_fitted(tmp_path, points):
    path = tmp_path / "run.npz"
    one = run(KNeighborsClassifier(1), *points, checkpoint=path)
    calls = []
    again = run(
        KNeighborsClassifier(1), *points, checkpoint=path, progress=lambda done, total: calls.append((done, total))
    )
    assert again == one and calls == [(60, 60)]
    # without a seed it takes that of the file
    assert run(KNeighborsClassifier(1), *points, checkpoint=path, random_state=None) == one


def test_an_error_keeps_what_was_done(tmp_path, points):
    path = tmp_path / "run.npz"

    class Stop(Exception):
        pass

    def stop(done, total):
        if done >= 40:
            raise Stop

    with pytest.raises(Stop):
        run(KNeighborsClassifier(1), *points, checkpoint=path, progress=stop, k2=32)
    with np.load(path) as kept:
        assert 0 < kept["done"].sum() < len(kept["done"])
    assert run(KNeighborsClassifier(1), *points, checkpoint=path, k2=32) == run(KNeighborsClassifier(1), *points, k2=32)


@pytest.mark.parametrize("change", ["data", "labels", "settings", "estimator", "n", "loss", "seed"])
def test_a_checkpoint_of_another_run_is_refused(tmp_path, points, change):
    X, y = points
    path = tmp_path / "run.npz"
    levels = [9.0]
    options = {"loss": lambda truth, p: np.minimum((truth - p) ** 2 / levels[0], 1.0), "checkpoint": path}
    run(Ridge(), X, y, **options)
    assert run(Ridge(), X, y, **options).losses.max() <= 1
    other_X, other_y, estimator = X.copy(), y.copy(), Ridge()
    if change == "data":
        other_X[5, 1] += 1e-9
    elif change == "labels":
        other_y[3] = 1 - other_y[3]
    elif change == "settings":
        options["k2"] = 22
    elif change == "estimator":
        estimator = Ridge(alpha=2.0)
    elif change == "n":
        options["n"] = 11
    elif change == "loss":
        levels[0] = 4.0  # a variable of the loss
    else:
        options["random_state"] = 2
    message = "another random_state" if change == "seed" else "other data or settings"
    with pytest.raises(InvalidDataError, match=message):
        run(estimator, other_X, other_y, **options)


def test_a_damaged_checkpoint_is_named(tmp_path, points):
    path = tmp_path / "run.npz"
    path.write_bytes(b"PK broken")
    with pytest.raises(InvalidDataError, match="run.npz cannot be read.*delete it"):
        run(KNeighborsClassifier(1), *points, checkpoint=path)


def test_a_digest_tells_functions_apart():
    from functools import partial

    from stattools.bounds.checkpoint import digest_of

    def outer(a):
        return lambda x: [a * item for item in x]

    assert digest_of(outer(1)) == digest_of(outer(1)) != digest_of(outer(2))
    assert digest_of(lambda x: x + 1) != digest_of(lambda x: x + 2)
    assert digest_of(np.sin) != digest_of(np.cos)
    assert digest_of(partial(squared, 1)) != digest_of(partial(squared, 2))
    with pytest.raises(InvalidParameterError, match="can be pickled"):
        digest_of([lambda x: x])


CAP = 1.0


def capped(truth, prediction):
    return np.minimum(shortened(truth, prediction), CAP)


def shortened(truth, prediction):
    return np.abs(truth - prediction) / 9


def test_a_checkpoint_knows_the_variables_that_a_loss_names(tmp_path, points, monkeypatch):
    path = tmp_path / "run.npz"
    one = run(Ridge(), *points, loss=capped, checkpoint=path)
    assert run(Ridge(), *points, loss=capped, checkpoint=path) == one
    with monkeypatch.context() as patch:
        patch.setitem(globals(), "CAP", 0.1)
        with pytest.raises(InvalidDataError, match="other data or settings"):
            run(Ridge(), *points, loss=capped, checkpoint=path)
    monkeypatch.setitem(globals(), "shortened", lambda truth, prediction: np.zeros(len(truth)))
    with pytest.raises(InvalidDataError, match="other data or settings"):
        run(Ridge(), *points, loss=capped, checkpoint=path)


class Constant(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return self.classes_[np.zeros(len(X), int)]


def other_prediction(self, X):
    return self.classes_[np.ones(len(X), int)]


@pytest.mark.parametrize("wrap", [lambda e: e, lambda e: make_pipeline(StandardScaler(), e)], ids=["bare", "pipeline"])
def test_a_checkpoint_knows_the_methods_of_an_estimator(tmp_path, points, monkeypatch, wrap):
    path = tmp_path / "run.npz"
    one = run(wrap(Constant()), *points, checkpoint=path)
    assert run(wrap(Constant()), *points, checkpoint=path) == one
    monkeypatch.setattr(Constant, "predict", other_prediction)
    with pytest.raises(InvalidDataError, match="other data or settings"):
        run(wrap(Constant()), *points, checkpoint=path)


def test_a_checkpoint_knows_what_a_sampler_returned(tmp_path):
    path = tmp_path / "run.npz"
    shift = {}
    one = run(KNeighborsClassifier(1), sampler=Shifted(shift), checkpoint=path)
    assert run(KNeighborsClassifier(1), sampler=Shifted(shift), checkpoint=path) == one
    Shifted.by = 1.0
    try:
        with pytest.raises(InvalidDataError, match="other data or settings"):
            run(KNeighborsClassifier(1), sampler=Shifted(shift), checkpoint=path)
    finally:
        Shifted.by = 0.0


class Shifted:
    by = 0.0

    def __init__(self, settings):
        self.settings = settings

    def __call__(self, generator, size):
        X, y = sample(generator, size)
        return X + self.by, y


@pytest.mark.parametrize(
    "path, message",
    [
        ("no/folder/run.npz", "whose folder does not exist"),
        ("", "it must be the path of a file"),
        (".", "a folder; give the name of a file"),
        (3, "checkpoint is 3; it must be the path"),
    ],
)
def test_a_place_where_nothing_can_be_written_is_named_before_any_fit(tmp_path, points, monkeypatch, path, message):
    monkeypatch.chdir(tmp_path)
    calls = []
    with pytest.raises(InvalidParameterError, match=message):
        run(Broken(), *points, checkpoint=path, progress=lambda done, total: calls.append(done))
    assert calls == []


# storage -------------------------------------------------------------------------------------------------------------
def test_save_and_load(tmp_path, points):
    X, y = points
    for data in (
        run(LogisticRegression(), X, np.array(["no", "yes"])[y]),
        run(Ridge(), X, y, loss=squared),
        run(KNeighborsClassifier(1), n=5, sampler=sample),
    ):
        path = tmp_path / "data.file"  # the name is kept as it is
        data.save(path)
        loaded = SupersampleData.load(path)
        assert loaded == data and loaded.provenance == data.provenance
        assert loaded.losses.dtype == data.losses.dtype
        with pytest.raises(ValueError, match="read-only"):
            loaded.losses[0] = 1
    path.write_bytes(b"nothing")
    with pytest.raises(InvalidDataError, match="cannot be read as supersample data"):
        SupersampleData.load(path)


def test_interleaved_points():
    losses = np.arange(24).reshape(2, 2, 6) / 24
    data = SupersampleData.from_interleaved(losses, np.zeros((2, 2, 3), dtype=int), losses)
    np.testing.assert_array_equal(data.losses[..., 0], losses[..., ::2])
    np.testing.assert_array_equal(data.predictions[..., 1], losses[..., 1::2])
    with pytest.raises(InvalidDataError, match=r"must be \(k1, k2, 2 n\)"):
        SupersampleData.from_interleaved(losses[..., 1:], np.zeros((2, 2, 3)))


def test_data_of_other_shapes_are_refused():
    with pytest.raises(InvalidDataError, match="losses has shape"):
        SupersampleData(losses=np.zeros((2, 3)), masks=np.zeros((2, 3)))
    with pytest.raises(InvalidDataError, match="masks has shape"):
        SupersampleData(losses=np.zeros((1, 2, 3, 2)), masks=np.zeros((1, 2, 2)))


# errors --------------------------------------------------------------------------------------------------------------
class Strange(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.full(len(X), 7)


class Broken(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        raise RuntimeError("singular")

    def predict(self, X):
        return X


class Unnamed(BaseEstimator):
    """Does not say what it is."""

    def __init__(self, value=None):
        self.value = value

    def fit(self, X, y):
        self.answer_ = y[0] if self.value is None else self.value
        return self

    def predict(self, X):
        return np.full(len(X), self.answer_)


def test_numbers_are_enough_for_an_estimator_that_does_not_say_what_it_is(points):
    data = run(Unnamed(), *points)
    assert data.predictions.dtype == np.float64 and 0 < data.losses.mean() < 1
    assert run(Unnamed(), points[0], points[1].astype(object)) == data


def test_parts_that_keep_their_fit_are_refused(points):
    FrozenEstimator = pytest.importorskip("sklearn.frozen").FrozenEstimator  # from scikit-learn 1.6 on
    X, y = points
    frozen = FrozenEstimator(DecisionTreeClassifier(random_state=0).fit(X, y))
    for estimator in (frozen, make_pipeline(StandardScaler(), frozen), GridSearchCV(frozen, {})):
        with pytest.raises(InvalidParameterError, match="holds a FrozenEstimator"):
            run(estimator, X, y)


@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"n": 76}, InvalidDataError, "n is 76; a supersample has 2 n = 152 points, and the data have 150"),
        ({"n": 0}, InvalidParameterError, "n is 0"),
        ({"k1": 0}, InvalidParameterError, "k1 is 0"),
        ({"k2": 7}, InvalidParameterError, "k2 is 7; antithetic masks come in pairs"),
        ({"masks": "all"}, InvalidParameterError, "masks is 'all'"),
        ({"masks": "enumerate", "n": 13, "on_single_class": "constant"}, InvalidParameterError, "n is 13"),
        ({"masks": "enumerate", "n": 5}, InvalidParameterError, "on_single_class is 'resample'"),
        ({"loss": "squared"}, InvalidParameterError, "loss is 'squared'"),
        ({"loss": 3}, InvalidParameterError, "loss is a int"),
        ({"loss": squared, "loss_range": (1, 0)}, InvalidParameterError, "loss_range"),
        ({"loss_range": (0, 2)}, InvalidParameterError, r"loss_range is \(0, 2\); zero_one"),
        ({"loss": lambda t, p: t + 5.0}, InvalidDataError, "in mask 0 of supersample 0, outside of loss_range"),
        ({"loss": lambda t, p: np.full(len(t), np.nan)}, InvalidDataError, "loss is nan in mask 0"),
        ({"loss": lambda t, p: 0.5}, InvalidDataError, r"loss returned an array of shape \(\)"),
        ({"response_method": "predict_proba"}, InvalidParameterError, "zero_one loss needs 'predict'"),
        ({"response_method": "score"}, InvalidParameterError, "response_method is 'score'"),
        ({"estimator": Ridge()}, InvalidParameterError, "loss is 'zero_one' and the estimator a regressor"),
        ({"estimator": KNeighborsClassifier}, InvalidParameterError, "estimator is the class KNeighborsClassifier"),
        ({"estimator": 3}, InvalidParameterError, "estimator is a int, which has no fit method"),
        ({"estimator": Broken()}, RuntimeError, "singular"),
        ({"estimator": Strange()}, InvalidDataError, "predict returned 7 in mask 0 .*no class of y"),
        ({"y": np.array([None] * 150)}, InvalidDataError, "y has a missing label at index 0"),
        ({"random_state": -1}, InvalidParameterError, "random_state is -1"),
        ({"on_single_class": "skip"}, InvalidParameterError, "on_single_class is 'skip'"),
        ({"progress": "yes"}, InvalidParameterError, "progress is 'yes'"),
        ({"n_jobs": 0}, InvalidParameterError, "n_jobs is 0"),
        ({"n_jobs": "two"}, InvalidParameterError, "n_jobs is 'two'"),
        ({"estimator": Unnamed(), "y": np.array(["a", "b"] * 75)}, InvalidParameterError, "Unnamed, does not say that"),
        ({"estimator": Unnamed("a")}, InvalidDataError, "predict returned dtype <U1 in mask 0 of supersample 0"),
        ({"sampler": sample}, InvalidParameterError, "X, y and sampler are given"),
        ({"y": None}, InvalidParameterError, "y is None; give X and y, or a sampler"),
        ({"y": np.zeros(149)}, InvalidDataError, "X has 150 rows and y 149 values"),
        ({"y": np.zeros((150, 2))}, InvalidDataError, r"y has shape \(150, 2\)"),
        ({"y": np.r_[np.nan, np.zeros(149)]}, InvalidDataError, "y has nan at index 0"),
    ],
)
def test_refused(points, change, error, message):
    X, y = points
    options = {"estimator": KNeighborsClassifier(1), "X": X, "y": y, "k1": 2, **change}
    data = [options.pop(name) for name in ("estimator", "X", "y")]
    with pytest.raises(error, match=message):
        run(*data, **options)


def test_an_error_of_a_fit_says_where(points):
    with pytest.raises(RuntimeError) as caught:
        run(Broken(), *points)
    assert caught.value.__notes__ == ["while fitting mask 0 of supersample 0"]


def test_samplers_are_checked():
    with pytest.raises(InvalidParameterError, match="sampler is a int"):
        run(KNeighborsClassifier(1), sampler=3)
    with pytest.raises(InvalidParameterError, match="sampler returned a list; it must return"):
        run(KNeighborsClassifier(1), sampler=lambda generator, size: [1])
    with pytest.raises(InvalidDataError, match="sampler returned 5 rows and 5 values; 20 of each"):
        run(KNeighborsClassifier(1), sampler=lambda generator, size: sample(generator, 5))
    own = np.random.default_rng(1)
    with pytest.raises(InvalidParameterError, match="two answers for one generator"):
        run(KNeighborsClassifier(1), sampler=lambda generator, size: sample(own, size))
    with pytest.raises(InvalidParameterError, match="two answers for one generator"):  # X alone differs
        run(KNeighborsClassifier(1), sampler=lambda g, size: (own.normal(size=(size, 2)), sample(g, size)[1]))
    with pytest.raises(InvalidParameterError, match="Unnamed, does not say that it is a classifier"):
        run(Unnamed(), sampler=lambda generator, size: (np.zeros((size, 1)), np.full(size, "a")))


@pytest.mark.parametrize("kept", [2**28, 0])
def test_a_sampler_is_not_called_for_every_part(monkeypatch, kept):
    monkeypatch.setattr("stattools.bounds.experiment.KEPT", kept)
    calls = []

    def counted(generator, size):
        calls.append(size)
        return sample(generator, size)

    data = run(KNeighborsClassifier(1), k1=4, k2=50, sampler=counted)
    assert len(calls) == (5 if kept else 9)
    assert data == run(KNeighborsClassifier(1), k1=4, k2=50, sampler=sample)


def test_progress_is_reported_in_fits(points):
    calls = []
    run(KNeighborsClassifier(1), *points, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(0, 60), (16, 60), (20, 60), (36, 60), (40, 60), (56, 60), (60, 60)]


# reference -----------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_synthetic_experiment():
    """Gaussian clusters and a linear rule, against one earlier run of the same protocol."""
    from benchmarks import bounds_tables

    found = bounds_tables.gaps(bounds_tables.measured(10, 50, 100))
    assert found["empirical gap"] == pytest.approx(0.161, abs=0.03)
    assert found["ld_mi"] == pytest.approx(0.403, abs=0.04)
    assert found["ld_cmi"] == pytest.approx(0.433, abs=0.04)
    assert found["fast_rate"] == pytest.approx(0.177, abs=0.03)
    assert found["f_cmi"] >= found["e_cmi"] >= found["ld_cmi"] >= found["empirical gap"]


def test_supersamples_that_share_points_say_so(points):
    data = run(KNeighborsClassifier(1), *points, n=30)
    assert any("share points" in note for note in data.bounds(methods="ld_mi").notes)
    apart = run(KNeighborsClassifier(1), *points, n=30, k1=1)
    assert not any("share points" in note for note in apart.bounds(methods="ld_mi").notes)
