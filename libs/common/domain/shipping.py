"""Units of an order's lines as both sides count them: delivered in Odoo, fulfilled in Shopify. Pure.

Units are kept by Shopify's line id; a line that Odoo carries in two parts counts as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from libs.common.domain.fulfillments import Fulfillment
from libs.common.domain.kits import Kit, kit_of, kits_moved
from libs.common.domain.sales import CANCELLED, DONE, INCOMING, Move, Picking, SaleLine, SaleOrder

#: Units by Shopify's line id.
Units = dict[str, Decimal]

_KEY = re.compile(r"line_(\d+)(?:_part\d+)?")


def shopify_line(line: SaleLine) -> str | None:
    """The id of the line in Shopify; None for one of Odoo's own, and for shipping, tips and the like."""
    found = _KEY.fullmatch(line.key)
    return found[1] if found else None


def kits_of(order: SaleOrder) -> dict[int, Kit]:
    """The lines that Odoo delivers as kits, by their id in Odoo."""
    found = ((line.id, kit_of(order, line)) for line in order.lines)
    return {line_id: kit for line_id, kit in found if kit is not None}


def moved_units(order: SaleOrder, pickings: Iterable[Picking]) -> Units:
    """What the done ones of these transfers moved.

    Of a kit it is the kits that became whole by them; of one that is not understood, what Odoo has delivered of it.
    """
    done = [picking for picking in pickings if any(move.state == DONE for move in picking.moves)]
    moves = [move for picking in done for move in picking.moves if move.state == DONE]
    kits = kits_of(order)
    units: Units = {}
    for line in order.lines:
        line_id, mine = shopify_line(line), [move.quantity for move in moves if move.sale_line_id == line.id]
        if line_id is None or not mine:
            continue
        kit = kits.get(line.id)
        if kit is None:
            number = sum(mine, Decimal(0))
        elif kit.understood:
            number = Decimal(sum(kits_moved(kit, order, picking) for picking in done))
        else:
            number = line.delivered
        if number or kit is None or not kit.understood:
            _add(units, line_id, number)
    return units


def delivered_units(order: SaleOrder) -> Units:
    """What left in done deliveries, returns not taken off."""
    return moved_units(order, order.deliveries)


def returned_units(order: SaleOrder) -> Units:
    return moved_units(order, [picking for picking in order.pickings if picking.code == INCOMING])


def fulfilled_units(fulfillments: Iterable[Fulfillment]) -> Units:
    """What left according to these; those that were cancelled or failed do not count."""
    units: Units = {}
    for fulfillment in fulfillments:
        if fulfillment.counts:
            for line in fulfillment.lines:
                _add(units, line.line_id, Decimal(line.quantity))
    return units


def open_moves(order: SaleOrder, pickings: Iterable[Picking], line_id: str) -> list[tuple[Picking, Move]]:
    """The moves that can still deliver a line, in these pickings, in their order."""
    lines = {line.id for line in order.lines if shopify_line(line) == line_id}
    return [
        (picking, move)
        for picking in pickings
        for move in picking.moves
        if picking.is_open and move.sale_line_id in lines and move.state not in {DONE, CANCELLED}
    ]


def minus(units: Mapping[str, Decimal], others: Mapping[str, Decimal]) -> Units:
    """What is left above nothing, line by line."""
    return {line: n - others.get(line, Decimal(0)) for line, n in units.items() if n > others.get(line, Decimal(0))}


def at_most(units: Mapping[str, Decimal], others: Mapping[str, Decimal]) -> Units:
    """The smaller of both, line by line, where that is something."""
    both = {line: min(n, others.get(line, Decimal(0))) for line, n in units.items()}
    return {line: n for line, n in both.items() if n > 0}


def within(units: Mapping[str, Decimal], others: Mapping[str, Decimal]) -> bool:
    """Whether the others have all of these."""
    return not minus(units, others)


def line_name(order: SaleOrder, line_id: str) -> str:
    """What the order calls a line, for a person."""
    return next((line.name for line in order.lines if shopify_line(line) == line_id), f"line {line_id}")


def plain(units: Mapping[str, Decimal]) -> dict[str, str]:
    """For a person and for the ledger: `2`, `0.5`."""
    return {line: f"{number.normalize():f}" for line, number in units.items()}


def _add(units: Units, line_id: str, number: Decimal) -> None:
    units[line_id] = units.get(line_id, Decimal(0)) + number
