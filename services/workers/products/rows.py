"""The rows of `load` for products (recorded on real Odoo 18 and 19).

A template, its attribute lines and the values that it has of them are one record of several rows, so that all of it is
made in one transaction and every value has an external id: variants can name their values without another question.

    id          name   …  attribute  value_ids   ptav/id        ptav/value  ptav/price_extra
    product_70  Shirt  …  3          11,12       ptav_70_a1     11          0
                                                 ptav_70_b2     12          1.25
                          4          21          ptav_70_c3     21          0
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from libs.common.odoo.cells import Cell, ids_cell
from libs.common.odoo.fields import OdooFields
from services.workers.products.model import Changes, NewValue, NewVariant

LINE = "attribute_line_ids/"
PTAV = f"{LINE}product_template_value_ids/"
LINE_COLUMNS = (
    f"{LINE}attribute_id/.id",
    f"{LINE}value_ids/.id",
    f"{PTAV}id",
    f"{PTAV}product_attribute_value_id/.id",
    f"{PTAV}price_extra",
)
VARIANT_FIELDS = ("default_code", "barcode", "weight", "standard_price")
Row = list[Cell]
ValueId = Callable[[str, str], int]
"""Option and value to the id of the `product.attribute.value`."""


def template_columns(fields: OdooFields, values: Sequence[Mapping[str, Any]]) -> list[str]:
    """`id` first, then the kind of product, then every field that one of them has, then the attributes."""
    kinds = dict.fromkeys((*fields.stored_product, *fields.service_product))
    named = dict.fromkeys(name for one in values for name in one)
    return ["id", *kinds, "categ_id/.id", "product_tag_ids/.id", *named, *LINE_COLUMNS]


def template_rows(  # noqa: PLR0917 - one record and all that its rows refer to
    changes: Changes,
    columns: Sequence[str],
    fields: OdooFields,
    category: int | None,
    tags: Sequence[int],
    attributes: Mapping[str, int],
    value_id: ValueId,
) -> list[Row]:
    kind = fields.stored_product if changes.stored else fields.service_product
    cells: dict[str, Cell] = {"id": changes.external_id, **kind, **changes.values}
    cells |= {"categ_id/.id": category, "product_tag_ids/.id": ids_cell(tags)}
    rows = [_line_row(columns, attributes, value_id, *line) for line in _lines(changes.new_values)] or [
        [None] * len(columns)
    ]
    rows[0] = [cells.get(name, rows[0][number]) for number, name in enumerate(columns)]
    return rows


def _lines(values: Sequence[NewValue]) -> Iterator[tuple[NewValue, tuple[NewValue, ...]]]:
    """Each value, with all values of its attribute where it is the first."""
    for _, group in groupby(values, key=lambda one: one.option):
        found = tuple(group)
        for number, one in enumerate(found):
            yield one, found if number == 0 else ()


def _line_row(
    columns: Sequence[str],
    attributes: Mapping[str, int],
    value_id: ValueId,
    value: NewValue,
    of_line: Sequence[NewValue],
) -> Row:
    cells: dict[str, Cell] = {
        f"{PTAV}id": value.external_id,
        f"{PTAV}product_attribute_value_id/.id": value_id(value.option, value.value),
        f"{PTAV}price_extra": value.extra,
    }
    if of_line:
        cells[f"{LINE}attribute_id/.id"] = attributes[value.option]
        cells[f"{LINE}value_ids/.id"] = ids_cell(value_id(one.option, one.value) for one in of_line)
    return [cells.get(name) for name in columns]


def variant_columns(*, by_id: bool) -> list[str]:
    """`by_id`: the template's values are named by database ids, else by external ids."""
    values = f"product_template_attribute_value_ids/{'.id' if by_id else 'id'}"
    return ["id", "product_tmpl_id/.id", values, *VARIANT_FIELDS]


def variant_row(variant: NewVariant, template_id: int) -> Row:
    values = ",".join(map(str, variant.values))
    return [variant.external_id, template_id, values, *(variant.cells.get(name) for name in VARIANT_FIELDS)]
