"""Rows for Odoo's `load`: how contacts and the addresses below them are written down. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from libs.common.odoo.cells import Cell, ids_cell

_ADDRESS = ("name", "phone", "street", "street2", "city", "zip", "state_id", "country_id")
#: Odoo gives a contact its parent's tax id, unless it is a company itself.
_TAXED = ("is_company", "vat")


def column(name: str) -> str:
    """Relations are given by database id."""
    return f"{name}/.id" if name.endswith("_id") else name


def new_contact(external_id: str, values: Mapping[str, str], tag_ids: Sequence[int]) -> tuple[list[str], list[Cell]]:
    """Columns and the row of a new contact; a column that is left out means Odoo's default."""
    names = sorted(values)
    columns = ["id", *map(column, names), *(["category_id/.id"] if tag_ids else [])]
    cells: list[Cell] = [external_id, *(values[name] for name in names)]
    return columns, [*cells, *([ids_cell(tag_ids)] if tag_ids else [])]


def changed_contact(
    partner_id: int, values: Mapping[str, str], tag_ids: Sequence[int] | None
) -> tuple[list[str], list[Cell]]:
    """Columns and the row of a contact that changes; `tag_ids` are all it is to have, None leaves them."""
    names = sorted(values)
    columns = [".id", *map(column, names), *(["category_id/.id"] if tag_ids is not None else [])]
    cells: list[Cell] = [partner_id, *(values[name] for name in names)]
    return columns, [*cells, *([ids_cell(tag_ids)] if tag_ids is not None else [])]


def address_fields(*, taxed: bool) -> list[str]:
    """Columns for addresses below contacts that are there; `taxed` with a tax id of their own."""
    return ["id", "parent_id/.id", "type", *map(column, _ADDRESS), *(_TAXED if taxed else ())]


def address_row(external_id: str, parent_id: int, kind: str, values: Mapping[str, str], *, taxed: bool) -> list[Cell]:
    names = (*_ADDRESS, *(_TAXED if taxed else ()))
    return [external_id, parent_id, kind, *(values.get(name, "") for name in names)]
