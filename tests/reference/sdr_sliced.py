"""Values of the package sliced 0.7.0 with which tests/sdr/test_linear_reference.py compares.

    python tests/reference/sdr_sliced.py > tests/reference/sdr_sliced.csv

The package is of 2018 and asks numpy for names that are gone; they are given back here before it is imported.
"""

import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")


def data():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((200, 4)) @ (np.eye(4) + 0.3)
    return x, x[:, 0] + (x @ np.array([0.0, 1.0, -1.0, 0.0])) ** 2 + 0.3 * rng.standard_normal(200)


def main():
    import numpy.core.numeric

    numpy.core.numeric.ComplexWarning = np.exceptions.ComplexWarning
    vars(np).update(float=float, int=int)
    from sliced import SlicedAverageVarianceEstimation, SlicedInverseRegression

    x, y = data()
    sys.stdout.write("what,component,value,b1,b2,b3,b4\n")
    for name, kind in (("sir", SlicedInverseRegression), ("save", SlicedAverageVarianceEstimation)):
        model = kind(n_directions=4, n_slices=10).fit(x, y)
        for k, (value, row) in enumerate(zip(model.eigenvalues_, model.directions_, strict=True)):
            numbers = ",".join(repr(float(b)) for b in (value, *row))
            sys.stdout.write(f"{name},{k + 1},{numbers}\n")


if __name__ == "__main__":
    main()
