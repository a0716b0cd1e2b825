"""The engines come back with their data, and a run without one says so."""

from __future__ import annotations

from typing import Any

import amqp
import pymongo
import pytest

from tests import engines


@pytest.mark.mongodb
def test_a_killed_mongodb_comes_back_as_primary_with_its_data(
    mongodb_control: engines.MongoDB, mongodb_database: str
) -> None:
    with pymongo.MongoClient[dict[str, Any]](mongodb_control.url) as client:
        acknowledged = client.get_database(mongodb_database, write_concern=pymongo.WriteConcern(w="majority"))
        acknowledged["things"].insert_one({"_id": 1})
        mongodb_control.kill()
        mongodb_control.start()
        assert client[mongodb_database]["things"].count_documents({}) == 1


@pytest.mark.rabbitmq
def test_each_vhost_is_its_own(rabbitmq: engines.RabbitMQ, rabbitmq_vhost: str) -> None:
    other = rabbitmq.new_vhost()
    with rabbitmq.connect(rabbitmq_vhost) as connection:
        connection.channel().exchange_declare("here", "topic", durable=True, auto_delete=False)
    with rabbitmq.connect(other) as connection, pytest.raises(amqp.NotFound):
        connection.channel().exchange_declare("here", "topic", passive=True)
    rabbitmq.drop_vhost(other)
