"""Confirming, cancelling and reopening orders: the buttons of the form."""

from __future__ import annotations

from typing import Any

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import redirect_warning, user_error
from libs.sandbox.odoo.models.deliveries import cancel_deliveries, deliver
from libs.sandbox.odoo.models.sale_invoicing import cancel_drafts

ORDER = "sale.order"
LINE = "sale.order.line"
# Database ids of an action and a view that these answers name; their values mean nothing here.
WAREHOUSE_ACTION = 355
CANCEL_VIEW = 1126


def action_confirm(env: Env, ids: list[int]) -> bool:
    """Draft orders become sales, their goods are to be delivered; `date_order` becomes now."""
    rows = env.rows(ORDER, ids)
    env.check(ORDER, "write")
    env.check_visible(ORDER, rows, "write")
    if any(row["state"] not in ("draft", "sent") for row in rows):
        raise user_error("Some orders are not in a state requiring confirmation.")
    for row in rows:
        lines = [env.db.tables[LINE][one] for one in env.children(env.fields(ORDER)["order_line"], row["id"])]
        sold = [line for line in lines if not line.get("display_type")]
        if any(not line.get("product_id") for line in sold):
            raise user_error("Some order lines are missing a product, you need to correct them before going further.")
        if not row.get("warehouse_id") and any(product_type(env, line) == "consu" for line in sold):
            company = env.display_name("res.company", row["company_id"])
            message = f"Please create a warehouse for company {company}."
            raise redirect_warning(message, WAREHOUSE_ACTION, "Go to Warehouses")
        _move(env, row, "sale", "action_confirm", date_order=env.now)
        for line in sold:
            deliver(env, line)
    return True


def action_cancel(env: Env, ids: list[int]) -> Any:
    """Whatever is not delivered is cancelled with the order; 18 asks back, by a wizard, when it is confirmed."""
    rows = env.rows(ORDER, ids)
    env.check(ORDER, "write")
    if any(row.get("locked") for row in rows):
        raise user_error("You cannot cancel a locked order. Please unlock it first.")
    if (
        env.version == "18"
        and not env.context.get("disable_cancel_warning")
        and any(r["state"] == "sale" for r in rows)
    ):
        return {
            "name": "Cancel Sales Order",
            "view_mode": "form",
            "res_model": "sale.order.cancel",
            "view_id": CANCEL_VIEW,
            "type": "ir.actions.act_window",
            "context": {"default_order_id": ids[0], "mark_so_as_canceled": True},
            "target": "new",
        }
    for row in rows:
        cancel_deliveries(env, row)
        cancel_drafts(env, row)
        _move(env, row, "cancel", "action_cancel")
    return True


def action_draft(env: Env, ids: list[int]) -> bool:
    env.check(ORDER, "write")
    for row in env.rows(ORDER, ids):
        if row["state"] in ("cancel", "sent"):
            _move(env, row, "draft", "action_draft")
    return True


def action_lock(env: Env, ids: list[int]) -> None:
    _lock(env, ids, locked=True)


def action_unlock(env: Env, ids: list[int]) -> None:
    _lock(env, ids, locked=False)


def _lock(env: Env, ids: list[int], *, locked: bool) -> None:
    env.check(ORDER, "write")
    for row in env.rows(ORDER, ids):
        env.db.set(ORDER, row["id"], "locked", locked)


def _move(env: Env, row: Row, state: str, operation: str, **changes: Any) -> None:
    for name, value in {"state": state, "write_date": env.stamp, **changes}.items():
        env.db.set(ORDER, row["id"], name, value)
    env.note(ORDER, operation, row["id"], {"state": state}, None)


def product_type(env: Env, line: Row) -> Any:
    product = env.row("product.product", line.get("product_id"))
    return env.value("product.product", product, "type") if product is not None else False
