"""What comes after the gateway: a scheduler to sweep, and a stand-in worker that takes messages and claims records."""

from __future__ import annotations

import contextlib
import json

import pika

from libs.common.broker.publisher import KombuPublisher
from libs.common.ledger.leaders import MongoLeaders
from libs.common.ledger.model import Record, Settlement, State
from libs.common.settings import SchedulerSettings
from services.scheduler.scheduler import Scheduler
from tests.integration.gateway.process import Place
from tests.unit.gateway.world import KEY


def work_off(here: Place, broker_url: str) -> list[str]:
    """Take every message off the queue as a worker would; the records that one of them led to a claim of."""
    effects: list[str] = []
    with contextlib.closing(pika.BlockingConnection(pika.URLParameters(broker_url))) as connection:
        channel = connection.channel()
        for method, _, body in channel.consume("orders", inactivity_timeout=0.5):
            if method is None:
                return effects
            channel.basic_ack(method.delivery_tag)
            shop, ids = json.loads(body)["args"]
            claim = here.ledger.claim(shop, "order", ids, worker="test", lease_seconds=60, limit=20)
            if claim is not None:
                effects += [record.id for record in claim.records]
                settle(here, claim.token, claim.records)
    return effects


def settle(here: Place, token: str, records: tuple[Record, ...]) -> None:
    done = [
        Settlement(record.id, State.SYNCED, record.wanted.seq, version=record.wanted.version, digest="d")
        for record in records
    ]
    here.ledger.settle(token, done)


def scheduler(here: Place, publisher: KombuPublisher) -> Scheduler:
    settings = SchedulerSettings.model_validate(
        {"ledger_url": here.ledger_url, "broker_url": here.broker_url, "secret_key": KEY}
    )
    return Scheduler(
        here.ledger, MongoLeaders(here.connection.database, here.connection.clock), publisher, settings, holder="test"
    )
