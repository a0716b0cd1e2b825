"""What a batch of one store works with: both sides' clients, the ledger's links, rules and reference data."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from libs.common.domain.customers import ShopCustomer
from libs.common.domain.facts import CompanyFacts, TermFact
from libs.common.domain.fulfillments import Fulfillment, OrderFulfillments, Tracking
from libs.common.domain.linking import Coded
from libs.common.domain.orders import Address, Order, Side
from libs.common.domain.products import Product
from libs.common.domain.refunds import Refund
from libs.common.domain.rules import CurrencyChoice, StoreRules
from libs.common.domain.transactions import Transaction
from libs.common.ledger.interface import Ledger
from libs.common.ledger.model import Hint, Link, Record, Target, record_id
from libs.common.odoo.client import OdooClient
from libs.common.odoo.facts import FactsCache
from libs.common.odoo.fields import OdooFields
from libs.common.shopify.companies import BusinessShop
from libs.common.shopify.fulfillments import NewFulfillment
from libs.common.shopify.stock_shop import StockShop


class Shopify(Protocol):
    """What workers ask of the shop. What is read comes by id, complete; what the shop does not show is absent.

    `sides` says which money to read, by order id; `side` says it of all other orders.
    """

    def orders(self, ids: Sequence[str], sides: Mapping[str, Side]) -> Mapping[str, Order]: ...

    def transactions(
        self, ids: Sequence[str], sides: Mapping[str, Side], side: Side = "shop"
    ) -> Mapping[str, Transaction]: ...

    def refunds(self, ids: Sequence[str], sides: Mapping[str, Side], side: Side = "shop") -> Mapping[str, Refund]: ...

    def fulfillments(self, ids: Sequence[str]) -> Mapping[str, Fulfillment]: ...

    def order_fulfillments(self, order_ids: Sequence[str]) -> Mapping[str, OrderFulfillments]: ...

    def create_fulfillment(self, new: NewFulfillment) -> str:
        """Its id. Not repeatable: read the order's fulfillments before it is tried again."""
        ...

    def products(self, ids: Sequence[str]) -> Mapping[str, Product]: ...

    def currency(self) -> str:
        """In which the shop has its prices: `USD`. Asked once."""
        ...

    def image(self, url: str) -> bytes: ...

    def media(self, product_id: str) -> Mapping[str, str]:
        """Addresses of the product's pictures, with their global ids."""
        ...

    def upload(self, name: str, content: bytes) -> str:
        """Repeatable: the address by which a product may name the picture."""
        ...

    def variants(self, ids: Sequence[str]) -> Mapping[str, Coded]: ...

    def find_variants(self, skus: Collection[str], barcodes: Collection[str]) -> Sequence[Coded]: ...

    def set_product(self, identifier: Mapping[str, str], values: Mapping[str, Any]) -> str:
        """Repeatable: the product of this identifier is made or changed; its id."""
        ...

    def update_variants(self, product_id: str, variants: Sequence[Mapping[str, Any]]) -> None: ...

    def set_variant(self, variant_id: str, values: Mapping[str, Any]) -> None:
        """By REST."""
        ...

    def update_tracking(self, fulfillment_id: str, tracking: Sequence[Tracking], *, notify: bool) -> None: ...

    @property
    def stock(self) -> StockShop: ...

    @property
    def business(self) -> BusinessShop: ...

    def customers(self, ids: Sequence[str]) -> Mapping[str, ShopCustomer]: ...

    def find_customer(self, *, email: str = "", phone: str = "") -> str | None: ...

    def set_customer(self, identifier: Mapping[str, str], values: Mapping[str, str]) -> str:
        """Repeatable: the customer of this identifier is made or changed; its id."""
        ...

    def create_address(self, customer_id: str, address: Address, *, default: bool) -> None:
        """Not repeatable: read the customer's addresses before it is tried again."""
        ...

    def set_default_address(self, customer_id: str, address_id: str) -> None: ...

    def set_consent(self, customer_id: str, kind: str, *, given: bool, at: datetime) -> None: ...


#: Ledger entity to the Odoo model its links point to.
LINKED_MODELS = {
    "customer": "res.partner",
    "company": "res.partner",
    "variant": "product.product",
    "payment": "account.payment",
    "payback": "account.payment",
}
#: The choice of money that an order was first synced with is kept under this name in `Record.frozen`.
CURRENCY = "currency"

FRESH_SECONDS = 2.0
#: More made ids than this are forgotten and met again, each by a call that finds it.
MADE_LIMIT = 50_000


@dataclass
class StoreContext:
    """One store, as one worker process knows it."""

    slug: str
    module: str
    rules: StoreRules
    shopify: Shopify
    odoo: OdooClient
    reference: FactsCache
    ledger: Ledger
    made: dict[str, int] = field(default_factory=dict)
    """External id to database id of products and tags this process made or met: they need no second call."""

    @property
    def odoo_fields(self) -> OdooFields:
        """What this server calls things."""
        return self.reference.fields()

    def facts(self) -> CompanyFacts:
        if len(self.made) > MADE_LIMIT:
            self.made.clear()
        return self.reference.facts()

    def fresh_facts(self) -> CompanyFacts:
        """Read anew, but not by every record of a backlog that misses the same tax."""
        return self.reference.fresh(older_than_seconds=FRESH_SECONDS)

    def fresh_terms(self) -> tuple[TermFact, ...]:
        """Odoo's payment terms, likewise."""
        return self.reference.terms(older_than_seconds=FRESH_SECONDS)

    def links(self, entity: str, source_ids: Sequence[str]) -> dict[str, int]:
        """Database ids that the ledger knows for these source ids."""
        if not source_ids:
            return {}
        found = self.ledger.links(self.slug, entity, list(dict.fromkeys(source_ids)))
        return {source_id: target.id for source_id, target in found.items()}

    def records(self, entity: str, source_ids: Sequence[str]) -> dict[str, Record]:
        """What the ledger has of these, by source id, without history."""
        ids = [record_id(self.slug, entity, one) for one in dict.fromkeys(source_ids)]
        return {record.source_id: record for record in self.ledger.many(ids).values()}

    def linked_to(self, model: str, ids: Sequence[int]) -> dict[int, Record]:
        """The records whose target is one of these Odoo records, by its database id."""
        return self.ledger.linked_to(self.slug, model, list(dict.fromkeys(ids)))

    def side_of(self, order: Record | None) -> Side:
        """Which money of an order goes to Odoo: as it was first synced, else as the store's rule says now."""
        chosen = order.frozen.get(CURRENCY) if order else None
        return "presentment" if CurrencyChoice(chosen or self.rules.currency) is CurrencyChoice.PRESENTMENT else "shop"

    def hint(self, hints: Sequence[Hint]) -> None:
        """Announce other records of this store, of which the one at work has told."""
        if hints:
            self.ledger.record_hints(hints)

    def remember(self, links: Sequence[tuple[str, str, int, str]]) -> None:
        """Record pairs of (entity, source id, database id, name)."""
        if not links:
            return
        self.ledger.link(
            self.slug,
            [
                Link(entity, source, Target(LINKED_MODELS[entity], target, name), name)
                for entity, source, target, name in links
            ],
        )

    def forget(self) -> None:
        """Drop what may be stale after a refusal: cached ids and reference data."""
        self.made.clear()
        self.reference.drop()
