"""What inverses, bounds of losses and supersamples cost; sizes as in ``python -m benchmarks.run --only bounds``."""

import numpy as np

from stattools.bounds import bound_curve, confidence_sequence, kl_inverse, sample_size, supersample, test_set


class Inverses:
    def setup(self):
        rng = np.random.default_rng(0)
        self.q, self.c = rng.random(10**6), 10.0 ** rng.uniform(-6, 0, 10**6)
        kl_inverse(self.q[:10], self.c[:10])
        sample_size("binomial", 0.03, risk=0.01)

    def time_kl_inverse(self):
        kl_inverse(self.q, self.c)

    def peakmem_kl_inverse(self):
        kl_inverse(self.q, self.c)

    def time_sample_size(self):
        sample_size("binomial", 0.03, risk=0.01)

    def time_bound_curve(self):
        bound_curve(["binomial", "kl", "hoeffding"], np.arange(10, 10_010, 10), [0.05, 0.01], risk=0.1)


class Losses:
    def setup(self):
        self.losses = np.random.default_rng(1).beta(2, 18, 100_000)
        test_set(self.losses[:100], method="all")
        confidence_sequence(self.losses[:100])

    def time_every_method(self):
        test_set(self.losses, method="all")

    def time_betting(self):
        test_set(self.losses, method="betting", alternative="two-sided")

    def time_confidence_sequence(self):
        confidence_sequence(self.losses)


class Supersamples:
    def setup(self):
        rng = np.random.default_rng(1)
        half = rng.integers(0, 2, (50, 50, 30))
        self.masks = np.concatenate([half, 1 - half], axis=1)
        trained = self.masks[..., None] == np.arange(2)
        self.losses = (rng.random(trained.shape) < np.where(trained, 0.05, 0.25)).astype(np.int8)
        supersample(self.losses[:5], self.masks[:5], n_boot=10, rng=1)

    def time_all_tables(self):
        supersample(self.losses, self.masks)

    def peakmem_all_tables(self):
        supersample(self.losses, self.masks)

    def time_bootstrap(self):
        supersample(self.losses, self.masks, n_boot=1000, rng=1)
