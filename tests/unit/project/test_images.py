"""docker-compose.yml and Dockerfile, as far as they can be judged without Docker: their form, and that they fit."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from libs.common.broker.runner import CLOSE_SECONDS
from libs.common.broker.topology import ENTITIES
from libs.common.settings import GatewaySettings, WorkerSettings
from libs.common.settings_page import rows
from tests.unit.project.tree import EXTRAS, ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = {name: service for name, service in SERVICES.items() if "build" in service}
ENGINES = {name: service for name, service in SERVICES.items() if "build" not in service}
TARGETS = {"gateway", "workers", "scheduler", "console"}


def stages() -> dict[str, str]:
    """Each stage of the Dockerfile by name: what stands in it."""
    parts = re.split(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, flags=re.MULTILINE)
    return {parts[i + 1]: f"FROM {parts[i]}\n{parts[i + 2]}" for i in range(1, len(parts), 3)}


def lineage(stage: str) -> str:
    """A stage with everything it is built upon."""
    text = stages()[stage]
    base = text.split("\n", 1)[0].removeprefix("FROM ")
    return (lineage(base) if base in stages() else "") + text


def seconds(duration: str) -> int:
    match = re.fullmatch(r"(\d+)s", duration)
    assert match, f"{duration!r} is not in seconds"
    return int(match.group(1))


def test_the_compose_file_is_one_by_the_compose_specification() -> None:
    """The schema comes with check-jsonschema: nothing is fetched."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        "docker-compose.yml",
    ]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_there_are_the_engines_the_services_and_a_worker_for_every_entity() -> None:
    workers = {f"worker-{queue}" for queue in ENTITIES.values()}
    assert set(SERVICES) == {"rabbitmq", "mongodb", "gateway", "scheduler", "console", *workers}
    for queue in ENTITIES.values():
        assert SERVICES[f"worker-{queue}"]["command"] == [queue]


def test_only_the_gateway_publishes_a_port() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["gateway"]
    assert SERVICES["gateway"]["ports"] == ["${GATEWAY_ADDRESS:-127.0.0.1:8080}:8080"]
    assert not [name for name, service in SERVICES.items() if service.get("network_mode") == "host"]


def test_the_engines_can_be_reached_from_inside_only() -> None:
    assert COMPOSE["networks"]["engines"]["internal"] is True
    assert {name: service["networks"] for name, service in ENGINES.items()} == {key: ["engines"] for key in ENGINES}
    assert all("engines" in service["networks"] for service in OWN.values())
    used = {network for service in SERVICES.values() for network in service["networks"]}
    assert used == set(COMPOSE["networks"])


def test_who_calls_shopify_and_odoo_has_a_way_out() -> None:
    outside = {name for name, network in COMPOSE["networks"].items() if not network.get("internal")}
    assert {name for name, service in OWN.items() if outside & set(service["networks"])} == {
        "gateway",
        "console",
        "scheduler",
        *(f"worker-{queue}" for queue in ENTITIES.values()),
    }


def test_engines_are_pinned_by_their_major_version() -> None:
    assert {name: service["image"] for name, service in ENGINES.items()} == {
        "rabbitmq": "rabbitmq:4",
        "mongodb": "mongo:8",
    }
    bases = set(re.findall(r"^FROM (\S+:\S+)", DOCKERFILE, flags=re.MULTILINE))
    assert bases == {"python:3.11-slim"}


def test_mongodb_becomes_a_replica_set_before_it_counts_as_healthy() -> None:
    mongodb = SERVICES["mongodb"]
    assert mongodb["command"][:3] == ["mongod", "--replSet", "rs0"]
    check = mongodb["healthcheck"]["test"][-1]
    assert 'rs.initiate({_id: "rs0", members: [{_id: 0, host: "mongodb:27017"}]})' in check
    assert "isWritablePrimary ? 0 : 1" in check
    for service in OWN.values():
        assert service["environment"]["TANDEM_LEDGER_URL"] == "mongodb://mongodb:27017/?replicaSet=rs0"


def test_rabbitmq_keeps_its_name_and_its_data() -> None:
    assert SERVICES["rabbitmq"]["hostname"] == "rabbitmq"
    volumes = {volume.split(":")[0] for service in ENGINES.values() for volume in service["volumes"]}
    assert volumes == set(COMPOSE["volumes"])


