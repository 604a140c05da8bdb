"""What designs and weighted fits cost; sizes as in ``python -m benchmarks.run --only wls``."""

import numpy as np

from stattools.wls import PolynomialSpace, WeightedLeastSquares, optimal_design, pool_design


class Spaces:
    def setup(self):
        self.space = PolynomialSpace(["legendre"] * 2, degree=8)
        self.line = PolynomialSpace("legendre", degree=49)
        optimal_design(self.space, n_simulations=0, rng=1)
        self.line.sample(law="dpp", rng=1)

    def time_dpp(self):
        self.space.sample(law="dpp", rng=1)

    def time_dpp_of_one_input(self):
        self.line.sample(law="dpp", rng=1)

    def time_optimal_design(self):
        optimal_design(self.space, n_simulations=0, rng=1)


class Pools:
    def setup(self):
        self.pool = np.random.default_rng(1).standard_normal((100_000, 20))
        pool_design(self.pool[:1000], 40, rng=1)
        pool_design(self.pool[:1000], 40, method="regularized_volume", regularization=1.0, rng=1)

    def time_pool_design(self):
        pool_design(self.pool, 40, rng=1)

    def peakmem_pool_design(self):
        pool_design(self.pool, 40, rng=1)

    def time_regularized_volume(self):
        pool_design(self.pool, 200, method="regularized_volume", regularization=1.0, rng=1)


class Fits:
    def setup(self):
        rng = np.random.default_rng(1)
        self.x = rng.standard_normal((100_000, 50))
        self.y = self.x.sum(axis=1) + rng.standard_normal(100_000)

    def time_fit(self):
        WeightedLeastSquares().fit(self.x, self.y)

    def time_lstsq(self):
        np.linalg.lstsq(self.x, self.y)
