"""Compares what Odoo has with what it was to have."""

from __future__ import annotations

from decimal import Decimal

from libs.common.domain.outcomes import Hold
from libs.common.domain.products import ARCHIVED
from services.workers.products.checks import amount
from services.workers.products.differences import extras_of, template_differences, variant_differences
from services.workers.products.model import Applied


def verify(applied: Applied) -> Hold | None:
    """What a person must look at: an image that could not be taken over, or a field that did not stay as written."""
    found = still_differs(applied)
    if found:
        fields = ", ".join(found)
        return Hold(
            "product_differs",
            f"{applied.changes.name}: Odoo shows another {fields} than was written",
            "look for an automation or an app in Odoo that changes products, then retry",
            {"fields": fields, "template_id": applied.template.id},
        )
    return applied.hold


def still_differs(applied: Applied) -> list[str]:
    """What Odoo did not take although it was written: field names, for a person. Prices to the cent."""
    product, template, links = applied.changes.product, applied.template, applied.links
    if product is None:
        return ["active"] if template.active else []
    found = list(template_differences(product, template, extras_of(product).base))
    by_id = {one.id: one for one in template.variants}
    for variant in product.variants:
        there = by_id.get(links.get(variant.id, 0))
        if there is None:
            continue
        found += variant_differences(variant, there, template.weight_unit, active=product.status != ARCHIVED)
        rule = applied.rules.get(there.id)
        if (amount(variant.price) or Decimal(0)) != (rule.price if rule else there.price):
            found.append("price")
    return sorted(set(found))
