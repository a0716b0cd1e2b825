"""What is polled in a store's Odoo: one entry for each kind of record whose changes Odoo itself tells nobody."""

from __future__ import annotations

from services.scheduler.odoo_poll.books import CREDIT_NOTES
from services.scheduler.odoo_poll.catalog import CATALOG
from services.scheduler.odoo_poll.contacts import CONTACTS
from services.scheduler.odoo_poll.polled import Polled
from services.scheduler.odoo_poll.stock import MOVES, QUANTS

DELIVERIES = Polled(
    entity="delivery",
    model="stock.picking",
    domain=(("state", "=", "done"), ("picking_type_code", "=", "outgoing"), ("sale_id", "!=", False)),
    needs=("sale_id", "picking_type_code"),
    belongs_to=("sale_id", "sale.order"),
    watched=("date_done", "carrier_id", "carrier_tracking_ref"),
    wanted=lambda rules: rules.fulfillments.to_shopify,
)

#: An issue that brings another direction adds its models.
POLLED: tuple[Polled, ...] = (DELIVERIES, MOVES, QUANTS, CONTACTS, CREDIT_NOTES, *CATALOG)
