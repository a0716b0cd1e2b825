"""Orders that are paid in the sandbox shop and invoiced in the sandbox Odoo, as the orders' room leaves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from libs.common.ledger.interface import Ledger
from libs.common.ledger.model import Hint, Link, Target, record_id
from libs.common.odoo.cells import Cell
from libs.common.odoo.client import OdooClient
from libs.sandbox.odoo.sandbox import OdooSandbox
from libs.sandbox.shopify.drafts import Draft, Line, Payment
from libs.sandbox.shopify.sandbox import ShopifySandbox

SLUG = "acme"
MODULE = "tandem_acme"
ORDER_COLUMNS = ["id", "partner_id/.id", "partner_invoice_id/.id", "order_line/id", "order_line/product_id/.id",
                 "order_line/name", "order_line/product_uom_qty", "order_line/price_unit"]  # fmt: skip
INVOICE_COLUMNS = ["id", "move_type", "partner_id/.id", "invoice_date", "invoice_line_ids/product_id/.id",
                   "invoice_line_ids/name", "invoice_line_ids/quantity", "invoice_line_ids/price_unit",
                   "invoice_line_ids/tax_ids/.id", "invoice_line_ids/sale_line_ids/id"]  # fmt: skip


def number(document: dict[str, Any]) -> str:
    """`gid://shopify/Order/1001` is `1001`."""
    return str(document["id"].rpartition("/")[2])


@dataclass
class Till:
    """A shop, an Odoo, and the ledger between them."""

    shop: ShopifySandbox
    odoo: OdooSandbox
    ledger: Ledger
    client: OdooClient

    @classmethod
    def of(cls, shop: ShopifySandbox, odoo: OdooSandbox, ledger: Ledger) -> Till:
        client = OdooClient(odoo.url, odoo.database, odoo.login, odoo.key, 1)
        till = cls(shop, odoo, ledger, client)
        till.product = odoo.add_product(default_code="THING", list_price=1.0)
        return till

    product: int = 0

    @property
    def bank(self) -> int:
        return self.journal("bank")

    def journal(self, kind: str) -> int:
        return int(self.odoo.find("account.journal", [("type", "=", kind), ("company_id", "=", 1)])[0]["id"])

    def place(self, amount: str = "25.00", *payments: Payment, **changes: Any) -> dict[str, Any]:
        """An order of the shop's for this amount, paid by one sale of `bogus` unless told otherwise."""
        line = Line(title="Thing", price=Decimal(amount), taxes=())
        return self.shop.place_order(Draft(lines=(line,), payments=payments or None, **changes))

    def book(self, order: dict[str, Any], *parts: str, post: bool = True) -> int:
        """Its sale order, confirmed, linked in the ledger, with an invoice for each of these amounts (all of it)."""
        key = number(order)
        total = str(order["totalPriceSet"]["shopMoney"]["amount"])
        columns = ["id", "name", "child_ids/id", "child_ids/name", "child_ids/type"]
        row = [f"{MODULE}.customer_{key}", f"Customer {key}", f"{MODULE}.address_{key}", "Accounting", "invoice"]
        (customer,) = self.client.load("res.partner", columns, [row]).ids
        (address,) = self.odoo.find("res.partner", [("parent_id", "=", customer)])
        line = f"{MODULE}.line_{key}"
        ordered: list[Cell] = [
            f"{MODULE}.order_{key}",
            customer,
            address["id"],
            line,
            self.product,
            "Thing",
            1,
            Decimal(total),
        ]
        (sale,) = self.client.load("sale.order", ORDER_COLUMNS, [ordered]).ids
        self.client.call("sale.order", "action_confirm", [[sale]], write=True)
        for index, amount in enumerate(parts or (total,)):
            self.invoice(
                key, address["id"], amount, name=f"invoice_{key}" + (f"_{index + 1}" if index else ""), post=post
            )
        name = str(order["name"])
        self.ledger.link(SLUG, [Link("order", key, Target("sale.order", sale, name), name)])
        return sale

    def invoice(self, key: str, partner: int, amount: str, *, name: str, post: bool = True) -> int:
        row: list[Cell] = [f"{MODULE}.{name}", "out_invoice", partner, "2026-11-20", self.product, "Thing", 1, Decimal(amount), "",
               f"{MODULE}.line_{key}"]  # fmt: skip
        (move,) = self.client.load("account.move", INVOICE_COLUMNS, [row]).ids
        if post:
            self.post(move)
        return move

    def post(self, *moves: int) -> None:
        self.client.call("account.move", "action_post", [list(moves)], write=True)

    def announce(self, orders: Sequence[dict[str, Any]], why: str = "order_transactions/create") -> list[str]:
        """The webhooks of all transactions of these orders; the record ids."""
        keys = [number(one) for order in orders for one in self.shop.order(order["id"])["transactions"]]
        self.hint(keys, why)
        return [record_id(SLUG, "payment", key) for key in keys]

    def hint(self, keys: Sequence[str], why: str = "order_transactions/create") -> None:
        self.ledger.record_hints([Hint(SLUG, "payment", key, why=why) for key in keys])

    def standing(self, sale: int) -> list[tuple[str, Decimal]]:
        """How far each invoice of an order is paid, and what is left of it; oldest first."""
        return [(one["payment_state"], money(one["amount_residual"])) for one in self.odoo.invoices(sale)]

    def booked(self) -> list[tuple[str, Decimal, bool]]:
        """Every payment in Odoo: external id, amount, whether it is matched whole; oldest first."""
        return [
            (str(one["external_id"]), money(one["amount"]), bool(one["is_reconciled"])) for one in self.odoo.payments()
        ]

    def matches(self) -> int:
        """How often anything was matched with anything."""
        return self.odoo.journal.count("account.partial.reconcile", "reconcile")


def money(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))
