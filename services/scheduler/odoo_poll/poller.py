"""Polls every store's Odoo, each for itself: one that hangs, is down or refuses its key keeps nobody else waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from libs.common.errors import Failure, LedgerUnavailable, Outage
from libs.common.ledger.interface import Breakers, Cursors, Ledger
from libs.common.logging import Seldom
from libs.common.odoo.client import OdooClient
from libs.common.stores.interface import Stores
from libs.common.stores.model import Store
from services.scheduler.metrics import Metrics
from services.scheduler.odoo_poll.models import POLLED
from services.scheduler.odoo_poll.polled import Polled
from services.scheduler.odoo_poll.store_poll import StorePoll

_log = structlog.get_logger(__name__)

SIDE = "odoo"
THREADS = 8
READ_SECONDS = 30.0
TOTAL_SECONDS = 60.0
BREAKER_BASE_SECONDS = 5.0
#: The same refusal of the same store is told this often.
TELL_SECONDS = 3600.0


class Poller:
    """`round()` begins to look at every store that is not being looked at already."""

    def __init__(
        self,
        ledger: Ledger,
        stores: Stores,
        breakers: Breakers,
        cursors: Cursors,
        *,
        metrics: Metrics | None = None,
        models: Sequence[Polled] = POLLED,
    ) -> None:
        self.metrics = metrics
        self._ledger = ledger
        self._stores = stores
        self._breakers = breakers
        self._cursors = cursors
        self._models = models
        self._polls: dict[str, StorePoll] = {}
        self._busy: dict[str, Future[None]] = {}
        self._threads: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._seldom = Seldom(TELL_SECONDS)

    def round(self, *, go_on: Callable[[], bool] = lambda: True, wait: bool = False) -> None:
        """Raises LedgerUnavailable when the stores cannot be read; with `wait` it returns when all were looked at."""
        stores = self._stores.all()
        with self._lock:
            self._drop_unknown({store.slug for store in stores})
            self._busy = {slug: future for slug, future in self._busy.items() if not future.done()}
            for store in stores:
                wanted = [model for model in self._models if model.wanted(store.rules)]
                if wanted and store.slug not in self._busy:
                    self._busy[store.slug] = self._pool().submit(self._poll, store, wanted, go_on)
            begun = list(self._busy.values())
        if wait:
            for future in begun:
                future.result()

    def stop(self) -> None:
        """Returns when nothing of it runs any more."""
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            self._busy.clear()
            self._drop_unknown(set())

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="poll")
        return self._threads

    def _poll(self, store: Store, models: Sequence[Polled], go_on: Callable[[], bool]) -> None:
        """One store; whatever goes wrong with it is told and ends here."""
        try:
            if go_on() and self._breakers.open_until(store.slug, SIDE) is None:
                self._look(store, models, go_on)
        except LedgerUnavailable as error:
            self._tell("poll.ledger_unavailable", store, str(error))
        except Exception as error:  # noqa: BLE001 - one store must not end the others
            _log.exception("poll.unexpected", store=store.slug, error=type(error).__name__)

    def _look(self, store: Store, models: Sequence[Polled], go_on: Callable[[], bool]) -> None:
        try:
            found = self._connection(store).poll(models, go_on)
        except Outage as error:  # a refused key is one as well: the breaker tells of it once, and nobody asks meanwhile
            reason = f"{error.code}: {error.message}"[:300]
            self._breakers.trip(store.slug, SIDE, reason=reason, base_seconds=BREAKER_BASE_SECONDS)
            return
        except Failure as error:
            self._tell(f"poll.{error.code}", store, str(error))
            return
        if self._breakers.close(store.slug, SIDE):
            self._ledger.release_waiting(f"breaker:{store.slug}/{SIDE}")
        if found:
            _log.info("polled", store=store.slug, changes=found)
            if self.metrics is not None:
                self.metrics.polled.labels(store.slug).inc(found)

    def _tell(self, event: str, store: Store, reason: str) -> None:
        if (times := self._seldom.count(f"{event} {store.slug}")) is not None:
            _log.warning(event, store=store.slug, reason=reason[:300], times=times)

    def _connection(self, store: Store) -> StorePoll:
        with self._lock:
            known = self._polls.get(store.slug)
            if known is None or known.store != store:
                if known is not None:
                    known.client.close()
                known = self._polls[store.slug] = StorePoll(store, _client(store), self._ledger, self._cursors)
            return known

    def _drop_unknown(self, known: set[str]) -> None:
        for slug in [slug for slug in self._polls if slug not in known and slug not in self._busy]:
            self._polls.pop(slug).client.close()


def _client(store: Store) -> OdooClient:
    odoo = store.odoo
    return OdooClient(
        odoo.base_url,
        odoo.database,
        odoo.login,
        odoo.key.get_secret_value(),
        odoo.company_id,
        read_seconds=READ_SECONDS,
        total_seconds=TOTAL_SECONDS,
    )
