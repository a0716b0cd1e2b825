"""What to do in Odoo about one fulfillment: pure, so that a dry run is this plan printed.

Levels decide, not events: what Shopify has fulfilled of a line so far against what Odoo has delivered of it. So a
fulfillment of our own that comes back, a repeat and a delivery that somebody validated by hand need nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from libs.common.domain.digests import digest
from libs.common.domain.fulfillments import Fulfillment
from libs.common.domain.kits import Kit, kit_parts
from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.rules import FromShopify, StoreRules
from libs.common.domain.sales import CANCELLED, DONE, Move, Picking, SaleOrder
from libs.common.domain.shipping import (
    Units,
    at_most,
    delivered_units,
    fulfilled_units,
    kits_of,
    minus,
    open_moves,
    plain,
    returned_units,
    shopify_line,
)
from services.workers.fulfillments.model import Changes, MoveUnits, PickingUnits, Situation
from services.workers.fulfillments.refusals import cancelled_hold, kit_hold, order_cancelled_hold, short_hold

EARLIER_AT_LATEST = timedelta(minutes=1)
WAITING = "waiting"
"""The state of a picking that another one (of the same warehouse) must come before."""


def plan(situation: Situation, rules: StoreRules) -> Changes | Hold | Ignore | Needs | Nothing:
    """Decide about one fulfillment.

    `Changes` for deliveries to validate (or a tracking number to write), `Nothing` when Odoo has it already, `Ignore`
    by a rule, `Needs` its order or an earlier fulfillment first, `Hold` where a person must act.
    """
    fulfillment, known = situation.fulfillment, situation.delivery or situation.picking_id
    if rules.fulfillments.from_shopify is FromShopify.IGNORE and not known:
        return Ignore("fulfillments.from_shopify: ignore")
    if fulfillment is None:
        return Ignore("not in Shopify any more")
    if not fulfillment.counts and not known:
        return Ignore(f"{fulfillment.status} in Shopify before anything was delivered for it")
    waiting = _order_first(situation)
    if waiting is not None:
        return waiting
    order = situation.order
    if order is None:
        return Ignore("the order was deleted in Odoo")
    if not fulfillment.counts:
        return _cancelled(situation, fulfillment, order)
    if situation.delivery and situation.picking_id is None:  # Odoo's own word, come back
        return Nothing(fulfillment_digest(fulfillment))
    if situation.earlier is not None:
        return Needs(situation.earlier, at_latest=EARLIER_AT_LATEST)
    return _decide(situation, fulfillment, order, rules)


def fulfillment_digest(fulfillment: Fulfillment) -> str:
    """Changes with its units, its status and how it can be followed."""
    return digest(
        {
            "status": fulfillment.status,
            "lines": fulfilled_units([fulfillment]),
            "tracking": [(one.company, one.number, one.url) for one in fulfillment.tracking],
        }
    )


def _order_first(situation: Situation) -> Ignore | Needs | None:
    state = situation.order_state
    if state is None:
        return Ignore("not of an order")
    if state.target_id is not None:
        return None
    return Ignore(f"order left out: {state.ignored}") if state.ignored else Needs(state.record_id)


def _cancelled(situation: Situation, fulfillment: Fulfillment, order: SaleOrder) -> Hold | Nothing:
    """It was delivered in Odoo and then cancelled in Shopify: goods that came back there leave nothing to do."""
    net = minus(delivered_units(order), returned_units(order))
    gone = {line.line_id for line in fulfillment.lines}
    beyond = {line: n for line, n in minus(net, fulfilled_units(situation.siblings)).items() if line in gone}
    return cancelled_hold(order, fulfillment, beyond) if beyond else Nothing(fulfillment_digest(fulfillment))


def _decide(
    situation: Situation, fulfillment: Fulfillment, order: SaleOrder, rules: StoreRules
) -> Changes | Hold | Ignore | Needs | Nothing:
    fingerprint = fulfillment_digest(fulfillment)
    wanted = _wanted(situation, fulfillment, order)
    if wanted and order.state == CANCELLED:
        return order_cancelled_hold(order, fulfillment, wanted)
    if wanted and not order.is_confirmed:
        return _unconfirmed(situation, rules)
    wanted = _goods(order, wanted)
    unclear = {shopify_line(kit.line) for kit in kits_of(order).values() if not kit.understood}
    if unclear & wanted.keys():
        return kit_hold(order, fulfillment, {line: n for line, n in wanted.items() if line in unclear})
    pickings = _pickings(fulfillment, order, rules)
    chosen, short = _choose(order, pickings, wanted)
    if short:
        return short_hold(order, fulfillment, wanted, short)
    tracking_ref, tracked = _tracking(situation, order, fulfillment, chosen, rules)
    if not chosen and not tracked:
        return Nothing(fingerprint)
    return Changes(
        record_id=situation.record_id,
        digest=fingerprint,
        version=fulfillment.updated_at,
        name=fulfillment.name,
        order_id=order.id,
        pickings=tuple(_whole(picking, moves) for picking, moves in chosen),
        expected={line: delivered_units(order).get(line, Decimal(0)) + number for line, number in wanted.items()},
        tracking_ref=tracking_ref,
        tracked=tracked,
        notes={"order": order.name, "deliveries": [picking.name for picking, _ in chosen], "units": plain(wanted)},
    )


def _unconfirmed(situation: Situation, rules: StoreRules) -> Ignore | Needs:
    """A quotation has no deliveries: its own record says what it waits for."""
    if not rules.until.confirms or situation.order_state is None:
        return Ignore(f"until: {rules.until.value}")
    return Needs(situation.order_state.record_id)


def _wanted(situation: Situation, fulfillment: Fulfillment, order: SaleOrder) -> Units:
    """What Odoo has yet to deliver of this fulfillment: never more than Shopify has fulfilled up to it."""
    until = [one for one in situation.siblings if (one.created_at, one.id) <= (fulfillment.created_at, fulfillment.id)]
    return at_most(fulfilled_units([fulfillment]), minus(fulfilled_units(until), delivered_units(order)))


def _goods(order: SaleOrder, wanted: Units) -> Units:
    """Without the lines that Odoo never delivers: services have no move at all."""
    moved = {move.sale_line_id for picking in order.pickings for move in picking.moves}
    goods = {shopify_line(line) for line in order.lines if line.id in moved}
    return {line: number for line, number in wanted.items() if line in goods}


def _pickings(fulfillment: Fulfillment, order: SaleOrder, rules: StoreRules) -> list[Picking]:
    """The open deliveries that may be meant, oldest first: of the warehouse that its location stands for."""
    warehouses = {
        house for house, location in rules.fulfillments.locations.items() if location == fulfillment.location_id
    }
    return [
        picking
        for picking in sorted(order.deliveries, key=lambda one: one.id)
        if picking.is_open and picking.state != WAITING and (not warehouses or picking.warehouse_id in warehouses)
    ]


def _choose(
    order: SaleOrder, pickings: Sequence[Picking], wanted: Units
) -> tuple[list[tuple[Picking, dict[int, Decimal]]], Units]:
    """Which move gives how much, and what none gives."""
    chosen: dict[int, dict[int, Decimal]] = {}
    short: Units = {}
    kits = kits_of(order).values()
    for line, number in wanted.items():
        moves = open_moves(order, pickings, line)
        mine = [kit for kit in kits if shopify_line(kit.line) == line]
        parts, left = _kit_moves(mine, moves, number) if mine else _moves(moves, number)
        for picking, move in moves:
            if move.id in parts:
                chosen.setdefault(picking.id, {})[move.id] = parts[move.id]
        if left > 0:
            short[line] = left
    return [(picking, chosen[picking.id]) for picking in pickings if picking.id in chosen], short


def _moves(moves: Sequence[tuple[Picking, Move]], number: Decimal) -> tuple[dict[int, Decimal], Decimal]:
    """How much each gives, and what is left."""
    parts: dict[int, Decimal] = {}
    for _, move in moves:
        part = min(number, move.demand)
        if part > 0:
            parts[move.id] = part
            number -= part
    return parts, number


def _kit_moves(
    kits: Sequence[Kit], moves: Sequence[tuple[Picking, Move]], number: Decimal
) -> tuple[dict[int, Decimal], Decimal]:
    """Likewise of the parts of kits; a line whose price was split is two kits."""
    parts: dict[int, Decimal] = {}
    for kit in kits:
        mine = [move for _, move in moves if move.sale_line_id == kit.line.id]
        found, whole = kit_parts(kit, int(number), mine)
        parts |= found
        number -= whole
    return parts, number


def _whole(picking: Picking, parts: dict[int, Decimal]) -> PickingUnits:
    return PickingUnits(
        picking.id,
        picking.name,
        tuple(_move(move, parts) for move in picking.moves if move.state not in {DONE, CANCELLED}),
    )


def _move(move: Move, parts: dict[int, Decimal]) -> MoveUnits:
    return MoveUnits(move.id, parts.get(move.id, move.quantity), move.id in parts)


def _tracking(
    situation: Situation,
    order: SaleOrder,
    fulfillment: Fulfillment,
    chosen: Sequence[tuple[Picking, dict[int, Decimal]]],
    rules: StoreRules,
) -> tuple[str | None, tuple[int, ...]]:
    """The number to write, and to which deliveries. Where Odoo tells Shopify as well, a number it has is the better."""
    number = next((one.number for one in fulfillment.tracking if one.number), "")
    if not number or not situation.keeps_tracking or situation.synced_digest == fulfillment_digest(fulfillment):
        return None, ()
    mine = {picking.id for picking, _ in chosen} | ({situation.picking_id} if situation.picking_id else set())
    tracked = [
        picking.id
        for picking in order.deliveries
        if picking.id in mine
        and picking.tracking_number != number
        and not (picking.tracking_number and rules.fulfillments.to_shopify)
    ]
    return (number, tuple(tracked)) if tracked else (None, ())
