#!/usr/bin/env bash
# A standalone Flink cluster of two task managers on this machine, Beam's job server and a pool of Beam workers.
#
# Usage: scripts/flink.sh up [FOLDER …] | down | status   FOLDER: modules of your own, which the workers are to find.
#   up prints the section `beam` for a config. The versions are those that the installed Beam is made for.
#   FLINK_DIR: where jars, logs and process ids go; output/flink by default.
#   FLINK_JOB_SERVER_JAR: Beam's job server, if you have it; else from Maven Central.
#   PYTHON: the Python that Slipway is installed in; .venv/bin/python by default.
set -euo pipefail
home="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
dir="${FLINK_DIR:-$home/output/flink}"
python="${PYTHON:-$home/.venv/bin/python}"
rest=8081 jobs=8099 pool=50000
# What Flink reaches into, as its own config.yaml opens it for Java 17.
opens=()
for package in java.base/java.{io,lang,lang.invoke,lang.reflect,math,net,nio,text,time,util,util.concurrent} \
    java.base/sun.{net.util,nio.ch} java.base/java.util.concurrent.{atomic,locks}; do
    opens+=(--add-opens "$package=ALL-UNNAMED")
done

fail() {
    echo "$1" >&2
    exit 1
}

need() {
    command -v "$1" >/dev/null || fail "Flink on this machine needs $1. Received: none on PATH. $2"
}

answers() {
    (exec 3<>"/dev/tcp/localhost/$1") 2>/dev/null
}

# The processes that up started and that still run.
running() {
    local file
    for file in "$dir"/pids/*; do
        if [[ -f "$file" ]] && kill -0 "$(cat "$file")" 2>/dev/null; then basename "$file"; fi
    done
}

start() { # name command…
    local name="$1"
    shift
    setsid "$@" >"$dir/logs/$name.log" 2>&1 </dev/null &
    echo $! >"$dir/pids/$name"
}

wait_for() { # what it is, the process, a command that succeeds when it is there
    local what="$1" process="$2" end=$((SECONDS + 60))
    shift 2
    until "$@"; do
        if ((SECONDS > end)) || ! kill -0 "$(cat "$dir/pids/$process")" 2>/dev/null; then
            down
            fail "$what did not start. Received: $(tail -n 1 "$dir/logs/$process.log") The logs are in $dir/logs."
        fi
        sleep 0.5
    done
}

has_task_managers() {
    "$python" - "$rest" <<-'PYTHON'
		import json, sys, urllib.request
		try:
		    overview = json.load(urllib.request.urlopen(f"http://localhost:{sys.argv[1]}/overview", timeout=5))
		except OSError:
		    sys.exit(1)
		sys.exit(overview["taskmanagers"] < 2)
	PYTHON
}

versions() {
    "$python" - <<-'PYTHON'
		from importlib.metadata import version
		from apache_beam.options.pipeline_options import FlinkRunnerOptions
		# Flink 2 has another way of being started.
		fitting = [each for each in FlinkRunnerOptions.PUBLISHED_FLINK_VERSIONS if each.startswith("1.")]
		print(version("apache-beam"), fitting[-1])
	PYTHON
}

get_flink() { # minor version
    [[ -d "$dir/flink-$1" ]] && return
    "$python" -m venv "$dir/fetch"
    "$dir/fetch/bin/pip" install --quiet --disable-pip-version-check setuptools wheel
    "$dir/fetch/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-build-isolation \
        --dest "$dir/fetch" "apache-flink-libraries==$1.*" ||
        fail "Flink's jars are those of apache-flink-libraries $1 on PyPI. Received: no such distribution from pip."
    tar --extract --gzip --file "$dir"/fetch/apache[-_]flink[-_]libraries-*.tar.gz --directory "$dir/fetch"
    mv "$dir"/fetch/apache[-_]flink[-_]libraries-*/deps/lib "$dir/flink-$1"
    rm -r "$dir/fetch"
}

get_job_server() { # Beam's version, Flink's minor version
    local name="beam-runners-flink-$2-job-server"
    jar="${FLINK_JOB_SERVER_JAR:-$dir/$name-$1.jar}"
    [[ -f "$jar" ]] && return
    [[ -z "${FLINK_JOB_SERVER_JAR:-}" ]] || fail "FLINK_JOB_SERVER_JAR must be a file. Received: $jar."
    need mvn "sudo apt-get install maven, or name the jar by FLINK_JOB_SERVER_JAR."
    mvn --batch-mode --quiet -Dstyle.color=never dependency:copy "-Dartifact=org.apache.beam:$name:$1" \
        "-DoutputDirectory=$dir" >"$dir/logs/mvn.log" 2>&1 ||
        fail "Beam's job server is org.apache.beam:$name:$1 on Maven Central. Received: $(sed -n \
            '/ERROR/{s/.*(default-cli)[^:]*: //;p;q}' "$dir/logs/mvn.log"). FLINK_JOB_SERVER_JAR may name it."
}

