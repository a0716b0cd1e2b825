"""The stores as the gateway needs them: by shop, secrets decrypted once, in memory for a short while.

All are read in one go, so a stranger who invents shop names costs at most one read per `refresh_seconds`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from libs.common.errors import LedgerUnavailable, TandemError
from libs.common.logging import Seldom
from libs.common.stores.interface import Stores
from libs.common.stores.model import Store

_log = structlog.get_logger(__name__)
LOG_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Shop:
    """A store's slug, and the secrets that may have signed its webhooks (new first)."""

    slug: str
    secrets: tuple[bytes, ...]


def _shop_of(store: Store) -> Shop:
    connection = store.shopify
    secrets = (connection.secret, connection.previous_secret)
    return Shop(store.slug, tuple(each.get_secret_value().encode() for each in secrets if each is not None))


class Shops:
    """Looks shops up in memory; reads the stores again when they are old, or when the caller has a doubt."""

    def __init__(
        self,
        stores: Stores,
        *,
        keep_seconds: float,
        refresh_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stores = stores
        self._keep_seconds = keep_seconds
        self._refresh_seconds = refresh_seconds
        self._monotonic = monotonic
        self._shops: dict[str, Shop] = {}
        self._read_at = float("-inf")
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None
        self._seldom = Seldom(LOG_SECONDS)

    def known(self, domain: str) -> Shop | None:
        """The shop of this domain, whatever its case, if it is in memory. Renewed beside the request when it is old."""
        shop = self._shops.get(domain.lower())
        if shop is not None and self._monotonic() - self._read_at > self._keep_seconds:
            self._renew_soon()
        return shop

    async def find(self, domain: str) -> Shop | None:
        """The shop of this domain, whatever its case; None when no store has it. Raises LedgerUnavailable."""
        shop = self.known(domain)
        if shop is None:
            await self.refresh()
            shop = self._shops.get(domain.lower())
        return shop

    async def refresh(self) -> None:
        """Read the stores again, at most once in `refresh_seconds`. Raises LedgerUnavailable when that failed."""
        began = self._tried_at
        async with self._lock:
            if self._tried_at != began:
                # Another request has just read them, while this one waited for its turn.
                if self._read_at < self._tried_at:
                    raise LedgerUnavailable("the stores could not be read")
                return
            if self._may_read():
                await self._read()
            elif self._read_at < self._tried_at:
                raise LedgerUnavailable("the stores could not be read")

    async def close(self) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)

    def _may_read(self) -> bool:
        return self._monotonic() - self._tried_at >= self._refresh_seconds

    async def _read(self) -> None:
        self._tried_at = self._monotonic()
        # Reading waits for the database and decrypts: not on the event loop.
        try:
            stores = await asyncio.to_thread(self._stores.all)
        except TandemError as error:
            if (times := self._seldom.count("read")) is not None:
                _log.error("stores_not_read", error=type(error).__name__, reason=str(error), times=times)
            raise LedgerUnavailable(str(error)) from error
        self._shops = {store.shopify.shop.lower(): _shop_of(store) for store in stores}
        self._read_at = self._tried_at

    def _renew_soon(self) -> None:
        if self._renewal is None and self._may_read():
            self._renewal = asyncio.create_task(self._renew())

    async def _renew(self) -> None:
        try:
            await self.refresh()
        except LedgerUnavailable:
            pass  # told already; what is known serves on
        except Exception as error:  # noqa: BLE001 - likewise, whatever went wrong
            if (times := self._seldom.count("renew")) is not None:
                _log.warning("stores_not_renewed", error=type(error).__name__, reason=str(error), times=times)
        finally:
            self._renewal = None
