#!/bin/sh
# Installs jetson-agent as a service, or brings an installation up to date; docs/service.md. For JetPack 6 and 7, Debian
# and Ubuntu. Run again, it changes what has changed and nothing else.
# usage: install.sh [--offline BUNDLE] [--dry-run]
#   --offline BUNDLE   a file or folder that make-bundle.sh has made: nothing is downloaded
#   --dry-run          say what would be done, and do nothing
set -eu
umask 022 # the service's user reads what is installed

ROOT=/opt/jetson-agent
CONFIG=/etc/jetson-agent
UNITS=/etc/systemd/system
SERVICE=jetson-agent.service
here=$(cd "$(dirname "$0")" && pwd)
source=$(dirname "$here")
bundle='' dry='' changed='' previous='' work=''

say() { echo "$*"; }
step() { echo "- $*"; }
fail() {
    echo "install.sh: $1" >&2
    exit "${2:-1}"
}
run() { # a change to this machine
    if [ -n "$dry" ]; then echo "    would run: $*"; else "$@"; fi
}
clean_up() { [ -z "$work" ] || rm -rf "$work"; }
trap clean_up EXIT

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --offline)
                [ $# -gt 1 ] || fail "--offline takes the bundle that make-bundle.sh has made" 64
                bundle=$2
                shift
                ;;
            --dry-run) dry=yes ;;
            -h | --help)
                sed -n '2,6s/^# //p' "$0"
                exit 0
                ;;
            *) fail "unknown argument: $1; see --help" 64 ;;
        esac
        shift
    done
}

check_machine() {
    [ -n "$dry" ] || [ "$(id -u)" = 0 ] || fail "must be root: sudo $0"
    command -v systemctl >/dev/null || fail "there is no systemd here; docs/service.md says how to run it without"
    systemd=$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
    [ "$systemd" -ge 247 ] || fail "systemd is $systemd; the service needs 247 or later"
    case $(uname -m) in
        aarch64 | x86_64) ;;
        *) fail "there are no wheels of the inference library for $(uname -m)" ;;
    esac
}

open_bundle() {
    [ -n "$bundle" ] || return 0
    [ -e "$bundle" ] || fail "there is no $bundle"
    if [ -f "$bundle" ]; then
        work=$(mktemp -d)
        tar -xzf "$bundle" -C "$work" || fail "$bundle is no bundle: make-bundle.sh makes them"
        source=$work/jetson-agent
    else
        source=$(cd "$bundle" && pwd)
    fi
    wheel=$(find "$source/wheels" -name 'jetson_agent-*.whl' 2>/dev/null | head -1)
    [ -n "$wheel" ] || fail "$bundle is no bundle: it has no wheels/jetson_agent-*.whl"
    [ "$(cat "$source/machine")" = "$(uname -m)" ] || fail "the bundle is for $(cat "$source/machine"), this is $(uname -m)"
}

say_which_engine() {
    l4t=$(sed -n 's/^# R\([0-9]*\) .*REVISION: \([0-9.]*\).*/\1.\2/p' /etc/nv_tegra_release 2>/dev/null || true)
    case $l4t in
        '') step "no Jetson Linux here: models run on the processor, with onnxruntime-genai" ;;
        36.*) step "Jetson Linux $l4t, JetPack 6: models run with onnxruntime-genai (docs/engines.md: on the GPU)" ;;
        38.* | 39.*)
            step "Jetson Linux $l4t, JetPack 7: models run with onnxruntime-genai; TensorRT Edge-LLM is the faster" \
                "engine for it, and is added as docs/engines.md says"
            ;;
        *) step "Jetson Linux $l4t, which is neither JetPack 6 nor 7: models run on the processor" ;;
    esac
}

is_good() { # a Python that the agent runs on, with venv and pip
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for name in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        if [ -n "$name" ] && command -v "$name" >/dev/null && is_good "$name"; then
            python=$(command -v "$name")
            return
        fi
    done
    return 1
}

# With the bundle's wheels, no other version will do: they are for one.
check_python_of_bundle() {
    [ -n "$bundle" ] || return 0
    wanted=$(cat "$source/python")
    for name in "python$wanted" "$python"; do
        if command -v "$name" >/dev/null && is_good "$name"; then
            [ "$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])')" != "$wanted" ] || {
                python=$(command -v "$name")
                return 0
            }
        fi
    done
    fail "the bundle is for Python $wanted, which is not here. Make one with this: PYTHON=$python deploy/make-bundle.sh"
}

