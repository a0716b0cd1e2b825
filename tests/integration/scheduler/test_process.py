"""The scheduler as a process, on a real ledger and a real broker."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.common.ledger.model import Hint
from tests.engines.process import free_port
from tests.integration.gateway.process import Place, place, until

pytestmark = [pytest.mark.mongodb, pytest.mark.rabbitmq]


@pytest.fixture
def here(mongodb_url: str, mongodb_database: str, rabbitmq_vhost: str, tmp_path: Path) -> Iterator[Place]:
    with place(mongodb_url, mongodb_database, rabbitmq_vhost, tmp_path) as made:
        yield made


@contextlib.contextmanager
def scheduler(here: Place, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    environ = here.environ(TANDEM_SCHEDULER_SWEEP_SECONDS="0.2", TANDEM_SCHEDULER_LEADER_LEASE_SECONDS="2", **changes)
    command = [sys.executable, "-m", "services.scheduler"]
    log = here.folder / "scheduler.log"
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=environ, cwd=here.folder, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def nudged(here: Place, source_id: str) -> bool:
    record = here.ledger.get(f"acme/order/{source_id}")
    return record is not None and record.nudged_at is not None


def hint(here: Place, source_id: str) -> None:
    here.ledger.record_hints([Hint("acme", "order", source_id)])


def test_it_sweeps_and_ends_cleanly_on_sigterm(here: Place) -> None:
    hint(here, "1")
    with scheduler(here) as process:
        until(lambda: nudged(here, "1"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert "Traceback" not in (here.folder / "scheduler.log").read_text()
    assert here.connection.database["leaders"].count_documents({}) == 0


def test_f32_of_two_one_acts_and_when_it_is_killed_the_other_does(here: Place) -> None:
    with scheduler(here) as first:
        hint(here, "1")
        until(lambda: nudged(here, "1"))
        holder = here.connection.database["leaders"].find_one({})
        assert holder is not None
        assert f":{first.pid}:" in holder["holder"]
        with scheduler(here) as second:
            first.kill()
            hint(here, "2")
            until(lambda: nudged(here, "2"))
            holder = here.connection.database["leaders"].find_one({})
            assert holder is not None
            assert f":{second.pid}:" in holder["holder"]


def test_f32_a_backlog_of_a_day_goes_out_within_the_bound(here: Place) -> None:
    here.ledger.record_hints([Hint("acme", "order", str(number)) for number in range(300)])
    with scheduler(here, TANDEM_SCHEDULER_OUTSTANDING_LIMIT="50"):
        until(lambda: here.ledger.outstanding(overdue_seconds=60) == 50)
        until(lambda: b"sweep_waits" in (here.folder / "scheduler.log").read_bytes())
        assert here.ledger.outstanding(overdue_seconds=60) == 50


def test_a_broker_that_is_away_is_told_and_does_not_end_it(here: Place) -> None:
    good, here.broker_url = here.broker_url, f"amqp://guest:guest@127.0.0.1:{free_port()}/"
    hint(here, "1")
    with scheduler(here) as process:
        until(lambda: b"broker_unavailable" in (here.folder / "scheduler.log").read_bytes(), seconds=30)
        assert process.poll() is None
        assert not nudged(here, "1")
    here.broker_url = good
    with scheduler(here):
        until(lambda: nudged(here, "1"))


def test_every_fault_of_its_configuration_is_told_and_it_ends_with_2(here: Place) -> None:
    environ = here.environ(TANDEM_SECRET_KEY="", TANDEM_SCHEDULER_SWEEP_SECONDS="-1", TANDEM_LEDGER_URL="embedded")
    command = [sys.executable, "-m", "services.scheduler"]
    done = subprocess.run(
        command, env=environ, cwd=here.folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    for name in ("TANDEM_SECRET_KEY", "TANDEM_SCHEDULER_SWEEP_SECONDS", "TANDEM_LEDGER_URL"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr
