# One target per service: docker build --target gateway -t tandem-gateway .
# Each installs its own hash-pinned list and holds its own code and what the services share; no compiler, no pip.

FROM python:3.11-slim AS base
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

# What is needed to install stays in these stages. Wheels only: nothing is compiled, nothing is run.
FROM base AS packages
RUN python -m venv --without-pip /venv
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ONLY_BINARY=:all: PIP_ROOT_USER_ACTION=ignore

FROM packages AS gateway-packages
COPY requirements/gateway.txt .
RUN /usr/local/bin/pip --python /venv/bin/python install --require-hashes -r gateway.txt

FROM packages AS workers-packages
COPY requirements/workers.txt .
RUN /usr/local/bin/pip --python /venv/bin/python install --require-hashes -r workers.txt

FROM packages AS scheduler-packages
COPY requirements/scheduler.txt .
RUN /usr/local/bin/pip --python /venv/bin/python install --require-hashes -r scheduler.txt

FROM packages AS console-packages
COPY requirements/console.txt .
RUN /usr/local/bin/pip --python /venv/bin/python install --require-hashes -r console.txt

# What the images share: the user they run as, the common library, no pip of the base image.
FROM base AS service
RUN groupadd --gid 10001 tandem \
    && useradd --uid 10001 --gid tandem --no-create-home --home-dir /app --shell /usr/sbin/nologin tandem \
    && python -m pip uninstall --yes --quiet --root-user-action ignore pip
COPY deploy/healthcheck.py /healthcheck.py
COPY libs/__init__.py libs/
COPY libs/common libs/common
COPY services/__init__.py services/

FROM service AS gateway
COPY --from=gateway-packages /venv /venv
COPY services/webhook_gateway services/webhook_gateway
RUN python -m compileall -q /app
ENV TANDEM_GATEWAY_HOST=0.0.0.0 TANDEM_GATEWAY_PORT=8080
EXPOSE 8080
USER tandem
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "/healthcheck.py", "8080", "/health/live"]
ENTRYPOINT ["python", "-m", "services.webhook_gateway"]

# The queue is the command: `docker run tandem-workers orders`.
FROM service AS workers
COPY --from=workers-packages /venv /venv
COPY services/workers services/workers
RUN python -m compileall -q /app
ENV TANDEM_WORKER_METRICS_HOST=0.0.0.0 TANDEM_WORKER_METRICS_PORT=9100
EXPOSE 9100
USER tandem
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "/healthcheck.py", "9100", "/metrics"]
ENTRYPOINT ["python", "-m", "services.workers"]
CMD ["orders"]

FROM service AS scheduler
COPY --from=scheduler-packages /venv /venv
COPY services/scheduler services/scheduler
RUN python -m compileall -q /app
ENV TANDEM_SCHEDULER_METRICS_HOST=0.0.0.0 TANDEM_SCHEDULER_METRICS_PORT=9100
EXPOSE 9100
USER tandem
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "/healthcheck.py", "9100", "/metrics"]
ENTRYPOINT ["python", "-m", "services.scheduler"]

# The `tandem` command: runs once and ends, so it has no health to check.
FROM service AS console
COPY --from=console-packages /venv /venv
COPY services/console services/console
RUN python -m compileall -q /app
USER tandem
STOPSIGNAL SIGTERM
HEALTHCHECK NONE
ENTRYPOINT ["python", "-m", "services.console"]
CMD ["--help"]
