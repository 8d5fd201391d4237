# As small as it goes on this base, and it still serves. The price: it starts more
# slowly, for want of byte code.
FROM python:3.11-slim AS builder

RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev libpq-dev \
    && rm -rf /var/lib/apt/lists/*

COPY requirements-lean.txt .
# --no-compile: byte code is about as large as the code. The cache mount keeps
# downloads for the next build, in no layer.
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install --no-compile --prefix=/install -r requirements-lean.txt

# What a run never reads: debug symbols, type stubs, the sources of what is compiled,
# SQLAlchemy's aids for testing.
RUN find /install -name '*.so' -exec strip --strip-unneeded {} + \
    && find /install -name '*.py[ixd]' -o -name '*.pxd' | xargs rm \
    && rm -r /install/lib/python3.11/site-packages/sqlalchemy/testing

FROM python:3.11-slim

# One step for all that root does; caches and logs go in the same step, or they would
# stay in a layer.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpq5 \
    && useradd --uid 1000 --no-log-init --no-create-home apiuser \
    && install -d -o apiuser -g apiuser /app \
    && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*
WORKDIR /app

COPY --from=builder /install /usr/local
COPY --chown=1000:1000 . .

USER 1000:1000

EXPOSE 8000

HEALTHCHECK --interval=30s --timeout=3s --start-period=5s --retries=3 \
    CMD ["env", "no_proxy=*", "python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=2)"]

CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]
