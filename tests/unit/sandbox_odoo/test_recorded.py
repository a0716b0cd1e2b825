"""Requests recorded on real servers, sent to the sandbox: the answers must have the same shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from libs.sandbox.odoo import OdooSandbox
from libs.sandbox.odoo.seed import put

if TYPE_CHECKING:
    from tests.unit.sandbox_odoo.conftest import Connect

EXCHANGES = Path(__file__).parents[4] / "shared" / "reference" / "odoo"

# In the order in which they may follow one another: some need what an earlier one made.
NAMES = """
common.version authenticate.good authenticate.bad authenticate.apikey authenticate.wrongdb login.good
login.bad notification_no_id context_get execute.pw_good execute.badpw execute.emptypw execute.baduid
execute.wrongdb err.malformed_json err.not_jsonobj err.no_params err.get err.wrong_ctype err.bad_service
err.bad_object_method err.unknown_model err.unknown_method err.private_method err.bad_args err.bad_domain
err.bad_selection err.bad_type err.unknown_field_create err.unknown_field_read err.unknown_field_write
err.unknown_field_domain err.missing_record_read err.missing_record_write err.required_missing
err.required_missing_so err.fk_violation err.dup_barcode err.validation_vat err.inactive_user
err.key_of_other_user err.access_read_so err.access_create_so err.access_imd_create dt.0 dt.1 dt.2 dt.3 dt.4
dt.5 dt.6 big_int int_overflow null_in_vals web.version partner.create partner.create_multi partner.read
partner.write partner.search_read search.write_date_precision product.template.create
dup_default_code_allowed name_search product.product.search_read res.company res.country res.country.state
res.currency res.currency.inactive currency.activate_eur user.company_ids account.tax stock.warehouse
sale.order.create sale.order.create_old_field_tax_id sale.order.read sale.order.line.read
sale.order.action_confirm sale.order.action_confirm_twice sale.order.read_confirmed err.unlink_confirmed
sale.order._create_invoices_private sale.order.action_cancel_draft sale.order.action_cancel_confirmed
load.so.create imd.check_object_reference imd.check_object_reference_missing load.so.repeat_update_noupdate
load.so.repeat_after_confirm load.so.plain1 load.so.plain2 load.numeric load.by_xmlid_ref load.after_unlink
load.after_archive load.product load.err.bad_m2o load.err.unknown_field load.err.validation
load.partial_batch load.partner_with_delivery_child load.two_orders_two_lines web_read.orders_with_lines
action_confirm.batch load.update_by_database_id salesuser.load salesuser.create_so salesuser.load_so
salesuser.check_object_reference salesuser.imd_create salesuser.imd_search salesuser.product_create
mc.company_search_1_ mc.company_search_1_3_ mc.company_search_999_ mc.so_count_None mc.so_count_1_
mc.so_count_999_ mc.so_create_None mc.so_create_1_ mc.so_create_3_ mc.so_create_999_ mc.wh_None mc.wh_1_
mc.wh_3_ mc.wh_3_1_ mc.denied_company mc.denied_company_read mc.force_company_line_tax_mismatch
mc.confirm_in_c2_without_warehouse
stock.location stock.picking.read stock.move.read stock.picking.button_validate.full
stock.picking.button_validate.twice stock.picking.button_validate.skip_sms
stock.picking.button_validate.when_done stock.picking.button_validate.partial
stock.picking.button_validate.partial_skip_backorder stock.picking.button_validate.partial_skip_both
stock.picking.button_validate.cancel_backorder stock.picking.button_validate.cancel_backorder2
stock.picking.button_validate.nothing_reserved stock.picking.button_validate.partially_available_unpicked
stock.quant.create stock.quant.create_again_same stock.quant.read_before_apply
stock.quant.action_apply_inventory stock.quant.apply_again stock.quant.create_no_mode
stock.quant.create_inventory_mode stock.quant.create_inventory_mode_again stock.quant.apply_im
stock.quant.apply_im2 stock.quant.auto_apply stock.quant.write_quantity stock.quant.write_im_quantity
stock.quant.search_read err.access_quant salesuser.quant salesuser.product_qty
""".split()  # noqa: SIM905 - as a list it fills three pages
# Recorded while something stood in the way: a state of the server that a single request does not bring about.
PAGES = ("err.get", "err.wrong_ctype")
OF_GROUPS = "This operation is allowed for the following groups"
NUMBER = re.compile(r"\d+")


class Replay:
    """The state that the recorded calls were made in, and the translation of what differs."""

    def __init__(self, sandbox: OdooSandbox) -> None:
        self.sandbox = sandbox
        with sandbox.registry.db.transaction():
            env = sandbox.env()
            put(
                env,
                "res.company",
                {
                    "id": 3,
                    "name": "Second Co",
                    "currency_id": 1,
                    "country_id": 233,
                    "partner_id": 1,
                    "active": True,
                    "tax_calculation_rounding_method": "round_globally",
                },
            )
            sandbox.registry.db.set("res.users", 2, "company_ids", (1, 3))
            for number in range(4, 8):
                name = {"id": number, "name": f"P{number}", "type": "contact", "active": True}
                put(env, "res.partner", name)
        self.product = sandbox.add_product(
            default_code="WID-1", barcode="4006381333931", name="Widget", list_price=19.99
        )
        sandbox.change("res.partner", 7, phone="+1 650 555 0111")
        self.box = sandbox.add_product(name="Box", storable=True)
        self.place = sandbox.find("stock.warehouse")[0]["lot_stock_id"][0]
        self.picking = 0
        for login, rights in (("plain", "plain"), ("sales", "sales")):
            sandbox.add_user(login, login, rights)
        users = sandbox.registry.db.tables["res.users"]
        self.users = {users[uid]["login"]: uid for uid in users}
        self.orders = [
            sandbox.add("sale.order", partner_id=6, order_line=[(0, 0, {"product_id": 1})]) for _ in range(9)
        ]

    def request(self, name: str, body: Any) -> Any:
        if not isinstance(body, dict) or "params" not in body or "args" not in body["params"]:
            return body
        args = body["params"]["args"]
        if args and isinstance(args[0], str) and args[0].startswith("odoo"):
            args[0] = self.sandbox.database
        body["params"]["args"] = args = [
            self.sandbox.key if a in ("<APIKEY>", "admin") and i == 2 else a for i, a in enumerate(args)
        ]
        if body["params"]["service"] == "object" and len(args) > 5:
            self._of_user(name, args)
            self._of_records(name, args)
            self._of_stock(name, args)
        return body

    def _of_stock(self, name: str, args: list[Any]) -> None:
        if args[3] == "stock.picking":
            if not name.endswith((".twice", ".when_done", "2", "_skip_both", ".skip_sms")):
                self.picking = self._delivery(name)
            args[5][0] = [self.picking]
            context = args[6].get("context", {}) if len(args) > 6 else {}
            if "picking_ids_not_to_backorder" in context:
                context["picking_ids_not_to_backorder"] = [self.picking]
        elif args[3] == "stock.move":
            args[5][0] = [["picking_id", "in", [self.picking]]]
        elif args[3] == "stock.quant" and args[4] == "create":
            args[5][0] |= {"product_id": self.box, "location_id": self.place}
        elif args[3] == "stock.quant" and args[4] in ("read", "write", "action_apply_inventory"):
            args[5][0] = [max(self.sandbox.registry.db.tables["stock.quant"], default=0)]

    def _delivery(self, name: str) -> int:
        """A delivery in the state that the call was recorded in, to a customer with a phone."""
        lacks = "nothing_reserved" in name or "partially" in name
        product = self.sandbox.add_product(name="Lacking", storable=lacks)
        if "partially" in name:
            self.sandbox.set_stock(product, 3)
        line = [(0, 0, {"product_id": product, "product_uom_qty": 5})]
        order = self.sandbox.add("sale.order", partner_id=7, order_line=line)
        with self.sandbox.registry.db.transaction():
            env = self.sandbox.env()
            env.model("sale.order").methods["action_confirm"](env, [order])
        [picking] = self.sandbox.pickings(order)
        if ".partial" in name or "cancel_backorder" in name:
            quantity = 3 if "partially" in name else 2
            self.sandbox.change("stock.move", picking["move_ids"][0], quantity=quantity, picked="partially" not in name)
        return int(picking["id"])

    def _of_user(self, name: str, args: list[Any]) -> None:
        args[1] = {5: self.users["plain"], 6: self.users["sales"]}.get(args[1], args[1])
        self.sandbox.registry.db.tables["res.users"][self.users["plain"]]["active"] = name != "err.inactive_user"

    def _of_records(self, name: str, args: list[Any]) -> None:
        fresh = ("action_cancel_draft", "action_confirm.batch", "web_read", "mc.confirm", "mc.denied_company_read")
        if args[3] == "sale.order" and any(part in name for part in fresh):
            company = 3 if name.startswith("mc.") else 1
            line = [(0, 0, {"product_id": self.product, "tax_ids" if self.sandbox.version == "19" else "tax_id": []})]
            args[5][0] = [
                self.sandbox.add("sale.order", partner_id=6, company_id=company, order_line=line) for _ in args[5][0]
            ]
        elif name == "sale.order.action_cancel_confirmed":
            args[5][0] = [2]
        if name == "product.template.create":
            args[5][0]["barcode"] = "4006381333932"  # the recorded one is taken by the product made beforehand
        if args[4] == "load":
            columns, rows = args[5]
            known = {"partner_id/.id": "6", "order_line/product_id/.id": str(self.product)}
            for row in rows:
                for index, column in enumerate(columns):
                    if row[index] and column in known:
                        row[index] = known[column]
                    elif column == ".id":
                        row[index] = str(self.orders[0])


def alike(recorded: Any, got: Any, path: str = "") -> Iterator[str]:
    """Where two answers differ in shape; False stands for any unset value, an empty list for any list."""
    if recorded is False or got is False:
        if (recorded is False) != (got is False) and isinstance(recorded, bool) and isinstance(got, bool):
            yield f"{path}: {recorded} became {got}"
    elif isinstance(recorded, dict) and isinstance(got, dict):
        if set(recorded) != set(got):
            yield f"{path}: {sorted(set(recorded) ^ set(got))}"
        for key in set(recorded) & set(got) - {"context", "debug"}:
            yield from alike(recorded[key], got[key], f"{path}.{key}")
    elif isinstance(recorded, list) and isinstance(got, list):
        if recorded and got and not path.endswith((".arguments", ".moreinfo.domain")):
            yield from alike(recorded[0], got[0], f"{path}[0]")
    elif type(recorded) is not type(got):
        yield f"{path}: {recorded!r} became {got!r}"


def differences(name: str, recorded: dict[str, Any], got: dict[str, Any]) -> Iterator[str]:
    if "error" not in recorded:
        if "error" in got:
            yield f"{name}: became {got['error']['data']['name']}: {got['error']['data']['message']}"
            return
        yield from (f"{name}{difference}" for difference in alike(recorded, got))
        return
    if "error" not in got:
        yield f"{name}: {recorded['error']['data']['name']} became {json.dumps(got)[:200]}"
        return
    yield from (f"{name}{difference}" for difference in alike(recorded["error"], got["error"]))
    mine, theirs = got["error"], recorded["error"]
    if (mine["code"], mine["data"]["name"]) != (theirs["code"], theirs["data"]["name"]):
        yield f"{name}: {theirs['data']['name']} became {mine['data']['name']}"
    messages = [NUMBER.sub("N", one["data"]["message"]).split(OF_GROUPS)[0] for one in (theirs, mine)]
    own = ("psycopg2", "builtins.TypeError")  # addresses, and the names of Python classes
    if messages[0] != messages[1] and not mine["data"]["name"].startswith(own) and "Uh-oh" not in messages[0]:
        yield f"{name}: {messages[0]!r} became {messages[1]!r}"


@pytest.mark.skipif(not EXCHANGES.exists(), reason="the recorded exchanges are not at hand")
@pytest.mark.parametrize("version", ["18", "19"])
def test_answers_have_the_shape_of_the_recorded_ones(connect: Connect, version: str) -> None:
    odoo = connect(version)
    replay = Replay(odoo.sandbox)
    found: list[str] = []
    compared = 0
    for name in NAMES:
        path = EXCHANGES / version / "exchanges" / f"{name}.json"
        if not path.exists():
            continue
        exchange = json.loads(path.read_text())
        request, recorded = exchange["request"], exchange["response"]
        body = replay.request(name, request["body"])
        content = body if isinstance(body, str) else json.dumps(body)
        got = odoo.http.request(
            request["method"], request["url"], content=content if body is not None else None, headers=request["headers"]
        )
        compared += 1
        if got.status_code != recorded["status"]:
            found.append(f"{name}: status {recorded['status']} became {got.status_code}")
        elif isinstance(recorded["body"], dict):
            found += differences(name, recorded["body"], got.json())
        elif name in PAGES or recorded["status"] == 400:
            assert got.text == recorded["body"], name
    assert found == [], "\n".join(found)
    assert compared > 80
