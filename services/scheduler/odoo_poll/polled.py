"""One kind of record that is polled in a store's Odoo, and what the look at it has at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from libs.common.domain.rules import StoreRules
from libs.common.ledger.interface import Cursors, Ledger
from libs.common.ledger.model import Hint
from libs.common.odoo.client import OdooClient
from libs.common.stores.model import Store
from services.scheduler.odoo_poll.pages import PAGE_RECORDS, Row


class Looking(Protocol):
    """The look at one store's Odoo."""

    store: Store
    client: OdooClient
    ledger: Ledger
    cursors: Cursors
    notes: dict[str, dict[int, Row]]
    """Rows by id that a kind of record keeps in mind from one look to the next; nothing after a restart."""

    def has_model(self, model: str) -> bool:
        """Whether this Odoo has it; asked once."""
        ...


@dataclass(frozen=True, slots=True)
class Polled:
    """Changes of one model that become hints of one ledger entity."""

    entity: str
    model: str
    domain: tuple[Any, ...]
    needs: tuple[str, ...]
    """Fields without which this Odoo has nothing to poll: the app that brings them is not installed."""
    watched: tuple[str, ...]
    """Fields that tell two changes of one second apart, where the model has them."""
    wanted: Callable[[StoreRules], bool]
    belongs_to: tuple[str, str] | None = None
    """A many2one and its model, where only what hangs on a record of Tandem's counts: one that the ledger links, or
    that has an external id of the store's. Whatever else is sold in this Odoo makes no records."""
    shared: bool = False
    """Whether records of no company count as well."""
    owned: bool = True
    """Whether its records say which company they belong to."""
    key: str = ""
    """What its cursor is called, where an entity has several; its entity's name otherwise."""
    page_records: int = PAGE_RECORDS
    every_seconds: float = 0.0
    """Not looked at more often; 0 for every time. When it is time, and other things were found, later still."""
    hints: Callable[[Looking, list[Row]], list[Hint]] | None = None
    """Where a row is not itself a record of the ledger: the hints that follow from rows."""
    also: Callable[[Looking], Iterator[list[Hint]]] | None = None
    """What else there is to announce at each look, without asking Odoo."""

    @property
    def cursor(self) -> str:
        return self.key or self.entity
