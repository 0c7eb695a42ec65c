# shellcheck shell=sh disable=SC2034,SC2154 # sourced by install.sh, which has the other functions and variables
# What systemd hands to the service from the folder of credentials.

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
    text=$(mktemp)
    {
        echo "# Made by install.sh from the files in $CONFIG/credentials: run it again after a change there."
        echo "[Service]"
        for name in $names; do echo "LoadCredential=$name:$CONFIG/credentials/$name"; done
    } >"$text"
    put "$text" "$place" 644
    rm -f "$text"
    see_changed_credentials
}

see_changed_credentials() { # against those that the service has had from systemd since its start
    given=/run/credentials/$SERVICE
    [ -d "$given" ] || return 0
    for name in $names; do
        cmp -s "$CONFIG/credentials/$name" "$given/$name" || {
            step "$CONFIG/credentials/$name is not what the service has"
            changed=yes
        }
    done
}
