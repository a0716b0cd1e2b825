"""A company's payment terms: what each says of when an invoice is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from libs.common.domain.facts import TermFact
from libs.common.errors import Rejected
from libs.common.odoo.client import OdooClient
from libs.common.odoo.errors import INCOMPATIBLE

LINES = "account.payment.term.line"
_FIELDS = ("payment_id", "value", "value_amount", "nb_days", "delay_type")
_WHOLE_PERCENT = 100.0
_DAYS_AFTER = "days_after"


def read_terms(client: OdooClient) -> tuple[TermFact, ...]:
    """In one call, by id. Those with a discount for early payment are left out: they say something else.

    None on a server that describes terms in other fields (before 17): there the store's rules must name them.
    """
    domain = [
        ("payment_id.active", "=", True),
        ("payment_id.company_id", "in", [False, client.company_id]),
        ("payment_id.early_discount", "=", False),
    ]
    try:
        rows = client.search_read(LINES, domain, list(_FIELDS))
    except Rejected as error:
        if error.code != INCOMPATIBLE:
            raise
        return ()
    lines: dict[int, list[Mapping[str, Any]]] = {}
    for row in sorted(rows, key=lambda one: int(one["payment_id"][0])):
        lines.setdefault(int(row["payment_id"][0]), []).append(row)
    return tuple(TermFact(one, str(own[0]["payment_id"][1]), _days(own)) for one, own in lines.items())


def _days(lines: Sequence[Mapping[str, Any]]) -> int | None:
    (line, *others) = lines
    whole = line["value"] == "percent" and line["value_amount"] == _WHOLE_PERCENT
    return int(line["nb_days"]) if whole and not others and line["delay_type"] == _DAYS_AFTER else None
