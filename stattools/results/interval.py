"""A confidence interval and how it is printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stattools import _validation
from stattools.results import _format, serialization


@serialization.register
@dataclass(frozen=True)
class ConfidenceInterval:
    """An interval that unpacks to ``(low, high)``.

    Parameters
    ----------
    low, high : float
    confidence_level : float, default 0.95
        Between 0 and 1.
    method : str
        How it was computed.
    of : str
        What it is about, such as "difference in means".

    Raises
    ------
    InvalidParameterError
        The level is not between 0 and 1.

    Examples
    --------
    >>> low, high = ConfidenceInterval(0.1, 0.4, 0.95, of="distance")
    >>> high
    0.4
    """

    low: float
    high: float
    confidence_level: float = 0.95
    method: str = ""
    of: str = ""

    def __post_init__(self) -> None:
        _validation.real(self.confidence_level, "confidence_level", minimum=0, maximum=1, exclusive=True)
        for name in ("low", "high", "confidence_level"):
            object.__setattr__(self, name, float(getattr(self, name)))

    def __iter__(self) -> Iterator[float]:
        return iter((self.low, self.high))

    def words(self, digits: int = 4) -> tuple[str, str]:
        """The numbers and the label before them.

        Examples
        --------
        >>> ConfidenceInterval(0.1, 0.4, of="distance").words()
        ('0.1 to 0.4', '95 percent confidence interval of distance:')
        """
        about = f" of {self.of}" if self.of else ""
        how = f" ({self.method})" if self.method else ""
        label = f"{_format.percent(self.confidence_level)} percent confidence interval{about}:"
        return f"{_format.number(self.low, digits)} to {_format.number(self.high, digits)}{how}", label

    def apa(self) -> str:
        """The interval in the style of the APA.

        Examples
        --------
        >>> ConfidenceInterval(0.1, 0.4).apa()
        '95% CI [0.1, 0.4]'
        """
        about = f" of {self.of}" if self.of else ""
        level = _format.percent(self.confidence_level)
        return f"{level}% CI{about} [{_format.number(self.low, 3)}, {_format.number(self.high, 3)}]"
