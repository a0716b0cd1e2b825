"""From what both sides have of a variant at a location to what Shopify should show. Pure."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.domain.rules_inventory import Drift, InventoryRules, LocationRules, Named, NotStocked
from libs.common.domain.stock import NONE, Figure, Level, figure, level_digest, level_of
from services.workers.inventory.model import Changes, Situation

#: An order that Odoo is to record is there within seconds, or a person must act: then it is looked at so often.
ORDER_AT_LATEST = timedelta(minutes=2)
#: When a doubt is over (services.workers.inventory.doubt), and the record may be taken a little early.
DOUBT_AT_LATEST = timedelta(seconds=62)


def plan(situation: Situation, rules: InventoryRules) -> Changes | Hold | Ignore | Needs | Nothing:
    """Decide about one pair.

    `Changes` where something is written, or kept with the record, `Nothing` when both sides agree as they did before,
    `Ignore` by a rule, `Hold` where a person must act, `Needs` where an order may be on its way that nobody shows yet.
    """
    rule = rules.of(situation.location)
    left_out = _left_out(situation, rules, rule)
    if left_out is not None:
        return left_out
    level, quantity = situation.level, situation.quantity
    if rule is None or level is None:
        return Ignore("the variant is gone in Shopify")
    if quantity is None:
        return _gone(situation, level, rule)
    wanted = figure(rule, quantity, situation.unrecorded, situation.unreserved)
    imported = _imported(situation, level, quantity) if rules.first_import else 0
    if imported > 0:
        return Changes(situation, level, wanted, import_quantity=imported, notes={"imported": imported})
    return _decide(situation, level, wanted, rules)


def _left_out(situation: Situation, rules: InventoryRules, rule: LocationRules | None) -> Ignore | Nothing | None:
    if not rules.to_shopify:
        return Ignore("inventory.to_shopify: false")
    if not situation.location:
        return Nothing(situation.news) if situation.news else Ignore("nobody keeps the stock of this item here")
    if rule is None:
        return Ignore(f"inventory.locations: {situation.location} is not among them")
    if situation.product_id is None:
        return Ignore("the variant is not linked to a product")
    if situation.level is not None and not situation.level.tracked:
        return Ignore("Shopify does not track the item's quantity")
    if situation.level is not None and not situation.level.stocked and rules.not_stocked is NotStocked.IGNORE:
        return Ignore("inventory.not_stocked: ignore")
    return None


def _imported(situation: Situation, level: Level, quantity: Decimal) -> int:
    """What Odoo is to count: all that is there, but for what neither Odoo nor the ledger knows to be promised.

    The goods of such orders leave without Odoo, and what is damaged or set aside in Shopify is not for sale: counted,
    they would be offered again.
    """
    if not situation.untouched or situation.seen:
        return 0
    available = level.available or 0
    promised = situation.unrecorded + int(max(situation.unreserved, -quantity, NONE))
    return available + min((level.on_hand or 0) - available, promised)


def _decide(
    situation: Situation, level: Level, wanted: Figure, rules: InventoryRules
) -> Changes | Hold | Needs | Nothing:
    again = _again(situation)
    notes: dict[str, Any] = dict(wanted.shown())
    if not level.stocked:
        empty = Level(level.item_id, available=0, on_hand=0, sku=level.sku)
        return Changes(situation, empty, wanted, quantity=wanted.value or None, activate=True, again=again, notes=notes)
    available, on_hand = level.available or 0, level.on_hand or 0
    target = max(0, wanted.value - situation.doubt)
    if situation.doubt:
        notes["doubted"] = situation.doubt
    if again is not None and situation.doubt and target >= available:
        return again
    if available == target:
        if situation.linked and not situation.read and not again:
            return Nothing(level_digest(available, on_hand))
        return Changes(situation, level, wanted, again=again, notes=notes)
    drifted = not situation.doubt and _drifted(situation, level, wanted)
    if drifted and rules.drift is Drift.REPORT:
        return _drift_hold(situation, level, wanted)
    if drifted:
        notes["drift"] = {"shopify": available, "last written": wanted.value}
    notes["before"] = available
    more = target - available
    quantity = on_hand + more if rules.name is Named.ON_HAND else target
    return Changes(situation, level, wanted, quantity=quantity, again=again, notes=notes)


def _again(situation: Situation) -> Needs | None:
    """What is looked at again by itself: when the order is there, or when a doubt is over."""
    if situation.waits_for:
        return Needs(situation.waits_for, ORDER_AT_LATEST)
    return Needs("", DOUBT_AT_LATEST) if situation.doubt else None


def _drifted(situation: Situation, level: Level, wanted: Figure) -> bool:
    """Whether Shopify's figure was changed there, and nothing else explains it.

    Odoo's figure is the one that was last written, and no order is on its way.
    """
    seen = level_of(situation.seen)
    quiet = situation.waits_for is None and situation.unrecorded == 0
    return situation.read and seen is not None and seen[0] == wanted.value != level.available and quiet


def _drift_hold(situation: Situation, level: Level, wanted: Figure) -> Hold:
    return Hold(
        "stock_drift",
        f"Shopify shows {level.available} of {_name(situation, level)}; Odoo's figure is {wanted.value}, as it was "
        "when Tandem last wrote it: somebody has changed it in Shopify",
        "count the goods: correct Odoo's stock if Shopify is right, else retry with `drift: correct`, or set Shopify's"
        " figure by hand; the next change in Odoo overwrites it",
        {"shopify": level.available, **wanted.shown()},
    )


def _gone(situation: Situation, level: Level, rule: LocationRules) -> Hold:
    where = ", ".join(f"{kind} {number}" for kind, number in sorted(rule.sources))
    return Hold(
        "product_gone",
        f"Odoo tells no stock of product {situation.product_id} in {where}, to which {_name(situation, level)} is "
        f"linked: Shopify goes on showing {level.available if level.stocked else 'nothing'}",
        "if the product was deleted in Odoo, link the variant anew, or set its stock in Shopify by hand; if a "
        "warehouse was, correct the store's `inventory.locations`; then retry",
        {"product_id": situation.product_id, "sources": where},
    )


def _name(situation: Situation, level: Level) -> str:
    return f"{level.sku or f'variant {situation.variant_id}'} at location {situation.location}"
