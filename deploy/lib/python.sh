# shellcheck shell=sh disable=SC2034,SC2154 # sourced by install.sh, which has the other functions and variables
# The Python that a release is made with.

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
