"""An experiment that ends its own process at a given fit: ``python kill_experiment.py CHECKPOINT RESULT FITS``.

Without a number it runs to its end and saves the data.
"""

import os
import signal
import sys

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from stattools.bounds import supersample_experiment


class Mortal(DecisionTreeClassifier):
    """Counts its fits, and kills the process at one of them."""

    fits = 0
    last = None

    def fit(self, X, y):
        Mortal.fits += 1
        if Mortal.fits == Mortal.last:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().fit(X, y)


def data():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(120, 3))
    return X, np.where(X[:, 0] + rng.normal(size=120) > 0, "yes", "no")


def run(checkpoint, **options):
    settings = {"n": 8, "k1": 5, "k2": 40, "random_state": 3, "progress": False, **options}
    return supersample_experiment(Mortal(splitter="random"), *data(), checkpoint=checkpoint, **settings)


if __name__ == "__main__":
    Mortal.last = int(sys.argv[3]) if len(sys.argv) > 3 else None
    run(sys.argv[1]).save(sys.argv[2])
