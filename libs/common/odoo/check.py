"""What `tandem store check` asks of Odoo: each thing that must hold, whether it does, and what to do if not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from libs.common.errors import CredentialsRefused, Failure
from libs.common.odoo.client import OdooClient

#: What the order worker does with each model.
ORDER_MODELS: Mapping[str, tuple[str, ...]] = {
    "sale.order": ("read", "create", "write"),
    "sale.order.line": ("read", "create", "write"),
    "res.partner": ("read", "create", "write"),
    # Carriers of shipping and custom lines are made once, and missing products where the rule says so.
    "product.product": ("read", "create"),
    "account.tax": ("read",),
    "product.pricelist": ("read",),
    "crm.tag": ("read", "create"),
    # Every order is read with its invoices.
    "account.move": ("read",),
    "account.move.line": ("read",),
    "res.currency": ("read",),
    "res.country": ("read",),
    "res.country.state": ("read",),
}
#: What making and posting invoices and credit notes needs besides, and registering and matching payments.
INVOICE_MODELS: Mapping[str, tuple[str, ...]] = {
    "account.move": ("read", "create", "write"),
    "account.move.line": ("read", "create", "write"),
    "account.journal": ("read",),
}
PAYMENT_MODELS: Mapping[str, tuple[str, ...]] = {"account.payment": ("read", "create", "write")}
#: What validating deliveries needs besides.
DELIVERY_MODELS: Mapping[str, tuple[str, ...]] = {
    "stock.picking": ("read", "create", "write"),
    "stock.move": ("read", "create", "write"),
}
#: What showing stock reads, and what the first count of it writes.
STOCK_MODELS: Mapping[str, tuple[str, ...]] = {
    "product.product": ("read",),
    "stock.warehouse": ("read",),
    "stock.location": ("read",),
    "stock.quant": ("read",),
    "stock.move": ("read",),
}
COUNTING_MODELS: Mapping[str, tuple[str, ...]] = {"stock.quant": ("read", "create", "write")}
#: What keeping Shopify's products up takes, and what showing Odoo's does.
PRODUCT_MODELS: Mapping[str, tuple[str, ...]] = {
    "product.template": ("read", "create", "write"),
    "product.product": ("read", "create", "write"),
    "product.attribute": ("read", "create"),
    "product.attribute.value": ("read", "create"),
    "product.template.attribute.line": ("read", "create", "write"),
    "product.template.attribute.value": ("read", "write"),
    "product.category": ("read", "create"),
    "product.tag": ("read", "create"),
}
SHOWN_PRODUCT_MODELS: Mapping[str, tuple[str, ...]] = {
    "product.template": ("read",),
    "product.product": ("read",),
    "product.template.attribute.value": ("read",),
    "product.pricelist.item": ("read",),
}
#: What keeping customers up takes besides what orders do.
CONTACT_MODELS: Mapping[str, tuple[str, ...]] = {"res.partner.category": ("read", "create")}
OLDEST_VERSION = (16, 0)
#: `has_access` came with 18; `check_access_rights` is announced to go.
HAS_ACCESS_SINCE = (18, 0)
#: From here on Odoo does what it tells of without a sender as well.
SILENT_SINCE = (19, 0)


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One line of the check: a tick, or the reason and what to do."""

    what: str
    ok: bool
    detail: str = ""
    to_do: str = ""


def check_odoo(client: OdooClient, models: Mapping[str, tuple[str, ...]] = ORDER_MODELS) -> list[CheckLine]:
    """Look at everything that can be looked at; what depends on a failed line is left out. Never raises a Failure."""
    lines: list[CheckLine] = []
    version = _try(lines, "Odoo server", client.version, lambda v: f"Odoo {v[0]}.{v[1]} at {client.base_url}")
    if version is None:
        return lines
    old = version < OLDEST_VERSION
    to_do = "Tandem works with Odoo 16 and later" if old else ""
    lines.append(CheckLine("Odoo version", not old, f"{version[0]}.{version[1]}", to_do))
    try:
        uid = client.authenticate()
    except Failure as error:
        wrong_key = isinstance(error, CredentialsRefused) and error.code != "database_missing"
        if wrong_key:
            lines.append(CheckLine("Odoo database", True, client.database))
        lines.append(_failed("Odoo login and key" if wrong_key else "Odoo database", error))
        return lines
    lines.append(CheckLine("Odoo database", True, client.database))
    lines.append(CheckLine("Odoo login and key", True, f"{client.login} is user {uid}"))
    lines.append(_company(client))
    if lines[-1].ok:
        if version < SILENT_SINCE:
            lines.append(_email(client, uid))
        lines.extend(_rights(client, model, operations, version) for model, operations in models.items())
    return lines


def _company(client: OdooClient) -> CheckLine:
    what = f"Odoo company {client.company_id}"
    domain = [("id", "=", client.company_id)]
    try:
        found = client.search_read("res.company", domain, ["name", "currency_id"])
        user = client.call("res.users", "read", [[client.authenticate()], ["company_ids"]], write=False)
    except Failure as error:
        return _failed(what, error)
    if not found or not user or client.company_id not in user[0]["company_ids"]:
        return CheckLine(what, False, f"{client.login} may not act for it", "allow this company to the Odoo user")
    return CheckLine(what, True, f"{found[0]['name']}, {found[0]['currency_id'][1]}")


def _email(client: OdooClient, uid: int) -> CheckLine:
    """Odoo tells a record's followers of much that happens, and before 19 refuses to when it knows no sender."""
    what = "Odoo user's e-mail address"
    try:
        (user,) = client.call("res.users", "read", [[uid], ["partner_id"]], write=False)
        found = client.search_read("res.partner", [("id", "=", user["partner_id"][0])], ["email"])
    except Failure as error:
        return _failed(what, error)
    email = str((found[0]["email"] if found else "") or "")
    to_do = "" if email else f"give {client.login} an e-mail address: without one Odoo refuses edits and payments"
    return CheckLine(what, bool(email), email or "none", to_do)


def _rights(client: OdooClient, model: str, operations: tuple[str, ...], version: tuple[int, int]) -> CheckLine:
    what = f"Odoo {model}"
    try:
        lacking = [op for op in operations if not _may(client, model, op, version)]
    except Failure as error:
        return _failed(what, error)
    if lacking:
        to_do = f"give {client.login} a group that may {', '.join(lacking)} {model}"
        return CheckLine(what, False, f"no right to {', '.join(lacking)}", to_do)
    return CheckLine(what, True, ", ".join(operations))


def _may(client: OdooClient, model: str, operation: str, version: tuple[int, int]) -> bool:
    if version >= HAS_ACCESS_SINCE:
        return bool(client.call(model, "has_access", [[], operation], write=False))
    return bool(client.call(model, "check_access_rights", [operation, False], write=False))


def _try(lines: list[CheckLine], what: str, ask: Callable[[], Any], tell: Callable[[Any], str]) -> Any:
    try:
        answer = ask()
    except Failure as error:
        lines.append(_failed(what, error))
        return None
    lines.append(CheckLine(what, True, tell(answer)))
    return answer


def _failed(what: str, error: Failure, to_do: str = "") -> CheckLine:
    return CheckLine(what, False, error.message, to_do or error.hint or "see the message")
