"""What `tandem store` and `tandem records` work on: the ledger, the stores, and the broker if it is there.

Commands find the way to open a desk in Typer's context; a test puts another one there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import typer
from dotenv import dotenv_values

from libs.common import settings as configuration
from libs.common.broker.interface import Publisher, group_nudges
from libs.common.broker.publisher import KombuPublisher
from libs.common.broker.topology import ENTITIES
from libs.common.errors import BrokerUnavailable, ConfigurationError, LedgerUnavailable
from libs.common.ledger.budgets import MongoBudgets
from libs.common.ledger.connect import Connection, connect
from libs.common.ledger.interface import Budgets, Ledger
from libs.common.ledger.model import Record
from libs.common.ledger.repository import MongoLedger
from libs.common.logging import configure
from libs.common.settings import EMBEDDED, ENV_FILE, CommonSettings
from libs.common.stores.crypto import Crypto
from libs.common.stores.interface import Stores
from libs.common.stores.model import Store
from libs.common.stores.repository import MongoStores
from services.console.plain import BAD_INPUT, fail

NUDGE_SECONDS = 2.0
"""Somebody is waiting at the terminal; what is not sent by then, the sweeper sends."""

NO_EMBEDDED = (
    "TANDEM_LEDGER_URL is `embedded`: such a ledger lives inside one running process, so there is nothing in it "
    "for this command. Give MongoDB's address (mongodb://host:27017/?replicaSet=rs0); `tandem demo` shows the "
    "embedded mode."
)


@dataclass(frozen=True)
class Desk:
    """Open while a command runs."""

    ledger: Ledger
    stores: Stores
    budgets: Budgets
    prepare: Callable[[], None]
    """Makes the ledger's indexes; before the first write."""
    publisher: Publisher | None = None
    """None when the broker is embedded: then the sweeper of that process sends."""

    def store(self, slug: str) -> Store:
        """The store of this slug; the command ends with those that there are when it is none of them."""
        store = self.stores.get(slug)
        if store is None:
            known = ", ".join(each.slug for each in self.stores.all())
            fail(
                f"There is no store {slug!r}. Known: {known or 'there is none yet; see `tandem store add --help`'}.",
                code=BAD_INPUT,
            )
        return store

    def nudge(self, records: Sequence[Record]) -> bool:
        """Tell the workers of these at once; False when that is left to the scheduler's sweeper."""
        if self.publisher is None or not records:
            return False
        try:
            confirmed = self.publisher.publish_nudges(group_nudges(records))
            sent = [each for nudge in confirmed for each in nudge.ids]
            self.ledger.mark_nudged(sent)
        except (BrokerUnavailable, LedgerUnavailable):
            return False
        return len(sent) == len(records)


OpenDesk = Callable[[], AbstractContextManager[Desk]]


def has_workers(record: Record) -> bool:
    """Whether anything works on such records: links of customers and variants are only looked up."""
    return record.entity in ENTITIES


def environment() -> Mapping[str, str]:
    """What a store's file may refer to as `${NAME}`: the environment, and `.env` for what is not set there."""
    from_file = dotenv_values(ENV_FILE, interpolate=False) if ENV_FILE.is_file() else {}
    return {name: value for name, value in from_file.items() if value is not None} | dict(os.environ)


@contextmanager
def desk_of(connection: Connection, crypto: Crypto, publisher: Publisher | None = None) -> Iterator[Desk]:
    """A desk on an open connection, which stays open."""
    yield Desk(
        ledger=MongoLedger(connection.database, connection.clock),
        stores=MongoStores(connection.database, crypto),
        budgets=MongoBudgets(connection.database, connection.clock),
        prepare=connection.prepare,
        publisher=publisher,
    )


def desk(context: typer.Context) -> AbstractContextManager[Desk]:
    """The desk of this command; a test has put its own way to open one into the context."""
    opening: OpenDesk = context.obj or open_desk
    return opening()


@contextmanager
def open_desk() -> Iterator[Desk]:
    """As the settings say. Raises ConfigurationError with all their faults; asks no server yet."""
    settings = configuration.load(CommonSettings)
    if settings.ledger_url == EMBEDDED:
        raise ConfigurationError([NO_EMBEDDED])
    crypto = Crypto.from_keys(settings.secret_key.get_secret_value())
    publisher = None
    if settings.broker_url != EMBEDDED:
        publisher = KombuPublisher(settings.broker_url, deadline_seconds=NUDGE_SECONDS, name="tandem console")
    configure("console", settings.model_copy(update={"log_level": "error", "log_format": "console"}))
    try:
        with (
            connect(settings.ledger_url, settings.ledger_database) as connection,
            desk_of(connection, crypto, publisher) as opened,
        ):
            yield opened
    finally:
        if publisher is not None:
            publisher.close()
