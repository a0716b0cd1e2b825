"""Shipping methods, of the app stock_delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from libs.sandbox.odoo.model import Model

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
