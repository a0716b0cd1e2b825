"""Inventory: levels of variants at a location, setting them with compare-and-set, and what orders took of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from libs.common.domain.stock import Level
from libs.common.errors import Ambiguous, RateLimited, Rejected, Transient
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.errors import MESSAGE_LENGTH, check_user_errors
from libs.common.shopify.nodes import Changed, all_nodes, fetch_nodes, further_page, global_id
from libs.common.shopify.reading import Node

#: An input array holds no more.
MOST_QUANTITIES = 250
NEWEST = 50
LINES = 50
#: Pages of newest orders that are looked through at most.
MOST_PAGES = 20
REASON = "correction"
STALE = "CHANGE_FROM_QUANTITY_STALE"
BUSY = "IDEMPOTENCY_CONCURRENT_REQUEST"
#: The key is of no use any more: what is wanted must be asked for under another one.
SPENT = frozenset({"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"})
KEY_SPENT = "idempotency_key_spent"


@dataclass(frozen=True, slots=True)
class Setting:
    """One quantity to set; `change_from` None skips Shopify's comparison."""

    item_id: str
    location: str
    quantity: int
    change_from: int | None


@dataclass(frozen=True, slots=True)
class Sighted:
    """An order that was changed lately."""

    id: str
    name: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class OrderUnits:
    """Units of an order by (variant id, location id); the location is "" where Shopify does not say."""

    units: Mapping[tuple[str, str], int]
    """What it holds now: nothing when it is cancelled."""
    unfulfilled: Mapping[tuple[str, str], int]
    """What of that is not shipped."""
    ordered: Mapping[str, int]
    """By variant, all that it ever held, whatever was removed, refunded or cancelled since."""
    updated_at: datetime


def fetch_levels(client: ShopifyClient, location: str, variant_ids: Sequence[str]) -> dict[str, Level]:
    """Of each variant at one location; a variant that is gone is absent."""
    sent = {"location": global_id("Location", location)}
    return fetch_nodes(client, "inventory_levels", "ProductVariant", variant_ids, lambda _, node: _level(node), sent)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of up to 250 settings."""

    stale: tuple[int, ...] = ()
    """Indexes of those whose `change_from` was not what Shopify had; nothing at all was set then."""
    deltas: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By item and location: by how much Shopify says it changed the quantity."""


def set_quantities(client: ShopifyClient, name: str, settings: Sequence[Setting], key: str) -> Answer:
    """Set `available` or `on_hand` of up to 250, all or none.

    A repeat with the same key and the same settings is answered as the first time and applied once. Raises Rejected
    with `record`, the index of the one to blame, and Transient with the code `idempotency_key_spent`.
    """
    quantities = [
        {
            "inventoryItemId": global_id("InventoryItem", one.item_id),
            "locationId": global_id("Location", one.location),
            "quantity": one.quantity,
            "changeFromQuantity": one.change_from,
        }
        for one in settings
    ]
    sent = {"input": {"name": name, "reason": REASON, "quantities": quantities}, "key": key}
    doc = document("inventory_set_quantities")
    payload = client.execute(doc, sent, records=len(settings)).get("inventorySetQuantities")
    if not isinstance(payload, Mapping):
        raise Ambiguous(f"{doc.name}: the answer has no payload", "shopify", details={"call": doc.name})
    errors = [error for error in payload.get("userErrors") or () if isinstance(error, Mapping)]
    codes = {str(error.get("code")) for error in errors}
    if BUSY in codes:
        raise RateLimited(f"{doc.name}: the same request is being carried out", "shopify", after_seconds=1.0)
    if codes & SPENT:
        raise Transient(f"{doc.name}: {_words(errors)}", "shopify", KEY_SPENT)
    others = [error for error in errors if error.get("code") != STALE]
    if others:
        raise _refused(others[0], doc.name)
    if errors:
        named = {_index(error) for error in errors}
        everyone = range(len(settings))
        return Answer(stale=tuple(one for one in everyone if one in named) or tuple(everyone))
    return Answer(deltas=_deltas(payload.get("inventoryAdjustmentGroup"), name))


def activate(client: ShopifyClient, item_id: str, location: str, key: str) -> None:
    """Have an item stocked at a location, with nothing of it; one that is stocked there already stays as it is."""
    doc = document("inventory_activate")
    sent = {"item": global_id("InventoryItem", item_id), "location": global_id("Location", location), "key": key}
    check_user_errors(client.execute(doc, sent).get("inventoryActivate"), doc.name)


def newest_orders(client: ShopifyClient, since: datetime) -> Iterator[Sighted]:
    """Orders that were made or changed since then, the newest first; a request for each fifty."""
    doc = document("newest_orders")
    after: str | None = None
    for _ in range(MOST_PAGES):
        page = Node.of(client.execute(doc, {"first": NEWEST, "after": after}).get("orders"), "the newest orders")
        for node in page.nodes("nodes"):
            sighted = Sighted(node.id(), node.text("name"), node.moment("updatedAt"))
            if sighted.updated_at < since:
                return
            yield sighted
        info = page.node("pageInfo")
        if not info.boolean("hasNextPage"):
            return
        after = info.text("endCursor")


