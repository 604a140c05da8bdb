"""Numbers of tests/bounds/test_constants.py, with 40 digits: ``python tests/reference/bounds_supersample.py``.

Needs mpmath, which the package does not.
"""

from mpmath import findroot, log, mp, mpf

mp.dps = 40


def kl(p, q):
    term = lambda a, b: mpf(0) if a == 0 else a * log(a / b)
    return term(p, q) + term(1 - p, 1 - q)


def root(function, level, low, high):
    return findroot(lambda g: function(g) - level, (low, high), solver="anderson", tol=1e-38, maxsteps=500)


def inverses(a, c):
    a, c = mpf(a), mpf(c)
    coin = lambda b: a * log(2 * a / (a + b)) + b * log(2 * b / (a + b)) if a else b * log(2)
    other = lambda b: coin_of(1 - a, 1 - b)
    least = lambda b: coin(b) if a + b <= 1 else other(b)
    js = lambda b: (kl(a, (a + b) / 2) + kl(b, (a + b) / 2)) / 2
    half = lambda b: kl(a, (a + b) / 2)
    top = 1 - a - mpf("1e-30")
    low = mpf("1e-9")
    return [root(lambda g, f=f: f(a + g), c, low, top) for f in (least, half, js)]


def coin_of(x, y):
    return x * log(2 * x / (x + y)) + (y * log(2 * y / (x + y)) if y else mpf(0))


def fast(a, c):
    a, c = mpf(a), mpf(c)
    value = lambda c2: (-log(2 - mp.exp(2 * c2)) / (2 * c2) - 1) * a + c / c2
    low, high = mpf("1e-6"), log(2) / 2 - mpf("1e-12")
    ratio = (mp.sqrt(5) - 1) / 2
    for _ in range(180):
        one, two = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, two) if value(one) <= value(two) else (one, high)
    return value((low + high) / 2), (low + high) / 2


if __name__ == "__main__":
    for a, c in [("0.1", "0.01"), ("0.05", "0.05"), ("0", "0.1"), ("0.3", "0.001"), ("0.2", "0.3"), ("0.6", "0.05")]:
        print(a, c, *(mp.nstr(value, 14) for value in inverses(a, c)))
    for a, c in [("0.1", "0.01"), ("0.05", "0.05"), ("0.3", "0.001"), ("0.2", "0.3")]:
        print(a, c, *(mp.nstr(value, 15) for value in fast(a, c)))
