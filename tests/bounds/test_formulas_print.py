import numpy as np

from stattools import bounds
from tests.helpers import assert_snapshot


# print ---------------------------------------------------------------------------------------------------------------
def test_printed_forms():
    V, W = np.array([[1.0, -1.0]]), np.array([[1.0, 0.5], [0.0, 2.0]])
    shown = [
        bounds.vc(0.05, 10**5, 10, "all"),
        bounds.vc(0.05, 10**5, 10, "relative"),
        bounds.rademacher(0.1, bounds.rademacher_monte_carlo(np.ones((2, 50)), rng=0), 50),
        bounds.margin(np.full(10**4, 2.0), 0.02, [0.5, 1.0]),
        bounds.compression(10, 1000, 20),
        bounds.stability(0.0, 1e-3, 1000),
        bounds.stability(0.1, 1e-3, 1000, delta=None, definition="replace"),
        bounds.mutual_information(10, 1000),
        bounds.contrastive(0.3, 10**6, tau=0.1, radius=1.0, complexity=2000.0),
        bounds.f1_complexity([(V, W)]),
        bounds.f1_complexity([(V, W)], n=10**6, constant=0.1, risk=0.05),
        bounds.decay_test(bounds.sphere_eigenvalues(bounds.step_kernel, 3, 60), 3),
    ]
    assert_snapshot("\n".join(map(str, shown)), "bounds_formulas.txt")
