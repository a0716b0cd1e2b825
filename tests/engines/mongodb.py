"""A MongoDB as a replica set of one: by address, by Docker, or by the mongod inside a wheel."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import stat
from pathlib import Path

import pymongo
from pymongo.errors import PyMongoError

from tests.engines import docker
from tests.engines.engine import Engine, first_that_works, new_folder
from tests.engines.process import ChildProcess, EngineMissing, free_port

URL_VARIABLE = "TANDEM_TEST_MONGODB_URL"
IMAGE = "mongo:8"
WHEEL = "fiftyone"
ASK_MILLISECONDS = 1000


class MongoDB(Engine):
    """`url` names one member and its replica set; the set has a primary once `start` returns."""

    port = 0

    def ready(self) -> bool:
        """Serving as primary; begins the replica set where that was not done yet."""
        with _client(f"mongodb://127.0.0.1:{self.port}/?directConnection=true") as client:
            try:
                if client.admin.command("hello").get("isWritablePrimary"):
                    return True
                with contextlib.suppress(PyMongoError):
                    member = {"_id": 0, "host": f"127.0.0.1:{self.port}"}
                    client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
            except PyMongoError:
                return False
        return False

    def drop(self, database: str) -> None:
        with _client(self.url) as client:
            client.drop_database(database)


def _client(url: str) -> pymongo.MongoClient[dict[str, object]]:
    return pymongo.MongoClient(
        url, serverSelectionTimeoutMS=ASK_MILLISECONDS, connectTimeoutMS=ASK_MILLISECONDS, socketTimeoutMS=20_000
    )


def _given(url: str) -> MongoDB:
    try:
        with _client(url) as client:
            client.admin.command("ping")
    except PyMongoError as error:
        raise EngineMissing(f"{URL_VARIABLE} does not answer: {error}") from error
    return MongoDB("MongoDB", url, None)


def _in_docker() -> MongoDB | None:
    if not docker.available():
        return None
    # The same port inside and outside: a member is known to its clients by the address in the replica set.
    port = free_port()
    command = ["--replSet", "rs0", "--bind_ip_all", "--port", str(port)]
    return _started(port, docker.Container("mongodb", IMAGE, ports={port: port}, command=command), None)


def mongod_path() -> Path | None:
    """A mongod on the path, else the one in the wheel, found without importing it."""
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    spec = importlib.util.find_spec(WHEEL)
    for place in (spec.submodule_search_locations or []) if spec else []:
        binary = Path(place) / "db" / "bin" / "mongod"
        if binary.exists():
            if not os.access(binary, os.X_OK):
                binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
            return binary
    return None


def _as_process() -> MongoDB | None:
    binary = mongod_path()
    if binary is None:
        return None
    folder = new_folder("mongodb")
    data = folder / "data"
    data.mkdir()
    port = free_port()
    command = [str(binary), "--replSet", "rs0", "--bind_ip", "127.0.0.1", "--port", str(port), "--dbpath", str(data)]
    command += ["--nounixsocket", "--oplogSize", "128", "--wiredTigerCacheSizeGB", "0.5", "--quiet"]
    command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
    return _started(port, ChildProcess("mongod", command, env=os.environ, folder=folder), folder)


def _started(port: int, body: ChildProcess | docker.Container, folder: Path | None) -> MongoDB:
    engine = MongoDB("MongoDB", f"mongodb://127.0.0.1:{port}/?replicaSet=rs0", body, folder)
    engine.port = port
    try:
        engine.start()
    except BaseException:
        engine.close()
        raise
    return engine


def open_mongodb() -> MongoDB:
    """A running MongoDB; EngineMissing says what was tried. An address that is given is used or nothing is."""
    url = os.environ.get(URL_VARIABLE)
    if url:
        return _given(url)
    return first_that_works("MongoDB", [("Docker", _in_docker), ("mongod of the dev wheel", _as_process)])
