"""Payments: each successful transaction of Shopify's as one account.payment, matched with the order's invoices.

Other rooms take payments along without another read of Odoo, once the invoices (or credit notes) are posted:

- `plan.plan_payment` makes a `PlannedPayment` of a transaction and what the other room knows anyway (the order's name,
  the commercial partner and the ids of the invoices), or a Hold; `journals.journal_of` alone finds the journal.
- `apply.apply` makes, posts and matches any number of them: a load, an `action_post`, a read of receivable lines, and
  one call for each that is not matched yet. Money that goes back is a `PlannedPayment` with `outbound`, the external id
  `payback_<transaction id>` and the credit notes as `move_ids`.
- `verify.verify` says of each answer whether it is as planned; `StoreContext.remember` links what is.

What is held or fails that way is left to the payment's own record: hint the transaction, and this room looks anew.
"""
