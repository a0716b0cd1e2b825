"""The gateway's half of the ledger, for an event loop: `HintSink` on pymongo's asynchronous client, or on threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, InvalidURI
from pymongo.errors import ConfigurationError as MongoConfigurationError

from libs.common.clock import RESYNC_SECONDS, to_milliseconds
from libs.common.errors import LedgerUnavailable
from libs.common.ledger.connect import DURABLE, TIMEOUT_SECONDS, check_scheme, client_options, refused_url
from libs.common.ledger.documents import Document, read_time
from libs.common.ledger.engine import duplicates, reaching_ledger
from libs.common.ledger.hints import READ_FIELDS, Read, Write, recording
from libs.common.ledger.indexes import RECORDS
from libs.common.ledger.interface import Ledger
from libs.common.ledger.model import Hint, Recorded
from libs.common.ledger.nudging import nudged_filter


class AsyncLedgerClock:
    """`LedgerClock` without blocking the loop: the database's time, asked now and then, counted on in between."""

    def __init__(self, database: AsyncDatabase[Document], *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._admin = database.client.admin
        self._monotonic = monotonic
        self._base: datetime | None = None
        self._asked_at = 0.0

    async def now(self) -> datetime:
        """Raises `LedgerUnavailable` only while the database was never reached."""
        if self._base is None or self._monotonic() - self._asked_at > RESYNC_SECONDS:
            await self._resync()
        assert self._base is not None  # noqa: S101 - _resync sets it or raises
        return to_milliseconds(self._base + timedelta(seconds=self._monotonic() - self._asked_at))

    async def _resync(self) -> None:
        before = self._monotonic()
        try:
            with reaching_ledger():
                answer = read_time((await self._admin.command("hello"))["localTime"])
        except LedgerUnavailable:
            if self._base is None:
                raise
            return  # counted on: a database that is away takes no hints either
        # The answer was made somewhere between asking and getting it: the middle is the best guess.
        self._base, self._asked_at = answer, (before + self._monotonic()) / 2


class AsyncMongoHints:
    """Implements `HintSink`: the hints of many requests go to the ledger in one durable write."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._database = database
        self._records = database[RECORDS]
        self._clock = AsyncLedgerClock(database)

    @classmethod
    def connect(cls, url: str, name: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Self:
        """`url` is `mongodb://…`; no server is asked yet. Raises `ConfigurationError`."""
        try:
            check_scheme(url)
            client: AsyncMongoClient[Document] = AsyncMongoClient(url, **client_options(timeout_seconds))
            return cls(client.get_database(name, write_concern=DURABLE))
        except (InvalidURI, MongoConfigurationError, ValueError) as error:
            raise refused_url(error) from error

    async def record_hints(self, hints: Sequence[Hint]) -> list[Recorded]:
        flow = recording(hints, await self._clock.now())
        try:
            step = next(flow)
            while True:
                step = flow.send(await self._perform(step))
        except StopIteration as finished:
            answers: list[Recorded] = finished.value
            return answers

    async def _perform(self, step: Read | Write) -> Any:
        with reaching_ledger():
            if isinstance(step, Read):
                found = self._records.find({"_id": {"$in": step.ids}}, projection=READ_FIELDS)
                return await found.to_list()
            try:
                await self._records.bulk_write(step.changes, ordered=False)
            except BulkWriteError as error:
                return duplicates(error)
            return []

    async def mark_nudged(self, ids: Sequence[str]) -> None:
        if ids:
            now = await self._clock.now()
            with reaching_ledger():
                await self._records.update_many(nudged_filter(ids, now), {"$set": {"nudged_at": now}})

    async def ping(self) -> None:
        with reaching_ledger():
            await self._database.command("ping")

    async def close(self) -> None:
        await self._database.client.close()


class ThreadedHints:
    """Implements `HintSink` on a synchronous ledger, for the embedded mode; whoever made the ledger closes it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def record_hints(self, hints: Sequence[Hint]) -> list[Recorded]:
        return await asyncio.to_thread(self._ledger.record_hints, list(hints))

    async def mark_nudged(self, ids: Sequence[str]) -> None:
        await asyncio.to_thread(self._ledger.mark_nudged, list(ids))

    async def ping(self) -> None:
        """One read: raises `LedgerUnavailable` as any call would."""
        await asyncio.to_thread(self._ledger.get, "ping")

    async def close(self) -> None:
        """Nothing of its own to close."""
