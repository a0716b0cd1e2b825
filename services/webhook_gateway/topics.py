"""From a webhook's topic and body to the hint in it: which record changed, and how new it is. Nothing else is taken.

The bodies are those of Shopify's REST resources; `admin_graphql_api_id` goes before `id`, because some senders
write ids as floating-point numbers and lose digits of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from libs.common.ledger.model import Hint

_TOPICS: Mapping[str, tuple[str, ...]] = {
    # A deleted order is a change like another: the worker finds that it is gone.
    "order": (
        "orders/create",
        "orders/updated",
        "orders/paid",
        "orders/cancelled",
        "orders/fulfilled",
        "orders/partially_fulfilled",
        "orders/edited",
        "orders/delete",
        # What a return brings, exchange items and refunds, is read with its order.
        "returns/approve",
        "returns/process",
        "returns/update",
        "returns/close",
        "returns/reopen",
        "returns/cancel",
    ),
    "payment": ("order_transactions/create",),
    "fulfillment": ("fulfillments/create", "fulfillments/update"),
    "refund": ("refunds/create",),
    "inventory": ("inventory_levels/update",),
    # A location is read with its company, and so are its people.
    "company": (
        "companies/create",
        "companies/update",
        "companies/delete",
        "company_locations/create",
        "company_locations/update",
        "company_locations/delete",
        "company_contacts/create",
        "company_contacts/delete",
    ),
    "privacy": ("customers/redact", "customers/data_request", "shop/redact"),
    "customer": (
        "customers/create",
        "customers/update",
        "customers/delete",
        "customers/merge",
        "customers_email_marketing_consent/update",
        "customers_marketing_consent/update",
    ),
    "product": ("products/create", "products/update", "products/delete"),
}
#: Topic to entity.
ENTITY_BY_TOPIC = {topic: entity for entity, topics in _TOPICS.items() for topic in topics}
EDITED = "orders/edited"
MERGED = "customers/merge"
LOCATIONS = ("company_locations/", "company_contacts/")
CONSENT = frozenset({"customers_email_marketing_consent/update", "customers_marketing_consent/update"})
RETURNS = "returns/"
PRIVACY = frozenset(_TOPICS["privacy"])
SHOP_REDACT = "shop/redact"
TEXT_LENGTH = 254
LEVELS = ("inventory_levels/update",)
GID_PREFIX = "gid://shopify/"
ID_LENGTH = 20
NAME_LENGTH = 64
DELIVERY_LENGTH = 100


class UnreadableBody(Exception):
    """Not the body of its topic; the message says why, without any of its content."""


def read_privacy(body: bytes, *, store: str, topic: str, delivery_id: str | None) -> Hint:
    """A compliance topic: whatever its body is, it is kept, with all that only it tells. Raises nothing."""
    try:
        document = _parse(body)
    except UnreadableBody:
        document = {}
    customer, request = document.get("customer"), document.get("data_request")
    person = customer if isinstance(customer, dict) else {}
    number = _plain_id(person.get("id"))
    asked = _plain_id(request.get("id")) if isinstance(request, dict) else None
    orders = document.get("orders_to_redact") or document.get("orders_requested")
    listed = [one for one in map(_plain_id, orders if isinstance(orders, list) else ()) if one]
    told = {"kind": topic, "customer": number or "", "orders": ",".join(listed)}
    told |= {name: _text(person.get(name), TEXT_LENGTH) or "" for name in ("email", "phone")}
    kind = topic.partition("/")[2].replace("data_", "")
    about = "shop" if topic == SHOP_REDACT else asked or number or f"unread-{_text(delivery_id, DELIVERY_LENGTH)}"
    return Hint(
        store=store,
        entity=ENTITY_BY_TOPIC[topic],
        source_id=f"{kind}-{about}",
        why=topic,
        delivery_id=_text(delivery_id, DELIVERY_LENGTH),
        told={name: value for name, value in told.items() if value},
    )


def read_hint(body: bytes, *, store: str, topic: str, delivery_id: str | None) -> Hint:
    """The hint in a verified body of a topic of `ENTITY_BY_TOPIC`. Raises UnreadableBody."""
    if topic in PRIVACY:
        return read_privacy(body, store=store, topic=topic, delivery_id=delivery_id)
    document = _parse(body)
    version: datetime | None = None
    name: str | None = None
    told: dict[str, str] = {}
    if topic == MERGED:
        # The customer that is gone is to be looked at; only this webhook tells into whom it went.
        source_id = _gid_tail(document.get("admin_graphql_api_customer_deleted_id"))
        kept = _gid_tail(document.get("admin_graphql_api_customer_kept_id"))
        told = {"merged_into": "" if _failed(document) else kept} if kept else {}
    elif topic.startswith(LOCATIONS):
        company = document.get("company")
        source_id = _own_id(company) if isinstance(company, dict) else _plain_id(document.get("company_id"))
    elif topic in CONSENT:
        # That of text messages has the customer's id as its own, and no time of change.
        source_id = _plain_id(document.get("customer_id")) or _plain_id(document.get("id"))
    elif topic == EDITED:
        # An edit has an id and a time of its own; the order it belongs to is all that counts here.
        edit = document.get("order_edit")
        source_id = _plain_id(edit.get("order_id")) if isinstance(edit, dict) else None
    elif topic.startswith(RETURNS):
        order = document.get("order")
        source_id = _own_id(order) if isinstance(order, dict) else None
    elif topic in LEVELS:
        # A webhook knows the item and not its variant: the room finds the pair. The figure only tells our own echo.
        item, location = _plain_id(document.get("inventory_item_id")), _plain_id(document.get("location_id"))
        source_id = f"item{item}-{location}" if item and location else None
        name = _available(document.get("available"))
    else:
        source_id = _own_id(document)
        version = _moment(document.get("updated_at"))
        name = _text(document.get("name"), NAME_LENGTH)
    if source_id is None:
        raise UnreadableBody("has no id")
    return Hint(
        store=store,
        entity=ENTITY_BY_TOPIC[topic],
        source_id=source_id,
        version=version,
        name=name,
        why=topic,
        delivery_id=_text(delivery_id, DELIVERY_LENGTH),
        told=told,
    )


def _failed(document: dict[str, Any]) -> bool:
    """Shopify tells of a merge that failed, too: both customers are there still."""
    return str(document.get("status")).casefold() == "failed"


def _available(value: object) -> str | None:
    """What the room compares with what it last wrote (services.workers.inventory.gather)."""
    return f"available {value}" if isinstance(value, int) and not isinstance(value, bool) else None


def _own_id(resource: dict[str, Any]) -> str | None:
    return _gid_tail(resource.get("admin_graphql_api_id")) or _plain_id(resource.get("id"))


def _parse(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError; the error's text would quote the body
        raise UnreadableBody("is not JSON") from None
    if not isinstance(document, dict):
        raise UnreadableBody("is not a JSON object")
    return document


def _gid_tail(value: object) -> str | None:
    """`gid://shopify/Order/450789469` is `450789469`."""
    if not isinstance(value, str) or not value.startswith(GID_PREFIX):
        return None
    return _digits(value.rpartition("/")[2])


def _plain_id(value: object) -> str | None:
    """A whole number, or digits; a float is refused, its digits may be wrong."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return _digits(str(value))
    return _digits(value) if isinstance(value, str) else None


def _digits(text: str) -> str | None:
    return text if 0 < len(text) <= ID_LENGTH and text.isascii() and text.isdigit() else None


def _moment(value: object) -> datetime | None:
    """An aware UTC time, or None: a hint without one is as good, only never stale."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _text(value: object, length: int) -> str | None:
    """Cut to `length`; what the ledger could not store (half a surrogate pair) is replaced."""
    if not isinstance(value, str) or not value:
        return None
    return value[:length].encode(errors="replace").decode()
