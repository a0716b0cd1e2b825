"""Payments: each successful transaction of Shopify's as one account.payment, matched with the order's invoices.

The orders' room takes the payments of fresh orders along, without another read of Odoo, once their invoices are
posted: `along.take_along([Bill("#1001", invoice.payer_id, (invoice.id,), order.transactions)], store)`.

Money that goes back is written by the same `apply.apply`: a `PlannedPayment` with `outbound`, the external id
`payback_<transaction id>` and the credit notes as `move_ids`; its journal by `plan.journal_of`.
"""
