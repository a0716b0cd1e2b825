"""What `tandem store check` asks of a shop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from libs.common.errors import Rejected
from libs.common.shopify.client import ShopifyClient
from libs.common.shopify.documents import document
from libs.common.shopify.nodes import fetch_nodes
from libs.common.shopify.reading import Node

#: What the order worker reads; of an order with refunds or edits its returns, too. Every order is asked for its payment
#: terms, which have a scope of their own.
REQUIRED_SCOPES = ("read_orders", "read_customers", "read_products", "read_returns", "read_payment_terms")
#: What telling deliveries takes, and what watching for fulfillments made elsewhere does (with their webhooks).
TELLING_SCOPES = ("read_merchant_managed_fulfillment_orders", "write_merchant_managed_fulfillment_orders")
WATCHING_SCOPES = ("read_merchant_managed_fulfillment_orders", "read_fulfillments")
#: What showing Odoo's stock takes.
STOCK_SCOPES = ("read_inventory", "write_inventory")
#: What any field of a location takes, its id as well (since 2024-07).
LOCATION_SCOPES = ("read_locations",)
#: What making customers of Odoo's contacts takes.
CUSTOMER_SCOPES = ("write_customers",)
#: What keeping Odoo's products up in the shop takes.
PRODUCT_SCOPES = ("write_products",)


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """The shop behind a token."""

    name: str
    domain: str
    """`acme.myshopify.com`"""
    currency: str
    taxes_included: bool
    scopes: tuple[str, ...]
    supported_versions: tuple[str, ...]
    """API versions that Shopify still serves, as `2026-10`."""
    asked_version: str
    served_version: str
    """What answered: another one than asked when that is retired. "" when the shop does not tell."""

    @property
    def missing_scopes(self) -> tuple[str, ...]:
        """Those that every store needs and the token lacks."""
        return self.lacking(REQUIRED_SCOPES)

    def lacking(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Which of these the token lacks, each once. Whoever may write may read as well."""
        granted = set(self.scopes)
        once = dict.fromkeys(wanted)
        return tuple(s for s in once if s not in granted and s.replace("read_", "write_", 1) not in granted)

    @property
    def version_supported(self) -> bool:
        return self.asked_version in self.supported_versions and self.served_version in {"", self.asked_version}


@dataclass(frozen=True, slots=True)
class ShopLocation:
    """A location as the shop names it."""

    name: str
    active: bool
    """A deactivated one stocks and ships nothing."""


def fetch_locations(client: ShopifyClient, ids: Sequence[str]) -> dict[str, ShopLocation]:
    """By number; those that the shop does not have are absent. Raises the client's failures."""
    return fetch_nodes(
        client,
        "locations_by_ids",
        "Location",
        ids,
        lambda _, node: ShopLocation(node.text("name"), node.boolean("isActive")),
    )


def _location(_number: str, node: Node) -> ShopLocation:
    return ShopLocation(node.text("name"), node.boolean("isActive"))


def check_shop(client: ShopifyClient) -> ShopFacts:
    """One query. Raises the client's failures, and Rejected for an answer that does not tell what was asked."""
    data = client.execute(document("shop_check"), {})
    try:
        shop = data["shop"]
        scopes = sorted(str(scope["handle"]) for scope in data["currentAppInstallation"]["accessScopes"])
        versions = sorted(str(v["handle"]) for v in data["publicApiVersions"] if v["supported"])
        return ShopFacts(
            name=str(shop["name"]),
            domain=str(shop["myshopifyDomain"]),
            currency=str(shop["currencyCode"]),
            taxes_included=bool(shop["taxesIncluded"]),
            scopes=tuple(scopes),
            supported_versions=tuple(versions),
            asked_version=client.api_version,
            served_version=client.served_version,
        )
    except (KeyError, TypeError) as error:
        raise Rejected(f"shop_check: the answer lacks {error}", "shopify", "unexpected_answer") from error
