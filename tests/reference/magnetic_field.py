"""Write magnetic_field.csv: the World Magnetic Model of 2025 at places of the reference sphere, by pygeomag.

Needs ``pip install pygeomag`` (1.1.0), which works with heights above the ellipsoid WGS 84 and with its vertical. So
each place of the sphere is turned into geodetic latitude and height, and the field is turned back.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

SEMI_MAJOR, SEMI_MINOR = 6378.137, 6356.7523142  # km, as pygeomag has them
RADIUS = 6371.2
PLACES = [  # longitude, geocentric latitude
    (0.0, 0.0),
    (-0.13, 51.5),
    (139.7, 35.7),
    (-70.7, -33.4),
    (18.4, -33.9),
    (-149.9, 61.2),
    (180.0, -15.0),
    (77.2, 28.6),
    (100.0, 75.0),
    (-45.0, -80.0),
    (30.0, 89.9),
    (-120.0, -89.9),
]


def geodetic(latitude):
    """Geodetic latitude (radians) and height (km) of a place of the sphere with this geocentric latitude."""
    across, up = RADIUS * math.cos(latitude), RADIUS * math.sin(latitude)
    squared = 1 - (SEMI_MINOR / SEMI_MAJOR) ** 2
    found = latitude
    for _ in range(50):
        normal = SEMI_MAJOR / math.sqrt(1 - squared * math.sin(found) ** 2)
        found = math.atan2(up + squared * normal * math.sin(found), across)
    normal = SEMI_MAJOR / math.sqrt(1 - squared * math.sin(found) ** 2)
    height = across * math.cos(found) + up * math.sin(found) - normal * (1 - squared * math.sin(found) ** 2)
    return found, height


def main():
    from pygeomag import GeoMag

    model = GeoMag(coefficients_file="wmm/WMM_2025.COF")
    with Path(__file__).with_suffix(".csv").open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["longitude", "latitude", "north", "east", "down"])
        for longitude, latitude in PLACES:
            found, height = geodetic(math.radians(latitude))
            field = model.calculate(glat=math.degrees(found), glon=longitude, alt=height, time=2025.0)
            turn = math.radians(latitude) - found
            north = field.x * math.cos(turn) + field.z * math.sin(turn)
            down = field.z * math.cos(turn) - field.x * math.sin(turn)
            writer.writerow([longitude, latitude, *(f"{value:.6f}" for value in (north, field.y, down))])


if __name__ == "__main__":
    main()
