# The image that Kubeflow steps run in, on the current stack. `make image` builds it; `make image VARIANT=cuda` builds the
# one for nodes with an NVIDIA GPU, which has CUDA's libraries too.
ARG PYTHON_VERSION=3.12

FROM python:${PYTHON_VERSION}-slim-trixie AS build
# `strip`. No compiler: all that the locks name comes as wheels or as plain Python.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends binutils \
    && rm -rf /var/lib/apt/lists/*
# scripts/setup.sh pins the same.
ARG UV_VERSION=0.13.8
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore "uv==${UV_VERSION}" \
    && python -m venv --without-pip /opt/slipway
WORKDIR /src
# Before the sources, so that a change of code reuses the layer of the distributions.
COPY requirements/tfx-1.21*.txt requirements/
ARG VARIANT=cpu
RUN locks="-r requirements/tfx-1.21.txt" \
    && if [ "${VARIANT}" != cpu ]; then locks="${locks} -r requirements/tfx-1.21-${VARIANT}.txt"; fi \
    && uv pip install --no-cache --python /opt/slipway/bin/python --compile-bytecode --no-deps ${locks}
# What no step reads. Each distribution stays installed, so that `pip check` judges the lock.
RUN cd /opt/slipway/lib/python*/site-packages \
    # Headers and static libraries, against which extensions are compiled.
    && rm -r tensorflow/include pyarrow/include \
    && rm -rf nvidia/*/include \
    && find . -name '*_static.a' -delete \
    # Clang, of which TensorFlow asks for the distribution and imports nothing.
    && rm -r clang/native \
    # What notebooks show, and what they complete code with.
    && rm -r /opt/slipway/share/jupyter jedi/third_party \
    # The distributions' own tests and their data. (`*_test.py` stays: SciPy has modules of such names that are no tests.)
    && find . -type d '(' -name tests -o -name testdata ')' -prune -exec rm -r '{}' + \
    # Symbols for debuggers. Not in *.libs, whose files auditwheel has rewritten in a way that strip does not understand.
    && find . -type f -name '*.so*' -not -path './*.libs/*' -not -path './nvidia/*' -exec strip --strip-unneeded '{}' +
COPY . .
RUN uv build --no-cache --wheel --out-dir /tmp/wheels . \
    && uv pip install --no-cache --python /opt/slipway/bin/python --compile-bytecode --no-deps /tmp/wheels/slipway-*.whl

FROM python:${PYTHON_VERSION}-slim-trixie
# Of group 0, whose rights are the user's: OpenShift gives a container any user of that group.
RUN useradd --create-home --uid 1000 --gid 0 slipway \
    && chmod g=u /home/slipway
COPY --from=build /opt/slipway /opt/slipway
ENV PATH=/opt/slipway/bin:${PATH}
# Where Google's GPU nodes mount their driver; without it TensorFlow sees no GPU there.
ENV LD_LIBRARY_PATH=/usr/local/nvidia/lib64
# Where an image made from this one has its own tasks: last on Python's path, so that no module there hides one of ours.
RUN echo /opt/slipway/modules > "$(python -c 'import site; print(site.getsitepackages()[0])')/modules.pth"
USER 1000
WORKDIR /home/slipway
# What a step is compiled with as its command, so that one compiled without runs as well.
ENTRYPOINT ["python", "-m", "pipeline.kubeflow.step"]
