"""What the sandbox shop holds: orders, customers, products. Thread-safe; documents are never changed in place."""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from libs.sandbox.shopify.catalog import Catalog
from libs.sandbox.shopify.drafts import Person, Product
from libs.sandbox.shopify.parts import parts_of

Document = dict[str, Any]
FIRST_ID = 5_600_000_000_001
"""Beyond 32 bits, as Shopify's are: an id kept in too small an integer breaks in the sandbox, too."""


class ShopStore:
    """One lock guards all; what is handed out is a snapshot, because an update puts a new document in its place."""

    def __init__(self, first_order_number: int = 1001, first_id: int = FIRST_ID) -> None:
        self.lock = self._lock = threading.RLock()
        self.follow: Callable[[Document | None, Document], None] = lambda *_: None
        """Told of every order's document before and after a change, under the lock."""
        self._counters: dict[str, Iterator[int]] = defaultdict(lambda: itertools.count(first_id))
        self._numbers = itertools.count(first_order_number)
        self._orders: dict[str, Document] = {}
        self._nodes: dict[str, Document] = {}
        self._owners: dict[str, str] = {}
        self._products: dict[str, Product] = {}
        self.catalog = Catalog(self.new_id)
        self._customer_ids: dict[str, str] = {}
        self._customers_since: dict[str, datetime] = {}
        self._customers: dict[str, Document] = {}
        self._gone: set[str] = set()
        self._companies: dict[str, Document] = {}

    def new_id(self, kind: str) -> str:
        with self._lock:
            return str(next(self._counters[kind]))

    def new_number(self) -> int:
        with self._lock:
            return next(self._numbers)

    def add_products(self, products: Iterable[Product]) -> list[Product]:
        """Adds or replaces by variant id; one without gets a new id. Returns them with their ids."""
        added = []
        with self._lock:
            for product in products:
                with_id = product if product.variant_id else replace(product, variant_id=self.new_id("ProductVariant"))
                self._products[with_id.gid] = with_id
                self.catalog.adopt(with_id)
                added.append(with_id)
        return added

    def remove_product(self, gid: str) -> None:
        """Lines that were sold of it stay; their variant is gone."""
        with self._lock:
            self._products.pop(gid, None)
            self.catalog.remove_variant(gid)

    def products(self) -> list[Product]:
        with self._lock:
            return list(self._products.values())

    def product(self, gid: str) -> Product | None:
        return self._products.get(gid)

    def product_by_sku(self, sku: str) -> Product | None:
        with self._lock:
            return next((p for p in self._products.values() if p.sku == sku), None)

    def known_person(self, person: Person) -> Person:
        """With the id of the customer of the same e-mail (or phone), or a new one."""
        if person.id:
            return person
        key = (person.email or person.phone).casefold()
        with self._lock:
            number = self._customer_ids.get(key) if key else None
            if number is None:
                number = self.new_id("Customer")
                if key:
                    self._customer_ids[key] = number
        return replace(person, id=number)

    def put(self, order: Document) -> None:
        """Adds the order or replaces the one of the same id; its parts become nodes of their own."""
        with self._lock:
            self.follow(self._orders.get(order["id"]), order)
            self._orders[order["id"]] = order
            customer = order["customer"]
            if customer is not None:
                since = self._customers_since.setdefault(customer["id"], order["createdAt"])
                customer.setdefault("createdAt", since)
                customer.setdefault("updatedAt", order["createdAt"])
                if customer["id"] not in self._gone:
                    self._customers.setdefault(customer["id"], customer)
            for part in parts_of(order):
                self._nodes[part["id"]] = part
                self._owners[part["id"]] = order["id"]

    def order(self, gid: str) -> Document | None:
        return self._orders.get(gid)

    def node(self, gid: str) -> Document | None:
        if "/Customer/" in gid:
            return self.customer(gid)
        if "/Company/" in gid and gid in self._companies:
            return self._companies[gid]
        return self._nodes.get(gid)

    def customer(self, gid: str) -> Document | None:
        """As it is now, whatever an order remembers of it."""
        return self._customers.get(gid)

    def customers(self) -> list[Document]:
        with self._lock:
            return list(self._customers.values())

    def put_customer(self, document: Document) -> None:
        with self._lock:
            self._customers[document["id"]] = document

    def remove_customer(self, gid: str) -> None:
        """Orders keep what they know of it."""
        with self._lock:
            self._gone.add(gid)
            self._customers.pop(gid, None)

    def company(self, gid: str) -> Document | None:
        return self._companies.get(gid)

    def companies(self) -> list[Document]:
        with self._lock:
            return list(self._companies.values())

    def put_company(self, document: Document) -> None:
        with self._lock:
            self._companies[document["id"]] = document

    def remove_company(self, gid: str) -> None:
        with self._lock:
            self._companies.pop(gid, None)

    def owner(self, gid: str) -> Document | None:
        """The order that has this part."""
        return self._orders.get(self._owners.get(gid, ""))

    def orders(self) -> list[Document]:
        """In the order in which they were placed."""
        with self._lock:
            return list(self._orders.values())

    def change(self, gid: str, changes: Document, updated_at: datetime) -> Document:
        """Puts a changed copy in the order's place and returns it. Raises `KeyError` for an unknown order."""
        with self._lock:
            changed = {**self._orders[gid], **changes, "updatedAt": updated_at}
            self.put(changed)
            return changed
