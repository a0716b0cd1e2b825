"""What a refund does to deliveries: delivered units come back, units that were never delivered are not to be. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from libs.common.domain.fulfillments import OrderFulfillments
from libs.common.domain.kits import Kit, kit_of
from libs.common.domain.orders import Order
from libs.common.domain.outcomes import Hold
from libs.common.domain.refunds import CANCEL, LEGACY_RESTOCK, RETURN, Refund
from libs.common.domain.sales import CANCELLED, DONE, INCOMING, Move, Picking, SaleLine, SaleOrder
from libs.common.domain.shipping import kits_of
from services.workers.refunds.kits import counted, kits_back, returned_kits
from services.workers.refunds.model import LineQuantity, PlannedReturn, ReturnedMove
from services.workers.refunds.unshipped import not_restocked_nor_shipped

#: `restockType` of units that come back when they were delivered.
COMES_BACK = frozenset({RETURN, LEGACY_RESTOCK})
RESTOCKED = frozenset({CANCEL, *COMES_BACK})


@dataclass(frozen=True, slots=True)
class PlannedStock:
    """What to do in the order and its deliveries, and what cannot follow."""

    returned: PlannedReturn | None = None
    quantities: tuple[LineQuantity, ...] = ()
    quantities_after: tuple[LineQuantity, ...] = ()
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
    before: Sequence[Refund] = ()
    """Earlier refunds of the order whose returns are still to be made: they take the first units."""
    all_units: bool = False
    """Of an order without invoice: every refunded unit that was not delivered leaves the order."""
    shipping: OrderFulfillments | None = None
    """What Shopify shipped and has left to ship; None where nothing hangs on it."""


def plan_stock(facts: Restocking) -> PlannedStock:
    """Nothing for a cancelled order: its deliveries are cancelled with it."""
    if facts.sale.state == CANCELLED:
        return PlannedStock()
    moves: list[ReturnedMove] = []
    lines: list[_Lowering] = []
    for line_id in dict.fromkeys(line.line_id for line in facts.refund.lines):
        parts = facts.sale.lines_of(f"line_{line_id}")
        if parts:  # of a tip; or the credit note's lines have told a person
            back = _returned_moves(facts, line_id, parts) if facts.restock else []
            moves += back
            lines.append(_lowered(facts, line_id, parts, back))
    returned = None
    if facts.mine is not None and facts.mine.state != CANCELLED:
        returned = PlannedReturn(facts.external_id, (), facts.mine.id)
    elif moves:
        returned = PlannedReturn(facts.external_id, tuple(moves))
    return PlannedStock(
        returned,
        tuple(one for line in lines for one in line.before),
        tuple(one for line in lines for one in line.after),
        _hold(facts, lines),
    )


@dataclass(slots=True)
class _Lowering:
    """What becomes of the quantities of one line's parts."""

    title: str
    unclear: int = 0
    """Kits to come back whose parts do not come to what Odoo counts."""
    before: list[LineQuantity] = field(default_factory=list)
    after: list[LineQuantity] = field(default_factory=list)
    delivered: Decimal = Decimal(0)
    """Units that could not be taken off, because they are delivered."""


def _returned_moves(facts: Restocking, line_id: str, parts: Sequence[SaleLine]) -> list[ReturnedMove]:
    """The delivered moves that this refund's units come back from, oldest first."""
    wanted = _units((facts.refund,), line_id, COMES_BACK)
    kits = kits_of(facts.sale)
    mine = [kits[part.id] for part in parts if part.id in kits]
    if mine:
        return _returned_kits(facts, line_id, mine)
    ids = {part.id for part in parts}
    taken = sum((counted(move) for move in _moves_back(facts, ids)), Decimal(_units(facts.before, line_id, COMES_BACK)))
    planned = []
    for picking, move in _delivered(facts.sale, ids):
        free = move.quantity - min(taken, move.quantity)
        taken -= min(taken, move.quantity)
        units = min(int(free), wanted)
        if units:
            wanted -= units
            back = ReturnedMove(
                move.id, picking.id, move.product_id, move.sale_line_id or 0, Decimal(units), line_units=units
            )
            planned.append(back)
    return planned


def _returned_kits(facts: Restocking, line_id: str, kits: Sequence[Kit]) -> list[ReturnedMove]:
    wanted = _units((facts.refund,), line_id, COMES_BACK)
    before = _units(facts.before, line_id, COMES_BACK)
    planned: list[ReturnedMove] = []
    for kit in kits:
        back = returned_kits(kit, facts.sale, facts.mine, wanted=wanted, before=before)
        planned += back
        wanted -= sum(move.line_units for move in back)
        before = max(0, before - kit.delivered)
    return planned


