"""What the rest of Tandem may ask of the stores. `repository.py` answers on MongoDB (and on mongomock)."""

from __future__ import annotations

from typing import Protocol

from libs.common.stores.model import Store


class Stores(Protocol):
    """Raises `LedgerUnavailable` when the database is away."""

    def get(self, slug: str) -> Store | None: ...

    def by_shop(self, shop: str) -> Store | None:
        """By `acme.myshopify.com`, whatever its case."""
        ...

    def all(self) -> list[Store]: ...

    def save(self, store: Store) -> Store:
        """Add or replace by compare-and-set on `version`; returns it with the new version."""
        ...
