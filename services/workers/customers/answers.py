"""What the pipeline is told of a contact that was written, and of one that was made in the shop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from libs.common.domain.customers import OdooContact
from libs.common.domain.outcomes import Hold
from libs.common.errors import Failure
from libs.common.ledger.model import Target
from libs.common.odoo.contacts import MODEL
from services.workers.customers.apply import Written
from services.workers.customers.parts import Agreed, after_writing
from services.workers.customers.verify import verify
from services.workers.entity import Outcome

Answer = Outcome | Failure


class FromOdoo(Protocol):
    """A contact of Odoo's that was to be something of the shop's."""

    @property
    def version(self) -> datetime: ...

    @property
    def contact(self) -> OdooContact: ...


def agreed_after(written: Written, now: Mapping[str, str]) -> Agreed:
    """What was read before, and of what was written here as it reads `now`."""
    changes = written.changes
    made = isinstance(changes.ref, str)
    return changes.before.taking(odoo=now if made else after_writing(changes.before.odoo, now, changes.written))


def written_answer(written: Written, agreed: Agreed, notes: Mapping[str, Any], version: datetime | None) -> Outcome:
    """`notes` tell what went to Shopify as well."""
    changes, contact = written.changes, written.contact
    counted = {"addresses": len(changes.addresses)} if changes.addresses else {}
    return Outcome(
        version=version,
        digest=agreed.text,
        name=changes.name,
        target=Target(MODEL, contact.id, contact.name),
        hold=verify(written),
        notes={"contact": contact.id, **changes.notes, **notes, **counted},
    )


def made_answer(changes: FromOdoo, made: str | Hold, model: str, kind: str) -> Outcome:
    """`made` is the number of what the shop has of it now: `kind` for the history, `model` in the link."""
    name = changes.contact.name
    if isinstance(made, Hold):
        return Outcome(version=changes.version, digest="", name=name, target=None, hold=made)
    target = Target(model, int(made), name)
    return Outcome(version=changes.version, digest="", name=name, target=target, notes={kind: made})
