"""What to tell Shopify about one delivery: pure, so that a dry run is this plan printed.

Never more than Odoo delivered in all, and never what Shopify has already: a fulfillment that was made before and
whose answer was lost is found again by its units, and whoever made the others, they count.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from libs.common.domain.fulfillments import Fulfillment, OrderFulfillments, Tracking
from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.rules import StoreRules
from libs.common.domain.sales import DONE, OUTGOING, Picking, SaleOrder
from libs.common.domain.shipping import (
    Units,
    at_most,
    delivered_units,
    fulfilled_units,
    kits_of,
    minus,
    moved_units,
    plain,
    returned_units,
    shopify_line,
    within,
)
from services.workers.deliveries.model import Changes, Head, Situation
from services.workers.deliveries.places import allot, remaining_units
from services.workers.deliveries.refusals import cancelled_hold, gone_hold, short_hold, unwhole_hold
from services.workers.deliveries.tracking import changed_tracking, delivery_digest, tracking_of

#: A fulfillment that was made before the delivery was done cannot be of its making; clocks may differ by this.
CLOCKS_DIFFER = timedelta(minutes=10)
#: An earlier delivery of the order is done within seconds, or is held: then nobody tells this one.
EARLIER_AT_LATEST = timedelta(minutes=1)


def plan(situation: Situation, rules: StoreRules) -> Changes | Hold | Ignore | Needs | Nothing:
    """Decide about one delivery.

    `Changes` when there is something to tell Shopify or a fulfillment to link, `Nothing` when it was told before,
    `Ignore` by a rule, `Needs` its order or an earlier delivery first, `Hold` where a person must act.
    """
    rule = _left_out(situation, rules)
    if rule is not None:
        return Ignore(rule)
    if situation.order is None or situation.head is None:
        return Needs(situation.order_record or "")
    picking = next((one for one in situation.order.deliveries if one.id == situation.head.id), None)
    if picking is None:
        return Ignore("not a delivery of a linked order")
    units = moved_units(situation.order, [picking])
    if not units:
        return Ignore(_nothing(situation.order, picking))
    if situation.shopify is None:
        return gone_hold(situation.order, picking)
    if situation.earlier is not None:
        return Needs(situation.earlier, at_latest=EARLIER_AT_LATEST)
    return _decide(situation, situation.order, situation.shopify, _Delivery(situation.head, picking, units), rules)


class _Delivery:
    """The delivery at hand, while it is decided about."""

    def __init__(self, head: Head, picking: Picking, units: Units) -> None:
        self.head = head
        self.picking = picking
        self.units = units


def _left_out(situation: Situation, rules: StoreRules) -> str | None:
    """The rule that leaves a delivery out."""
    head = situation.head
    if not rules.fulfillments.to_shopify:
        return "fulfillments.to_shopify: false"
    if head is None:
        return "deleted in Odoo, or no delivery"
    if head.code != OUTGOING:
        return "not an outgoing delivery"
    if head.state != DONE:
        return f"not done: {head.state}"
    if head.sale_id is None:
        return "not the delivery of a sale order"
    if situation.order_record is None:
        return "not the delivery of a linked order"
    return None


def _nothing(order: SaleOrder, picking: Picking) -> str:
    """Why a delivery has no units of Shopify's."""
    kits = kits_of(order)
    parts = {line.name for line in order.lines if line.id in kits and shopify_line(line)}
    if any(move.sale_line_id in kits and move.state == DONE for move in picking.moves) and parts:
        return (
            f"holds parts of a kit that is not whole yet: {', '.join(sorted(parts))}; the delivery of the rest is told"
        )
    return "holds nothing that was ordered in Shopify"


