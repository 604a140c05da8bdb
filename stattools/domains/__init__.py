"""Where distributions live, and the Laplacian eigenfunctions that slice them."""

from stattools.domains.base import Domain
from stattools.domains.eigenbasis import EigenBasis
from stattools.domains.euclidean import Box, Circle, Cylinder, Interval, Torus
from stattools.domains.grid import Grid
from stattools.domains.sphere import Sphere
from stattools.domains.weightings import Weighting

__all__ = [
    "Box",
    "Circle",
    "Cylinder",
    "Domain",
    "EigenBasis",
    "Grid",
    "Interval",
    "Sphere",
    "Torus",
    "Weighting",
]
