# shellcheck shell=sh disable=SC2034,SC2154 # sourced by install.sh, which has the other functions and variables
# The folders of releases, and the link to the one that runs.

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
