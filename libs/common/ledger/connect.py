"""Where the ledger is: `mongodb://…` for a server or replica set, `embedded` for this process's memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import structlog
from pymongo import MongoClient, WriteConcern
from pymongo.database import Database
from pymongo.errors import ConfigurationError as MongoConfigurationError
from pymongo.errors import InvalidURI

from libs.common.clock import Clock, LedgerClock, SystemClock
from libs.common.errors import ConfigurationError, LedgerUnavailable
from libs.common.ledger.documents import Document, read_time
from libs.common.ledger.embedded import embedded_database
from libs.common.ledger.engine import reaching_ledger
from libs.common.ledger.indexes import ensure_indexes

_log = structlog.get_logger(__name__)

EMBEDDED = "embedded"
RETRY_SECONDS = 2.0
TIMEOUT_SECONDS = 5.0
"""For one call as a whole: choosing a server, waiting for a connection, writing to a majority, one repetition."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A database and the clock that goes with it; `close()` when done, or use it in a `with`."""

    database: Database[Document]
    clock: Clock
    _close: Callable[[], None] = field(default=lambda: None, repr=False)

    def prepare(self) -> None:
        """Make the indexes; once at start. Raises `LedgerUnavailable`."""
        ensure_indexes(self.database)

    def prepare_when_there(self, stop: threading.Event) -> bool:
        """Make the indexes as soon as the ledger answers; False when `stop` was set before it did."""
        while not stop.is_set():
            try:
                # Asked first: this call is short, while making indexes is given minutes.
                with reaching_ledger():
                    self.database.command("ping")
                self.prepare()
                return True
            except LedgerUnavailable as error:
                _log.warning("ledger_unavailable", reason=str(error), again_in_seconds=RETRY_SECONDS)
                stop.wait(RETRY_SECONDS)
        return False

    def close(self) -> None:
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def client_options(timeout_seconds: float) -> dict[str, Any]:
    """For the synchronous and the asynchronous client: durable writes, aware times, one deadline for each call."""
    return {
        "tz_aware": True,
        "appname": "tandem",
        "retryWrites": True,
        "retryReads": True,
        "timeoutMS": int(timeout_seconds * 1000),
        "serverSelectionTimeoutMS": int(timeout_seconds * 1000),
        "connectTimeoutMS": int(timeout_seconds * 1000),
    }


DURABLE = WriteConcern(w="majority")
"""An answer means that a majority has it. How long that may take is the deadline of the call (`timeoutMS`)."""


SCHEMES = ("mongodb://", "mongodb+srv://")


def check_scheme(url: str) -> None:
    """Raises `InvalidURI`: pymongo would take any word for the name of a host."""
    if not url.startswith(SCHEMES):
        raise InvalidURI("it does not begin with mongodb://")


def refused_url(error: Exception) -> ConfigurationError:
    return ConfigurationError(
        [f"The ledger's address is not usable: {error}. Give mongodb://host:27017/?replicaSet=name, or embedded."]
    )


def connect(url: str, name: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Connection:
    """Connect to the database `name`; each call with `embedded` gives a new, empty one.

    No server is asked before the first call, so a service can start while the ledger is away. Raises
    `ConfigurationError` for an address that cannot be one.
    """
    if url == EMBEDDED:
        connection = Connection(embedded_database(name), SystemClock())
        connection.prepare()
        return connection
    try:
        check_scheme(url)
        client: MongoClient[Document] = MongoClient(url, **client_options(timeout_seconds))
        database = client.get_database(name, write_concern=DURABLE)
    except (InvalidURI, MongoConfigurationError, ValueError) as error:
        raise refused_url(error) from error

    def ask() -> datetime:
        with reaching_ledger():
            moment = read_time(client.admin.command("hello")["localTime"])
        assert moment is not None  # noqa: S101 - `hello` has told `localTime` since MongoDB 2.2
        return moment

    return Connection(database, LedgerClock(ask), client.close)
