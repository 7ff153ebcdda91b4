# syntax=docker/dockerfile:1
# One image for all of our services; docker-compose.yml says which command each runs.
# Mirrors, where they are needed: --build-arg PIP_INDEX_URL=… --build-arg NPM_CONFIG_REGISTRY=…

FROM node:22-slim AS screen
ARG NPM_CONFIG_REGISTRY
WORKDIR /src/ioc_api/dashboard
COPY ioc_api/dashboard/package.json ioc_api/dashboard/package-lock.json ioc_api/dashboard/.npmrc ./
# Not `npm ci`: see the Makefile. Versions and hashes are the lock's just the same.
RUN npm install --no-save --no-fund --no-audit --no-update-notifier
COPY ioc_api/dashboard/ ./
RUN npm run build

FROM python:3.13-slim AS program
ARG PIP_INDEX_URL
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/ioc
COPY requirements.lock ./
RUN /opt/ioc/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY city/ city/
COPY infra/ infra/
COPY ingest/ ingest/
COPY alerts/ alerts/
COPY simulators/ simulators/
COPY ioc_api/ ioc_api/
COPY --from=screen /src/ioc_api/dashboard/dist/ ioc_api/dashboard/dist/
RUN /opt/ioc/bin/pip install --no-deps --no-build-isolation .

FROM python:3.13-slim
COPY --from=program /opt/ioc /opt/ioc
ENV PATH=/opt/ioc/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
ENTRYPOINT ["ioc"]
CMD ["--help"]
