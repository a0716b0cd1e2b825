"""How every service begins: settings read and checked as a whole, then logs, or a list of what is wrong and exit 2."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import NoReturn

import structlog

from libs.common.errors import ConfigurationError
from libs.common.logging import configure
from libs.common.settings import S, load
from libs.common.settings_page import unknown_variables

CONFIGURATION_EXIT = 2


def boot(service: str, settings: type[S]) -> S:
    """The settings of a service in a process of its own, with logs going. Ends the process when they are faulty."""
    try:
        loaded = load(settings, allow_embedded=False)
    except ConfigurationError as error:
        refuse(service, error.problems)
    configure(service, loaded)
    for name in unknown_variables():
        structlog.get_logger(__name__).warning("unknown_variable", variable=name, hint="no service reads it")
    return loaded


def refuse(service: str, problems: Iterable[str]) -> NoReturn:
    """List what is wrong on standard error and end with exit code 2."""
    sys.stderr.write(f"{service} cannot start:\n")
    for problem in problems:
        sys.stderr.write(f"  - {problem}\n")
    sys.stderr.flush()
    sys.exit(CONFIGURATION_EXIT)
