"""From parsed options to an exit code: which command, and how its failures and warnings are shown."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from stattools._errors import StattoolsError

USAGE_ERROR = 2
INTERRUPTED = 130


class CommandError(Exception):
    """What stops a command and is no fault of the data: a file that is not there, a missing package."""


def run(options: argparse.Namespace) -> int:
    """Run the command of `options` with its errors and warnings as single lines on standard error."""
    command = COMMANDS[options.command]
    try:
        with warnings_in_one_line():
            command(options)
            sys.stdout.flush()
    except (CommandError, StattoolsError) as error:
        return fail(options.command, str(error))
    except OSError as error:
        if isinstance(error, BrokenPipeError):  # the reader, such as head, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        return fail(options.command, f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0


def fail(command: str, message: str) -> int:
    message = one_line(message).replace("nan_policy='omit'", "--nan-policy omit")
    print(f"stattools {command}: error: {message}", file=sys.stderr)
    return USAGE_ERROR


def one_line(text: str) -> str:
    """A message without line breaks.

    Examples
    --------
    >>> one_line("a\\n   b")
    'a b'
    """
    return " ".join(text.split())


@contextmanager
def warnings_in_one_line() -> Iterator[None]:
    """Show each warning once, without the line of code it comes from."""

    def show(message: Any, category: type[Warning], *_: Any, **__: Any) -> None:
        print(f"warning: {one_line(str(message))}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def _demo(options: argparse.Namespace) -> None:
    from stattools.cli import demo

    demo.run(out=options.out, seed=options.seed, quick=options.quick)


def _compare(options: argparse.Namespace) -> None:
    from stattools.cli import compare

    compare.run(options)


def _versions(options: argparse.Namespace) -> None:
    from stattools import show_versions

    show_versions()


def _warmup(options: argparse.Namespace) -> None:
    from stattools.cli import warmup

    warmup.run()


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "demo": _demo,
    "compare": _compare,
    "versions": _versions,
    "warmup": _warmup,
}
