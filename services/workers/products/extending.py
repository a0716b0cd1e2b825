"""Variants for a template that is there: named by the ids of its values, or met where Odoo has made them by itself."""

from __future__ import annotations

from dataclasses import replace

from libs.common.domain.products import Template
from services.workers.products.model import Changes


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
