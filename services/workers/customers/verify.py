"""Compares what was read back with what was wanted."""

from __future__ import annotations

from libs.common.domain.outcomes import Hold
from services.workers.customers.apply import Written
from services.workers.customers.contact import differing, readable


def verify(written: Written) -> Hold | None:
    """None when Odoo has what it was given."""
    present = readable(written.contact)
    wrong = differing(written.changes.wanted, present)
    if not wrong:
        return None
    return Hold(
        "contact_differs",
        f"contact {written.contact.name} ({written.contact.id}) was written, and reads otherwise: "
        + ", ".join(sorted(wrong)),
        "see what in Odoo changes these fields (an automation, a parent contact), then retry",
        {"wanted": wrong, "found": {name: present.get(name, "") for name in wrong}},
    )