def fetch_order_units(client: ShopifyClient, ids: Sequence[str], *, places: bool) -> dict[str, OrderUnits]:
    """What orders hold of each variant now, by order id; an order that is gone is absent, a cancelled one has nothing.

    `places`: by the location that is to ship it as well.
    """

    def read(_: str, node: Node) -> OrderUnits:
        try:
            return _units(client, node, places=places)
        except Changed:
            message = f"{node.record} was changed while it was read"
            raise Transient(message, "shopify", "changed_while_reading") from None

    name = "order_units_placed" if places else "order_units"
    return fetch_nodes(client, name, "Order", ids, read, {"lines": LINES})


def _level(node: Node) -> Level:
    item = node.node("inventoryItem")
    level = item.node_or_none("inventoryLevel")
    told: dict[str, int] = {}
    if level is not None:
        told = {one.text("name"): one.integer("quantity") for one in level.nodes("quantities")}
    return Level(
        item_id=item.id(),
        tracked=item.boolean("tracked"),
        available=told.get("available"),
        on_hand=told.get("on_hand"),
        sku=node.text_or_empty("sku"),
    )


def _units(client: ShopifyClient, node: Node, *, places: bool) -> OrderUnits:
    doc = document("order_units_lines")
    lines = all_nodes(
        node,
        "lineItems",
        lambda cursor: further_page(client, doc, "order", node, "lineItems", lines=LINES, after=cursor),
    )
    shipped_from = _shipped_from(node) if places else {}
    cancelled = node.moment_or_none("cancelledAt") is not None
    units: dict[tuple[str, str], int] = {}
    unfulfilled: dict[tuple[str, str], int] = {}
    ordered: dict[str, int] = {}
    for line in lines:
        variant = line.node_or_none("variant")
        if variant is None:
            continue
        _add(ordered, variant.id(), line.integer("quantity"))
        if not cancelled:
            places_of = shipped_from.get(line.id(), {})
            _spread(units, variant.id(), places_of, line.integer("currentQuantity"))
            _spread(unfulfilled, variant.id(), places_of, line.integer("unfulfilledQuantity"))
    return OrderUnits(units, unfulfilled, ordered, node.moment("updatedAt"))


def _spread(units: dict[tuple[str, str], int], variant_id: str, places: Mapping[str, int], left: int) -> None:
    """Over the locations that ship a line, as far as they are known.

    What was shipped, moved or returned stands in the parts of a line as well: where they come to more than is left, and
    there are several, nobody can say which of them it is.
    """
    if len(places) > 1 and sum(places.values()) > left:
        places = {}
    for location, number in places.items():
        _add(units, (variant_id, location), min(number, left))
        left -= min(number, left)
    _add(units, (variant_id, ""), left)


def _shipped_from(node: Node) -> dict[str, dict[str, int]]:
    """Units by line id and location."""
    found: dict[str, dict[str, int]] = {}
    for order in node.node("fulfillmentOrders").nodes("nodes"):
        location = order.node("assignedLocation").node_or_none("location")
        for line in order.node("lineItems").nodes("nodes"):
            if location is not None:
                _add(found.setdefault(line.node("lineItem").id(), {}), location.id(), line.integer("totalQuantity"))
    return found


def _add(units: dict[Any, int], key: Any, number: int) -> None:
    if number > 0:
        units[key] = units.get(key, 0) + number


def _index(error: Mapping[str, Any]) -> int | None:
    """Which of the settings, by the error's path: `["input", "quantities", "3", "changeFromQuantity"]`."""
    found = [str(part) for part in error.get("field") or () if str(part).isdigit()]
    return int(found[0]) if found else None


def _deltas(group: Any, name: str) -> dict[tuple[str, str], int]:
    """Shopify tells no group when nothing was changed, and no item or location that is gone since."""
    if not isinstance(group, Mapping):
        return {}
    changes = Node.of(dict(group), "the adjustment").nodes("changes")
    told = ((one, one.node_or_none("item"), one.node_or_none("location")) for one in changes)
    return {
        (item.id(), place.id()): one.integer("delta")
        for one, item, place in told
        if one.text("name") == name and item is not None and place is not None
    }


def _words(errors: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(str(error.get("message")) for error in errors)[:MESSAGE_LENGTH]


@dataclass(eq=False)
class QuantityRefused(Rejected):
    """`record` is the index of the setting to blame; None where Shopify blames none of them."""

    code: str = "quantity_refused"
    record: int | None = None


def _refused(error: Mapping[str, Any], name: str) -> QuantityRefused:
    return QuantityRefused(
        f"{name}: {_words([error])}",
        "shopify",
        hint="look at the item in Shopify (tracked, stocked at the location, no bundle), then retry",
        details={"call": name, "code": str(error.get("code") or "")},
        record=_index(error),
    )
