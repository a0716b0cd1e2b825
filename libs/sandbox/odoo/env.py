"""What a call sees: the database, who asks, for which companies, and what its models can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from libs.sandbox.journal import Effect
from libs.sandbox.odoo.database import Database, Row
from libs.sandbox.odoo.errors import OdooError, access_error, missing
from libs.sandbox.odoo.schema import LABELS, Field, Fields, Version

if TYPE_CHECKING:
    from libs.sandbox.odoo.model import Model

SUPERUSER = 1
VERBS = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}
# Kept when a call fails, as PostgreSQL's sequences are.
ORDER_SEQUENCE = "sale.order/name"

Rights = Mapping[str, frozenset[str]]


@dataclass
class Registry:
    """The parts that all calls share."""

    version: Version
    schema: dict[str, Fields]
    db: Database
    models: dict[str, Model]
    rights: dict[int, Rights | None] = field(default_factory=dict)  # None: everything is allowed
    keys: dict[int, tuple[str, ...]] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


class Env:
    """One call's view. `context` is the call's; companies follow from it and from the user."""

    def __init__(self, registry: Registry, uid: int, context: Mapping[str, Any] | None = None) -> None:
        self.registry = registry
        self.db = registry.db
        self.version = registry.version
        self.models = registry.models
        self.uid = uid
        self.context: dict[str, Any] = dict(context or {})
        self.user = self.db.tables["res.users"].get(uid, {})
        self.stale_orders: dict[int, None] = {}
        self.stale_moves: dict[int, None] = {}
        self.moment = registry.now().astimezone(UTC)
        own = list(self.user.get("company_ids") or ())
        allowed = self.context.get("allowed_company_ids")
        self.explicit_companies = bool(allowed)
        self.company_ids: list[int] = list(allowed) if allowed else own
        main = self.user.get("company_id")
        self.company_id: int | None = self.company_ids[0] if allowed else main
        self.own_company_ids = own

    @property
    def now(self) -> str:
        """As a datetime field holds it: UTC, whole seconds."""
        return self.moment.strftime("%Y-%m-%d %H:%M:%S")

    @property
    def stamp(self) -> str:
        """As `write_date` is kept: with the microseconds that reading does not show."""
        return self.moment.strftime("%Y-%m-%d %H:%M:%S.%f")

    @property
    def is_super(self) -> bool:
        return self.uid == SUPERUSER

    def check_companies(self) -> None:
        if not self.is_super and any(company not in self.own_company_ids for company in self.company_ids):
            raise access_error("Access to unauthorized or invalid companies.")

    def with_context(self, **changes: Any) -> Env:
        """The same call, seen differently; what became stale in it is shared."""
        other = Env(self.registry, self.uid, {**self.context, **changes})
        other.stale_orders, other.stale_moves, other.moment = self.stale_orders, self.stale_moves, self.moment
        return other

    def forget_stale(self) -> None:
        """What had become stale was taken back."""
        self.stale_orders.clear()
        self.stale_moves.clear()

    def as_superuser(self) -> Env:
        """For what the server does on its own account."""
        other = self.with_context()
        other.uid = SUPERUSER
        return other

    def model(self, name: str) -> Model:
        return self.models[name]

    def fields(self, model: str) -> Fields:
        return self.registry.schema[model]

    def row(self, model: str, row_id: Any) -> Row | None:
        return self.db.tables[model].get(row_id) if isinstance(row_id, int) else None

    def rows(self, model: str, ids: list[int]) -> list[Row]:
        """The rows of these ids; MissingError names all when one is gone."""
        table = self.db.tables[model]
        if any(row_id not in table for row_id in ids):
            raise missing(model, [row_id for row_id in ids if row_id not in table], self.uid)
        return [table[row_id] for row_id in ids]

    def value(self, model: str, row: Row, name: str) -> Any:
        return self.models[model].value(self, row, name)

    def related(self, model: str, row: Row, name: str) -> Row | None:
        """The row that a many2one field refers to."""
        target = self.value(model, row, name)
        return self.row(self.fields(model)[name].relation, target) if target else None

    def display_name(self, model: str, row_id: int) -> str:
        row = self.row(model, row_id)
        return str(self.models[model].display_name(self, row)) if row is not None else ""

    def external_id(self, model: str, row_id: int) -> str | None:
        for data_id in self.db.referring("ir.model.data", "res_id", row_id) or []:
            row = self.db.tables["ir.model.data"][data_id]
            if row["model"] == model:
                return f"{row['module']}.{row['name']}"
        return None

    def note(self, model: str, operation: str, row_id: int, summary: dict[str, Any], external_id: str | None) -> None:
        """For the journal, if this transaction succeeds."""
        known = external_id or self.external_id(model, row_id)
        self.db.note(Effect(model, operation, str(row_id), known, summary, self.moment))

    def may(self, model: str, operation: str) -> bool:
        rights = self.registry.rights.get(self.uid)
        return self.is_super or rights is None or operation in rights.get(model, frozenset())

    def check(self, model: str, operation: str) -> None:
        if not self.may(model, operation):
            label = LABELS[model]
            raise access_error(
                f"You are not allowed to {VERBS[operation]} '{label}' ({model}) records.\n\nThis operation is allowed "
                "for the following groups:\n\t- Access Rights\n\nContact your administrator to request access if "
                "necessary."
            )

    def visible(self, model: str, row: Row) -> bool:
        """The multi-company rule: records of no company, and of the companies that this call acts for."""
        if self.is_super:
            return True
        if model == "res.company":
            return row["id"] in self.own_company_ids
        if "company_id" not in self.fields(model) or model == "res.users":
            return True
        company = self.value(model, row, "company_id")
        return not company or company in self.company_ids

    def check_visible(self, model: str, rows: list[Row], operation: str) -> None:
        if any(not self.visible(model, row) for row in rows):
            raise self._hidden(model, operation)

    def _hidden(self, model: str, operation: str) -> OdooError:
        name = self.display_name("res.users", self.uid)
        return access_error(
            "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"
            f"Sorry, {name} (id={self.uid}) doesn't have '{operation}' access to:\n- {LABELS[model]} ({model})\n\n"
            "If you really, really need access, perhaps you can win over your friendly administrator with a batch of "
            "freshly baked cookies.\n\nThis seems to be a multi-company issue, but you do not have access to the "
            "proper company to access the record anyhow."
        )

    def children(self, field: Field, row_id: int) -> list[int]:
        """The records of a one2many field, in no particular order, archived ones too."""
        found = self.db.referring(field.relation, field.inverse, row_id)
        if found is None:
            table = self.db.tables[field.relation]
            return [child for child, row in table.items() if row.get(field.inverse) == row_id]
        return found
