"""How planning stops where a person must decide, or another record goes first."""

from __future__ import annotations

from typing import NoReturn

from libs.common.domain.outcomes import Hold, Needs


class HoldOrder(Exception):
    """Planning found a reason to ask a person."""

    def __init__(self, hold: Hold) -> None:
        self.hold = hold
        super().__init__(hold.message)


class WaitForProduct(Exception):
    """Planning found a product that is on its way to Odoo."""

    def __init__(self, needs: Needs) -> None:
        self.needs = needs
        super().__init__(needs.record_id)


def refuse(code: str, message: str, hint: str, **details: object) -> NoReturn:
    raise HoldOrder(Hold(code, message, hint, details))
