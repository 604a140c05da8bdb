"""Result objects: tests, fits and bounds that print, tabulate, store and plot themselves."""

from stattools.results.base import Result
from stattools.results.htest import ConfidenceInterval, HTestResult
from stattools.results.resampling import ResamplingInfo
from stattools.results.serialization import decode, encode, register
from stattools.results.summary import Summary

__all__ = [
    "ConfidenceInterval",
    "HTestResult",
    "ResamplingInfo",
    "Result",
    "Summary",
    "decode",
    "encode",
    "register",
]
