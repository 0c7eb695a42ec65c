# shellcheck shell=sh disable=SC2034,SC2154 # sourced by install.sh, which has the other functions and variables
# The folders of releases, and the link to the one that runs.

fingerprint() { # of what a release is made from
    {
        "${python:-true}" -c 'import sys; print("%d.%d" % sys.version_info[:2])'
        hashes
    } | sha256sum | cut -c1-8
}

hashes() { # of the files
    if [ -n "$bundle" ]; then
        (cd "$source" && sha256sum deploy/pip.lock requirements.lock wheels/jetson_agent-*.whl)
    else
        (cd "$source" && find agent models/edge-tiny deploy/pip.lock requirements.lock pyproject.toml -type f ! -name '*.pyc' |
            LC_ALL=C sort | xargs sha256sum)
    fi
}

is_there() { # RELEASE: whole, and its interpreter, which is the system's, has not gone with an upgrade
    [ -e "$1/.complete" ] && "$1/bin/jetson-agent" version >/dev/null 2>&1
}

make_release() {
    version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$source/agent/__init__.py")
    print=$(fingerprint)
    release=$ROOT/releases/$version
    if [ -e "$release/.complete" ] && [ "$(cat "$release/.complete")" != "$print" ]; then
        release=$release+$print # the version is here, made from something else
    fi
    if is_there "$release"; then
        step "release: $release is there"
        return
    fi
    step "release: $release"
    run rm -rf "$release" # a half of one, or one that does not start
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
    run sync -f "$release" # pip flushes nothing
    [ -n "$dry" ] || {
        echo "$print" >"$release/.complete.new"
        replace "$release/.complete.new" "$release/.complete"
    }
    changed=yes
}

switch_to() { # atomically: there is no moment without a release
    run ln -sfn "releases/$(basename "$1")" "$ROOT/current.new"
    run mv -T "$ROOT/current.new" "$ROOT/current"
}

copy_journal() { # FROM TO: the file and its write-ahead log; nobody has it open
    for part in journal.db journal.db-wal; do
        [ ! -e "$1/$part" ] || cp -a "$1/$part" "$2/" || return
    done
}

# A newer release may bring the journal to a form that the one before refuses. From here to `start`, whatever ends the
# installer has `clean_up` start the service again; after a power cut `journal-before` names the way back, for the next run.
set_journal_aside() {
    stopped=yes
    run systemctl stop "$SERVICE"
    [ "$previous" = "$current" ] || return 0 # a run that was cut off has done it
    drop_journal_before
    run mkdir -m 700 "$ROOT/journal-before" # prompts are private
    run copy_journal "${state:-}" "$ROOT/journal-before" || {
        rm -rf "$ROOT/journal-before"
        fail "the journal in $state could not be copied; the release before stays"
    }
    [ -n "$dry" ] || {
        sync -f "$ROOT"
        basename "$previous" >"$ROOT/journal-before/release.new"
        replace "$ROOT/journal-before/release.new" "$ROOT/journal-before/release"
    }
}

go_back() { # to the release before, with its journal; whatever cuts it off, the next run can do it again
    rm -f "$state/journal.db" "$state/journal.db-wal" "$state/journal.db-shm"
    copy_journal "$ROOT/journal-before" "$state" && sync -f "$state" ||
        fail "the journal could not be copied back: it is in $ROOT/journal-before"
    switch_to "$previous" && sync -f "$ROOT" && drop_journal_before
}

drop_journal_before() { # its name first: half a copy is none
    [ -e "$ROOT/journal-before" ] || return 0
    run rm -f "$ROOT/journal-before/release"
    run sync -f "$ROOT"
    run rm -rf "$ROOT/journal-before"
}

find_previous() { # the release to go back to: the current one, or the one before that where a run was cut off
    current=''
    [ ! -L "$ROOT/current" ] || current=$ROOT/releases/$(basename "$(readlink "$ROOT/current")")
    previous=$current
    [ -e "$ROOT/journal-before/release" ] || return 0
    cut_off=$ROOT/releases/$(cat "$ROOT/journal-before/release")
    # That was not switched yet, or what was switched to has come to run: its journal counts now.
    [ "$cut_off" != "$current" ] && ! systemctl --quiet is-active "$SERVICE" || return 0
    step "a run was cut off before what it installed was started; the release before is $(basename "$cut_off")"
    previous=$cut_off
}

switch() {
    [ -n "$dry" ] || state=$(configured state_dir)
    find_previous
    [ "$current" != "$release" ] || return 0
    if [ "$(readlink /usr/local/bin/jetson-agent 2>/dev/null)" != "$ROOT/current/bin/jetson-agent" ]; then
        run mkdir -p /usr/local/bin
        run ln -sfn "$ROOT/current/bin/jetson-agent" /usr/local/bin/jetson-agent
    fi
    step "current release: $(basename "$release")"
    [ -z "$previous" ] || set_journal_aside
    if [ "$previous" = "$release" ]; then run go_back; else switch_to "$release"; fi
    changed=yes
}

switch_back() { # to the release before, where there is one; fails when it cannot
    [ -n "$previous" ] && [ "$previous" != "$release" ] && is_there "$previous" || return 1
    # systemd would try the new one again and again.
    systemctl stop "$SERVICE" && go_back && systemctl restart "$SERVICE"
}

forget_old_releases() { # the current one stays, and the one before, without its journal
    drop_journal_before
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
