# shellcheck shell=sh disable=SC2034,SC2154 # sourced by install.sh, which has the other functions and variables
# Whose updates the device takes: the configuration's section `fleet`, and the first root of trust.

check_fleet_arguments() {
    if [ -z "$fleet_url$fleet_root" ]; then
        [ -z "$fleet_channel$fleet_group" ] || fail "--channel and --group go with --fleet-url and --fleet-root" 64
        return 0
    fi
    [ -n "$fleet_url" ] && [ -n "$fleet_root" ] || fail "--fleet-url and --fleet-root go together" 64
    [ -f "$fleet_root" ] || fail "there is no $fleet_root"
    for value in "$fleet_url" "$fleet_channel" "$fleet_group"; do
        case $value in *[!A-Za-z0-9._~:/?@%=\&+-]*) fail "this is no URL, or no name of a channel or group: $value" 64 ;; esac
    done
}

is_root_of_trust() { # FILE: whether as many of its own keys have signed it as it asks for
    "$release/bin/python" -c '
import sys
from tuf.api.metadata import Metadata, Root
root = Metadata[Root].from_file(sys.argv[1])
root.signed.verify_delegate(Root.type, root.signed_bytes, root.signatures)
' "$1" 2>/dev/null
}

enrol() { # before it counts, the new release has read it
    [ -n "$fleet_url" ] || return 0
    if grep -q '^fleet:' "$CONFIG/agent.yaml" 2>/dev/null; then
        step "$CONFIG/agent.yaml has a section fleet, which stays as it is"
        return 0
    fi
    step "$CONFIG/agent.yaml: a section fleet, with $fleet_url; $CONFIG/root.json, whom it believes"
    [ -z "$dry" ] || return 0
    is_root_of_trust "$fleet_root" || fail "$fleet_root is no root of trust that its own keys have signed"
    cp -p "$CONFIG/agent.yaml" "$CONFIG/agent.yaml.new"
    {
        printf "\nfleet:\n  url: '%s'\n  root: root.json\n" "$fleet_url"
        [ -z "$fleet_channel" ] || printf "  channel: '%s'\n" "$fleet_channel"
        [ -z "$fleet_group" ] || printf "  group: '%s'\n" "$fleet_group"
    } >>"$CONFIG/agent.yaml.new"
    put "$fleet_root" "$CONFIG/root.json" 644
    "$release/bin/jetson-agent" check-config --config "$CONFIG/agent.yaml.new" >/dev/null || {
        rm "$CONFIG/agent.yaml.new" "$CONFIG/root.json" # which no configuration names
        fail "the section fleet would be wrong, as said above" 78
    }
    replace "$CONFIG/agent.yaml.new" "$CONFIG/agent.yaml"
    changed=yes
}

start_in_place_of_the_fleets() { # only a start of the installed release says something about it
    starts=''
    for link in trial good; do
        target=$(readlink "$fleet/$link" 2>/dev/null) || continue
        step "the fleet's release ${target#releases/} comes first; the launcher gives it three starts before what is installed"
        starts="$starts 1 2 3"
    done
    for _ in $starts; do
        systemctl restart "$SERVICE" && return
    done
    return 1
}

say_what_the_fleet_runs() { # a release of it has the place of the installed one, as long as it starts
    pid=$(systemctl show --property MainPID --value "$SERVICE")
    not_running=''
    for link in trial good; do
        target=$(readlink "$fleet/$link" 2>/dev/null) || continue
        if tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -q "/fleet/$target/"; then
            step "the fleet's release ${target#releases/} goes on; what was installed here runs when that one cannot"
            return
        fi
        not_running=${target#releases/}
    done
    [ -z "$not_running" ] || step "the fleet's release $not_running does not run: what was installed here does"
}
