import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from stattools.wls import WeightedLeastSquares

FEWER_ROWS = {
    "check_sample_weight_equivalence_on_dense_data": "fits 30 coefficients to 27 rows, which is refused; "
    "test_estimator.py checks the equivalence with more rows than coefficients"
}


# property ------------------------------------------------------------------------------------------------------------
@pytest.mark.filterwarnings("ignore:the columns are linearly dependent:stattools.exceptions.DegenerateDataWarning")
@parametrize_with_checks(
    [
        WeightedLeastSquares(),
        WeightedLeastSquares(fit_intercept=True),
        WeightedLeastSquares(cov_type="HC3", fit_intercept=True),
    ],
    expected_failed_checks=lambda estimator: FEWER_ROWS,
)
def test_the_checks_of_scikit_learn(estimator, check):
    state = np.random.get_state()  # noqa: NPY002  (one of the checks shuffles with the global generator)
    try:
        check(estimator)
    finally:
        np.random.set_state(state)  # noqa: NPY002
