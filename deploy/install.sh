#!/bin/sh
# Installs jetson-agent as a service, or brings an installation up to date; docs/service.md. For JetPack 6 and 7, Debian
# and Ubuntu. Run again, it changes what has changed and nothing else.
# usage: install.sh [--offline BUNDLE] [--dry-run] [--fleet-url URL --fleet-root FILE [--channel NAME] [--group NAME]]
#   --offline BUNDLE    a file or folder that make-bundle.sh has made: nothing is downloaded
#   --dry-run           say what would be done, and do nothing
#   --fleet-url URL     take updates from the fleet whose repository is there
#   --fleet-root FILE   the fleet's first root of trust: root.json
#   --channel NAME      the channel whose releases it takes; default: stable
#   --group NAME        its group of devices, which may have a release of its own; default: none
set -eu
umask 022 # the service's user reads what is installed

ROOT=/opt/jetson-agent
CONFIG=/etc/jetson-agent
UNITS=/etc/systemd/system
SERVICE=jetson-agent.service
here=$(cd "$(dirname "$0")" && pwd)
source=$(dirname "$here")
bundle='' dry='' changed='' previous='' work='' stopped=''
fleet_url='' fleet_root='' fleet_channel='' fleet_group=''

say() { echo "$*"; }
step() { echo "- $*"; }
fail() {
    echo "install.sh: $1" >&2
    exit "${2:-1}"
}
run() { # a change to this machine
    if [ -n "$dry" ]; then echo "    would run: $*"; else "$@"; fi
}
clean_up() {
    [ -z "$work" ] || rm -rf "$work"
    [ -z "$stopped" ] || run systemctl start "$SERVICE"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
. "$here/lib/state.sh"
. "$here/lib/python.sh"
. "$here/lib/release.sh"
. "$here/lib/credentials.sh"
. "$here/lib/identity.sh"
. "$here/lib/fleet.sh"

read_arguments() {
    while [ $# -gt 0 ]; do
        case $1 in
            --offline)
                [ $# -gt 1 ] || fail "--offline takes the bundle that make-bundle.sh has made" 64
                bundle=$2
                shift
                ;;
            --dry-run) dry=yes ;;
            --fleet-url | --fleet-root | --channel | --group)
                [ $# -gt 1 ] || fail "$1 takes a value; see --help" 64
                case $1 in
                    --fleet-url) fleet_url=$2 ;;
                    --fleet-root) fleet_root=$2 ;;
                    --channel) fleet_channel=$2 ;;
                    --group) fleet_group=$2 ;;
                esac
                shift
                ;;
            -h | --help)
                sed -n '2,10s/^# //p' "$0"
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

replace() { # NEW PLACE: whenever the power goes, the old one or the new one is there, whole
    sync "$1" && mv -T "$1" "$2"
}

put() { # FILE PLACE MODE: only when it is another one
    [ ! -e "$2" ] || ! cmp -s "$1" "$2" || return 0
    step "$2"
    run install -D -m "$3" "$1" "$2.new"
    run replace "$2.new" "$2"
    changed=yes
}

set_up_system() {
    put "$source/systemd/jetson-agent.sysusers.conf" /etc/sysusers.d/jetson-agent.conf 644
    put "$source/systemd/jetson-agent.tmpfiles.conf" /etc/tmpfiles.d/jetson-agent.conf 644
    run systemd-sysusers /etc/sysusers.d/jetson-agent.conf
    run systemd-tmpfiles --create /etc/tmpfiles.d/jetson-agent.conf
    put "$source/deploy/launcher" "$ROOT/launcher" 755
    put "$source/systemd/jetson-agent.service" "$UNITS/$SERVICE" 644
    put "$source/systemd/jetson-agent-again.service" "$UNITS/jetson-agent-again.service" 644
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
    choose_id
    step "$CONFIG/agent.yaml, with comments; this device is $id"
    [ -n "$dry" ] || {
        sed "s/^  id: orin-7\$/  id: '$id'/" "$source/deploy/agent.example.yaml" >"$CONFIG/agent.yaml.new"
        chown root:jetson-agent "$CONFIG/agent.yaml.new"
        chmod 640 "$CONFIG/agent.yaml.new"
        replace "$CONFIG/agent.yaml.new" "$CONFIG/agent.yaml"
    }
}

enable_units() {
    run systemctl daemon-reload
    [ ! -e /usr/sbin/nvpmodel ] || run systemctl --quiet enable --now jetson-agent-nvpmodel.socket
    run systemctl --quiet enable "$SERVICE"
}

start() {
    if [ -z "$changed" ] && systemctl --quiet is-active "$SERVICE"; then
        step "the service runs, and nothing has changed"
        return
    fi
    step "starting $SERVICE; it is up when it takes prompts"
    stopped=''
    run sync -f "$ROOT" "$CONFIG" "$UNITS" # what runs now starts after a power cut, too
    run systemctl restart "$SERVICE" && return 0
    start_in_place_of_the_fleets && return 0
    journalctl --unit "$SERVICE" --lines 15 --no-pager --output cat >&2 || true
    switch_back && fail "the new release did not start; the one before, $(basename "$previous"), is back"
    fail "the service did not start; its last lines are above, all of them: journalctl -u jetson-agent"
}

check_config() { # with the new release, before it takes the place of the one that runs
    [ -z "$dry" ] && [ -e "$CONFIG/agent.yaml" ] || return 0
    "$release/bin/jetson-agent" check-config >/dev/null ||
        fail "the configuration is wrong, as said above. Change it, then run this again" 78
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

read_arguments "$@"
check_fleet_arguments
check_machine
open_bundle
say "Installing jetson-agent${dry:+ (a dry run: nothing is changed)}"
say_which_engine
bring_python
make_release
check_config
set_up_system
write_config
make_identity
enrol
hand_over_credentials
enable_units
find_fleet
switch
start
say_what_the_fleet_runs
try_it
forget_old_releases
say "Done. systemctl status jetson-agent; journalctl -u jetson-agent; sudo jetson-agent doctor; $CONFIG/agent.yaml"
