"""Contacts of Odoo's as customers: read with what is below them, found by e-mail and phone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from libs.common.domain.customers import OdooAddress, OdooContact
from libs.common.domain.matching import normalise_email, normalise_phone
from libs.common.odoo.cells import parse_datetime
from libs.common.odoo.client import OdooClient
from libs.common.odoo.fields import OdooFields

MODEL = "res.partner"
ADDRESS_TYPES = ("delivery", "invoice", "other")
_TEXTS = ("name", "email", "phone", "street", "street2", "city", "zip", "lang", "vat", "ref")
_RELATIONS = ("state_id", "country_id")
_ADDRESS_VALUES = ("name", "phone", "street", "street2", "city", "zip", *_RELATIONS)
_FIELDS = (*_TEXTS, *_RELATIONS, "type", "is_company", "parent_id", "active", "category_id", "write_date")


def read_contacts(
    client: OdooClient,
    names: OdooFields,
    ids: Collection[int],
    *,
    emails: Collection[str] = (),
    phones: Collection[str] = (),
    refs: Collection[str] = (),
    vats: Collection[str] = (),
) -> dict[int, OdooContact]:
    """The contacts of these ids with what is below them, and those found by e-mail, phone, reference or tax id.

    One call; archived ones too. Among a contact's addresses are the companies below it. E-mails and phones are
    normalised. What is gone is absent.
    """
    fields = [*_FIELDS, *_known_by(names)]
    wanted = sorted(set(ids))
    parts: list[Any] = [("id", "in", wanted), ("parent_id", "in", wanted)] if wanted else []
    if emails:
        parts.append(("email_normalized" if names.partner_email_normalized else "email", "in", sorted(emails)))
    if phones:
        # Odoo sanitizes only numbers that are in use; one written as Shopify writes it is found all the same.
        fields_of_it = ["phone", *(["phone_sanitized"] if names.partner_phone_sanitized else [])]
        parts += [(name, "in", sorted(phones)) for name in fields_of_it]
    if refs:
        parts.append(("ref", "in", sorted(refs)))
    if vats:
        parts.append(("vat", "in", sorted(vats)))
    if not parts:
        return {}
    domain = [*["|"] * (len(parts) - 1), *parts]
    rows = client.search_read(MODEL, domain, fields, context={"active_test": False})
    below: dict[int, list[OdooAddress]] = {}
    for row in rows:
        parent = _id(row["parent_id"])
        if parent is not None and (row["type"] in ADDRESS_TYPES or row["is_company"]):
            below.setdefault(parent, []).append(_address(row))
    return {row["id"]: _contact(row, tuple(below.get(row["id"], ()))) for row in rows}


def _address(row: Mapping[str, Any]) -> OdooAddress:
    values = _values(row)
    kept = tuple((name, values[name]) for name in _ADDRESS_VALUES)
    return OdooAddress(row["id"], row["type"], kept, row["active"], values["vat"], row["is_company"])


def _known_by(names: OdooFields) -> list[str]:
    """What this server has of how it reads an e-mail address and a phone number, and whether it counts customers."""
    fields = {
        "phone_sanitized": names.partner_phone_sanitized,
        "email_normalized": names.partner_email_normalized,
        "customer_rank": names.partner_customer_rank,
    }
    return [name for name, there in fields.items() if there]


def _email(row: Mapping[str, Any]) -> str:
    """Of several addresses in one field the first, as Odoo has it; what is none for Odoo as it was typed."""
    return normalise_email(str(row.get("email_normalized") or row["email"] or ""))


def _phone(row: Mapping[str, Any]) -> str:
    return normalise_phone(str(row.get("phone_sanitized") or "")) or normalise_phone(str(row["phone"] or ""))


def _contact(row: Mapping[str, Any], addresses: tuple[OdooAddress, ...]) -> OdooContact:
    values = _values(row)
    return OdooContact(
        id=row["id"],
        name=values["name"],
        written_at=parse_datetime(row["write_date"]),
        values=tuple(values.items()),
        email=_email(row),
        phone=_phone(row),
        active=row["active"],
        parent_id=_id(row["parent_id"]),
        type=row["type"],
        is_company=row["is_company"],
        customer=bool(row.get("customer_rank")),
        tag_ids=tuple(sorted(row["category_id"])),
        addresses=addresses,
    )


def _values(row: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: str(row[name] or "").strip() for name in _TEXTS}
    return texts | {name: str(_id(row[name]) or "") for name in _RELATIONS}


def _id(value: Any) -> int | None:
    return int(value[0]) if value else None


def contact_tags(client: OdooClient, names: Sequence[str]) -> dict[str, int]:
    """The contact tags of these names that there are, the oldest of each name."""
    if not names:
        return {}
    found: dict[str, int] = {}
    for row in client.search_read("res.partner.category", [("name", "in", list(names))], ["name"]):
        found.setdefault(str(row["name"]), int(row["id"]))
    return found


def contact_pages(client: OdooClient, names: OdooFields, *, page_records: int = 1000) -> Iterator[list[OdooContact]]:
    """Every active contact that has an e-mail address or a phone number, by id, without what is below it.

    One call for each page. Only what a contact is known by is read: `values` is empty.
    """
    fields = [*("name", "email", "phone", "type", "is_company", "parent_id", "write_date"), *_known_by(names)]
    reachable = ["|", ("email", "!=", False), ("phone", "!=", False)]
    after = 0
    while True:
        rows = client.search_read(MODEL, [*reachable, ("id", ">", after)], fields, order="id", limit=page_records)
        yield [
            OdooContact(
                id=row["id"],
                name=str(row["name"] or ""),
                written_at=parse_datetime(row["write_date"]),
                values=(),
                email=_email(row),
                phone=_phone(row),
                parent_id=_id(row["parent_id"]),
                type=row["type"],
                is_company=row["is_company"],
                customer=bool(row.get("customer_rank")),
            )
            for row in rows
        ]
        if len(rows) < page_records:
            return
        after = rows[-1]["id"]
