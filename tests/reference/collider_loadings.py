"""Draw LOADINGS of stattools/simulate/collider.py: 48 normal numbers of the published simulation.

The authors' code seeds the generator of PyTorch with 2000 and asks for a 4 x 12 matrix of normal numbers. On a CPU
those come from the 32-bit Mersenne twister, whose low 24 bits make a uniform number, and from the transform of Box
and Muller: in each block of sixteen the first eight are radii, the last eight angles. numpy has the same twister, so
PyTorch is not needed.

    python tests/reference/collider_loadings.py
"""

import numpy as np

SEED, SHAPE, BLOCK = 2000, (4, 12), 16


def loadings():
    """(4, 12) float64."""
    words = np.random.RandomState(SEED).randint(0, 2**32, size=SHAPE[0] * SHAPE[1], dtype=np.uint32)
    uniforms = (words & 0xFFFFFF) / 2.0**24
    radii, angles = np.split(uniforms.reshape(-1, BLOCK), 2, axis=1)
    lengths = np.sqrt(-2 * np.log1p(-radii))
    return np.hstack([lengths * np.cos(2 * np.pi * angles), lengths * np.sin(2 * np.pi * angles)]).reshape(SHAPE)


if __name__ == "__main__":
    for row in loadings():
        print("        [" + ", ".join(f"{value:.7g}" for value in row) + "],")