def _decide(
    situation: Situation, order: SaleOrder, shopify: OrderFulfillments, delivery: _Delivery, rules: StoreRules
) -> Changes | Hold | Nothing:
    tracking = tracking_of(delivery.picking, rules.fulfillments)
    fingerprint = delivery_digest(delivery.units, tracking)
    known = {one.id: one for one in shopify.fulfillments}
    own = [known[one] for one in situation.own if one in known]
    found, left = _found(situation, shopify, delivery, own, tracking)
    fulfilled = fulfilled_units(shopify.fulfillments)
    wanted = at_most(left, minus(delivered_units(order), fulfilled))
    remaining = remaining_units(shopify, _location(delivery.picking, rules))
    lost = [one for one in own if not one.counts]
    if lost or not within(wanted, remaining):
        # What came back and left again was told when it left first.
        net = minus(delivered_units(order), returned_units(order))
        wanted = at_most(wanted, minus(net, fulfilled))
    if lost and wanted:
        return cancelled_hold(order, shopify, delivery.picking, lost[0], wanted)
    if any(number != number.to_integral_value() for number in wanted.values()):
        return unwhole_hold(order, delivery.picking, wanted)
    if not within(wanted, remaining):
        place = _location(delivery.picking, rules)
        return short_hold(order, shopify, delivery.picking, wanted, remaining=remaining, location_id=place)
    retrack = changed_tracking(found, delivery.units, tracking, situation.synced_digest)
    told = situation.synced_digest is not None and len(found) == len(own)
    if own and told and not wanted and not retrack:
        return Nothing(fingerprint)
    return Changes(
        record_id=situation.record_id,
        digest=fingerprint,
        version=delivery.head.write_date,
        name=delivery.head.name,
        order_name=shopify.order_name,
        found=tuple(one.id for one in found),
        found_name=found[0].name if found else "",
        creations=allot(shopify, wanted, _location(delivery.picking, rules)),
        tracking=tracking,
        retrack=retrack,
        notify=rules.fulfillments.notify_customer,
        failed_before=situation.failed_before,
        notes=_notes(shopify, found, wanted, delivery.units),
    )


def _location(picking: Picking, rules: StoreRules) -> str | None:
    """Where Shopify is to ship from; None when the warehouse is not mapped: from wherever it expects it."""
    return rules.fulfillments.locations.get(picking.warehouse_id) if picking.warehouse_id else None


def _found(
    situation: Situation,
    shopify: OrderFulfillments,
    delivery: _Delivery,
    own: Iterable[Fulfillment],
    tracking: Tracking,
) -> tuple[list[Fulfillment], Units]:
    """The fulfillments that are this delivery's, with what of it they leave: known ones, then those of lost answers."""
    found = list(own)
    left = minus(delivery.units, fulfilled_units(found))
    since = delivery.picking.done_at - CLOCKS_DIFFER if delivery.picking.done_at else None
    taken = {*situation.own, *situation.others}
    for fulfillment in sorted(shopify.fulfillments, key=lambda one: _likeness(one, left, tracking)):
        units = fulfilled_units([fulfillment])
        of_it = units and within(units, left) and (since is None or fulfillment.created_at >= since)
        if fulfillment.id not in taken and of_it and _may_carry(fulfillment, tracking):
            found.append(fulfillment)
            left = minus(left, units)
    return found, left


def _likeness(fulfillment: Fulfillment, units: Units, tracking: Tracking) -> tuple[bool, bool, Any]:
    """The same number first, then the very same units, then by age."""
    numbers = {one.number for one in fulfillment.tracking}
    same_number = bool(tracking.number) and tracking.number in numbers
    return (not same_number, fulfilled_units([fulfillment]) != units, fulfillment.created_at)


def _may_carry(fulfillment: Fulfillment, tracking: Tracking) -> bool:
    """Whether its tracking does not speak against it."""
    numbers = {one.number for one in fulfillment.tracking if one.number}
    return not tracking.number or not numbers or tracking.number in numbers


def _notes(shopify: OrderFulfillments, found: Iterable[Fulfillment], wanted: Units, units: Units) -> dict[str, Any]:
    notes: dict[str, Any] = {"delivered": plain(units)}
    names = [one.name for one in found]
    if names:
        notes["found"] = names
    if wanted:
        notes["fulfilled"] = plain(wanted)
    elif not names:
        notes["covered_by"] = [one.name for one in shopify.fulfillments if one.counts]
    return notes
