# The image that Kubeflow steps run in, on the current stack: `docker build -t REGISTRY/slipway:0.1.0 .`
# For nodes with an NVIDIA GPU: `docker build --build-arg TENSORFLOW_EXTRA=[and-cuda] …` adds the CUDA libraries.
ARG PYTHON_VERSION=3.12

FROM python:${PYTHON_VERSION}-slim-trixie AS build
# scripts/setup.sh pins the same.
ARG UV_VERSION=0.13.8
ARG TENSORFLOW_EXTRA=
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# No compiler: all that the lock names comes as wheels or as plain Python.
RUN pip install --no-cache-dir "uv==${UV_VERSION}" \
    && python -m venv --without-pip /opt/slipway
WORKDIR /src
# Before the sources, so that a change of code reuses the layer of the distributions.
COPY requirements/tfx-1.21.txt requirements/
# The pins constrain the extra too, and what it adds is not in them.
RUN uv pip install --no-cache --python /opt/slipway/bin/python --compile-bytecode --no-deps \
        -r requirements/tfx-1.21.txt \
    && if [[ -n "${TENSORFLOW_EXTRA}" ]]; then \
        uv pip install --no-cache --python /opt/slipway/bin/python --compile-bytecode \
            -c requirements/tfx-1.21.txt "tensorflow${TENSORFLOW_EXTRA}"; \
    fi
COPY . .
RUN uv build --no-cache --wheel --out-dir /tmp/wheels . \
    && uv pip install --no-cache --python /opt/slipway/bin/python --compile-bytecode --no-deps /tmp/wheels/slipway-*.whl

FROM python:${PYTHON_VERSION}-slim-trixie
RUN useradd --create-home --uid 1000 slipway
COPY --from=build /opt/slipway /opt/slipway
ENV PATH=/opt/slipway/bin:${PATH}
# Where an image made from this one has its own tasks: last on Python's path, so that no module there hides one of ours.
RUN echo /opt/slipway/modules > "$(python -c 'import site; print(site.getsitepackages()[0])')/modules.pth"
USER 1000
WORKDIR /home/slipway
# What a step is compiled with as its command, so that one compiled without runs as well.
ENTRYPOINT ["python", "-m", "pipeline.kubeflow.step"]
