"""Supersample bounds as plain loops over their definitions: slow and obvious."""

import math
from collections import Counter

from scipy import optimize

LOG2 = math.log(2)


def entropy(weights):
    total = sum(weights)
    return -sum(w / total * math.log(w / total) for w in weights if w > 0)


def mutual_information(pairs):
    """Of (mask, symbol, weight) triples."""
    joint, by_mask, by_symbol = Counter(), Counter(), Counter()
    for u, symbol, weight in pairs:
        joint[u, symbol] += weight
        by_mask[u] += weight
        by_symbol[symbol] += weight
    return max(entropy(by_mask.values()) + entropy(by_symbol.values()) - entropy(joint.values()), 0.0)


def coins(a, b):
    """Outcomes of two coins tossed with one uniform number, with their probabilities."""
    return [((1, 1), min(a, b)), ((1, 0), max(a - b, 0.0)), ((0, 1), max(b - a, 0.0)), ((0, 0), 1 - max(a, b))]


def triples(losses, masks, variable):
    """(mask, symbol, weight) of runs: losses are pairs, masks 0 or 1."""
    found = []
    for (a, b), u in zip(losses, masks, strict=True):
        for (x, y), weight in coins(a, b):
            if variable == "pair":
                found.append((u, (x, y), weight))
            elif variable == "difference":
                found.append((u, y - x, weight))
            elif variable == "single":
                found += [(u, x, weight), (1 - u, y, weight)]
            elif variable == "first":
                found.append((u, x, weight))
            elif variable == "second":
                found.append((u, y, weight))
            else:
                found += [(u, y - x, weight), (1 - u, x - y, weight)]
    return found


def informations(losses, masks, variable, pool):
    """One information for each cell."""
    k1, k2, n = len(masks), len(masks[0]), len(masks[0][0])
    cells = {}
    for z in range(k1):
        for i in range(n):
            cell = {"none": (z, i), "supersample": i, "all": 0}[pool]
            runs = [(losses[z][j][i], masks[z][j][i]) for j in range(k2)]
            cells.setdefault(cell, []).extend(triples([r[0] for r in runs], [r[1] for r in runs], variable))
    return [mutual_information(found) for found in cells.values()]


def prediction_informations(predictions, masks):
    k1, k2, n = len(masks), len(masks[0]), len(masks[0][0])
    return [
        mutual_information([(masks[z][j][i], tuple(predictions[z][j][i]), 1.0) for j in range(k2)])
        for z in range(k1)
        for i in range(n)
    ]


def risks(losses, masks):
    """Mean training and test loss."""
    training, test = [], []
    for of_z, masks_z in zip(losses, masks, strict=True):
        for of_j, masks_j in zip(of_z, masks_z, strict=True):
            for pair, u in zip(of_j, masks_j, strict=True):
                training.append(pair[u])
                test.append(pair[1 - u])
    return sum(training) / len(training), sum(test) / len(test)


def mean(values):
    values = list(values)
    return sum(values) / len(values)


# one number from a risk and an information ---------------------------------------------------------------------------
def kl(p, q):
    term = lambda a, b: 0.0 if a == 0 else math.inf if b == 0 else a * math.log(a / b)
    return term(p, q) + term(1 - p, 1 - q)


def largest(function, top, level):
    """Largest g in [0, top] with an increasing function at most level."""
    if level <= 0:
        return 0.0
    if function(top) <= level:
        return top
    return optimize.brentq(lambda g: function(g) - level, 0.0, top, xtol=1e-15)


def kl_gap(a, c):
    return largest(lambda g: kl(a, a + g / 2), 1 - a, c)


def js_gap(a, c):
    js = lambda b: (kl(a, (a + b) / 2) + kl(b, (a + b) / 2)) / 2
    return largest(lambda g: js(a + g), 1 - a, c)


def ld_gap(a, c):
    def least(b):
        s = min(a + b, 2 - a - b)
        if s <= 0:
            return 0.0
        share = (1 - min((b - a) / s, 1)) / 2
        return s * (LOG2 - entropy([share, 1 - share]))

    return largest(lambda g: least(a + g), 1 - a, c)


def fast_value(a, c):
    """Smallest C1 a + c / C2, over C2 on a fine grid and then by the bounded method."""
    if c == 0:
        return 0.0
    if a == 0:
        return 2 * c / LOG2

    def value(x):
        c2 = LOG2 / 2 / (1 + math.exp(-x))
        return (-math.log(2 - math.exp(2 * c2)) / (2 * c2) - 1) * a + c / c2

    grid = [-15 + 0.25 * k for k in range(160)]
    best = min(grid, key=value)
    found = optimize.minimize_scalar(value, bounds=(best - 0.3, best + 0.3), method="bounded", options={"xatol": 1e-10})
    return min(found.fun, value(best))


def squared_value(a, c):
    if c == 0:
        return 0.0

    def value(x):
        e = math.exp(x) - 1 - x
        root = x * x - 4 * e * (x + e)
        return math.inf if root < 0 else ((x - math.sqrt(root)) / (2 * e) - 1) * a + c / x

    grid = [0.3653422 * (k / 4000) for k in range(1, 4001)]
    best = min(grid, key=value)
    found = optimize.minimize_scalar(
        value, bounds=(best - 2e-4 if best > 2e-4 else 1e-9, min(best + 1e-4, 0.36534224565)), method="bounded",
        options={"xatol": 1e-12},
    )  # fmt: skip
    return min(found.fun, value(best))


def gaps(losses, masks, predictions=None):
    """Every bound at its usual pooling, for losses in [0, 1] as nested lists."""
    a, _ = risks(losses, masks)
    pair, difference = [informations(losses, masks, v, "none") for v in ("pair", "difference")]
    pair_i, difference_i, single_i = (
        informations(losses, masks, v, "supersample") for v in ("pair", "difference", "single")
    )
    root = lambda values: mean(math.sqrt(2 * v) for v in values)
    single = mean(single_i)
    found = {
        "e_cmi": root(pair),
        "ld_cmi": root(difference),
        "e_mi": root(pair_i),
        "ld_mi": root(difference_i),
        "single_loss": 2 * root(single_i),
        "fast_rate": fast_value(a, single),
        "fast_explicit": 4 * single + 4 * math.sqrt(single * a),
        "variance": fast_value(a, single),
        "sharpness": fast_value(a, single),
        "kl_cmi": kl_gap(a, mean(pair)),
        "sz_fast": squared_value(a, mean(pair)),
        "single_js": js_gap(a, single),
        "ld_tight": ld_gap(a, mean(difference_i)),
        "fast_pair": fast_value(a, mean(pair_i) / 2),
    }
    if predictions is not None:
        found["f_cmi"] = root(prediction_informations(predictions, masks))
    return found
