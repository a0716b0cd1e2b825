"""Shipping methods, of the app stock_delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.model import Model
from libs.sandbox.odoo.writing import create

DELIVERY = "stock_delivery"


class Carrier(Model):
    order = "sequence, id"
    defaults: ClassVar[Mapping[str, Any]] = {
        "active": True,
        "sequence": 10,
        "delivery_type": "fixed",
        "integration_level": "rate_and_ship",
        "invoice_policy": "estimated",
    }

    def complete(self, env: Env, values: dict[str, Any]) -> None:
        """Its price goes on orders as a service of the same name."""
        if not values.get("product_id"):
            service = {"name": values.get("name"), "type": "service", "sale_ok": False}
            values["product_id"] = create(env, "product.product", [service], nested=True)[0]
