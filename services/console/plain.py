"""How every command ends: 0 when all is well, 1 when something is not as it should be, 2 for bad input or settings.

What went wrong is told on standard error in sentences; a stack trace is left to what nobody expected.
"""

from __future__ import annotations

import functools
import io
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn, ParamSpec, TypeVar

import typer

from libs.common.errors import ConfigurationError, TandemError

NOT_WELL = 1
BAD_INPUT = 2

P = ParamSpec("P")
R = TypeVar("R")


def tell(sentence: str) -> None:
    """On standard error: what is no result."""
    typer.echo(sentence, err=True)


def fail(*sentences: str, code: int = NOT_WELL) -> NoReturn:
    """Say what is wrong and end with `code`."""
    for sentence in sentences:
        tell(sentence)
    raise typer.Exit(code)


def bad_input(problems: Iterable[str]) -> NoReturn:
    """One sentence for each problem, and exit code 2."""
    fail(*problems, code=BAD_INPUT)


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose expected failures become sentences and an exit code."""

    @functools.wraps(command)
    def run(*args: P.args, **options: P.kwargs) -> R:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A terminal that knows no ✓ and no ü gets a question mark, not a stack trace.
                stream.reconfigure(errors="replace")
        try:
            return command(*args, **options)
        except ConfigurationError as error:
            bad_input(error.problems)
        except TandemError as error:
            fail(str(error))
        except BrokenPipeError:
            # Whoever read our output (`| head`) has seen enough.
            sys.stderr.close()
            raise typer.Exit(0) from None

    return run