write_conf() {
    mkdir -p "$dir/conf" "$dir/temporary" "$dir/artifacts"
    cat >"$dir/conf/flink-conf.yaml" <<-CONF
		jobmanager.rpc.address: localhost
		jobmanager.rpc.port: 6123
		rest.port: $rest
		rest.bind-address: localhost
		taskmanager.bind-host: localhost
		taskmanager.host: localhost
		taskmanager.numberOfTaskSlots: 1
		jobmanager.memory.process.size: 1024m
		taskmanager.memory.process.size: 1536m
		io.tmp.dirs: $dir/temporary
	CONF
    cat >"$dir/conf/log4j.properties" <<-CONF
		rootLogger.level = INFO
		rootLogger.appenderRef.console.ref = console
		appender.console.name = console
		appender.console.type = CONSOLE
		appender.console.layout.type = PatternLayout
		appender.console.layout.pattern = %d{HH:mm:ss,SSS} %-5p %c{1} - %m%n
	CONF
}

up() {
    [[ -z "$(running)" ]] || fail "One is up already: $(running | tr '\n' ' ')in $dir. scripts/flink.sh down ends it."
    [[ -x "$python" ]] || fail "Slipway must be installed. Received: no $python. make setup installs it."
    need java "sudo apt-get install openjdk-17-jre-headless"
    mkdir -p "$dir/logs" "$dir/pids"
    local beam flink
    read -r beam flink < <(versions 2>/dev/null)
    get_job_server "$beam" "$flink"
    get_flink "$flink"
    write_conf
    local run=(java "${opens[@]}" "-Dlog4j.configurationFile=$dir/conf/log4j.properties" -cp "$dir/flink-$flink/*")
    # Flink's start scripts work the parts of the memory out of its whole; here it is a program that does.
    start job-manager "${run[@]}" -Xmx448m org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint \
        --configDir "$dir/conf" --executionMode cluster
    local memory=(-D taskmanager.memory.task.heap.size=384m -D taskmanager.memory.framework.heap.size=128m
        -D taskmanager.memory.managed.size=256m -D taskmanager.memory.network.min=64m
        -D taskmanager.memory.network.max=64m -D taskmanager.memory.task.off-heap.size=128m
        -D taskmanager.memory.framework.off-heap.size=128m -D taskmanager.memory.jvm-metaspace.size=256m
        -D taskmanager.memory.jvm-overhead.min=192m -D taskmanager.memory.jvm-overhead.max=192m
        -D taskmanager.cpu.cores=1.0)
    for number in 1 2; do
        start "task-manager-$number" "${run[@]}" -Xmx512m -XX:MaxDirectMemorySize=320m \
            org.apache.flink.runtime.taskexecutor.TaskManagerRunner --configDir "$dir/conf" "${memory[@]}" \
            -D "taskmanager.resource-id=$number"
    done
    wait_for "Flink" task-manager-2 has_task_managers
    start job-server java "${opens[@]}" -jar "$jar" --flink-master "localhost:$rest" --job-host localhost \
        --job-port "$jobs" --artifact-port 0 --expansion-port 0 --artifacts-dir "$dir/artifacts"
    wait_for "Beam's job server" job-server answers "$jobs"
    start worker-pool env "PYTHONPATH=$home" "$python" -m pipeline.beam.worker_pool --port "$pool" "$@"
    wait_for "The pool of workers" worker-pool answers "$pool"
    cat <<-YAML
		beam:
		  engine: flink
		  job_endpoint: localhost:$jobs
		  parallelism: 2
		  environment: {kind: external, address: "localhost:$pool"}
	YAML
}

down() {
    local file
    for file in "$dir"/pids/*; do
        [[ -f "$file" ]] || continue
        # Each is the first of its process group, in which the pool's workers are.
        kill -TERM -- "-$(cat "$file")" 2>/dev/null || true
        rm "$file"
    done
}

status() {
    local found
    found="$(running)"
    [[ -n "$found" ]] || fail "Nothing is up in $dir. scripts/flink.sh up starts it."
    echo "$found"
    has_task_managers && echo "http://localhost:$rest has two task managers"
}

case "${1:-}" in
    up | down | status) "$@" ;;
    *) fail "Usage: scripts/flink.sh up [FOLDER …] | down | status. Received: ${1:-nothing}." ;;
esac
