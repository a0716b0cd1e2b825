"""Contacts and where they live."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.utils import getaddresses
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import ConstraintBroken, user_error
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.schema import Fields

ADDRESS = ("street", "street2", "zip", "city", "state_id", "country_id")
COMMERCIAL = ("vat", "company_registry")


#: By country: what a tax id looks like, and the sample that the refusal names. Others are not looked at.
_VAT = {"DE": (re.compile(r"DE\d{9}"), "DE123456788"), "FR": (re.compile(r"FR\w\w\d{9}"), "FR23334175221")}


def _is_vat(number: str) -> bool:
    known = _VAT.get(number[:2])
    return known is None or known[0].fullmatch(number) is not None


def normalized_email(text: Any) -> str | bool:
    """`Ada <Ada@Example.com>` as `ada@example.com`, the first of several; False when there is none."""
    if not text:
        return False
    found = [address for _, address in getaddresses([str(text)]) if "@" in address.strip("@")]
    return found[0].strip().lower() if found else False


def sanitized_phone(text: Any) -> str | bool:
    """`+1 555-0100` as `+15550100`; False for a number without its country, or none."""
    digits = "".join(one for one in str(text or "") if one.isdigit())
    return f"+{digits}" if digits and str(text).strip().startswith("+") else False


class Partner(Model):
    checks_vat = False
    """Whether the app base_vat is installed."""
    order = "complete_name, id desc"
    defaults: ClassVar[Mapping[str, Any]] = {"type": "contact", "active": True, "lang": "en_US"}

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed |= {
            "complete_name": self.display_name,
            "commercial_partner_id": commercial_partner,
            "company_type": lambda _, row: "company" if row.get("is_company") else "person",
            "country_code": _country_code,
            "parent_name": _parent_name,
            "sale_order_count": lambda env, row: len(env.db.referring("sale.order", "partner_id", row["id"]) or ()),
            "property_product_pricelist": pricelist_of,
        }

    def display_name(self, env: Env, row: Row) -> str:
        parent = env.row("res.partner", row.get("parent_id"))
        name = str(row.get("name") or "")
        if parent is not None and not row.get("is_company"):
            label = dict(self.fields["type"].selection).get(str(row.get("type")), "")
            return f"{parent.get('name') or ''}, {name or label}"
        return name

    def adapt(self, env: Env, values: dict[str, Any]) -> None:  # noqa: ARG002 - the same for all
        if "company_type" in values:
            values["is_company"] = values.pop("company_type") == "company"

    def inverse(self, env: Env, row: Row, values: dict[str, Any]) -> None:
        if "property_product_pricelist" in values:
            env.db.set("res.partner", row["id"], "sandbox_pricelist", values["property_product_pricelist"] or False)

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:
        if row.get("type", "contact") == "contact" and not row.get("name"):
            raise ConstraintBroken("Contacts require a name")
        if self.checks_vat and "vat" in names and not _is_vat(str(row.get("vat") or "")):
            number = str(row["vat"])[2:] if env.version == "19" else row["vat"]
            who = f"The VAT number [{number}] for partner [{row.get('name')}] does not seem to be valid. "
            raise ConstraintBroken(f"\n{who}\nNote: the expected format is {_VAT[str(row['vat'])[:2]][1]}")
        if "email" in names:
            env.db.set("res.partner", row["id"], "email_normalized", normalized_email(row.get("email")))
        if names & {"phone", "mobile"}:
            number = sanitized_phone(row.get("mobile")) or sanitized_phone(row.get("phone"))
            env.db.set("res.partner", row["id"], "phone_sanitized", number)
        if names & {*ADDRESS, *COMMERCIAL, "parent_id", "type"}:
            self._share(env, row, names, created=created)

    def _share(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:
        """A plain contact lives where its parent lives; all have the tax number of the company above them."""
        parent = env.row("res.partner", row.get("parent_id"))
        if parent is not None:
            company = env.db.tables["res.partner"][commercial_partner(env, row)]
            if company is not row:
                _copy(env, company, row, COMMERCIAL)
            shares = row["type"] == "contact"  # a company below another one as well
            joins = created or "parent_id" in names
            if joins and shares and any(parent.get(field) for field in ADDRESS):
                _copy(env, parent, row, ADDRESS)
            elif self._lends(env, row, parent, names, created=created):
                _copy(env, row, parent, ADDRESS)
        if not created:
            self._pass_down(env, row, names)

    def _lends(self, env: Env, row: Row, parent: Row, names: set[str], *, created: bool) -> bool:
        """Whether the parent takes the contact's address; never while records are loaded."""
        if env.context.get("sandbox_import") or not any(row.get(field) for field in ADDRESS):
            return False
        if env.version == "18":
            first = len(env.children(self.fields["child_ids"], parent["id"])) == 1
            return created and first and not any(parent.get(field) for field in ADDRESS)
        return row["type"] == "contact" and bool(names & {*ADDRESS, "parent_id"})

    def _pass_down(self, env: Env, row: Row, names: set[str]) -> None:
        table = env.db.tables["res.partner"]
        for child in [table[one] for one in env.children(self.fields["child_ids"], row["id"])]:
            commercial = () if child.get("is_company") else COMMERCIAL
            shared = [*(ADDRESS if child["type"] == "contact" else ()), *commercial]
            _copy(env, row, child, [field for field in shared if field in names])
            if not child.get("is_company"):
                self._pass_down(env, child, names)

    def before_unlink(self, env: Env, row: Row) -> None:
        if env.db.referring("account.move", "partner_id", row["id"]):
            raise user_error("The partner cannot be deleted because it is used in Accounting")

    def name_search_fields(self) -> tuple[str, ...]:
        return ("complete_name", "email", "ref")