def test_one_password_opens_the_broker_and_must_be_chosen() -> None:
    password = "${RABBITMQ_PASSWORD:?choose one and put it into .env}"
    assert SERVICES["rabbitmq"]["environment"] == {"RABBITMQ_DEFAULT_USER": "tandem", "RABBITMQ_DEFAULT_PASS": password}
    for service in OWN.values():
        assert service["environment"]["TANDEM_BROKER_URL"] == f"amqp://tandem:{password}@rabbitmq:5672/"


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"console"}))
def test_everything_that_stays_up_is_checked_and_brought_back(name: str) -> None:
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert seconds(service["healthcheck"]["timeout"]) <= seconds(service["healthcheck"]["interval"])
    assert seconds(service["healthcheck"]["start_period"]) > 0


@pytest.mark.parametrize("name", sorted(OWN))
def test_services_begin_when_the_engines_are_well(name: str) -> None:
    healthy = {"condition": "service_healthy"}
    assert OWN[name]["depends_on"] == {"mongodb": healthy, "rabbitmq": healthy}
    assert OWN[name]["env_file"] == ".env"


def test_stop_grace_periods_outlast_what_the_services_take() -> None:
    gateway = GatewaySettings.model_fields["grace_seconds"].default
    worker = WorkerSettings.model_fields["grace_seconds"].default
    # The gateway's requests have the grace period, its waiting nudges half of it once more.
    assert seconds(SERVICES["gateway"]["stop_grace_period"]) > gateway * 1.5
    for queue in ENTITIES.values():
        assert seconds(SERVICES[f"worker-{queue}"]["stop_grace_period"]) > worker + 2 * CLOSE_SECONDS
    assert all("stop_grace_period" in service for service in SERVICES.values())


def test_every_variable_that_is_set_is_one_that_somebody_reads() -> None:
    known = {name for name, *_ in rows()}
    given = {name for service in OWN.values() for name in service["environment"]}
    given |= set(re.findall(r"\bTANDEM_[A-Z_]+(?==)", DOCKERFILE))
    assert given <= known


@pytest.mark.parametrize("name", sorted(OWN))
def test_services_hold_no_more_rights_than_they_need(name: str) -> None:
    service = OWN[name]
    assert service["init"] is True
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert not service.get("volumes")


def test_every_target_that_is_built_is_in_the_dockerfile_and_the_other_way_round() -> None:
    assert {service["build"]["target"] for service in OWN.values()} == TARGETS
    assert set(stages()) >= TARGETS


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_target_installs_its_own_pinned_list_as_nobody_in_particular(target: str) -> None:
    assert target in EXTRAS
    packages = lineage(f"{target}-packages")
    assert f"COPY requirements/{target}.txt ." in packages
    assert f"install --require-hashes -r {target}.txt" in packages
    assert "PIP_ONLY_BINARY=:all:" in packages
    final = stages()[target]
    assert f"COPY --from={target}-packages /venv /venv" in final
    assert [line for line in final.splitlines() if line.startswith("USER ")] == ["USER tandem"]
    assert final.index("RUN ") < final.index("USER ") < final.index("ENTRYPOINT ")
    assert re.search(r'^ENTRYPOINT \["python", "-m", "services\.\w+"\]$', final, flags=re.MULTILINE)
    assert "HEALTHCHECK" in final


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_no_build_tool_is_left_in_an_image(target: str) -> None:
    built = lineage(target)
    assert "apt-get install" not in built
    assert "pip install" not in built
    assert "python -m pip uninstall" in built


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    """`.dockerignore` shuts everything out but what it names."""
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignore
    let_in = [line[1:] for line in ignore if line.startswith("!")]
    copied = re.findall(r"^COPY (?!--from)(\S+) \S+$", DOCKERFILE, flags=re.MULTILINE)
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert any(source == entry or source.startswith(f"{entry}/") for entry in let_in), f"{source} is shut out"
    assert not [entry for entry in let_in if entry.startswith((".env", "tests", ".git", "libs/sandbox"))]


def test_health_is_asked_where_the_service_listens() -> None:
    gateway, worker = SERVICES["gateway"], SERVICES["worker-orders"]
    assert gateway["healthcheck"]["test"] == ["CMD", "python", "/healthcheck.py", "8080", "/health/ready"]
    assert gateway["environment"]["TANDEM_GATEWAY_PORT"] == "8080"
    assert worker["healthcheck"]["test"][3] == worker["environment"]["TANDEM_WORKER_METRICS_PORT"]
    scheduler = SERVICES["scheduler"]
    assert scheduler["healthcheck"]["test"][3] == scheduler["environment"]["TANDEM_SCHEDULER_METRICS_PORT"]
    for port, path in re.findall(r'CMD \["python", "/healthcheck.py", "(\d+)", "(/\S+)"\]', DOCKERFILE):
        assert (port, path) in {("8080", "/health/live"), ("9100", "/metrics")}