bring_python() {
    if ! find_python; then
        [ -z "$bundle" ] || fail "Python 3.11 or later with venv is not here, and an offline bundle does not bring it:
  apt-get install python3-venv     (Debian 12, Ubuntu 24.04, JetPack 7)
  apt-get install python3.11-venv  (Ubuntu 22.04, JetPack 6)"
        command -v apt-get >/dev/null || fail "Python 3.11 or later with venv is not here; install it"
        step "Python 3.11 or later with venv is not here: from the distribution, beside its own"
        export DEBIAN_FRONTEND=noninteractive
        run apt-get -qq update
        run apt-get -qq install -y --no-install-recommends python3 python3-venv ||
            fail "apt-get could not bring it, as said above; on a machine without a network: --offline BUNDLE"
        # 22.04, and so JetPack 6, has 3.11 beside its own 3.10.
        find_python || run apt-get -qq install -y --no-install-recommends python3.11 python3.11-venv || true
        find_python || [ -n "$dry" ] || fail "the distribution has no Python 3.11 or later with venv; install one"
    fi
    check_python_of_bundle
    step "Python: ${python:-to come} ($("${python:-true}" --version 2>&1))"
}

fingerprint() { # of what a release is made from
    if [ -n "$bundle" ]; then
        (cd "$source" && sha256sum deploy/pip.lock requirements.lock wheels/jetson_agent-*.whl)
    else
        (cd "$source" && find agent models/edge-tiny deploy/pip.lock requirements.lock pyproject.toml -type f ! -name '*.pyc' |
            LC_ALL=C sort | xargs sha256sum)
    fi | sha256sum | cut -c1-8
}

make_release() {
    version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$source/agent/__init__.py")
    print=$(fingerprint)
    release=$ROOT/releases/$version
    if [ -e "$release/.complete" ] && [ "$(cat "$release/.complete")" != "$print" ]; then
        release=$release+$print # the version is here, made from something else
    fi
    if [ -e "$release/.complete" ]; then
        step "release: $release is there"
        return
    fi
    step "release: $release"
    run rm -rf "$release" # a half of one
    run mkdir -p "$ROOT/releases"
    run "${python:-python3}" -m venv "$release"
    set -- install --quiet --disable-pip-version-check --no-cache-dir
    [ -z "$bundle" ] || set -- "$@" --no-index --find-links "$source/wheels"
    for lock in deploy/pip.lock requirements.lock; do
        run "$release/bin/python" -m pip "$@" --require-hashes -r "$source/$lock" ||
            fail "what $lock pins could not be installed; the lines above say what pip tried"
    done
    # pip builds it in a folder of its own; the lock has all that it needs to run.
    run "$release/bin/python" -m pip "$@" --no-deps "${wheel:-$source}" ||
        fail "the agent itself could not be installed; the lines above say what pip tried"
    run "$release/bin/jetson-agent" version >/dev/null || fail "the release does not start: $release/bin/jetson-agent version"
    [ -n "$dry" ] || echo "$print" >"$release/.complete"
    changed=yes
}

switch_to() { # atomically: there is no moment without a release
    run ln -sfn "releases/$(basename "$1")" "$ROOT/current.new"
    run mv -T "$ROOT/current.new" "$ROOT/current"
}

switch() {
    previous=$(readlink -f "$ROOT/current" 2>/dev/null || true)
    [ "$previous" != "$release" ] || return 0
    step "current release: $(basename "$release")"
    switch_to "$release"
    changed=yes
    if [ "$(readlink /usr/local/bin/jetson-agent 2>/dev/null)" != "$ROOT/current/bin/jetson-agent" ]; then
        run mkdir -p /usr/local/bin
        run ln -sfn "$ROOT/current/bin/jetson-agent" /usr/local/bin/jetson-agent
    fi
}

put() { # FILE PLACE MODE: only when it is another one
    [ ! -e "$2" ] || ! cmp -s "$1" "$2" || return 0
    step "$2"
    run install -D -m "$3" "$1" "$2"
    changed=yes
}

put_text() { # PLACE, with the text on the standard input
    text=$(mktemp)
    cat >"$text"
    put "$text" "$1" 644
    rm -f "$text"
}

set_up_system() {
    put "$source/systemd/jetson-agent.sysusers.conf" /etc/sysusers.d/jetson-agent.conf 644
    put "$source/systemd/jetson-agent.tmpfiles.conf" /etc/tmpfiles.d/jetson-agent.conf 644
    run systemd-sysusers /etc/sysusers.d/jetson-agent.conf
    run systemd-tmpfiles --create /etc/tmpfiles.d/jetson-agent.conf
    put "$source/systemd/jetson-agent.service" "$UNITS/$SERVICE" 644
    if [ "$systemd" -ge 254 ]; then
        put "$source/systemd/jetson-agent-backoff.conf" "$UNITS/$SERVICE.d/backoff.conf" 644
    fi
    if [ -e /usr/sbin/nvpmodel ]; then
        put "$source/systemd/jetson-agent-nvpmodel" /usr/libexec/jetson-agent-nvpmodel 755
        put "$source/systemd/jetson-agent-nvpmodel.socket" "$UNITS/jetson-agent-nvpmodel.socket" 644
        put "$source/systemd/jetson-agent-nvpmodel@.service" "$UNITS/jetson-agent-nvpmodel@.service" 644
    fi
}