def _copy(env: Env, source: Row, target: Row, fields: Sequence[str]) -> None:
    for field in fields:
        env.db.set("res.partner", target["id"], field, source.get(field, False))


def commercial_partner(env: Env, row: Row) -> int:
    """The company above a contact, or the topmost contact when there is none."""
    seen = set()
    while row.get("parent_id") and not row.get("is_company") and row["id"] not in seen:
        seen.add(row["id"])
        row = env.db.tables["res.partner"][row["parent_id"]]
    return int(row["id"])


def address_of(env: Env, partner: Row, kind: str) -> int:
    """The contact of this type among a partner and those below it, else the partner itself."""
    fields = env.fields("res.partner")
    waiting, seen = [partner], set()
    while waiting:
        row = waiting.pop(0)
        seen.add(row["id"])
        if row.get("type") == kind:
            return int(row["id"])
        table = env.db.tables["res.partner"]
        below = [table[one] for one in env.children(fields["child_ids"], row["id"])]
        below = [one for one in below if one["id"] not in seen and not one.get("is_company") and one.get("active")]
        waiting = sorted(below, key=lambda one: (env.display_name("res.partner", one["id"]), -one["id"])) + waiting
    return int(partner["id"])


def pricelist_of(env: Env, row: Row) -> int | bool:
    """The pricelist set for the partner, else the first of the company or of no company."""
    own = row.get("sandbox_pricelist")
    if own:
        return int(own)
    found = [
        one
        for one in env.db.tables["product.pricelist"].values()
        if one.get("active") and (not one.get("company_id") or one["company_id"] == env.company_id)
    ]
    return min(found, key=lambda one: (one.get("sequence") or 0, one["id"]))["id"] if found else False


def _country_code(env: Env, row: Row) -> Any:
    country = env.row("res.country", row.get("country_id"))
    return country["code"] if country else False


def _parent_name(env: Env, row: Row) -> Any:
    parent = env.row("res.partner", row.get("parent_id"))
    return parent.get("name", False) if parent else False


class PartnerCategory(Model):
    order = "name, id"
    defaults: ClassVar[Mapping[str, Any]] = {"active": True}


class Country(Model):
    order = "name, id"


class CountryState(Model):
    order = "code, id"

    def display_name(self, env: Env, row: Row) -> str:
        return f"{row['name']} ({env.db.tables['res.country'][row['country_id']]['code']})"
