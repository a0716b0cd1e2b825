"""A RabbitMQ with its management API: by address, by Docker, by a local or a freshly installed server.

The management API makes vhosts in milliseconds (a fresh one per test) and closes connections for fault tests.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import amqp

from tests.engines import debian, docker
from tests.engines.engine import Engine, first_that_works, new_folder
from tests.engines.process import ChildProcess, EngineMissing, free_port

URL_VARIABLE = "TANDEM_TEST_RABBITMQ_URL"
API_VARIABLE = "TANDEM_TEST_RABBITMQ_API"
IMAGE = "rabbitmq:4-management"
PACKAGE = "rabbitmq-server"
# Debian's wrapper on the path switches to the user rabbitmq; the server's own script runs as whoever calls it.
SCRIPTS = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
ASK_SECONDS = 10.0

CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{port}
management.tcp.ip = 127.0.0.1
management.tcp.port = {api_port}
collect_statistics_interval = 1000
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.relative = 0.6
raft.wal_max_size_bytes = 33554432
log.console = true
log.console.level = warning
log.file = false
"""


class RabbitMQ(Engine):
    """`url` is the default vhost; `new_vhost` gives one that nobody else uses."""

    api = ""
    epmd: ChildProcess | None = None
    environment: dict[str, str] | None = None

    def ready(self) -> bool:
        try:
            self.ask("GET", "/api/overview")
            self.connect(self.url).close()
        except (OSError, amqp.AMQPError):
            return False
        return True

    def start(self) -> None:
        if self.epmd is not None and not self.epmd.alive():
            self.epmd.start()
        super().start()

    def close(self) -> None:
        super().close()
        if self.epmd is not None:
            self.epmd.stop()

    @staticmethod
    def connect(url: str) -> amqp.Connection:
        """A plain AMQP connection, for what a test wants to do behind the code's back."""
        at = urlsplit(url)
        connection = amqp.Connection(
            host=f"{at.hostname}:{at.port or 5672}",
            userid=unquote(at.username or "guest"),
            password=unquote(at.password or "guest"),
            virtual_host=unquote(at.path[1:]) or "/",
            connect_timeout=ASK_SECONDS,
        )
        try:
            connection.connect()
        except BaseException:
            connection.collect()
            raise
        return connection

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """One call of the management API; OSError when it refuses or does not answer."""
        at = urlsplit(self.api)
        user = f"{unquote(at.username or 'guest')}:{unquote(at.password or 'guest')}"
        request = urllib.request.Request(
            f"{at.scheme}://{at.hostname}:{at.port or 15672}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": "Basic " + base64.b64encode(user.encode()).decode(),
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=ASK_SECONDS) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def control(self, *arguments: str) -> str:
        """One call of rabbitmqctl (a second or two); NotOurs when the address was given."""
        body = self._ours()
        if isinstance(body, docker.Container):
            return body.run_inside("rabbitmqctl", *arguments)
        assert self.environment is not None
        script = server_script()
        assert script is not None
        command = [str(script.with_name("rabbitmqctl")), "--node", self.environment["RABBITMQ_NODENAME"], *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout

    def new_vhost(self) -> str:
        """The URL of a vhost made for the caller."""
        name = f"tandem-{uuid.uuid4().hex[:12]}"
        at = urlsplit(self.url)
        self.ask("PUT", f"/api/vhosts/{name}", {})
        rights = {"configure": ".*", "write": ".*", "read": ".*"}
        self.ask("PUT", f"/api/permissions/{name}/{quote(at.username or 'guest', safe='')}", rights)
        return at._replace(path=f"/{name}").geturl()

    def drop_vhost(self, url: str) -> None:
        self.ask("DELETE", f"/api/vhosts/{urlsplit(url).path[1:]}")

    def connections(self, url: str) -> list[str]:
        """Names of the connections open on this vhost now."""
        found = self.ask("GET", f"/api/vhosts/{urlsplit(url).path[1:]}/connections")
        return [connection["name"] for connection in found if "name" in connection]

    def close_connections(self, url: str, *, seconds: float = 10.0) -> int:
        """Have the broker close every connection to this vhost; how many those were.

        The management API, which is all there is for a broker given by address, knows new ones after seconds.
        """
        if self.controllable:
            told = self.control("close_all_connections", "--vhost", urlsplit(url).path[1:], "by a test")
            return sum(int(number) for number in re.findall(r"Closed (\d+) connection", told))
        deadline = time.monotonic() + seconds
        while not (names := self.connections(url)) and time.monotonic() < deadline:
            time.sleep(0.05)
        for name in names:
            try:
                self.ask("DELETE", f"/api/connections/{quote(name, safe='')}")
            except urllib.error.HTTPError as error:
                error.close()
        return len(names)


def _given(url: str) -> RabbitMQ:
    engine = RabbitMQ("RabbitMQ", url, None)
    at = urlsplit(url)
    credentials = f"{at.username}:{at.password}@" if at.username else ""
    engine.api = os.environ.get(API_VARIABLE) or f"http://{credentials}{at.hostname}:15672"
    if not engine.ready():
        raise EngineMissing(f"{URL_VARIABLE} or its management API ({API_VARIABLE}) does not answer")
    return engine


def _in_docker() -> RabbitMQ | None:
    if not docker.available():
        return None
    port, api_port = free_port(), free_port()
    return _started(port, api_port, docker.Container("rabbitmq", IMAGE, ports={port: 5672, api_port: 15672}))


def server_script() -> Path | None:
    if SCRIPTS.exists():
        return SCRIPTS
    on_path = shutil.which("rabbitmq-server")
    return Path(on_path) if on_path else None


def _local() -> RabbitMQ | None:
    script = server_script()
    epmd = shutil.which("epmd")
    if script is None or epmd is None:
        return None
    folder = new_folder("rabbitmq")
    port, api_port = free_port(), free_port()
    env = _environment(folder, port, api_port)
    # Erlang would start a port mapper that outlives everything; this one is our child and ends with us.
    mapper = ChildProcess(
        "epmd", [epmd, "-port", env["ERL_EPMD_PORT"], "-address", "127.0.0.1"], env=env, folder=folder
    )
    mapper.start()
    engine = _started(port, api_port, ChildProcess("rabbitmq", [str(script)], env=env, folder=folder), folder, mapper)
    engine.environment = env
    return engine


def _environment(folder: Path, port: int, api_port: int) -> dict[str, str]:
    """Everything the server writes goes to `folder`; nothing of an installed service is used."""
    (folder / "rabbitmq.conf").write_text(CONFIG.format(port=port, api_port=api_port))
    (folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
    (folder / "rabbitmq-env.conf").write_text("")
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "LANG": "C.UTF-8",
        "HOME": str(folder),  # Erlang keeps its cookie there
        "RABBITMQ_NODENAME": f"tandem-{port}@localhost",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": str(folder / "rabbitmq.pid"),
        "RUNNING_UNDER_SYSTEMD": "true",  # makes the script become the server, so that its pid is the server's
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(free_port()),
        # On a small machine the server's schedulers would otherwise spin beside the tests.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
    }


def _installed() -> RabbitMQ | None:
    if server_script() is not None:
        return None
    _install()
    return _local()


def _install() -> None:
    """Unless it is there, which can be told only when nobody is at it: its files come before it can run."""
    with debian.one_at_a_time():
        if server_script() is None:
            debian.install(PACKAGE)


def _started(
    port: int,
    api_port: int,
    body: ChildProcess | docker.Container,
    folder: Path | None = None,
    epmd: ChildProcess | None = None,
) -> RabbitMQ:
    engine = RabbitMQ("RabbitMQ", f"amqp://guest:guest@127.0.0.1:{port}/", body, folder)
    engine.api = f"http://guest:guest@127.0.0.1:{api_port}"
    engine.epmd = epmd
    try:
        engine.start()
    except BaseException:
        engine.close()
        raise
    return engine


def prepare() -> None:
    """Install the server where that is allowed and needed, which takes longer than a test may."""
    if os.environ.get(URL_VARIABLE) or docker.available():
        return
    if debian.can_install():
        _install()


def open_rabbitmq() -> RabbitMQ:
    """A running RabbitMQ; EngineMissing says what was tried. An address that is given is used or nothing is."""
    url = os.environ.get(URL_VARIABLE)
    if url:
        return _given(url)
    ways = [("Docker", _in_docker), ("local rabbitmq-server", _local), ("apt", _installed)]
    return first_that_works("RabbitMQ", ways)
