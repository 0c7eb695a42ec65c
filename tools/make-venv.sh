#!/bin/sh
# Makes or updates a virtual environment from a lock file and installs this source tree into it, editable.
# usage: make-venv.sh VENV LOCK
set -eu
venv=$1 lock=$2

good() { # is this a Python that the agent runs on, with venv and pip?
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for name in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
        if [ -n "$name" ] && command -v "$name" >/dev/null && good "$name"; then
            command -v "$name"
            return
        fi
    done
    return 1
}

install_python() { # Debian and Ubuntu; 22.04, and so JetPack 6, has 3.11 beside its own 3.10
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "Installing Python with apt-get ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq install -y --no-install-recommends python3 python3-venv >/dev/null
    find_python >/dev/null || apt-get -qq install -y --no-install-recommends python3.11 python3.11-venv >/dev/null
}

what_to_type() {
    packages="python3 python3-venv" # new enough on Debian 12, Ubuntu 24.04 and later
    if python3 -c 'import sys; sys.exit(sys.version_info >= (3, 11))' 2>/dev/null; then
        packages="python3.11 python3.11-venv" # beside the 3.10 of Ubuntu 22.04 and JetPack 6
    fi
    command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || packages="$packages mosquitto mosquitto-clients"
    echo "jetson-agent needs Python 3.11 or later with venv, and the demo needs mosquitto. Type:"
    echo "  sudo apt-get update && sudo apt-get install $packages"
}

if [ ! -x "$venv/bin/python" ]; then
    python=$(find_python) || { install_python && python=$(find_python); } || {
        what_to_type >&2
        exit 1
    }
    echo "Making $venv with $("$python" --version) ..."
    "$python" -m venv "$venv"
fi
echo "Installing what $lock pins ..."
{
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/pip.lock &&
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
} || {
    echo "Installing from the package index failed: is this machine online? The lines above say what pip tried." >&2
    exit 1
}
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --editable .