write_config() {
    if [ -e "$CONFIG/agent.yaml" ]; then
        step "$CONFIG/agent.yaml is there, and stays as it is"
        return
    fi
    step "$CONFIG/agent.yaml, with comments"
    [ -n "$dry" ] || {
        # The device's name is the hostname until somebody gives it another.
        sed 's/^  id: orin-7$/  # id: orin-7/' "$source/deploy/agent.example.yaml" >"$CONFIG/agent.yaml.new"
        chown root:jetson-agent "$CONFIG/agent.yaml.new"
        chmod 640 "$CONFIG/agent.yaml.new"
        mv "$CONFIG/agent.yaml.new" "$CONFIG/agent.yaml"
    }
}

hand_over_credentials() { # each by name: whole folders take systemd 250
    [ -d "$CONFIG/credentials" ] || return 0
    place=$UNITS/$SERVICE.d/credentials.conf
    names=$(find "$CONFIG/credentials" -maxdepth 1 -type f -printf '%f\n' | grep -E '^[A-Za-z0-9_.-]+$' | LC_ALL=C sort || true)
    if [ -z "$names" ]; then
        [ ! -e "$place" ] || {
            step "$place is not needed any more"
            run rm "$place"
            changed=yes
        }
        return 0
    fi
    {
        echo "# Made by install.sh from the files in $CONFIG/credentials: run it again after adding or removing one."
        echo "[Service]"
        for name in $names; do echo "LoadCredential=$name:$CONFIG/credentials/$name"; done
    } | put_text "$place"
}

start() {
    run systemctl daemon-reload
    [ ! -e /usr/sbin/nvpmodel ] || run systemctl --quiet enable --now jetson-agent-nvpmodel.socket
    run systemctl --quiet enable "$SERVICE"
    if [ -z "$changed" ] && systemctl --quiet is-active "$SERVICE"; then
        step "the service runs, and nothing has changed"
        return
    fi
    step "starting $SERVICE; it is up when it takes prompts"
    run systemctl restart "$SERVICE" && return 0
    journalctl --unit "$SERVICE" --lines 15 --no-pager --output cat >&2 || true
    if [ -n "$previous" ] && [ "$previous" != "$release" ] && [ -e "$previous/.complete" ]; then
        switch_to "$previous"
        systemctl restart "$SERVICE" && fail "the new release did not start; the one before, $(basename "$previous"), is back"
    fi
    fail "the service did not start; its last lines are above, all of them: journalctl -u jetson-agent"
}

check_config() {
    [ -z "$dry" ] || return 0
    "$ROOT/current/bin/jetson-agent" check-config >/dev/null || fail "the configuration is wrong, as said above. Change it, then run this again" 78
}

try_it() {
    [ -z "$dry" ] || return 0
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        status=$(systemctl show --property StatusText --value "$SERVICE")
        case $status in serving*) break ;; esac
        sleep 1
    done
    case $status in
        serving*) ;;
        *)
            say "The service runs, but has no broker: $(sed -n 's/^  host: */broker.host is /p' "$CONFIG/agent.yaml" | head -1)."
            say "Set it in $CONFIG/agent.yaml, then: jetson-agent check-config && systemctl restart jetson-agent"
            say "A broker on this machine: apt-get install mosquitto; others, with TLS: deploy/mosquitto/README.md"
            return
            ;;
    esac
    if answer=$("$ROOT/current/bin/jetson-agent" ask --timeout 120s \
        'Facts: the door is open. Question: is the door open?' 2>&1); then
        step "a test prompt was answered: $(echo "$answer" | head -1)"
    else
        say "The service runs and has its broker, but a test prompt was not answered: $answer"
    fi
}

forget_old_releases() { # the current one stays, and the one before
    for old in "$ROOT"/releases/*; do
        case $old in
            "$release" | "$previous" | "$ROOT/releases/*") ;;
            *) [ -z "$previous" ] || [ "$previous" = "$release" ] || {
                step "removing the old release $(basename "$old")"
                run rm -rf "$old"
            } ;;
        esac
    done
}

read_arguments "$@"
check_machine
open_bundle
say "Installing jetson-agent${dry:+ (a dry run: nothing is changed)}"
say_which_engine
bring_python
make_release
switch
set_up_system
write_config
hand_over_credentials
check_config
start
try_it
forget_old_releases
say "Done. systemctl status jetson-agent; journalctl -u jetson-agent; sudo jetson-agent doctor; $CONFIG/agent.yaml"
