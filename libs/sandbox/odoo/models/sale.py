"""Sale orders and their lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import ORDER_SEQUENCE, Env
from libs.sandbox.odoo.errors import ConstraintBroken, user_error
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.models.deliveries import (
    check_line,
    deliver,
    delivery_status,
    effective_date,
    is_goods,
    pickings_of,
    qty_delivered,
)
from libs.sandbox.odoo.models.messages import speak
from libs.sandbox.odoo.models.partner import address_of, pricelist_of
from libs.sandbox.odoo.models.pricing import arithmetic_of, default_taxes, list_price, rounding_key, taxes_of
from libs.sandbox.odoo.models.sale_actions import (
    LINE,
    ORDER,
    action_cancel,
    action_confirm,
    action_draft,
    action_lock,
    action_unlock,
    product_type,
)
from libs.sandbox.odoo.models.sale_invoicing import OF_LINE, OF_ORDER
from libs.sandbox.odoo.schema import Fields
from libs.sandbox.odoo.taxes import Line

QUOTATION_DAYS = 30


def taxes_field(env: Env) -> str:
    return "tax_id" if env.version == "18" else "tax_ids"


def unit_field(env: Env) -> str:
    return "product_uom" if env.version == "18" else "product_uom_id"


class Order(Model):
    order = "date_order desc, id desc"
    defaults: ClassVar[Mapping[str, Any]] = {
        "state": "draft",
        "picking_policy": "direct",
        "require_signature": True,
        "currency_rate": 1.0,
        "has_active_pricelist": True,
    }

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        self.computed |= {
            **OF_ORDER,
            "delivery_status": delivery_status,
            "delivery_count": lambda env, row: len(pickings_of(env, row)),
            "effective_date": effective_date,
            "tax_calculation_rounding_method": lambda env, row: _company(env, row)["tax_calculation_rounding_method"],
            "type_name": lambda _, row: "Sales Order" if row.get("state") in ("sale", "cancel") else "Quotation",
        }
        self.computed["country_code"] = _country_code
        self.methods |= {
            "action_confirm": action_confirm,
            "action_cancel": action_cancel,
            "action_draft": action_draft,
            "action_lock": action_lock,
            "action_unlock": action_unlock,
        }

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        values.setdefault("company_id", env.company_id)
        values.setdefault("date_order", env.now)
        values.setdefault("user_id", env.uid)
        values.setdefault("team_id", min(env.db.tables["crm.team"], default=False))
        values.setdefault("warehouse_id", _warehouse(env, values["company_id"]))
        validity = (env.moment + timedelta(days=QUOTATION_DAYS)).strftime("%Y-%m-%d")
        values.setdefault("validity_date", validity)
        partner = env.row("res.partner", values.get("partner_id"))
        if partner is not None:
            for field, kind in (("partner_invoice_id", "invoice"), ("partner_shipping_id", "delivery")):
                if field not in values:
                    values[field] = address_of(env, partner, kind)
            values.setdefault("pricelist_id", pricelist_of(env, partner))
        values.setdefault("currency_id", _currency(env, values))
        if values.get("name") in (None, False, "New", "/"):
            values["name"] = f"S{env.db.new_id(ORDER_SEQUENCE):05d}"

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:
        if not created and "partner_id" in names:
            self._follow_partner(env, row, names)
        if not created and "pricelist_id" in names:
            if row["state"] == "sale":
                raise user_error("You cannot change the pricelist of a confirmed order !")
            env.db.set(ORDER, row["id"], "currency_id", _currency(env, row))
        if created or names & {"pricelist_id", "currency_id", "order_line", "company_id"}:
            env.stale_orders[row["id"]] = None

    def _follow_partner(self, env: Env, row: Row, names: set[str]) -> None:
        """Addresses that were not given with a new customer are that customer's."""
        partner = env.db.tables["res.partner"][row["partner_id"]]
        for field, kind in (("partner_invoice_id", "invoice"), ("partner_shipping_id", "delivery")):
            if field not in names:
                env.db.set(ORDER, row["id"], field, address_of(env, partner, kind))

    def before_unlink(self, env: Env, row: Row) -> None:  # noqa: ARG002 - the state says all
        if row["state"] not in ("draft", "cancel"):
            raise user_error(
                "You can not delete a sent quotation or a confirmed sales order. You must first cancel it."
            )

    def recompute(self, env: Env, row: Row) -> None:
        """Brings the amounts of an order and of its lines up to date."""
        arithmetic = arithmetic_of(env, row)
        lines = []
        for line_id in env.children(self.fields["order_line"], row["id"]):
            line = env.db.tables[LINE][line_id]
            priced = _priced(env, line)
            amounts = arithmetic.line_totals(priced)
            env.db.set(LINE, line_id, "price_subtotal", amounts.untaxed)
            env.db.set(LINE, line_id, "price_tax", amounts.tax)
            env.db.set(LINE, line_id, "price_total", amounts.total)
            if not line.get("display_type"):
                lines.append(priced)
        totals = arithmetic.order_totals(lines)
        env.db.set(ORDER, row["id"], "amount_untaxed", totals.untaxed)
        env.db.set(ORDER, row["id"], "amount_tax", totals.tax)
        env.db.set(ORDER, row["id"], "amount_total", totals.total)


