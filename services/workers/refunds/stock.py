"""What a refund does to deliveries: delivered units come back, units that were never delivered are not to be. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from libs.common.domain.orders import Order
from libs.common.domain.outcomes import Hold
from libs.common.domain.refunds import CANCEL, LEGACY_RESTOCK, RETURN, Refund
from libs.common.domain.sales import CANCELLED, DONE, INCOMING, Move, Picking, SaleLine, SaleOrder
from services.workers.refunds.model import LineQuantity, PlannedReturn, ReturnedMove

#: `restockType` of units that come back when they were delivered.
COMES_BACK = frozenset({RETURN, LEGACY_RESTOCK})


@dataclass(frozen=True, slots=True)
class PlannedStock:
    """What to do in the order and its deliveries, and what cannot follow."""

    returned: PlannedReturn | None = None
    quantities: tuple[LineQuantity, ...] = ()
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Restocking:
    """The facts: the order on both sides, all its refunds, and the return that an earlier try made."""

    refund: Refund
    siblings: Sequence[Refund]
    order: Order
    sale: SaleOrder
    external_id: str
    mine: Picking | None
    restock: bool
    """The store's rule: whether restocked units come back."""
    all_units: bool = False
    """Of an order without invoice: every refunded unit that was not delivered leaves the order."""


def plan_stock(facts: Restocking) -> PlannedStock:
    """Nothing for a cancelled order: its deliveries are cancelled with it."""
    if facts.sale.state == CANCELLED:
        return PlannedStock()
    moves: list[ReturnedMove] = []
    quantities: list[LineQuantity] = []
    left_over: list[dict[str, object]] = []
    for line_id in dict.fromkeys(line.line_id for line in facts.refund.lines):
        parts = facts.sale.lines_of(f"line_{line_id}")
        if not parts:
            continue  # the credit note's lines say so, or a person was asked already
        back = _returned_moves(facts, line_id, parts) if facts.restock else []
        moves += back
        lowered, missing = _lowered(facts, line_id, parts, back)
        quantities += lowered
        if missing:
            left_over.append({"line": parts[0].name.split("\n")[0], "units": f"{missing.normalize():f}"})
    returned = None
    if facts.mine is not None and facts.mine.state != CANCELLED:
        returned = PlannedReturn(facts.external_id, (), facts.mine.id)
    elif moves:
        returned = PlannedReturn(facts.external_id, tuple(moves))
    return PlannedStock(returned, tuple(quantities), _hold(facts, left_over) if left_over else None)


def _returned_moves(facts: Restocking, line_id: str, parts: Sequence[SaleLine]) -> list[ReturnedMove]:
    """The delivered moves that this refund's units come back from, oldest first."""
    wanted = _units((facts.refund,), line_id, COMES_BACK)
    ids = {part.id for part in parts}
    taken = Decimal(sum((_counted(move) for move in _moves_back(facts, ids)), Decimal(0)))
    planned = []
    for picking, move in _delivered(facts.sale, ids):
        free = move.quantity - min(taken, move.quantity)
        taken -= min(taken, move.quantity)
        units = min(int(free), wanted)
        if units:
            wanted -= units
            planned.append(ReturnedMove(move.id, picking.id, move.product_id, move.sale_line_id or 0, units))
    return planned


def _lowered(
    facts: Restocking, line_id: str, parts: Sequence[SaleLine], back: Sequence[ReturnedMove]
) -> tuple[list[LineQuantity], Decimal]:
    """Lower quantities, and how many units could not be taken off because they were delivered.

    The aim is reckoned from Shopify's figures of all the order's refunds: a repeat comes to the same.
    """
    sold = next((line.sold_quantity for line in facts.order.lines if line.id == line_id), None)
    if sold is None:
        return [], Decimal(0)
    excess = sum((part.quantity for part in parts), Decimal(0)) - (sold - _never_delivered(facts, line_id, parts))
    coming: dict[int, int] = {}
    for move in back if facts.all_units else ():
        coming[move.sale_line_id] = coming.get(move.sale_line_id, 0) + move.quantity
    planned = []
    for part in reversed(parts):
        room = part.quantity - (part.delivered - coming.get(part.id, 0))
        units = min(max(room, Decimal(0)), max(excess, Decimal(0)))
        if units:
            excess -= units
            planned.append(LineQuantity(part, part.quantity - units))
    return planned, max(excess, Decimal(0))


def _never_delivered(facts: Restocking, line_id: str, parts: Sequence[SaleLine]) -> int:
    """Units of all refunds that are not to be delivered any more."""
    if facts.all_units:
        return _units(facts.siblings, line_id, None)
    cancelled = _units(facts.siblings, line_id, frozenset({CANCEL}))
    ids = {part.id for part in parts}
    if not any(move.sale_line_id in ids for picking in facts.sale.deliveries for move in picking.moves):
        return cancelled  # nothing of it is delivered from stock
    delivered = sum((move.quantity for _, move in _delivered(facts.sale, ids)), Decimal(0))
    return cancelled + max(0, _units(facts.siblings, line_id, COMES_BACK) - int(delivered))


def _units(refunds: Sequence[Refund], line_id: str, kinds: frozenset[str] | None) -> int:
    return sum(
        line.quantity
        for refund in refunds
        for line in refund.lines
        if line.line_id == line_id and (kinds is None or line.restock_type in kinds)
    )


def _delivered(sale: SaleOrder, ids: set[int]) -> Iterator[tuple[Picking, Move]]:
    for picking in sorted(sale.deliveries, key=lambda one: one.id):
        for move in picking.moves:
            if move.sale_line_id in ids and move.state == DONE:
                yield picking, move


def _moves_back(facts: Restocking, ids: set[int]) -> Iterator[Move]:
    """Of returns other than this refund's own."""
    for picking in facts.sale.pickings:
        if picking.code == INCOMING and (facts.mine is None or picking.id != facts.mine.id):
            yield from (move for move in picking.moves if move.sale_line_id in ids and move.state != CANCELLED)


def _counted(move: Move) -> Decimal:
    return move.quantity if move.state == DONE else move.demand


def _hold(facts: Restocking, lines: Sequence[Mapping[str, object]]) -> Hold:
    what = ", ".join(f"{one['units']} of {one['line']!r}" for one in lines)
    return Hold(
        "refund_units_delivered",
        f"refunded in Shopify as not delivered, delivered in Odoo: {what}",
        f"if the goods came back, make the return of that delivery of {facts.sale.name} in Odoo, then retry",
        {"order": facts.sale.name, "lines": [dict(one) for one in lines]},
    )
