"""What the pipeline must know of an entity: its four steps, behind one face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from libs.common.domain.outcomes import Hold, Ignore, Needs, Nothing
from libs.common.errors import Failure
from libs.common.ledger.model import Record, Target
from services.workers.context import StoreContext


@dataclass(frozen=True, slots=True)
class Read:
    """One record, gathered: its version on the source's side (None when it is gone) and what the plan needs."""

    version: datetime | None
    situation: Any
    name: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One record after apply and verify: synced when `hold` is None."""

    version: datetime | None
    digest: str
    name: str
    target: Target | None
    hold: Hold | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    """For the history: what was done, totals compared."""
    frozen: Mapping[str, str] = field(default_factory=dict)
    """Choices of the store's rules that hold for this record from now on."""
    again: Needs | None = None
    """Synced for now: to be looked at again when that record is synced."""


class Entity(Protocol):
    """An entity's room: `services.workers.orders.entity` is the first."""

    name: str
    """As the ledger calls it: `order`."""

    def gather(self, batch: Sequence[Record], store: StoreContext) -> list[Read | Failure]: ...

    def plan(self, situation: Any, store: StoreContext) -> Any:
        """Changes of the entity's own kind, or Hold, Ignore, Needs, Nothing (libs.common.domain.outcomes)."""
        ...

    def carry_out(self, changes: Sequence[Any], store: StoreContext) -> list[Outcome | Failure]:
        """apply, then verify what was applied; one answer for each."""
        ...


Decision = Hold | Ignore | Needs | Nothing