class OrderLine(Model):
    order = "order_id, sequence, id"
    defaults: ClassVar[Mapping[str, Any]] = {"sequence": 10}
    cascade_from = ("order_id",)

    def __init__(self, name: str, schema: dict[str, Fields], version: str) -> None:
        super().__init__(name, schema, version)
        for field, of_order in (
            ("company_id", "company_id"),
            ("currency_id", "currency_id"),
            ("order_partner_id", "partner_id"),
            ("salesman_id", "user_id"),
            ("state", "state"),
            ("warehouse_id", "warehouse_id"),
        ):
            self.computed[field] = _of_order(of_order)
        self.computed |= {
            "product_template_id": lambda env, row: (env.related(LINE, row, "product_id") or {}).get("product_tmpl_id"),
            "product_type": product_type,
            "qty_delivered": qty_delivered,
            "qty_delivered_method": lambda env, row: "stock_move" if is_goods(env, row) else "manual",
            "qty_to_deliver": lambda env, row: (row.get("product_uom_qty") or 0.0) - qty_delivered(env, row),
            "price_reduce_taxexcl": lambda _, row: _per_unit(row, "price_subtotal"),
            "price_reduce_taxinc": lambda _, row: _per_unit(row, "price_total"),
            **OF_LINE,
        }

    def display_name(self, env: Env, row: Row) -> str:
        order = env.db.tables[ORDER][row["order_id"]]
        partner = env.row("res.partner", order.get("partner_id")) or {}
        product = row.get("product_id")
        first = env.display_name("product.product", product) if product else str(row.get("name") or "").split("\n")[0]
        return f"{order['name']} - {first} ({partner.get('ref') or partner.get('name')})"

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        if values.get("display_type"):
            if values.get("product_id") or values.get("price_unit") or values.get("product_uom_qty"):
                raise ConstraintBroken("Forbidden values on non-accountable sale order line")
            return
        values.setdefault("product_uom_qty", 1.0)
        product = env.row("product.product", values.get("product_id"))
        if product is None:
            return
        extra = env.value("product.product", product, "description_sale")
        name = env.display_name("product.product", product["id"])
        values.setdefault("name", f"{name}\n{extra}" if extra else name)
        values.setdefault(unit_field(env), env.value("product.product", product, "uom_id"))
        order = env.row(ORDER, values.get("order_id")) or {}
        values.setdefault(taxes_field(env), default_taxes(env, product, order.get("company_id")))
        values.setdefault("price_unit", list_price(env, product, order.get("currency_id")))
        # A price that was given is the "technical" one as well: Odoo does not take it for set by hand.
        values.setdefault("technical_price_unit", values["price_unit"])

    def before_write(self, env: Env, row: Row, changes: dict[str, Any]) -> None:
        check_line(env, row, changes)
        if _confirmed(env, row) and changes.get("product_uom_qty", row["product_uom_qty"]) != row["product_uom_qty"]:
            speak(env)
        if changes.keys() & {"product_uom_qty", "product_id"} and "price_unit" not in changes:
            changes.update(self._priced_anew(env, {**row, **changes}))

    def _priced_anew(self, env: Env, row: Row) -> dict[str, float]:
        """The product's price, unless somebody set one by hand or units are invoiced."""
        product, order = env.row("product.product", row.get("product_id")), env.db.tables[ORDER][row["order_id"]]
        by_hand = row.get("technical_price_unit") != row.get("price_unit")
        if product is None or by_hand or env.value(LINE, row, "qty_invoiced") > 0:
            return {}
        price = list_price(env, product, order.get("currency_id"))
        return {"price_unit": price, "technical_price_unit": price}

    def inverse(self, env: Env, row: Row, values: dict[str, Any]) -> None:
        """What somebody entered for a service; of goods, the moves tell."""
        if "qty_delivered" in values:
            env.db.set(LINE, row["id"], "qty_delivered", float(values["qty_delivered"] or 0.0))

    def after_write(self, env: Env, row: Row, names: set[str], *, created: bool) -> None:
        self._check_companies(env, row)
        if created and row.get("product_id") and _confirmed(env, row):
            speak(env)
        if created or "product_uom_qty" in names:
            deliver(env, row)
        if created or names & {"product_uom_qty", "price_unit", "discount", taxes_field(env), "display_type"}:
            env.stale_orders[row["order_id"]] = None
        if not created and "product_id" in names:
            product = env.row("product.product", row.get("product_id"))
            if product is not None and "name" not in names:
                env.db.set(LINE, row["id"], "name", env.display_name("product.product", product["id"]))

    def before_unlink(self, env: Env, row: Row) -> None:
        if _confirmed(env, row):
            raise user_error(
                "Once a sales order is confirmed, you can't remove one of its lines (we need to track if something "
                "gets invoiced or delivered).\n                Set the quantity to 0 instead."
            )
        env.stale_orders[row["order_id"]] = None

    def _check_companies(self, env: Env, row: Row) -> None:
        order = env.db.tables[ORDER][row["order_id"]]
        for tax_id in row.get(taxes_field(env)) or ():
            tax = env.db.tables["account.tax"][tax_id]
            if tax.get("company_id") and tax["company_id"] != order["company_id"]:
                company = env.display_name("res.company", order["company_id"])
                raise user_error(
                    f"Uh-oh! You\u2019ve got some company inconsistencies here:\n- \u201c{self.display_name(env, row)}"
                    f"\u201d belongs to company \u201c{company}\u201d while \u201cTaxes\u201d ({taxes_field(env)}: "
                    f"'{tax['name']}') belongs to another company.\nTo avoid a mess, no company crossover is allowed!"
                )


