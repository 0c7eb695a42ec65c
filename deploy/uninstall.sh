#!/bin/sh
# Removes what install.sh has installed, and what updates have; docs/service.md. The configuration, the device's key and
# the state, with models and prompts that wait, stay, and so does the user that owns them.
# usage: uninstall.sh [--purge]
#   --purge   remove these too
set -eu

purge=''
case ${1:-} in
    '') ;;
    --purge) purge=yes ;;
    -h | --help)
        sed -n '2,5s/^# //p' "$0"
        exit 0
        ;;
    *)
        echo "uninstall.sh: unknown argument: $1; see --help" >&2
        exit 64
        ;;
esac
[ "$(id -u)" = 0 ] || {
    echo "uninstall.sh: must be root: sudo $0" >&2
    exit 1
}

units=/etc/systemd/system
release=/opt/jetson-agent/current
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib/state.sh"
if [ -d "$units/jetson-agent.service.d" ] && [ ! -e "$units/jetson-agent.service" ]; then
    # A run without --purge has been here, and systemd reads what `systemctl edit` has left only beside a unit.
    cp "$(dirname "$here")/systemd/jetson-agent.service" "$units/"
    systemctl daemon-reload
fi
find_fleet
state=$(configured state_dir 2>/dev/null) || state=${fleet%/fleet}
systemctl stop jetson-agent-again.service 2>/dev/null || true # it would start the service again
for unit in jetson-agent.service jetson-agent-nvpmodel.socket; do
    [ ! -e "$units/$unit" ] || systemctl --quiet disable --now "$unit"
done
systemctl reset-failed jetson-agent.service 2>/dev/null || true
rm -f "$units/jetson-agent.service" "$units/jetson-agent-nvpmodel.socket" "$units/jetson-agent-nvpmodel@.service" \
    "$units/jetson-agent-again.service" \
    "$units/jetson-agent.service.d/credentials.conf" "$units/jetson-agent.service.d/backoff.conf" \
    /usr/libexec/jetson-agent-nvpmodel /etc/sysusers.d/jetson-agent.conf /etc/tmpfiles.d/jetson-agent.conf
rmdir "$units/jetson-agent.service.d" 2>/dev/null || true
systemctl daemon-reload
if [ "$(readlink /usr/local/bin/jetson-agent 2>/dev/null)" = /opt/jetson-agent/current/bin/jetson-agent ]; then
    rm /usr/local/bin/jetson-agent
fi
rm -rf /opt/jetson-agent "$fleet" # which is the service's own: rm follows no link

if [ -n "$purge" ]; then
    rm -rf /etc/jetson-agent /var/lib/jetson-agent "$units/jetson-agent.service.d" "$units/jetson-agent-again.service.d"
    # Another folder for the state may be the system's; where others are mounted, it stays, empty.
    if [ "$(stat -c %U "$state" 2>/dev/null)" = jetson-agent ]; then rm -rf "$state" || true; fi
    if getent passwd jetson-agent >/dev/null; then userdel jetson-agent; fi
    if getent group jetson-agent >/dev/null; then groupdel jetson-agent; fi
    if [ -e "$state" ]; then
        echo "jetson-agent is removed, with its configuration and its user. What stays: $state"
    else
        echo "jetson-agent is removed, with its configuration, its state and its user."
    fi
    exit 0
fi
echo "jetson-agent is removed. What stays:"
[ "$state" != /var/lib/jetson-agent ] || state=''
for kept in /etc/jetson-agent /var/lib/jetson-agent "$state" "$units/jetson-agent.service.d" \
    "$units/jetson-agent-again.service.d"; do
    [ ! -e "$kept" ] || echo "  $kept"
done
echo "  the user jetson-agent"
echo "uninstall.sh --purge removes these too."
