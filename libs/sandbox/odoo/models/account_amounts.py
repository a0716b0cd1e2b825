"""What an invoice amounts to: its tax lines, its receivable lines and its totals follow from its invoice lines."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.models.account import RECEIVABLE, TAX_RECEIVED, account, parts, shares
from libs.sandbox.odoo.models.company import digits
from libs.sandbox.odoo.models.pricing import arithmetic_of, rounding_key, taxes_of
from libs.sandbox.odoo.taxes import Arithmetic, Line, Tax, round_half_up

MOVE = "account.move"
LINE = "account.move.line"
SEQUENCES = {"tax": 10000, "payment_term": 12000}


def sign(move: Row) -> int:
    """Of a product line's balance: what is sold is credited."""
    return 1 if move["move_type"] == "out_refund" else -1


def lines_of(env: Env, move_id: int, *kinds: str) -> list[Row]:
    """The journal items of a move, oldest first, of these display types or of all."""
    rows = [env.db.tables[LINE][one] for one in env.db.referring(LINE, "move_id", move_id) or ()]
    return [row for row in rows if not kinds or row["display_type"] in kinds]


def bring_up_to_date(env: Env, move: Row) -> None:
    if move["move_type"] not in ("out_invoice", "out_refund"):
        return
    products = lines_of(env, move["id"], "product")
    priced = [_priced(env, line) for line in products]
    arithmetic = arithmetic_of(env, move)
    rate = float(env.value("res.currency", env.db.tables["res.currency"][move["currency_id"]], "rate"))
    money = _Money(env, move, rate)
    for line, price, share in zip(products, priced, arithmetic.untaxed_shares(priced), strict=True):
        totals = arithmetic.line_totals(price)
        money.set(line["id"], sign(move) * share, price_subtotal=totals.untaxed, price_total=totals.total)
    _tax_lines(money, arithmetic, products, priced)
    totals = arithmetic.order_totals(priced)
    _receivable_lines(money, totals.total if products else None)
    changes = {"amount_untaxed": totals.untaxed, "amount_tax": totals.tax, "amount_total": totals.total}
    changes |= {"invoice_currency_rate": rate, "date": move.get("invoice_date") or move["date"]}
    for name, value in changes.items():
        env.db.set(MOVE, move["id"], name, value)


class _Money:
    """Writes the amounts of a move's lines in its currency and in the company's."""

    def __init__(self, env: Env, move: Row, rate: float) -> None:
        self.env, self.move, self.rate = env, move, rate
        company = env.db.tables["res.company"][move["company_id"]]
        self.currency_digits = digits(env.db.tables["res.currency"][move["currency_id"]])
        self.digits = digits(env.db.tables["res.currency"][company["currency_id"]])

    def set(self, line_id: int, amount: float, *, balance: float | None = None, **changes: Any) -> None:
        if balance is None:
            balance = round_half_up(amount / self.rate, self.digits)
        changes |= {"amount_currency": amount, "balance": balance}
        changes |= {"debit": max(balance, 0.0), "credit": max(-balance, 0.0)}
        for name, value in changes.items():
            self.env.db.set(LINE, line_id, name, value)

    def keep(self, wanted: list[dict[str, Any]], kind: str) -> list[int]:
        """As many lines of this kind as are wanted, taken from those that are there as far as they reach."""
        known = [line["id"] for line in lines_of(self.env, self.move["id"], kind)]
        for line_id in known[len(wanted) :]:
            self.env.db.delete(LINE, line_id)
        for _ in wanted[len(known) :]:
            row = {"move_id": self.move["id"], "display_type": kind, "sequence": SEQUENCES[kind], "name": False}
            stamps = {"create_date": self.env.stamp, "write_date": self.env.stamp}
            known.append(self.env.db.insert(LINE, {**row, **stamps}))
        return known[: len(wanted)]


def _priced(env: Env, line: Row) -> Line:
    price, quantity = line.get("price_unit") or 0.0, line.get("quantity") or 0.0
    taxes = taxes_of(env, line.get("tax_ids") or ())
    return Line(price, quantity, line.get("discount") or 0.0, taxes, rounding_key(line))


def _tax_lines(money: _Money, arithmetic: Arithmetic, products: list[Row], priced: list[Line]) -> None:
    """A line for each tax that comes to something."""
    env, move = money.env, money.move
    wanted = []
    for tax, amount in arithmetic.tax_totals(priced).items():
        if not amount:
            continue
        taxed = [(row, line) for row, line in zip(products, priced, strict=True) if tax in line.taxes]
        signed = 1 if env.version == "18" else sign(move)
        values = {"name": env.db.tables["account.tax"][tax.id]["name"], "tax_line_id": tax.id}
        values |= {"account_id": _tax_account(env, move, tax.id) or taxed[0][0]["account_id"]}
        base = _tax_base(arithmetic, tax, [line for _, line in taxed])
        wanted.append({**values, "amount": amount, "tax_base_amount": signed * base})
    for line_id, values in zip(money.keep(wanted, "tax"), wanted, strict=True):
        money.set(line_id, sign(move) * values.pop("amount"), **values)


def _tax_base(arithmetic: Arithmetic, tax: Tax, lines: list[Line]) -> float:
    """What a tax is on; later versions take it out of the sum with a tax that is included in the price."""
    raw = [arithmetic.raw(line) for line in lines]
    base = sum(amounts.excluded for amounts in raw)
    if arithmetic.version == "18" or not tax.included:
        return arithmetic.round(base)
    amount = sum(dict(amounts.taxes)[tax] for amounts in raw)
    return arithmetic.round(arithmetic.round(base + amount) - arithmetic.round(amount))


def _tax_account(env: Env, move: Row, tax_id: int) -> int | bool:
    """The tax of the chart of accounts has an account of its own; one that somebody made has none."""
    company = env.db.tables["res.company"][move["company_id"]]
    own = company.get("account_sale_tax_id") == tax_id
    return account(env, move["company_id"], TAX_RECEIVED) if own else False


def _receivable_lines(money: _Money, total: float | None) -> None:
    """What the customer owes and by when, in as many parts as the payment term has; none for a move without lines."""
    env, move = money.env, money.move
    start = move.get("invoice_date") or env.moment.strftime("%Y-%m-%d")
    agreed = parts(env, move.get("invoice_payment_term_id"))
    days = [(date.fromisoformat(start) + timedelta(days=late)).isoformat() for _, late in agreed]
    if not move.get("invoice_payment_term_id"):
        days = [move.get("invoice_date_due") or env.moment.strftime("%Y-%m-%d")]
    env.db.set(MOVE, move["id"], "invoice_date_due", max(days))
    others = lines_of(env, move["id"], "product", "tax")
    owed = -sum(line["balance"] for line in others)
    percentages = [percent for percent, _ in agreed]
    amounts = [] if total is None else shares(-sign(move) * total, percentages, money.currency_digits)
    balances = shares(owed, percentages, money.digits)
    debtor = account(env, move["company_id"], RECEIVABLE)
    wanted = [{"date_maturity": day, "account_id": debtor} for day, _ in zip(days, amounts, strict=False)]
    ids = money.keep(wanted, "payment_term")
    for line_id, values, amount, balance in zip(ids, wanted, amounts, balances, strict=False):
        money.set(line_id, amount, balance=balance, **values)