def _priced(env: Env, line: Row) -> Line:
    price, quantity = line.get("price_unit") or 0.0, line.get("product_uom_qty") or 0.0
    taxes = taxes_of(env, line.get(taxes_field(env)) or ())
    return Line(price, quantity, line.get("discount") or 0.0, taxes, rounding_key(line))


def _currency(env: Env, values: Row) -> Any:
    pricelist = env.row("product.pricelist", values.get("pricelist_id"))
    if pricelist is not None:
        return pricelist["currency_id"]
    company = env.row("res.company", values.get("company_id"))
    return company["currency_id"] if company else False


def _warehouse(env: Env, company_id: Any) -> Any:
    found = env.db.referring("stock.warehouse", "company_id", company_id) or []
    return found[0] if found else False


def _company(env: Env, order: Row) -> Row:
    return env.db.tables["res.company"][order["company_id"]]


def _country_code(env: Env, order: Row) -> Any:
    country = env.row("res.country", _company(env, order).get("country_id"))
    return country["code"] if country else False


def _of_order(name: str) -> Any:
    return lambda env, row: env.db.tables[ORDER][row["order_id"]].get(name, False)


def _confirmed(env: Env, line: Row) -> bool:
    return env.db.tables[ORDER][line["order_id"]].get("state") == "sale" and not line.get("display_type")


def _per_unit(row: Row, field: str) -> float:
    quantity = row.get("product_uom_qty") or 0.0
    return float(row.get(field, 0.0) / quantity) if quantity else 0.0
