"""By what every customer of a shop is known, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from libs.common.domain.customers import ShopCustomer
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.reading import Node

PAGE = 250
#: Shopify's cursors end at 25,000 objects: before that, what follows is asked for by id.
CURSOR_OBJECTS = 20_000
_UNREAD = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Page:
    """Customers with their names, e-mail addresses and phone numbers, nothing else; `total` is how many there are."""

    customers: tuple[ShopCustomer, ...]
    total: int


def customer_pages(client: ShopifyClient) -> Iterator[Page]:
    """Every customer by id, one request for each page. Raises the client's failures."""
    doc = document("customer_keys")
    after: str | None = None
    beyond = ""
    seen, last = 0, "0"
    while True:
        sent = {"first": PAGE, "after": after, "query": beyond or None}
        answer = Node.of(client.execute(doc, sent, records=PAGE), "the customers")
        connection = answer.node("customers")
        customers = tuple(_customer(node) for node in connection.nodes("nodes"))
        counted = answer.node_or_none("customersCount")
        yield Page(customers, counted.integer("count") if counted else 0)
        seen += len(customers)
        last = customers[-1].id if customers else last
        info = connection.node("pageInfo")
        if not info.boolean("hasNextPage"):
            return
        after = info.text("endCursor")
        if seen >= CURSOR_OBJECTS:
            after, beyond, seen = None, f"id:>{last}", 0


def _customer(node: Node) -> ShopCustomer:
    email, phone = node.node_or_none("defaultEmailAddress"), node.node_or_none("defaultPhoneNumber")
    return ShopCustomer(
        id=node.id(),
        updated_at=_UNREAD,
        first_name=node.text_or_empty("firstName").strip(),
        last_name=node.text_or_empty("lastName").strip(),
        display_name=node.text_or_empty("displayName").strip(),
        email=email.text_or_empty("emailAddress") if email else "",
        phone=phone.text_or_empty("phoneNumber") if phone else "",
    )
