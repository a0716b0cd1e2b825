"""What groups of users may do, model by model."""

from __future__ import annotations

from collections.abc import Mapping

from libs.sandbox.odoo.env import Rights

_OPERATIONS = {"c": "create", "r": "read", "w": "write", "d": "unlink"}
_PLAIN = {
    "res.company": "r",
    "res.country": "r",
    "res.country.state": "r",
    "res.currency": "r",
    "res.lang": "r",
    "res.partner": "r",
    "res.partner.category": "r",
    "res.users": "r",
    "product.category": "r",
    "product.product": "r",
    "product.template": "r",
    "stock.location": "r",
    "stock.picking.type": "r",
    "stock.quant": "r",
    "stock.warehouse": "r",
    "uom.category": "r",
    "uom.uom": "r",
}
_SALES = _PLAIN | {
    "account.account": "r",
    "account.journal": "r",
    "account.move": "r",
    "account.move.line": "r",
    "account.payment.term": "r",
    "account.payment.term.line": "r",
    "account.tax": "r",
    "account.tax.group": "r",
    "crm.tag": "crw",
    "crm.team": "r",
    "product.pricelist": "r",
    "sale.order": "crw",
    "sale.order.line": "crwd",
    "stock.move": "crw",
    "stock.picking": "crw",
}
_BILLING = _SALES | {
    "account.move": "crwd",
    "account.move.line": "crwd",
    "account.partial.reconcile": "crwd",
    "account.payment": "crwd",
}
# What the README asks for: sales administrator, contact and product creation, invoicing, inventory user.
_STORE = _BILLING | {
    "crm.tag": "crwd",
    "crm.team": "crwd",
    "ir.module.module": "r",
    "procurement.group": "crw",
    "product.category": "crwd",
    "product.pricelist": "crwd",
    "product.product": "crwd",
    "product.template": "crwd",
    "res.country.state": "crwd",
    "res.partner": "crwd",
    "res.partner.category": "crwd",
    "sale.order": "crwd",
    "stock.move": "crwd",
    "stock.picking": "crwd",
    "stock.quant": "crw",
    "uom.category": "crwd",
    "uom.uom": "crwd",
}
_NAMED: Mapping[str, Mapping[str, str]] = {"plain": _PLAIN, "sales": _SALES, "billing": _BILLING, "store": _STORE}


def rights_of(given: str | Mapping[str, str] | None) -> Rights | None:
    """`plain`, `sales`, `billing` (sales and invoicing), `store`, or letters by model; None for everything."""
    if given is None or given == "admin":
        return None
    letters = _NAMED[given] if isinstance(given, str) else given
    return {model: frozenset(_OPERATIONS[letter] for letter in own) for model, own in letters.items()}
