"""Writes: counts in Odoo what is imported, stocks items where they are not, and sets Shopify's quantities.

Up to 250 quantities go in one mutation, all or none. Its key follows from the records and what they are to show, so
that a repeat after a lost answer is the same request, which Shopify carries out once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from libs.common.domain.digests import digest
from libs.common.domain.rules_inventory import Named, Writes
from libs.common.domain.stock import pair_id
from libs.common.errors import Ambiguous, Failure, Outage, RateLimited, Rejected
from libs.common.shopify.inventory import KEY_SPENT, MOST_QUANTITIES, Answer, Setting
from services.workers.batching import in_one_call
from services.workers.context import StoreContext
from services.workers.inventory.gather import imported_name
from services.workers.inventory.model import Applied, Changes, Stale

Result = Applied | Stale | Failure
#: REST takes so many a second, and items may be stocked at so many; what is put off comes back in that rhythm.
REST_PER_SECOND, ACTIVATED_PER_SECOND = 2.0, 10.0
#: So long one look goes on with what takes a request for each; a figure is fresh for longer, and a lease still longer.
ONE_BY_ONE = timedelta(seconds=15)
#: Keys that are tried for one and the same request.
KEYS = 5
#: So often a request without an answer is sent again as it is.
REPEATS = 2
#: A figure that was read longer ago is read anew: whoever slept so long may have lost its lease to another one.
FRESH = timedelta(seconds=30)
#: Quants that are counted in one call.
IMPORTED_AT_ONCE = 200
IMPORT_FIELDS = ("id", "product_id/.id", "location_id/.id", "inventory_quantity_auto_apply")


def apply(plans: Sequence[Changes], store: StoreContext) -> list[Result]:
    """One answer for each plan, in its order."""
    answers: dict[str, Result] = {one.record_id: Applied(one) for one in plans}
    answers |= _import([one for one in plans if one.import_quantity is not None], store)
    answers |= _activate([one for one in plans if one.activate], store)
    ready = [one for one in plans if one.quantity is not None and isinstance(answers[one.record_id], Applied)]
    if store.rules.inventory.writes is Writes.REST:
        answers |= _by_rest(ready, store)
    else:
        for start in range(0, len(ready), MOST_QUANTITIES):
            some = ready[start : start + MOST_QUANTITIES]
            old = [one for one in some if not _fresh(one, store)]
            answers |= {one.record_id: Stale(one) for one in old}
            answers |= _by_graphql([one for one in some if one not in old] if old else some, store)
    return [answers[one.record_id] for one in plans]


def _fresh(one: Changes, store: StoreContext) -> bool:
    read_at = one.situation.read_at
    return read_at is None or store.ledger.clock.now() - read_at <= FRESH


def setting_of(changes: Changes, name: Named) -> Setting:
    before = changes.level.on_hand if name is Named.ON_HAND else changes.level.available
    return Setting(changes.level.item_id, changes.situation.location, changes.quantity or 0, before)


def idempotency_key(plans: Sequence[Changes], settings: Sequence[Setting], salt: int = 0) -> str:
    """Of what is known of each record and what is asked for: another one as soon as anything was heard or settled."""
    parts = []
    for one, setting in zip(plans, settings, strict=True):
        parts.append([one.record_id, one.situation.mark, setting.quantity, setting.change_from])
    return digest({"pairs": parts, "salt": salt})


def _by_graphql(plans: Sequence[Changes], store: StoreContext) -> dict[str, Result]:
    """Those that are stale are taken out, and the others go again; one that Shopify refuses is taken out as well."""
    answers: dict[str, Result] = {}
    left = list(plans)
    while left:
        try:
            results = in_one_call(left, lambda some: _set(some, store))
        except Failure as failure:
            return answers | {one.record_id: failure for one in left}
        answers |= {one.record_id: failure for one, failure in results.failed}
        stale = [one for one, told in results.done if told is None]
        answers |= {one.record_id: Stale(one) for one in stale}
        again = {one.record_id for one, told in results.done if isinstance(told, Stale)}
        answers |= {one.record_id: Applied(one, told) for one, told in results.done if isinstance(told, int)}
        left = [one for one in left if one.record_id in again]
    return answers


def _set(plans: Sequence[Changes], store: StoreContext) -> list[int | Stale | None]:
    """For each: by how much it was changed, None when it was stale, Stale when another one was."""
    name = store.rules.inventory.name
    settings = [setting_of(one, name) for one in plans]
    answer = _asked(plans, settings, store)
    if answer.stale:
        return [None if at in answer.stale else Stale(one) for at, one in enumerate(plans)]
    expected = [setting.quantity - (setting.change_from or 0) for setting in settings]
    places = [(setting.item_id, setting.location) for setting in settings]
    return [answer.deltas.get(place, usual) for place, usual in zip(places, expected, strict=True)]


def _asked(plans: Sequence[Changes], settings: Sequence[Setting], store: StoreContext) -> Answer:
    name = store.rules.inventory.name.value
    for salt in range(KEYS):
        try:
            return _answered(name, settings, idempotency_key(plans, settings, salt), store)
        except Failure as failure:
            # What went wrong under that key was not carried out; Shopify itself asks for another one.
            if failure.code != KEY_SPENT or salt == KEYS - 1:
                raise
    raise AssertionError(KEYS)


def _answered(name: str, settings: Sequence[Setting], key: str, store: StoreContext) -> Answer:
    """Without an answer the same request goes again: Shopify carries it out once, whichever of them arrives.

    To read anew and ask for something else would leave the first one on its way, to arrive when it is outdated.
    """
    for _ in range(REPEATS):
        try:
            return store.shopify.stock.set_quantities(name, settings, key)
        except Ambiguous:
            continue
    return store.shopify.stock.set_quantities(name, settings, key)


def _by_rest(plans: Sequence[Changes], store: StoreContext) -> dict[str, Result]:
    def put(one: Changes) -> Result:
        if not _fresh(one, store):
            return Stale(one)
        told = store.shopify.stock.set_by_rest(setting_of(one, Named.AVAILABLE))
        return Applied(one, told, by_rest=True)

    return _one_by_one(plans, store, put, REST_PER_SECOND)


def _activate(plans: Sequence[Changes], store: StoreContext) -> dict[str, Result]:
    """REST stocks an item by itself."""

    def activate(one: Changes) -> Result:
        key = digest(["activate", one.record_id, one.situation.mark])
        store.shopify.stock.activate(one.level.item_id, one.situation.location, key)
        return Applied(one)

    by_rest = store.rules.inventory.writes is Writes.REST
    return {} if by_rest else _one_by_one(plans, store, activate, ACTIVATED_PER_SECOND)


def _one_by_one(
    plans: Sequence[Changes], store: StoreContext, act: Callable[[Changes], Result], per_second: float
) -> dict[str, Result]:
    """One request for each, while there is time and they go well; the others come back `per_second`.

    Whatever is no refusal of that one thing would meet the next one as well, and a thousand of them would outlast the
    lease.
    """
    answers: dict[str, Result] = {}
    stop: Failure | None = None
    put_off = 0
    ends = store.ledger.clock.now() + ONE_BY_ONE
    for one in plans:
        if stop is None and store.ledger.clock.now() > ends:
            stop = RateLimited("the others take the next looks", "shopify", after_seconds=0.0)
        if stop is not None:
            put_off += 1
            answers[one.record_id] = _later(stop, put_off / per_second)
            continue
        try:
            answers[one.record_id] = act(one)
        except Failure as failure:
            answers[one.record_id] = failure
            stop = None if isinstance(failure, Rejected) else failure
    return answers


def _later(stop: Failure, seconds: float) -> Failure:
    """Of one that was not asked for any more: that is no attempt."""
    if isinstance(stop, Outage):
        return stop
    after = seconds + (stop.after_seconds if isinstance(stop, RateLimited) else 0.0)
    return RateLimited(stop.message, stop.side, details=stop.details, after_seconds=after)


def _import(plans: Sequence[Changes], store: StoreContext) -> dict[str, Result]:
    """Exactly once: the quant's external id follows from the pair, and what is there already stays as it is.

    Odoo counts some twenty a second: all of a catalogue in one call would outlast its patience, and ours.
    """
    answers: dict[str, Result] = {}
    stop: Failure | None = None
    ends = store.ledger.clock.now() + ONE_BY_ONE
    for start in range(0, len(plans), IMPORTED_AT_ONCE):
        some = plans[start : start + IMPORTED_AT_ONCE]
        if stop is None and store.ledger.clock.now() > ends:
            stop = RateLimited("the others take the next looks", "odoo")
        if stop is None:
            try:
                results = in_one_call(some, lambda few: _counted(few, store))
            except Failure as failure:
                stop = failure
            else:
                answers |= {one.record_id: failure for one, failure in results.failed}
                continue
        answers |= {one.record_id: stop for one in some}
    return answers


def _counted(plans: Sequence[Changes], store: StoreContext) -> Sequence[int]:
    rows = []
    for one in plans:
        rule = store.rules.inventory.of(one.situation.location)
        name = imported_name(store.module, pair_id(one.situation.variant_id, one.situation.location))
        place = rule.import_place if rule else 0
        rows.append((name, one.situation.product_id, place, one.import_quantity))
    return store.odoo.load("stock.quant", IMPORT_FIELDS, rows, context={"inventory_mode": True}).ids
