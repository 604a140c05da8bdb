import numpy as np
from sklearn.utils.estimator_checks import parametrize_with_checks

from stattools.sdr import DistributionSDR

OTHER_WORDS = "refused, in the words that all data of stattools are refused with"
NAMED_Y = "the response is called Y, since it may be distributions; a pipeline passes it by position"
EXPECTED = {
    "check_complex_data": OTHER_WORDS,
    "check_dtype_object": OTHER_WORDS,
    "check_estimators_empty_data_messages": OTHER_WORDS,
    "check_estimators_nan_inf": OTHER_WORDS,
    "check_fit2d_predict1d": "refused for its number of columns: one dimension is a column, also in transform",
    "check_fit1d": "one dimension is a column of numbers",
    "check_transformer_data_not_an_array": NAMED_Y,
    "check_transformer_general": NAMED_Y,
}


# property ------------------------------------------------------------------------------------------------------------
@parametrize_with_checks(
    [
        DistributionSDR(n_components=1, criteria=(), random_state=1),
        DistributionSDR("gsir1", n_components=1, criteria=(), solver="rpcholesky", random_state=1),
    ],
    expected_failed_checks=lambda estimator: EXPECTED,
)
def test_the_checks_of_scikit_learn(estimator, check):
    state = np.random.get_state()  # noqa: NPY002  (one of the checks shuffles with the global generator)
    try:
        check(estimator)
    finally:
        np.random.set_state(state)  # noqa: NPY002
