"""Pictures, drawn with matplotlib on the axes you give or on new ones; results call these from ``result.plot()``."""

from stattools.plotting.bounds import plot_bound_table
from stattools.plotting.bounds_curves import plot_bound_curve
from stattools.plotting.collider import plot_collider
from stattools.plotting.confidence_sequences import plot_confidence_sequence
from stattools.plotting.distributions import plot_distributions
from stattools.plotting.domains import draw_values, plot_slice
from stattools.plotting.frechet import plot_bands, plot_frechet
from stattools.plotting.results import plot_null_distribution
from stattools.plotting.sdr import plot_sdr
from stattools.plotting.sdr_linear import plot_linear_sdr
from stattools.plotting.twosample import plot_localization, plot_power, plot_test
from stattools.plotting.wls import plot_design
from stattools.plotting.wls_fit import plot_fit

__all__ = [
    "draw_values",
    "plot_bands",
    "plot_bound_curve",
    "plot_bound_table",
    "plot_collider",
    "plot_confidence_sequence",
    "plot_design",
    "plot_distributions",
    "plot_fit",
    "plot_frechet",
    "plot_linear_sdr",
    "plot_localization",
    "plot_null_distribution",
    "plot_power",
    "plot_sdr",
    "plot_slice",
    "plot_test",
]
