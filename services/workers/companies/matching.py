"""Which contact in Odoo is the company: by link, then by its external ID, then by its tax id. Pure."""

from __future__ import annotations

from libs.common.domain.customers import OdooContact, ShopCompany
from services.workers.companies.model import FROM_ODOO, Situation


def match_company(company: ShopCompany, situation: Situation) -> OdooContact | None:
    """The active company whose reference is the external id, else the one that has the tax id; never several."""
    free = [one for one in situation.candidates if one.active and one.id not in situation.taken]
    wanted = external_ids(company)
    same = [one for one in free if dict(one.values).get("ref") in wanted or f"{FROM_ODOO}{one.id}" in wanted]
    if same:
        return min(same, key=lambda one: (one.parent_id is not None, one.id))
    taxed = [
        one
        for one in free
        if one.is_company and one.parent_id is None and _plain(dict(one.values).get("vat", "")) in tax_ids(company)
    ]
    return taxed[0] if len(taxed) == 1 else None


def external_ids(company: ShopCompany) -> set[str]:
    """As business orders look for it: the company's, and those of its locations."""
    return {company.external_id, *(one.external_id for one in company.locations)} - {""}


def tax_ids(company: ShopCompany) -> set[str]:
    """Without what people write between the digits: `DE 136 695 976` is DE136695976."""
    return {_plain(one.tax_id) for one in company.locations} - {""}


def _plain(tax_id: str) -> str:
    return "".join(one for one in tax_id if one.isalnum()).upper()
