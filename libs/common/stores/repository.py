"""The stores on MongoDB, and unchanged on mongomock: one readable document per store, its secrets encrypted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic import SecretStr, ValidationError
from pymongo.database import Database
from pymongo.errors import (
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    WriteConcernError,
    WTimeoutError,
)

from libs.common.errors import ConfigurationError, LedgerUnavailable, TandemError
from libs.common.stores.crypto import Crypto
from libs.common.stores.model import Store

Document = dict[str, Any]

COLLECTION = "stores"

SECRETS = {"shopify": ("secret", "previous_secret", "token"), "odoo": ("key",)}
"""What is encrypted, by part of the document."""


class StoreChanged(TandemError):
    """Somebody else saved this store since it was read; read it again and repeat the change."""

    def __init__(self, slug: str, version: int) -> None:
        self.slug, self.version = slug, version
        super().__init__(
            f"store {slug} is not at version {version} any more: somebody changed it meanwhile. "
            "Read it again and repeat the change."
        )


class MongoStores:
    """Implements `Stores`. The indexes are declared with the ledger's (`libs/common/ledger/indexes.py`)."""

    def __init__(self, database: Database[Document], crypto: Crypto) -> None:
        self._stores = database[COLLECTION]
        self._crypto = crypto

    def get(self, slug: str) -> Store | None:
        return self._one({"_id": slug})

    def by_shop(self, shop: str) -> Store | None:
        return self._one({"shop": shop.strip().lower()})

    def all(self) -> list[Store]:
        """By slug."""
        with _reaching():
            documents = list(self._stores.find({}, sort=[("_id", 1)]))
        return [self._store(document) for document in documents]

    def save(self, store: Store) -> Store:
        """See `Stores.save`. A version of 0 adds.

        Raises `StoreChanged` when the version is not the present one (adding: when the slug is there already), and
        `ConfigurationError` when another store has this shop.
        """
        saved = store.model_copy(update={"version": store.version + 1})
        document = self._document(saved)
        with _reaching():
            try:
                if store.version == 0:
                    self._stores.insert_one(document)
                    return saved
                present = {"_id": store.slug, "version": store.version}
                if self._stores.replace_one(present, document).matched_count == 1:
                    return saved
            except DuplicateKeyError as error:
                other = self._stores.find_one({"shop": document["shop"]}, projection=["_id"])
                if other and other["_id"] != store.slug:
                    raise ConfigurationError([f"{document['shop']} belongs to the store {other['_id']}."]) from error
        raise StoreChanged(store.slug, store.version)

    def _one(self, conditions: Document) -> Store | None:
        with _reaching():
            document = self._stores.find_one(conditions)
        return self._store(document) if document else None

    def _document(self, store: Store) -> Document:
        document: Document = store.model_dump(mode="json", exclude={"slug"}, exclude_none=True)
        for part, names in SECRETS.items():
            values = getattr(store, part)
            secrets: dict[str, SecretStr | None] = {name: getattr(values, name) for name in names}
            for name, secret in secrets.items():
                if secret is not None:
                    document[part][name] = self._crypto.encrypt(secret.get_secret_value())
        return {"_id": store.slug, "shop": store.shopify.shop.lower(), **document}

    def _store(self, document: Mapping[str, Any]) -> Store:
        parts = {name: value for name, value in document.items() if name not in {"_id", "shop"}}
        for part, names in SECRETS.items():
            parts[part] = _mapped(parts[part], names, self._crypto.decrypt)
        try:
            return Store(slug=document["_id"], **parts)
        except ValidationError as error:
            # Not the values: they may hold secrets.
            faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
            raise ConfigurationError([f"Store {document['_id']} in the ledger: {fault}" for fault in faults]) from None


def _mapped(part: Mapping[str, Any], names: tuple[str, ...], change: Callable[[str], str]) -> Document:
    return {name: change(value) if name in names else value for name, value in part.items()}


@contextmanager
def _reaching() -> Iterator[None]:
    """As the ledger's own: network errors, time-outs and a missing primary are `LedgerUnavailable`."""
    try:
        yield
    except (ConnectionFailure, ExecutionTimeout, WTimeoutError, WriteConcernError) as error:
        reason = str(error).splitlines()[0][:300]
        raise LedgerUnavailable(f"the ledger (MongoDB) did not answer in time: {reason}") from error
