"""By what every customer of a shop is known, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from libs.common.domain.customers import ShopCustomer
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.reading import Node
from libs.common.shopify.walking import Page, walk

_UNREAD = datetime.fromtimestamp(0, UTC)


def customer_pages(client: ShopifyClient) -> Iterator[Page[ShopCustomer]]:
    """Every customer with names, e-mail address and phone number, nothing else. Raises the client's failures."""
    return walk(client, "customer_keys", "customers", _customer)


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
