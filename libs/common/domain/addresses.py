"""Mailing addresses as Odoo's contacts have them, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from libs.common.domain.facts import CompanyFacts
from libs.common.domain.orders import Address

#: Where a contact is: always written together, so that no street is mixed with another town.
PLACE_FIELDS = ("street", "street2", "city", "zip", "state_id", "country_id")


def address_values(address: Address, facts: CompanyFacts) -> dict[str, str]:
    """An address as `res.partner` takes it; a province that Odoo does not know stays readable in `street2`."""
    country = facts.countries.get(address.country)
    state = facts.states.get((address.country, address.province))
    province = "" if state else (address.province_name or address.province)
    name = ", ".join(part for part in (address.company, address.name) if part)
    values = {
        "name": name or address.city or address.address1,
        "street": address.address1,
        "street2": ", ".join(part for part in (address.address2, province) if part),
        "city": address.city,
        "zip": address.zip,
        "state_id": str(state or ""),
        "country_id": str(country or ""),
        "phone": address.phone,
    }
    return {key: value.strip() for key, value in values.items()}


def address_of(values: Mapping[str, str], facts: CompanyFacts) -> Address:
    """The address of a contact's values, for Shopify."""
    countries = {str(number): code for code, number in facts.countries.items()}
    states = {str(number): code for (_, code), number in facts.states.items()}
    return Address(
        name=values.get("name", ""),
        address1=values.get("street", ""),
        address2=values.get("street2", ""),
        city=values.get("city", ""),
        zip=values.get("zip", ""),
        province=states.get(values.get("state_id", ""), ""),
        country=countries.get(values.get("country_id", ""), ""),
        phone=values.get("phone", ""),
    )


def place_of(values: Mapping[str, str]) -> tuple[str, ...]:
    """Only where it is, for comparing."""
    return tuple(values.get(name, "").strip() for name in PLACE_FIELDS)
