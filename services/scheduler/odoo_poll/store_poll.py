"""One store's Odoo, looked through for what changed; what did becomes hints in the ledger and goes the ordinary way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from libs.common.domain.digests import digest
from libs.common.errors import Rejected
from libs.common.ledger.interface import Cursors, Ledger
from libs.common.ledger.model import Hint, Recorded
from libs.common.odoo.cells import parse_datetime
from libs.common.odoo.client import OdooClient
from libs.common.odoo.errors import INCOMPATIBLE
from libs.common.stores.model import Store
from services.scheduler.odoo_poll.pages import Row, changed_since
from services.scheduler.odoo_poll.polled import Polled

_log = structlog.get_logger(__name__)

#: `write_date` is when the writing transaction began: a long one shows behind newer ones that were seen already.
OVERLAP = timedelta(minutes=10)
#: Where so many records changed within the overlap, all of it is read again only so often, and else only its end.
MANY = 500
#: So many times larger the pages are then.
LARGER = 10
WHOLE_SECONDS = 60.0
END = timedelta(seconds=5)
#: So many times longer at most.
MOST_PATIENT = 2
#: How far the very first look goes back.
FIRST_LOOK = timedelta(hours=24)


@dataclass
class StorePoll:
    """The connection to one store, and what was seen through it; made anew when the store is changed."""

    store: Store
    client: OdooClient
    ledger: Ledger
    cursors: Cursors
    notes: dict[str, dict[int, Row]] = field(default_factory=dict)
    _fields: dict[str, list[str] | None] = field(default_factory=dict)
    _models: dict[str, bool] = field(default_factory=dict)
    _seen: dict[str, dict[int, str]] = field(default_factory=dict)
    """By cursor: what the last look found, so that the overlap costs the ledger nothing."""

    _looked: dict[str, datetime] = field(default_factory=dict)
    """By cursor: when the whole overlap was last read."""

    def poll(self, models: Iterable[Polled], go_on: Callable[[], bool]) -> int:
        """How many changes were news to the ledger. Raises the client's failures, and LedgerUnavailable."""
        found = 0
        for polled in models:
            for hints in polled.also(self) if polled.also else ():
                found += self._record(hints)
            # What is looked at now and then waits for a look that finds nothing else, though not for long.
            seconds = polled.every_seconds * (MOST_PATIENT if found else 1)
            if self._is_early(polled.cursor, seconds):
                continue
            fields = self._fields_of(polled)
            if fields is not None and go_on():
                found += self._poll_one(polled, fields, go_on)
        return found

    def _poll_one(self, polled: Polled, fields: list[str], go_on: Callable[[], bool]) -> int:
        key = f"{self.store.slug}/odoo/{polled.cursor}"
        reached = self.cursors.reached(key)
        before = self._seen.get(polled.cursor, {})
        whole = reached is None or len(before) <= MANY or not self._is_early(polled.cursor, WHOLE_SECONDS)
        began = self.ledger.clock.now()
        since = reached - (OVERLAP if whole else END) if reached else began - FIRST_LOOK
        company = self.store.odoo.company_id
        of_it = ("company_id", "in", [False, company]) if polled.shared else ("company_id", "=", company)
        domain = [*polled.domain, *([of_it] if polled.owned else [])]
        present: dict[int, str] = {} if whole else dict(before)
        found = 0
        size = polled.page_records * (LARGER if len(before) > MANY else 1)
        for rows in changed_since(self.client, polled.model, domain, fields, since, page_records=size):
            told = {row["id"]: _fingerprint(row) for row in rows}
            present.update(told)
            news = [row for row in rows if before.get(row["id"]) != told[row["id"]]]
            ours = self._ours(polled, news)
            hints = polled.hints(self, ours) if polled.hints else [self._hint(polled, row) for row in ours]
            found += self._record(hints)
            newest = max((_written(row) for row in rows), default=None)
            if newest is not None and (reached is None or newest > reached):
                self.cursors.advance(key, newest)
            if not go_on():
                return found
        self._seen[polled.cursor] = present
        if whole:
            self._looked[polled.cursor] = began
        return found

    def _is_early(self, cursor: str, seconds: float) -> bool:
        looked = self._looked.get(cursor)
        return looked is not None and self.ledger.clock.now() - looked < timedelta(seconds=seconds)

    def _ours(self, polled: Polled, rows: list[Row]) -> list[Row]:
        """Those that hang on a record of Tandem's. Asks Odoo only about what the ledger does not link."""
        if polled.belongs_to is None or not rows:
            return rows
        name, model = polled.belongs_to
        owners = {row[name][0] for row in rows if row[name]}
        ours = set(self.ledger.linked_to(self.store.slug, model, sorted(owners)))
        unknown = sorted(owners - ours)
        if unknown:
            ids = self.client.call(model, "get_external_id", [unknown], write=False, records=len(unknown))
            begins = f"{self.store.external_id_module}."
            ours |= {int(one) for one, external_id in ids.items() if str(external_id or "").startswith(begins)}
        return [row for row in rows if row[name] and row[name][0] in ours]

    def _record(self, hints: list[Hint]) -> int:
        if not hints:
            return 0
        return sum(1 for one in self.ledger.record_hints(hints) if one is Recorded.RECORDED)

    def _hint(self, polled: Polled, row: Row) -> Hint:
        return Hint(
            self.store.slug,
            polled.entity,
            str(row["id"]),
            source="odoo",
            version=_written(row),
            name=row["name"] or None,
            why="changed in Odoo",
            # The same state found again (by another scheduler, or after a restart) is a duplicate to the ledger.
            delivery_id=_fingerprint(row),
        )

    def _fields_of(self, polled: Polled) -> list[str] | None:
        """What to ask for; None where the app is missing that has it. Asked once."""
        if polled.cursor not in self._fields:
            self._fields[polled.cursor] = self._ask_fields(polled)
        return self._fields[polled.cursor]

    def has_model(self, model: str) -> bool:
        """Whether this Odoo has it; asked once."""
        if model not in self._models:
            self._models[model] = bool(self._present(model))
        return self._models[model]

    def _present(self, model: str) -> dict[str, Any]:
        try:
            return self.client.fields_get(model, ("type",))
        except Rejected as error:
            if error.code != INCOMPATIBLE:
                raise
            return {}

    def _ask_fields(self, polled: Polled) -> list[str] | None:
        present = self._present(polled.model)
        lacking = [name for name in polled.needs if name not in present]
        if lacking:
            reason = f"{polled.model} has no {', '.join(lacking)}"
            _log.info("poll.nothing_to_poll", store=self.store.slug, entity=polled.entity, reason=reason)
            return None
        owner = [polled.belongs_to[0]] if polled.belongs_to else []
        named = ["name"] if "name" in present else []
        return [*named, "write_date", *owner, *(name for name in polled.watched if name in present)]


def _written(row: Row) -> datetime:
    return parse_datetime(row["write_date"])


def _fingerprint(row: Row) -> str:
    values: dict[str, Any] = {name: value for name, value in row.items() if name != "id"}
    return f"poll:{digest(values)}"
