"""Invoices and payments as recorded on real servers, replayed: the answers must have the same shape and words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.sandbox_odoo.test_recorded import EXCHANGES, differences

if TYPE_CHECKING:
    from tests.unit.sandbox_odoo.conftest import Client, Connect

NAMES = (
    "account.move.create_direct",
    "account.move.action_post",
    "account.move.post_twice",
    "account.move.read",
    "load.invoices_tied_to_order_lines",
    "account.move.action_post.batch",
    "load.payments",
    "account.payment.action_post.batch",
    "account.payment.read_posted",
    "account.move.line.receivable_of_payment",
    "account.move.js_assign_outstanding_line",
    "account.move.js_assign_outstanding_line.again",
    "account.move.read_paid",
    "load.credit_note",
    "account.move.action_post.credit_note",
)


class Replay:
    """What recorded ids stand for here: the records that the calls before have made."""

    def __init__(self, odoo: Client) -> None:
        self.odoo = odoo
        self.product = odoo.sandbox.add_product(default_code="A")
        line = (0, 0, {"product_id": self.product, "product_uom_qty": 3, "price_unit": 3.111111})
        for _ in range(2):
            odoo.sandbox.add("sale.order", partner_id=3, order_line=[line, line])
        self.sold = [line["id"] for line in odoo.sandbox.find("sale.order.line")]
        self.bank = odoo.sandbox.find("account.journal", [["code", "=", "BNK1"]])[0]["id"]
        self.moves: list[int] = []
        self.payments: list[int] = []

    def args(self, name: str, args: list[Any]) -> list[Any]:
        model, method, positional = args[3], args[4], args[5]
        args[:3] = [self.odoo.sandbox.database, 2, self.odoo.key]
        if method == "load":
            self._cells(*positional)
        elif method == "create":
            positional[0] |= {"partner_id": 3}
            positional[0]["invoice_line_ids"][0][2]["product_id"] = self.product
        elif method == "js_assign_outstanding_line":
            positional[:] = [self.moves[-1], self._line()["id"]]
        elif model == "account.move.line":
            positional[0][0][2] = self._entry()
        else:
            known = self.payments if model == "account.payment" else self.moves
            positional[0] = known[-len(positional[0]) :]
        return args

    def keep(self, name: str, result: Any) -> None:
        """The ids that a call has made."""
        made = result["ids"] if isinstance(result, dict) else [result]
        if name == "load.payments":
            self.payments = made
        elif name.startswith("load.") or name.endswith("create_direct"):
            self.moves = made

    def _cells(self, columns: list[str], rows: list[list[Any]]) -> None:
        known = {"partner_id/.id": "3", "journal_id/.id": str(self.bank)}
        known["invoice_line_ids/product_id/.id"] = str(self.product)
        known["reversed_entry_id/.id"] = str(self.moves[0])
        sold = iter(self.sold)
        for row in rows:
            for index, column in enumerate(columns):
                if row[index] and column in known:
                    row[index] = known[column]
                elif column == "invoice_line_ids/sale_line_ids/.id":
                    row[index] = str(next(sold))

    def _entry(self) -> int:
        return int(self.odoo.sandbox.find("account.payment", [["id", "=", self.payments[-1]]])[0]["move_id"][0])

    def _line(self) -> dict[str, Any]:
        domain = [["move_id", "=", self._entry()], ["account_type", "=", "asset_receivable"]]
        return self.odoo.sandbox.find("account.move.line", domain)[0]


@pytest.mark.skipif(not EXCHANGES.exists(), reason="the recorded exchanges are not at hand")
@pytest.mark.parametrize("version", ["18", "19"])
def test_answers_about_the_books_have_the_shape_of_the_recorded_ones(connect: Connect, version: str) -> None:
    odoo = connect(version)
    replay = Replay(odoo)
    found: list[str] = []
    for name in NAMES:
        exchange = json.loads((EXCHANGES / version / "exchanges" / f"{name}.json").read_text())
        got = odoo.rpc("object", "execute_kw", replay.args(name, exchange["request"]["body"]["params"]["args"]))
        found += differences(name, exchange["response"]["body"], {**got, "id": 1})
        replay.keep(name, got.get("result"))
    assert found == [], "\n".join(found)
    assert {move["payment_state"] for move in odoo.sandbox.invoices()} >= {"paid", "not_paid"}
