"""Result objects: tests, fits and bounds that print, tabulate, store and plot themselves."""

from stattools.results.base import Result
from stattools.results.bound import BoundResult
from stattools.results.fit import FitResult
from stattools.results.htest import HTestResult
from stattools.results.interval import ConfidenceInterval
from stattools.results.resampling import ResamplingInfo
from stattools.results.serialization import decode, encode, register
from stattools.results.summary import Summary

__all__ = [
    "BoundResult",
    "ConfidenceInterval",
    "FitResult",
    "HTestResult",
    "ResamplingInfo",
    "Result",
    "Summary",
    "decode",
    "encode",
    "register",
]
