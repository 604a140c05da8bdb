"""Supersample experiments made up for tests."""

import numpy as np

TWO_SIDED = ("cmi", "f_cmi", "e_cmi", "ld_cmi", "e_mi", "ld_mi")


def antithetic(rng, k1, k2, n):
    """Masks and their complements."""
    half = rng.integers(0, 2, (k1, k2 // 2, n))
    return np.concatenate([half, 1 - half], axis=1)


def trained(masks):
    """(k1, k2, n, 2): which column was trained on."""
    return np.stack([masks == 0, masks == 1], axis=-1)


def coin_losses(rng, masks, training=0.05, test=0.25):
    """Losses of 0 and 1 that are independent given the mask."""
    return (rng.random((*masks.shape, 2)) < np.where(trained(masks), training, test)).astype(float)


def learner(rng, k1, k2=20, n=6):
    """Losses of points that differ in difficulty, as those of one rule would: training hides 85 percent of it."""
    masks = antithetic(rng, k1, k2, n)
    difficulty = rng.beta(0.3, 0.9, (k1, 1, n, 2))
    chance = np.where(trained(masks), 0.15 * difficulty, difficulty)
    return (rng.random((k1, k2, n, 2)) < chance).astype(float), masks


def classified(rng, masks, n_classes):
    """Predictions, and the losses they have against labels of the points."""
    labels = rng.integers(0, n_classes, (masks.shape[0], 1, masks.shape[2], 2))
    right = rng.random((*masks.shape, 2)) < np.where(trained(masks), 0.9, 0.6)
    predictions = np.where(right, labels, rng.integers(0, n_classes, right.shape))
    return predictions, (predictions != labels).astype(float)
