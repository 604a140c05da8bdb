"""Where distributions live, and the Laplacian eigenfunctions that slice them."""

from stattools.domains.base import Domain
from stattools.domains.eigenbasis import EigenBasis
from stattools.domains.euclidean import Box, Circle, Cylinder, Interval, Torus
from stattools.domains.graph import Graph
from stattools.domains.grid import Grid
from stattools.domains.mesh import Mesh
from stattools.domains.parse import parse_domain, parse_points
from stattools.domains.pointcloud import PointCloud
from stattools.domains.precomputed import Precomputed
from stattools.domains.sphere import Sphere
from stattools.domains.weightings import Weighting

__all__ = [
    "Box",
    "Circle",
    "Cylinder",
    "Domain",
    "EigenBasis",
    "Graph",
    "Grid",
    "Interval",
    "Mesh",
    "PointCloud",
    "Precomputed",
    "Sphere",
    "Torus",
    "Weighting",
    "parse_domain",
    "parse_points",
]
