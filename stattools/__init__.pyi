from stattools import (
    bounds as bounds,
    collider as collider,
    datasets as datasets,
    distributions as distributions,
    domains as domains,
    exceptions as exceptions,
    plotting as plotting,
    resampling as resampling,
    results as results,
    rkhs as rkhs,
    sdr as sdr,
    simulate as simulate,
    twosample as twosample,
    wls as wls,
)
from stattools._versions import show_versions as show_versions
from stattools.collider import (
    ColliderRegressor as ColliderRegressor,
    ProjectedRegressor as ProjectedRegressor,
    compile_dag as compile_dag,
)
from stattools.distributions import DistributionArray as DistributionArray
from stattools.domains import (
    Box as Box,
    Circle as Circle,
    Cylinder as Cylinder,
    Graph as Graph,
    Grid as Grid,
    Interval as Interval,
    Mesh as Mesh,
    PointCloud as PointCloud,
    Precomputed as Precomputed,
    Sphere as Sphere,
    Torus as Torus,
)
from stattools.resampling import Sequential as Sequential, combine_pvalues as combine_pvalues
from stattools.sdr import DistributionSDR as DistributionSDR, FrechetRegressor as FrechetRegressor
from stattools.twosample import (
    isw_anova as isw_anova,
    isw_distance as isw_distance,
    isw_pairwise as isw_pairwise,
    isw_power as isw_power,
    isw_test as isw_test,
)
from stattools.wls import (
    PolynomialSpace as PolynomialSpace,
    WeightedLeastSquares as WeightedLeastSquares,
    optimal_design as optimal_design,
    pool_design as pool_design,
)

__version__: str
__all__: list[str]
