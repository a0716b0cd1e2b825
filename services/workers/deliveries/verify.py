"""Reads the new fulfillments back and compares their units with what was delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from libs.common.domain.fulfillments import Fulfillment
from libs.common.domain.outcomes import Hold
from libs.common.domain.shipping import fulfilled_units, plain
from services.workers.context import StoreContext
from services.workers.deliveries.model import Applied, Creation


@dataclass(frozen=True, slots=True)
class Verified:
    """One delivery that Shopify knows of: synced, or held with the difference."""

    applied: Applied
    names: tuple[str, ...] = ()
    """Of the new fulfillments."""
    hold: Hold | None = None


def verify(applied: Sequence[Applied], store: StoreContext) -> list[Verified]:
    """One verdict for each; one request for all that was made, none when nothing was."""
    made = [one for item in applied for one in item.made]
    present = store.shopify.fulfillments(made) if made else {}
    return [_verdict(item, present) for item in applied]


def _verdict(item: Applied, present: Mapping[str, Fulfillment]) -> Verified:
    # One that is not shown yet was accepted all the same: Shopify's reading side may be behind.
    found = [(present[one], creation) for one, creation in item.made.items() if one in present]
    names = tuple(one.name for one, _ in found)
    wrong = [(one, creation) for one, creation in found if not _as_planned(one, creation)]
    if not wrong:
        return Verified(item, names)
    one, creation = wrong[0]
    hold = Hold(
        "fulfillment_differs",
        f"{one.name} was made for {item.changes.name}, and is not what was asked for: its status is {one.status}",
        "look at the fulfilment in Shopify and set it right there, then retry",
        {
            "fulfillment_id": one.id,
            "asked": {line: str(number) for line, number in creation.lines.items()},
            "found": plain(fulfilled_units([one])),
        },
    )
    return Verified(item, names, hold)


def _as_planned(one: Fulfillment, creation: Creation) -> bool:
    return fulfilled_units([one]) == {line: number for line, number in creation.lines.items() if number}
