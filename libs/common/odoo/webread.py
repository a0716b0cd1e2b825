"""`web_read` for servers that do not have it: Odoo 16."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Reads(Protocol):
    """The part of the client that is needed here."""

    def call(
        self,
        model: str,
        method: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        write: bool,
        context: Mapping[str, Any] | None = None,
        records: int = 1,
    ) -> Any: ...

    def fields_get(self, model: str, attributes: Sequence[str] = ...) -> dict[str, dict[str, Any]]: ...


def read_as_web(
    client: Reads,
    model: str,
    ids: Sequence[int],
    specification: Mapping[str, dict[str, Any]],
    context: Mapping[str, Any] | None,
) -> list[dict[str, Any]]:
    """What `web_read` would give, by one `read` for the records and one for each relation asked into."""
    # With `load` empty a many2one is its id alone, as web_read gives it.
    kwargs = {"fields": list(specification), "load": ""}
    records: list[dict[str, Any]] = client.call(
        model, "read", [list(ids)], kwargs, write=False, context=context, records=len(ids)
    )
    nested = {name: spec["fields"] for name, spec in specification.items() if spec.get("fields") is not None}
    relations = client.fields_get(model, ("type", "relation")) if nested else {}
    for name, fields in nested.items():
        wanted = sorted({i for values in records for i in _ids(values[name])})
        related = str(relations[name]["relation"])
        inner = {v["id"]: v for v in read_as_web(client, related, wanted, fields, context)} if wanted else {}
        for values in records:
            values[name] = _replaced(values[name], inner)
    return records


def _ids(value: Any) -> list[int]:
    if isinstance(value, list):
        return value
    return [value] if value else []


def _replaced(value: Any, inner: Mapping[int, dict[str, Any]]) -> Any:
    if isinstance(value, list):
        return [inner[i] for i in value if i in inner]
    return inner.get(value, False) if value else False
