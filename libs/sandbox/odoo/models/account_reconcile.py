"""Matching what is owed with what was paid: `account.partial.reconcile`, and what follows from it."""

from __future__ import annotations

from typing import Any

from libs.sandbox.odoo.database import Row
from libs.sandbox.odoo.env import Env
from libs.sandbox.odoo.errors import user_error
from libs.sandbox.odoo.models.account import ACCOUNT
from libs.sandbox.odoo.models.account_amounts import LINE, MOVE, lines_of
from libs.sandbox.odoo.models.company import digits
from libs.sandbox.odoo.models.messages import speak
from libs.sandbox.odoo.taxes import round_half_up

PARTIAL = "account.partial.reconcile"
INVOICES = ("out_invoice", "out_refund")
# Of a partial: the field of a line's own side, that of the other line, and the amount in the own line's currency.
_SIDES = (
    ("debit_move_id", "credit_move_id", "debit_amount_currency"),
    ("credit_move_id", "debit_move_id", "credit_amount_currency"),
)


def matches(env: Env, line_id: int) -> list[tuple[Row, int, str]]:
    """Partials of a line, each with the other line's id and the field of the amount in this line's currency."""
    found = []
    for own, other, amount in _SIDES:
        for one in env.db.referring(PARTIAL, own, line_id) or ():
            partial = env.db.tables[PARTIAL][one]
            found.append((partial, partial[other], amount))
    return found


def residuals(env: Env, line: Row) -> tuple[float, float]:
    """What is still open of a line, in the company's currency and in its own; 0 where nothing can be matched."""
    if not (env.row(ACCOUNT, line.get("account_id")) or {}).get("reconcile"):
        return 0.0, 0.0
    money = _digits(env, line)
    open_balance, open_amount = line.get("balance") or 0.0, line.get("amount_currency") or 0.0
    sign = -1 if open_balance < 0 or open_amount < 0 else 1
    for partial, _, amount in matches(env, line["id"]):
        open_balance -= sign * partial["amount"]
        open_amount -= sign * partial[amount]
    open_balance, open_amount = round_half_up(open_balance, money[0]), round_half_up(open_amount, money[1])
    # What a rate leaves of a line that is closed in its own currency is an exchange difference.
    return (open_balance if open_amount else 0.0), open_amount


def reconciled(env: Env, line: Row) -> bool:
    if not (env.row(ACCOUNT, line.get("account_id")) or {}).get("reconcile"):
        return False
    alive = env.db.tables[MOVE][line["move_id"]]["state"] == "posted" or bool(matches(env, line["id"]))
    return alive and residuals(env, line)[1] == 0.0


def move_residual(env: Env, move: Row) -> float:
    """Of an invoice or a credit note, in its own currency; 0 for other entries."""
    if move["move_type"] not in INVOICES:
        return 0.0
    sign = -1 if move["move_type"] == "out_refund" else 1
    return sign * sum(residuals(env, line)[1] for line in lines_of(env, move["id"], "payment_term")) or 0.0


def counterparts(env: Env, move: Row) -> list[Row]:
    """The moves that an invoice's receivable lines are matched with, one for each match."""
    table = env.db.tables
    found = [other for line in lines_of(env, move["id"], "payment_term") for _, other, _ in matches(env, line["id"])]
    return [table[MOVE][table[LINE][one]["move_id"]] for one in found]


def has_matches(env: Env, move: Row) -> bool:
    return any(matches(env, line["id"]) for line in lines_of(env, move["id"]))


def matched_payments(env: Env, move: Row) -> tuple[int, ...]:
    found = (other.get("origin_payment_id") for other in counterparts(env, move))
    return tuple(dict.fromkeys(one for one in found if one))


def payment_state(env: Env, move: Row) -> str:
    """`not_paid`, `partial`, `paid`, or `reversed` when credit notes alone closed it; Community has no `in_payment`.

    18 looks at posted invoices only, later versions at drafts of some amount too.
    """
    draft = env.version != "18" and move["state"] == "draft" and move.get("amount_total")
    if move["move_type"] not in INVOICES or not (move["state"] == "posted" or draft):
        return "not_paid"
    others = counterparts(env, move)
    if move_residual(env, move):
        return "partial" if others else "not_paid"
    kinds = {other["move_type"] for other in others}
    by_payment = any(other.get("origin_payment_id") for other in others)
    return "reversed" if move["move_type"] == "out_invoice" and kinds == {"out_refund"} and not by_payment else "paid"


def js_assign_outstanding_line(env: Env, ids: Any, line_id: int) -> None:
    """Matches a line with the open lines of a move on the same account; `ids` is an id, or a list of one."""
    [move] = env.rows(MOVE, [ids] if isinstance(ids, int) else list(ids))
    env.check(MOVE, "write")
    [line] = env.rows(LINE, [line_id])
    env.check_visible(MOVE, [move], "write")
    env.check_visible(LINE, [line], "write")
    others = [one for one in lines_of(env, move["id"]) if one.get("account_id") == line.get("account_id")]
    reconcile(env, [line, *(one for one in others if one is not line and not reconciled(env, one))])


