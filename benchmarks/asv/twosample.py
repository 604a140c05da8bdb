"""What embedding, exact distances and tests cost; sizes as in ``python -m benchmarks.run``."""

import numpy as np

from stattools import DistributionArray, Interval, isw_test
from stattools.distributions import exact_squared_distances


class Histograms:
    def setup(self):
        rng = np.random.default_rng(1)
        domain = Interval(0, 1)
        masses = np.maximum(rng.dirichlet(np.full(2000, 0.3), size=200), 1e-12)
        self.array = DistributionArray.from_histogram(masses, support=np.sort(rng.random(2000)), domain=domain)
        self.basis = domain.eigenbasis(40)
        self.embedding = self.array.embed(self.basis)
        self.groups = np.arange(200) % 2
        exact_squared_distances(self.array[:2], None, self.basis)
        isw_test(self.embedding, groups=self.groups, n_resamples=99, rng=1)

    def time_embed(self):
        self.array.embed(self.basis)

    def peakmem_embed(self):
        self.array.embed(self.basis)

    def time_exact_pairs(self):
        exact_squared_distances(self.array[:20], None, self.basis)

    def time_isw_test(self):
        isw_test(self.embedding, groups=self.groups, rng=1)

    def time_isw_test_combined(self):
        isw_test(self.embedding, groups=self.groups, statistic="combined", n_resamples=999, rng=1)
