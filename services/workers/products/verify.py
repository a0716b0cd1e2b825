"""Compares what Odoo has with what it was to have."""

from __future__ import annotations

from libs.common.domain.outcomes import Hold
from services.workers.products.model import Applied
from services.workers.products.plan import still_differs


def verify(applied: Applied) -> Hold | None:
    """What a person must look at: an image that could not be taken over, or a field that did not stay as written."""
    found = still_differs(applied.changes, applied.template)
    if found:
        fields = ", ".join(found)
        return Hold(
            "product_differs",
            f"{applied.changes.name}: Odoo shows another {fields} than was written",
            "look for an automation or an app in Odoo that changes products, then retry",
            {"fields": fields, "template_id": applied.template.id},
        )
    return applied.hold
