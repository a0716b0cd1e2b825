"""How planning stops where a person must decide."""

from __future__ import annotations

from typing import NoReturn

from libs.common.domain.outcomes import Hold


class HoldOrder(Exception):
    """Planning found a reason to ask a person."""

    def __init__(self, hold: Hold) -> None:
        self.hold = hold
        super().__init__(hold.message)


def refuse(code: str, message: str, hint: str, **details: object) -> NoReturn:
    raise HoldOrder(Hold(code, message, hint, details))
