"""Any order of hints, claims, crashes, expiries, outcomes and sweeps: the ledger against a plain model of it.

The shop is `remote`: the newest version of each record. A change there sends a hint, which may come late, twice
and out of order, but comes. Invariants I1 to I4 of docs/guarantees.md: every accepted hint ends in a final state,
no record is leased twice at once, the newest version wins, and nothing that was answered is lost.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from libs.common.clock import ManualClock
from libs.common.ledger.connect import connect
from libs.common.ledger.model import Claim, Hint, Lane, Recorded, Settlement, State
from libs.common.ledger.repository import MongoLedger
from tests.stateful.ledger_model import BREAKER, FINAL, LEASE_SECONDS, OVERDUE_SECONDS, Model, Work, moment, number

sources = st.sampled_from(["1", "2"])
workers = st.sampled_from(["w1", "w2"])
outcomes = st.sampled_from(["synced", "held", "ignored", "backoff", "breaker", "needs"])


class LedgerMachine(RuleBasedStateMachine):
    @initialize()
    def open(self) -> None:
        self.clock = ManualClock()
        self.connection = connect("embedded", "tandem")
        self.ledger = MongoLedger(self.connection.database, self.clock)
        self.remote: dict[str, int] = {}
        self.model: dict[str, Model] = {}
        self.on_the_way: list[Hint] = []
        self.sent: list[Hint] = []
        self.work: dict[str, Work] = {}

    # --- the shop and its webhooks

    @rule(source=sources, lane=st.sampled_from(Lane))
    def change_and_keep_silent(self, source: str, lane: Lane) -> None:
        self.change(source, lane)

    def change(self, source: str, lane: Lane) -> None:
        version = self.remote[source] = self.remote.get(source, 0) + 1
        delivery = f"{source}-{version}"
        why = "orders/create" if version == 1 else "orders/updated"
        self.on_the_way.append(
            Hint("acme", "order", source, version=moment(version), delivery_id=delivery, lane=lane, why=why)
        )

    @rule(source=sources)
    def change_and_tell(self, source: str) -> None:
        """The ordinary case: the hint comes at once."""
        self.change(source, Lane.LIVE)
        self._hint([self.on_the_way.pop()])

    @precondition(lambda self: self.on_the_way)
    @rule(data=st.data(), size=st.integers(1, 4))
    def deliver(self, data: st.DataObject, size: int) -> None:
        """Some of what is on the way arrives, in any order, in one batch."""
        order = data.draw(st.permutations(self.on_the_way))
        batch, self.on_the_way = list(order[:size]), list(order[size:])
        self._hint(batch)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        again = data.draw(st.sampled_from(self.sent))
        self._hint([again, again])

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), known=st.booleans())
    def tell_of_an_older_version(self, data: st.DataObject, known: bool) -> None:
        """The same news under another delivery id, or from a source that does not tell versions."""
        old = data.draw(st.sampled_from(self.sent))
        version = old.version if known else None
        self._hint(
            [Hint("acme", "order", old.source_id, version=version, delivery_id=f"late-{len(self.sent)}", why=old.why)]
        )

    def _hint(self, batch: list[Hint]) -> None:
        answers = self.ledger.record_hints(batch)
        applied = {one.source_id: self._known(one).applied for one in batch}
        met: set[str] = set()
        for hint, answer in zip(batch, answers, strict=True):
            model = self._known(hint)
            assert hint.delivery_id is not None
            version = None if hint.version is None else number(hint.version)
            before = applied[hint.source_id]
            if hint.delivery_id in model.deliveries | met:
                assert answer is Recorded.DUPLICATE
                continue
            met.add(hint.delivery_id)
            if version is not None and before is not None and version < before:
                assert answer is Recorded.STALE
                continue
            assert answer is Recorded.RECORDED
            model.deliveries.add(hint.delivery_id)
            model.seq += 1
            model.wanted = max(model.wanted, version or 0)
            if model.state is not State.RUNNING and model.waits_for != BREAKER:
                model.make_due(self.clock.now())
        self.sent += batch

    def _known(self, hint: Hint) -> Model:
        return self.model.setdefault(hint.source_id, Model())

    # --- the workers

    @precondition(lambda self: any(model.claimable(self.clock.now()) for model in self.model.values()))
    @rule(worker=workers, wanted=st.lists(sources, max_size=2, unique=True), limit=st.integers(1, 3))
    def claim_some(self, worker: str, wanted: list[str], limit: int) -> None:
        self.claim(worker, wanted, limit)

    def claim(self, worker: str, wanted: list[str], limit: int) -> None:
        """A worker that had a claim is a new process now: the old one crashed and settles nothing."""
        now = self.clock.now()
        ready = {source for source, model in self.model.items() if model.claimable(now)}
        taken = self._claim(worker, wanted, limit)
        if taken is None:
            assert not ready
            self.work.pop(worker, None)
            return
        got = {record.source_id for record in taken.records}
        assert got <= ready
        assert len(got) == min(limit, len(ready))
        assert set(wanted) & ready <= got or len(got) == limit
        for source in got:
            self.model[source].claimed(taken.token, now)
        self.work[worker] = Work(taken, {source: self.remote[source] for source in got})

    def _claim(self, worker: str, sources_wanted: list[str], limit: int) -> Claim | None:
        ids = [f"acme/order/{source}" for source in sources_wanted]
        return self.ledger.claim("acme", "order", ids, worker=worker, lease_seconds=LEASE_SECONDS, limit=limit)

    @precondition(lambda self: not any(model.claimable(self.clock.now()) for model in self.model.values()))
    @rule()
    def wait_for_work(self) -> None:
        """Nothing is to be had before its time, and then it is."""
        self.claim("w3", [], 1)
        self.clock.advance(46)
        self.claim("w3", [], 1)

    @precondition(lambda self: self.work)
    @rule(data=st.data(), at_once=st.booleans())
    def settle(self, data: st.DataObject, at_once: bool) -> None:
        """All of a batch, or its first record; perhaps long after the lease was lost."""
        work = self.work[data.draw(st.sampled_from(sorted(self.work)))]
        records = work.claim.records if at_once else work.claim.records[:1]
        settlements = [work.settlement(record, data.draw(outcomes), self.clock.now()) for record in records]
        self._settle(work.claim.token, settlements)

    def _settle(self, token: str, settlements: list[Settlement]) -> None:
        now = self.clock.now()
        before = {one.record_id: self.ledger.get(one.record_id) for one in settlements}
        settled = self.ledger.settle(token, settlements)
        assert len(settled.done) + len(settled.again) + len(settled.lost) == len(settlements)
        written = []
        for one in settlements:
            model = self.model[one.record_id.rpartition("/")[2]]
            if model.token != token:
                # Another outcome of the same batch may have been what it waits for.
                stood = before[one.record_id]
                released = stood is not None and stood.waits_for in {each.record_id for each in settlements}
                assert released or stood == self.ledger.get(one.record_id), "changed without a lease"
                continue
            assert one.record_id not in settled.lost
            assert model.settled(one, now) == (one.record_id in settled.again)
            written.append(one)
        self._released(written)

    def _released(self, written: list[Settlement]) -> None:
        """What waits for a record is due when that is synced; when exactly it noticed is the ledger's to tell."""
        for source, model in self.model.items():
            record = self.ledger.get(f"acme/order/{source}")
            assert record is not None
            needed = model.waits_for
            if needed is None or needed == BREAKER or record.waits_for is not None:
                continue
            other = self.ledger.get(needed)
            assert other is not None
            assert other.state is State.SYNCED or any(one.record_id == needed for one in written)
            model.make_due(self.clock.now())

    @precondition(lambda self: self.work)
    @rule(data=st.data())
    def hand_back(self, data: st.DataObject) -> None:
        work = self.work.pop(data.draw(st.sampled_from(sorted(self.work))))
        mine = [model for model in self.model.values() if model.token == work.claim.token]
        assert self.ledger.hand_back(work.claim.token) == len(mine)
        for model in mine:
            model.token = model.until = None
            model.make_due(self.clock.now())

    @precondition(lambda self: self.work)
    @rule(data=st.data())
    def extend(self, data: st.DataObject) -> None:
        work = self.work[data.draw(st.sampled_from(sorted(self.work)))]
        mine = [model for model in self.model.values() if model.token == work.claim.token]
        assert self.ledger.extend(work.claim.token, lease_seconds=LEASE_SECONDS) == len(mine)
        for model in mine:
            model.until = self.clock.now() + timedelta(seconds=LEASE_SECONDS)

    @precondition(lambda self: self.work)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        del self.work[data.draw(st.sampled_from(sorted(self.work)))]

    @precondition(lambda self: self.work)
    @rule(data=st.data(), outcome=outcomes)
    def be_overtaken(self, data: st.DataObject, outcome: str) -> None:
        """A worker is paused past its lease, another takes over, and the first one wakes and settles (F21)."""
        slow = data.draw(st.sampled_from(sorted(self.work)))
        work = self.work[slow]
        self.clock.advance(LEASE_SECONDS + 1)
        self.claim("w2" if slow == "w1" else "w1", [], 3)
        self._settle(
            work.claim.token, [work.settlement(record, outcome, self.clock.now()) for record in work.claim.records]
        )

    # --- time, sweeper, operator

    @rule(seconds=st.sampled_from([1, 20, 46, 61]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule()
    def sweep(self) -> None:
        now = self.clock.now()
        found = self.ledger.to_nudge(limit=10, overdue_seconds=OVERDUE_SECONDS)
        assert all(self.model[record.source_id].claimable(now) for record in found)
        self.ledger.mark_nudged([record.id for record in found])
        assert self.ledger.to_nudge(limit=10, overdue_seconds=OVERDUE_SECONDS) == []

    @precondition(lambda self: any(model.waits_for == BREAKER for model in self.model.values()))
    @rule()
    def close_breaker(self) -> None:
        waiting = [model for model in self.model.values() if model.waits_for == BREAKER]
        assert self.ledger.release_waiting(BREAKER) == len(waiting)
        for model in waiting:
            model.make_due(self.clock.now())

    @rule(source=sources)
    def retry_by_hand(self, source: str) -> None:
        found = self.ledger.retry([f"acme/order/{source}"], why="by hand")
        model = self.model.get(source)
        assert bool(found) == (model is not None)
        if model is not None:
            model.seq, model.attempts = model.seq + 1, 0
            if model.state is not State.RUNNING:
                model.make_due(self.clock.now())

    # --- what always holds

    @invariant()
    def the_ledger_is_as_the_model_says(self) -> None:
        for source, model in getattr(self, "model", {}).items():
            record = self.ledger.get(f"acme/order/{source}")
            assert record is not None
            model.matches(record)

    def teardown(self) -> None:
        """Quiet: what is on the way arrives, crashed leases run out, and the sweeper alone finds all that is left."""
        if not hasattr(self, "model"):
            return
        if self.on_the_way:
            self._hint(self.on_the_way)
        for _ in range(20):
            self.clock.advance(LEASE_SECONDS + 1)
            found = self.ledger.to_nudge(limit=10, overdue_seconds=OVERDUE_SECONDS)
            if not found:
                break
            self.ledger.mark_nudged([record.id for record in found])
            taken = self._claim("last", [record.source_id for record in found], 10)
            assert taken is not None
            read = {record.source_id: self.remote[record.source_id] for record in taken.records}
            work = Work(taken, read)
            self.ledger.settle(
                taken.token, [work.settlement(record, "synced", self.clock.now()) for record in taken.records]
            )
        for source, model in self.model.items():
            record = self.ledger.get(f"acme/order/{source}")
            assert record is not None
            assert record.state in FINAL
            assert record.wanted.seq == model.seq
            if record.state is State.SYNCED:
                assert record.synced is not None
                assert record.synced.version == moment(self.remote[source])
        self.connection.close()


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.pytestmark = [pytest.mark.timeout(400)]  # type: ignore[attr-defined]  # a failure is made small first
TestLedgerMachine.settings = settings(
    max_examples=250, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
