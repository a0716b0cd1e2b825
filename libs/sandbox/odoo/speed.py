"""How slow an Odoo is: seconds for a call and for each of its records.

Derived from the measurements of a real Odoo 19 (one process, client and database on the same two cores):

- `search_read` of one code: 79 calls a second (12.65 ms), of 50 codes 76 (13.2 ms): 0.01 ms a record.
- The chain for n orders of two lines with new customers (two `search_read`, `load` of partners, `load` of
  orders, `web_read`, `action_confirm`, `load` of dates, `web_read`) was done for 6.0 orders a second one by one,
  16 in batches of 5, 23 of 20 and 25 of 50. A straight line through it, seconds = C + n * R, has C = 129.7 ms and
  R = 37.0 ms: 6.0, 15.9, 23.0 and 25.3 orders a second.
- C less the two `search_read` (25.3 ms) is shared among the six other calls, R among their records, in proportion to
  what single calls took: `res.partner.create` 53 a second (18.9 ms: 12.9 for the call and 6 for the record),
  `sale.order.create` with two lines 18 a second (55.6 ms: 39.6, 8 for the order and 4 for each line).
- `stock.picking.button_validate`: 52 ms for one, 223 ms for 20; `load` of quantities into moves: 34 ms for 2, 242 ms
  for 40; `sale.order.action_cancel`: 55 ms for one, 167 ms for 16.
- Invoices and payments of 20 orders, made, posted and matched one by one, took about 4 s. What each of these calls took
  for 1 and for 20 records was measured beside other work; the figures are scaled so that the chain takes 4 s.
- `product.template.create`: 3.2 a second one by one, 160 in one call of 100: 309 ms and 3.2 ms a record.

All of it was measured by a client, so what HTTP itself takes here (`HTTP_SECONDS` a call) is taken off again.
The first figure is for the call, the second for each record that it names, creates or returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

Cost = tuple[float, float]
LINE_SECONDS = 0.004
HTTP_SECONDS = 0.001
MEASURED: Mapping[str, Cost] = {
    "res.partner.load": (0.0129, 0.006),
    "res.partner.create": (0.0129, 0.006),
    "sale.order.load": (0.0396, 0.008),
    "sale.order.create": (0.0396, 0.008),
    "sale.order.update": (0.012, 0.003),
    "sale.order.write": (0.012, 0.003),
    "sale.order.action_confirm": (0.022, 0.010),
    "sale.order.web_read": (0.009, 0.001),
    "sale.order.action_cancel": (0.048, 0.0075),
    "stock.picking.button_validate": (0.043, 0.009),
    "stock.picking.load": (0.040, 0.010),
    "stock.move.update": (0.023, 0.0055),
    "account.move.load": (0.120, 0.028),
    "account.move.action_post": (0.066, 0.041),
    "account.move.js_assign_outstanding_line": (0.081, 0.0),
    "account.payment.load": (0.034, 0.0025),
    "account.payment.action_post": (0.080, 0.031),
    "product.*.create": (0.309, 0.0032),
    "product.*.load": (0.309, 0.0032),
    "*.search_read": (0.01265, 0.00001),
    "*.load": (0.012, 0.003),
    "*.create": (0.012, 0.003),
    "common.*": (0.001, 0.0),
    "*": (0.009, 0.0005),
}


@dataclass(frozen=True)
class OdooSpeed:
    """`costs`: (seconds a call, seconds a record) by operation, globs allowed, the first that fits counts.

    `factor` makes all of it faster (0.1) or slower (2.0). A `load` that only changes records found by database id is
    `model.update`; the lines that a `load` or `create` of orders brings along cost `line_seconds` each.
    """

    costs: Mapping[str, Cost] = field(default_factory=lambda: MEASURED)
    line_seconds: float = LINE_SECONDS
    factor: float = 1.0

    def seconds(self, operation: str, records: int, lines: int = 0) -> float:
        for pattern, (call, record) in self.costs.items():
            if fnmatchcase(operation, pattern):
                return max(0.0, self.factor * (call + records * record + lines * self.line_seconds) - HTTP_SECONDS)
        return 0.0