def _lowered(facts: Restocking, line_id: str, parts: Sequence[SaleLine], back: Sequence[ReturnedMove]) -> _Lowering:
    """Lower quantities, before units come back and after.

    The aim is reckoned from Shopify's figures of all the order's refunds: a repeat comes to the same. Whenever a
    quantity is written, Odoo has as much open as it exceeds what left less what came back, and would ship again what
    came back before (of an order that keeps its returned units): so these units leave the order as well.
    """
    found = _Lowering(parts[0].name.split("\n")[0])
    sold = next((line.sold_quantity for line in facts.order.lines if line.id == line_id), None)
    if sold is None:
        return found
    if facts.restock and any(kit and not kit.understood for kit in (kit_of(facts.sale, one) for one in parts)):
        beyond = int(sum(part.delivered for part in parts)) - (sold - _units(facts.siblings, line_id, None))
        found.unclear = max(0, min(beyond, _units((facts.refund,), line_id, COMES_BACK)))
    never = _never_delivered(facts, line_id, parts)
    aim = Decimal(sold - never)
    if never and not facts.all_units:
        aim -= sum((_came_back(facts, part) for part in parts), Decimal(0))
    excess = sum((part.quantity for part in parts), Decimal(0)) - aim
    coming: dict[int, int] = {}
    for move in back if facts.all_units else ():
        coming[move.sale_line_id] = coming.get(move.sale_line_id, 0) + move.line_units
    for part in reversed(parts):
        # What comes back leaves the order by itself; only the rest is taken off what is still to be delivered.
        later = min(max(excess, Decimal(0)), Decimal(coming.get(part.id, 0)))
        now = min(max(part.quantity - part.delivered, Decimal(0)), max(excess - later, Decimal(0)))
        excess -= now + later
        if now:
            found.before.append(LineQuantity(part, part.quantity - now))
        if later:
            found.after.append(LineQuantity(part, part.quantity - now - later))
    found.delivered = max(excess, Decimal(0))
    return found


def _never_delivered(facts: Restocking, line_id: str, parts: Sequence[SaleLine]) -> int:
    """Units of all refunds that are not to be delivered any more."""
    ids = {part.id for part in parts}
    stocked = any(move.sale_line_id in ids for picking in facts.sale.deliveries for move in picking.moves)
    if not stocked:  # nothing of it is delivered from stock
        return _units(facts.siblings, line_id, None if facts.all_units else frozenset({CANCEL}))
    delivered = sum((_left(facts.sale, part) for part in parts), Decimal(0))
    kept = not_restocked_nor_shipped(line_id, facts.order, facts.siblings, facts.shipping, delivered)
    if facts.all_units:
        return _units(facts.siblings, line_id, RESTOCKED) + kept
    cancelled = _units(facts.siblings, line_id, frozenset({CANCEL}))
    return cancelled + kept + max(0, _units(facts.siblings, line_id, COMES_BACK) - int(delivered))


def _units(refunds: Sequence[Refund], line_id: str, kinds: frozenset[str] | None) -> int:
    return sum(
        line.quantity
        for refund in refunds
        for line in refund.lines
        if line.line_id == line_id and (kinds is None or line.restock_type in kinds)
    )


def _left(sale: SaleOrder, part: SaleLine) -> Decimal:
    """Units that left, whatever came back."""
    kit = kit_of(sale, part)
    if kit is not None:
        return Decimal(kit.delivered) if kit.understood else part.delivered
    return sum((move.quantity for _, move in _delivered(sale, {part.id})), Decimal(0))


def _came_back(facts: Restocking, part: SaleLine) -> Decimal:
    """Units of returns other than this refund's own."""
    kit = kit_of(facts.sale, part)
    if kit is not None:
        return kits_back(kit, facts.sale, facts.mine)
    return sum((counted(move) for move in _moves_back(facts, {part.id})), Decimal(0))


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


def _hold(facts: Restocking, lines: Sequence[_Lowering]) -> Hold | None:
    """What a person must do in the warehouse, when everything else is done."""
    delivered = [(line.title, line.delivered) for line in lines if line.delivered]
    if delivered:
        return Hold(
            "refund_units_delivered",
            f"refunded in Shopify as not delivered, delivered in Odoo: {_told(delivered)}",
            f"if the goods came back, make the return of that delivery of {facts.sale.name} in Odoo, then retry",
            {"order": facts.sale.name, "lines": _details(delivered)},
        )
    unclear = [(line.title, Decimal(line.unclear)) for line in lines if line.unclear]
    if unclear:
        return Hold(
            "return_of_kit",
            f"came back in Shopify, of kits whose parts do not come to what Odoo counts: {_told(unclear)}",
            f"make the return of that delivery of {facts.sale.name} in Odoo by hand, then retry",
            {"order": facts.sale.name, "lines": _details(unclear)},
        )
    return None


def _told(lines: Sequence[tuple[str, Decimal]]) -> str:
    return ", ".join(f"{units.normalize():f} of {title!r}" for title, units in lines)


def _details(lines: Sequence[tuple[str, Decimal]]) -> list[dict[str, str]]:
    return [{"line": title, "units": f"{units.normalize():f}"} for title, units in lines]


def unshipped(siblings: Sequence[Refund], sale: SaleOrder, order_id: str) -> list[LineQuantity]:
    """Shipping lines of which all was given back."""
    given: dict[str, Decimal] = {}
    for one in (shipping for refund in siblings for shipping in refund.shipping):
        given[one.shipping_line_id] = given.get(one.shipping_line_id, Decimal(0)) + one.subtotal.amount
    prefix = f"shipping_{order_id}_"
    lines = [line for line in sale.lines if line.key.startswith(prefix) and line.quantity]
    return [
        LineQuantity(line, Decimal(0)) for line in lines if _given(line, given, prefix, len(lines)) == line.amount != 0
    ]


def _given(line: SaleLine, given: dict[str, Decimal], prefix: str, count: int) -> Decimal:
    amount = given.get(line.key.removeprefix(prefix), Decimal(0))
    return amount + (given.get("", Decimal(0)) if count == 1 else Decimal(0))
