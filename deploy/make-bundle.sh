#!/bin/sh
# Makes one file with all that install.sh --offline needs: the agent, the wheels of the lock file, the unit. On any
# machine that is online. It is for the Python that makes it ($PYTHON, else python3), because the lock file is read with
# that; for a Jetson with JetPack 6 3.11, with JetPack 7 3.12, and --machine aarch64.
# usage: [PYTHON=python3.12] make-bundle.sh [--machine aarch64] OUT.tar.gz
set -eu

here=$(cd "$(dirname "$0")" && pwd)
source=$(dirname "$here")
python=${PYTHON:-python3}
machine='' out=''
while [ $# -gt 0 ]; do
    case $1 in
        --machine) machine=$2 && shift ;;
        -h | --help)
            sed -n '2,5s/^# //p' "$0"
            exit 0
            ;;
        -*)
            echo "make-bundle.sh: unknown argument: $1; see --help" >&2
            exit 64
            ;;
        *) out=$1 ;;
    esac
    shift
done
[ -n "$out" ] || {
    echo "make-bundle.sh: where to? make-bundle.sh OUT.tar.gz" >&2
    exit 64
}
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
[ -n "$machine" ] || machine=$(uname -m)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bundle=$work/jetson-agent
mkdir -p "$bundle/wheels" "$bundle/agent"
echo "Downloading the wheels for Python $version on $machine ..."
"$python" -m pip download --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-deps \
    --python-version "$version" --implementation cp \
    --platform "manylinux_2_35_$machine" --platform "manylinux_2_28_$machine" --platform "manylinux_2_27_$machine" \
    --platform "manylinux_2_17_$machine" --platform "manylinux2014_$machine" \
    -r "$source/requirements.lock" --dest "$bundle/wheels"
"$python" -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps \
    -r "$source/deploy/pip.lock" --dest "$bundle/wheels"
echo "Building the agent ..."
"$python" -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir "$bundle/wheels" "$source"
cp "$source/requirements.lock" "$bundle/"
cp "$source/agent/__init__.py" "$bundle/agent/"
cp -r "$source/systemd" "$source/deploy" "$bundle/"
echo "$version" >"$bundle/python"
echo "$machine" >"$bundle/machine"
tar -czf "$out" -C "$work" --owner=0 --group=0 --sort=name jetson-agent
echo "$out: $(du -h "$out" | cut -f1). On the device: tar -xzf $(basename "$out"), then"
echo "  sudo jetson-agent/deploy/install.sh --offline jetson-agent"
