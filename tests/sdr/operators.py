"""Operators built the slow and obvious way, for tests of what stands on them."""

import numpy as np

from stattools.sdr.gsir import Operator
from stattools.sdr.pairing import Retuning

GRID = 10.0 ** np.arange(-6, 1)


def gaussian_gram(rows):
    """Gram matrix with the mean squared distance of pairs as twice the squared width."""
    squared = ((rows[:, None] - rows[None]) ** 2).sum(axis=2)
    n = len(rows)
    return np.exp(-squared / (2.0 * squared.sum() / (n * (n - 1))))


def centred(gram):
    n = len(gram)
    projection = np.eye(n) - 1.0 / n
    return projection @ gram @ projection


def eigenpairs(gram):
    values, vectors = np.linalg.eigh(gram)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = values > len(values) * np.finfo(float).eps * values[0]
    return values[kept], vectors[:, kept]


def naive_gcv(own, other, grid):
    """Generalized cross-validation with explicit inverses."""
    n, largest = len(own), np.linalg.eigvalsh(own)[-1]
    found = []
    for share in grid:
        smoother = own @ np.linalg.inv(own + share * largest * np.eye(n))
        found.append(np.sum((other - smoother @ other) ** 2) / (1.0 - np.trace(smoother) / n) ** 2)
    return np.array(found)


def naive_matrix(operator_or_grams, x_penalty=None, y_penalty=None, method=None):
    """S_x A_y S_x from centred Gram matrices with explicit inverses."""
    of_x, of_y = operator_or_grams
    eye = np.eye(len(of_x))
    smoother = of_x @ np.linalg.inv(of_x + x_penalty * eye)
    middle = of_y if method == "gsir1" else of_y @ np.linalg.inv(of_y + y_penalty * eye)
    return smoother @ middle @ smoother


def operator_of(x_gram, y_gram, method="gsir2", regularization=(1e-2, 1e-2)):
    x_values, x_vectors = eigenpairs(centred(x_gram))
    y_values, y_vectors = eigenpairs(centred(y_gram))
    penalties = regularization[0] * x_values[0], regularization[1] * y_values[0]
    return Operator(x_vectors, x_values, y_vectors, y_values, *penalties, method)


def tuned(x, y, method="gsir2"):
    """Operator, retuning and the two chosen regularizations for rows x and y."""
    x_gram, y_gram = gaussian_gram(x), gaussian_gram(y)
    chosen = [GRID[np.argmin(naive_gcv(*pair, GRID))] for pair in ((x_gram, y_gram), (y_gram, x_gram))]
    (x_values, x_vectors), (y_values, y_vectors) = eigenpairs(x_gram), eigenpairs(y_gram)
    retuning = Retuning(x_vectors, x_values, y_vectors, y_values, GRID, GRID)
    return operator_of(x_gram, y_gram, method, chosen), retuning, chosen


def beta_normal(n, m, seed, *, two=True):
    """Quantile features (n, m) of Beta laws X and of normal laws Y whose mean, and spread if `two`, depend on X."""
    from scipy import stats

    rng = np.random.default_rng(seed)
    a, b = rng.gamma(2.0, 1.0, n), rng.gamma(2.0, 1.0 / 3.0, n)
    levels = np.linspace(0.0, 1.0, 101)
    own = stats.beta.ppf(levels, a[:, None], b[:, None])
    to = [np.trapezoid((own - stats.beta.ppf(levels, 2, k)) ** 2, levels, axis=1) for k in (1, 3)]
    mean = rng.normal(np.exp(to[0]) if two else np.exp(to[0]) + np.exp(to[1]), 0.2)
    spread = np.exp(to[1]) if two else np.ones(n)
    x = np.sort(rng.beta(a[:, None], b[:, None], (n, m)), axis=1)
    y = np.sort(rng.normal(mean[:, None], spread[:, None], (n, m)), axis=1)
    return x / np.sqrt(m), y / np.sqrt(m)


def canonical_operator(n, correlations, seed, *, penalty=0.0):
    """Operator of linear kernels on normal vectors with given canonical correlations, and the vectors."""
    rng = np.random.default_rng(seed)
    r = np.asarray(correlations)
    x = rng.standard_normal((n, len(r)))
    y = r * x + np.sqrt(1.0 - r**2) * rng.standard_normal((n, len(r)))
    x, y = x - x.mean(axis=0), y - y.mean(axis=0)
    pairs = []
    for rows in (x, y):
        vectors, sizes, _ = np.linalg.svd(rows, full_matrices=False)
        pairs += [vectors, sizes**2]
    return Operator(*pairs, penalty * n, penalty * n, "gsir2"), x, y


def assembled(n=60, m=20, *, d=2, seed=1, kind="line", **options):
    """A result made from arrays: n pairs of Beta and normal distributions by their m quantiles."""
    from stattools._errors import Notes
    from stattools.sdr.effects import Responses
    from stattools.sdr.gsir import components
    from stattools.sdr.order import determine
    from stattools.sdr.result import Side, assemble

    x, y = beta_normal(n, m, seed)
    if kind == "vector":
        y = np.column_stack([y.mean(axis=1), y.std(axis=1)]) * np.sqrt(m)
    if kind == "categories":
        y = np.eye(3)[np.argsort(np.argsort(y.mean(axis=1))) * 3 // n]
    operator, retuning, chosen = tuned(x, y)
    notes = Notes()
    table = determine(operator, criterion=d, responses=y, retuning=retuning, rng=seed, n_resamples=39, notes=notes)
    if kind == "line":
        responses = Responses("line", y * np.sqrt(m), np.full(m, m**-0.5), (np.arange(m) + 0.5) / m)
    else:
        names = ("mean", "spread") if kind == "vector" else ("low", "middle", "high")
        responses = Responses(kind, y, np.ones(y.shape[1]), names=names)
    grams = gaussian_gram(x), gaussian_gram(y)
    sides = []
    for name, share, own, other in (("X", chosen[0], *grams), ("Y", chosen[1], *grams[::-1])):
        values = np.linalg.eigvalsh(own)
        df = [np.sum(values / (values + share_ * values[-1])) for share_ in GRID]
        curve = {"regularization": GRID, "gcv": naive_gcv(own, other, GRID), "df": np.array(df)}
        side = Side(
            name=name, description=f"{n} distributions on the line", kernel="gaussian", metric="w2", bandwidth=0.5,
            regularization=share, tuned=True, rank=n - 1, curve=curve,
        )  # fmt: skip
        sides.append(side)
    given = {
        "scores": components(operator, d).scores, "order": table, "responses": responses, "predictor": sides[0],
        "response": sides[1], "method": "W-GSIR2", "solver": "exact", "retuning": retuning, "notes": notes,
        "call": "DistributionSDR(n_components=2).fit(X, Y)", "seed": np.random.SeedSequence(seed),
    }  # fmt: skip
    return assemble(operator, **(given | options))