def reconcile(env: Env, lines: list[Row]) -> None:
    """Debits with credits, what is due first with what came first, as far as the amounts reach."""
    _check(env, lines)
    lines = sorted(lines, key=lambda line: (line.get("date_maturity") or "", line["id"]))
    debits = [line for line in lines if residuals(env, line)[1] > 0]
    credits_ = [line for line in lines if residuals(env, line)[1] < 0]
    while debits and credits_:
        _match(env, debits[0], credits_[0])
        debits = [line for line in debits if residuals(env, line)[1]]
        credits_ = [line for line in credits_ if residuals(env, line)[1]]
    if any(_pays_an_order(env, line) for line in lines):
        speak(env)


def _pays_an_order(env: Env, line: Row) -> bool:
    """Whether this is the line of an order's invoice that is paid: the order is told."""
    move = env.db.tables[MOVE][line["move_id"]]
    paid = move["move_type"] == "out_invoice" and not move_residual(env, move)
    return paid and any(one.get("sale_line_ids") for one in lines_of(env, move["id"]))


def _check(env: Env, lines: list[Row]) -> None:
    states = [env.db.tables[MOVE][line["move_id"]]["state"] for line in lines]
    if env.version == "18":
        looked_at = lines
    else:
        open_ones = [line["id"] for line in lines if not reconciled(env, line)]
        looked_at = [line for line in lines if not reconciled(env, line) or not _connected(env, line["id"], open_ones)]
    if any(reconciled(env, line) for line in looked_at):
        raise user_error("You are trying to reconcile some entries that are already reconciled.")
    if env.version == "18" and any(state != "posted" for state in states):
        raise user_error("You can only reconcile posted entries.")
    if "cancel" in states:
        raise user_error("You can not reconcile cancelled entries.")
    for account in {line.get("account_id") for line in lines}:
        if not (env.row(ACCOUNT, account) or {}).get("reconcile"):
            name = env.display_name(ACCOUNT, account) if account else ""
            raise user_error(
                f"Account {name} does not allow reconciliation. First change the configuration of this account to "
                "allow it."
            )


def _connected(env: Env, line_id: int, others: list[int]) -> bool:
    """Whether a chain of matches leads from a line to one of the others."""
    seen, waiting = set(), [line_id]
    while waiting:
        one = waiting.pop()
        if one in others:
            return True
        if one not in seen:
            seen.add(one)
            waiting += [other for _, other, _ in matches(env, one)]
    return False


def _match(env: Env, debit: Row, credit: Row) -> None:
    """One partial: in the common currency of both lines if they have one, else in that of the company."""
    (owed, owed_own), (paid, paid_own) = residuals(env, debit), residuals(env, credit)
    if _currency(env, debit) == _currency(env, credit):
        own = min(owed_own, -paid_own)
        shares = [owed * own / owed_own, -paid * own / -paid_own]
        amounts = {"amount": min(shares), "debit_amount_currency": own, "credit_amount_currency": own}
    else:
        amount = min(owed, -paid)
        amounts = {"amount": amount, "debit_amount_currency": owed_own * amount / owed}
        amounts["credit_amount_currency"] = paid_own * amount / paid
    places = {"amount": _digits(env, debit)[0], "debit_amount_currency": _digits(env, debit)[1]}
    places["credit_amount_currency"] = _digits(env, credit)[1]
    row: Row = {name: round_half_up(value, places[name]) for name, value in amounts.items()}
    row |= {"debit_move_id": debit["id"], "credit_move_id": credit["id"], "create_date": env.stamp}
    company = env.db.tables[MOVE][debit["move_id"]]["company_id"]
    made = env.db.insert(PARTIAL, {**row, "company_id": company, "write_date": env.stamp})
    moves = {side: env.db.tables[MOVE][line["move_id"]] for side, line in (("debit", debit), ("credit", credit))}
    named = {side: str(move.get("name") or move["id"]) for side, move in moves.items()}
    env.note(PARTIAL, "reconcile", made, {**named, "amount": row["debit_amount_currency"]}, None)


def unreconcile(env: Env, move: Row) -> None:
    """Takes back every match of a move's lines."""
    for line in lines_of(env, move["id"]):
        for partial, _, _ in matches(env, line["id"]):
            env.db.delete(PARTIAL, partial["id"])
            env.note(PARTIAL, "unlink", partial["id"], {}, None)


def _currency(env: Env, line: Row) -> Any:
    return env.db.tables[MOVE][line["move_id"]]["currency_id"]


def _digits(env: Env, line: Row) -> tuple[int, int]:
    """Decimals of the company's currency, and of the line's own."""
    move, currencies = env.db.tables[MOVE][line["move_id"]], env.db.tables["res.currency"]
    company = env.db.tables["res.company"][move["company_id"]]
    return digits(currencies[company["currency_id"]]), digits(currencies[move["currency_id"]])
