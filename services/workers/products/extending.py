"""Values and variants for a template that is there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from libs.common.domain.products import Template
from libs.common.odoo.cells import Cell, ids_cell
from services.workers.products.model import Changes

#: Of `product.template.attribute.line`: all values of a line, and what the template has of those that are new.
LINE_COLUMNS = (
    *(".id", "value_ids/.id", "product_template_value_ids/id"),
    *("product_template_value_ids/product_attribute_value_id/.id", "product_template_value_ids/price_extra"),
)


def value_pairs(one: Changes, template: Template) -> list[tuple[int, str]]:
    """Attribute and name of each value that the template does not have yet."""
    attributes = {line.attribute: line.attribute_id for line in template.lines}
    return [(attributes[value.option], value.value) for value in one.new_values]


def line_rows(one: Changes, template: Template, ids: Mapping[tuple[int, str], int]) -> Iterator[list[list[Cell]]]:
    """The rows of each line that gets values; `ids` are those of the values, by attribute and name."""
    for line in template.lines:
        fresh = [value for value in one.new_values if value.option == line.attribute]
        added = [ids[line.attribute_id, value.value] for value in fresh]
        every = ids_cell([*(value.value_id for value in line.values), *added])
        if fresh:
            yield [
                [line.id if not n else None, every if not n else None, value.external_id, added[n], value.extra]
                for n, value in enumerate(fresh)
            ]


def with_ids(one: Changes, template: Template) -> Changes:
    """Its new variants with the database ids of their template's values.

    Of attributes that a person has made, Odoo makes every variant as soon as it has the value: such a one is no new
    variant but one to be filled in.
    """
    known = {(line.attribute, value.name): value.id for line in template.lines for value in line.values}
    there = {variant.values: variant.id for variant in template.variants if variant.active}
    options = {variant.id: variant.options for variant in one.product.variants} if one.product else {}
    fresh, met, links = [], dict(one.variants), dict(one.links)
    for variant in one.new_variants:
        values = tuple(known[option] for option in options[variant.variant_id])
        made = there.get(frozenset(values))
        if made is None or made in one.links.values():
            fresh.append(replace(variant, values=values))
        else:
            links[variant.variant_id] = made
            met[made] = {name: value for name, value in variant.cells.items() if value}
    return replace(one, new_variants=tuple(fresh), variants=met, links=links)
