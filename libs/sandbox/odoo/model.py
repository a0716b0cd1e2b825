"""What a model is: its fields, how its values come about, and what happens around its writes.

A subclass per model with a behaviour of its own stands in `models/`; all others are plain `Model`s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import OdooError
from libs.sandbox.odoo.schema import LABELS, Fields

Compute = Callable[[Env, Row], Any]
Method = Callable[..., Any]


class Model:
    """`order` and `inherits` are Odoo's `_order` and `_inherits` (parent model and the field that links it)."""

    order = "id"
    inherits: tuple[str, str] | None = None
    # Names that do not clash with `required`: set by the server when a caller leaves them out.
    defaults: ClassVar[Mapping[str, Any]] = {}
    own_fields: tuple[str, ...] = ()  # held by this model's rows although its parent has fields of that name
    cascade_from: tuple[str, ...] = ()  # many2one fields whose target takes this record along when it is deleted

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        self.name = name
        self.version = version
        self.label = LABELS[name]
        self.fields = schema[name]
        self.parent_fields: frozenset[str] = frozenset()
        self.computed: dict[str, Compute] = {"display_name": self.display_name}
        self.methods: dict[str, Method] = {}
        for field in self.fields.values():
            if field.type == "one2many" and field.inverse and field.relation in schema:
                self.computed[field.name] = self._children(field.name)

    def stays_elsewhere(self) -> set[str]:
        """Fields that a row of this model does not hold itself."""
        return {*self.computed, *self.parent_fields}

    def value(self, env: Env, row: Row, name: str) -> Any:
        compute = self.computed.get(name)
        if compute is not None:
            return compute(env, row)
        if name in self.parent_fields and self.inherits is not None:
            parent, link = self.inherits
            return env.value(parent, env.db.tables[parent][row[link]], name)
        if name in row:
            return row[name]
        return self.fields[name].empty

    def display_name(self, env: Env, row: Row) -> str:  # noqa: ARG002 - subclasses look at other records
        return str(row.get("name") or f"{self.name},{row['id']}")

    def standing(self, env: Env, values: Mapping[str, Any]) -> int | None:  # noqa: ARG002 - for subclasses
        """The record that is there already and takes these values instead of a new one."""
        return None

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        """Sets what a new record has that its caller did not give; `values` are already those of a row."""

    def adapt(self, env: Env, values: dict[str, Any]) -> None:
        """Changes the values given to `create` or `write` before they are looked at."""

    def check_write(self, env: Env, row: Row, values: dict[str, Any]) -> None:
        """Refuses a change as the caller asked for it, x2many commands and all."""

    def before_write(self, env: Env, row: Row, changes: dict[str, Any]) -> None:
        """Refuses a change of a record, or adds to it; `row` is still as it was."""

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:
        """Checks, and brings up to date what depends on these fields."""

    def inverse(self, env: Env, row: Row, values: dict[str, Any]) -> None:
        """Passes on values given for computed fields to where they come from."""

    def before_unlink(self, env: Env, row: Row) -> None:
        """Refuses, or clears up."""

    def recompute(self, env: Env, row: Row) -> None:
        """Computes what was put off to the end of the call."""

    def archive_instead(self, env: Env, row: Row, refusal: OdooError) -> bool:  # noqa: ARG002 - for subclasses
        """Whether a record that others refer to was put aside rather than deleted."""
        return False

    def name_search_fields(self) -> tuple[str, ...]:
        return ("name",)

    def _children(self, name: str) -> Compute:
        field = self.fields[name]

        def children(env: Env, row: Row) -> tuple[int, ...]:
            ids = env.children(field, row["id"])
            table = env.db.tables[field.relation]
            if "active" in env.fields(field.relation) and env.context.get("active_test", True):
                ids = [one for one in ids if env.value(field.relation, table[one], "active")]
            return tuple(ids)

        return children
